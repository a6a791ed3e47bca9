"""Hands `register` and `unregister` to Blender, which loads an extension from the folder of its manifest."""

from .addon import register, unregister

__all__ = ["register", "unregister"]
