"""What Blender is told at the start and made to forget at the end, in mirror order."""

from __future__ import annotations

import bpy

from . import preferences, properties
from .operators import commands, denoise_action, export_motion, import_motion, runtime_check, stop_job
from .ui import menus, panel

# A class stands after those that it refers to.
CLASSES: tuple[type, ...] = (
    properties.MenderSettings,
    preferences.MenderPreferences,
    import_motion.MOCAP_MENDER_OT_import_motion,
    export_motion.MOCAP_MENDER_OT_export_motion,
    denoise_action.MOCAP_MENDER_OT_denoise_action,
    stop_job.MOCAP_MENDER_OT_stop_job,
    panel.MOCAP_MENDER_MT_models,
    panel.MOCAP_MENDER_PT_motion,
    panel.MOCAP_MENDER_PT_denoise,
    panel.MOCAP_MENDER_PT_card,
)


def register() -> None:
    """Add every class, property, menu entry and command to Blender."""
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    properties.register()
    menus.register()
    commands.register()
    preferences.make_model_folder()


def unregister() -> None:
    """Take away what `register` added, last first."""
    stop_job.unregister()
    commands.unregister()
    menus.unregister()
    runtime_check.unregister()
    properties.unregister()
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
