"""The real Blender: how the extension gets into it, and what can be asked only there."""
