"""What Blender is told at the start and made to forget at the end, in mirror order."""

from __future__ import annotations

import bpy

from . import preferences, properties
from .operators.denoise_action import MOCAP_MENDER_OT_denoise_action

# A class stands after those that it refers to.
CLASSES: tuple[type, ...] = (
    properties.MenderSettings,
    preferences.MenderPreferences,
    MOCAP_MENDER_OT_denoise_action,
)


def register() -> None:
    """Add every class and property to Blender."""
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    properties.register()


def unregister() -> None:
    """Take away what `register` added, last first."""
    properties.unregister()
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
