"""What Blender is told at the start and made to forget at the end, in mirror order."""

from __future__ import annotations

import bpy

from . import finger_properties, preferences, properties, rig_properties
from .operators import (
    bake_preview,
    choose_model,
    clear_fingers,
    command_line,
    compare,
    compare_settings,
    compare_table,
    compress_action,
    curl_test,
    denoise_action,
    export_data_set,
    export_motion,
    finger_uncertainty,
    generate_fingers,
    hand_pose_asset,
    import_motion,
    live_preview,
    preview_handler,
    preview_settings,
    remove_comparison,
    restore_action,
    rig_map,
    runtime_check,
    seen_pose,
    show_result,
    stop_job,
    vary_fingers,
    visual_bake,
)
from .ui import (
    card_panel,
    compare_panel,
    compression_panel,
    denoise_panel,
    finger_overlay,
    fingers_panel,
    menus,
    motion_panel,
    preview_panel,
    rig_map_panel,
)

# A class stands after those that it refers to.
CLASSES: tuple[type, ...] = (
    properties.MenderSettings,
    rig_properties.RigJoint,
    rig_properties.RigMap,
    finger_properties.FingerSettings,
    compare_settings.CompareRow,
    compare_settings.CompareSettings,
    preview_settings.HeldNumbers,
    preview_settings.PreviewSettings,
    preferences.MenderPreferences,
    import_motion.MOCAP_MENDER_OT_import_motion,
    export_motion.MOCAP_MENDER_OT_export_motion,
    denoise_action.MOCAP_MENDER_OT_denoise_action,
    show_result.MOCAP_MENDER_OT_show_result,
    stop_job.MOCAP_MENDER_OT_stop_job,
    visual_bake.MOCAP_MENDER_OT_visual_bake,
    rig_map.MOCAP_MENDER_OT_rig_map_find,
    rig_map.MOCAP_MENDER_OT_rig_map_confirm,
    rig_map.MOCAP_MENDER_OT_rig_map_pick,
    rig_map.MOCAP_MENDER_OT_rig_map_clear,
    rig_map.MOCAP_MENDER_OT_rig_map_preset_add,
    choose_model.MOCAP_MENDER_OT_choose_model,
    motion_panel.MOCAP_MENDER_PT_motion,
    denoise_panel.MOCAP_MENDER_MT_models,
    denoise_panel.MOCAP_MENDER_PT_denoise,
    card_panel.MOCAP_MENDER_PT_card,
    rig_map_panel.MOCAP_MENDER_UL_rig_map,
    rig_map_panel.MOCAP_MENDER_MT_rig_map_presets,
    rig_map_panel.MOCAP_MENDER_PT_rig_map,
    generate_fingers.MOCAP_MENDER_OT_generate_fingers,
    vary_fingers.MOCAP_MENDER_OT_vary_fingers,
    clear_fingers.MOCAP_MENDER_OT_clear_fingers,
    finger_uncertainty.MOCAP_MENDER_OT_next_finger,
    curl_test.MOCAP_MENDER_OT_curl_test,
    hand_pose_asset.MOCAP_MENDER_OT_save_hand_pose,
    hand_pose_asset.MOCAP_MENDER_OT_apply_hand_pose,
    fingers_panel.MOCAP_MENDER_MT_finger_models,
    fingers_panel.MOCAP_MENDER_MT_hand_poses,
    fingers_panel.MOCAP_MENDER_PT_fingers,
    live_preview.MOCAP_MENDER_OT_live_preview,
    bake_preview.MOCAP_MENDER_OT_bake_preview,
    preview_panel.MOCAP_MENDER_MT_preview_models,
    preview_panel.MOCAP_MENDER_PT_preview,
    compare.MOCAP_MENDER_OT_compare,
    compare_table.MOCAP_MENDER_OT_compare_choose,
    compare_table.MOCAP_MENDER_OT_compare_jump,
    compare_table.MOCAP_MENDER_OT_save_error_curves,
    remove_comparison.MOCAP_MENDER_OT_remove_comparison,
    compare_panel.MOCAP_MENDER_PT_compare,
    compress_action.MOCAP_MENDER_OT_compress_action,
    restore_action.MOCAP_MENDER_OT_restore_action,
    export_data_set.MOCAP_MENDER_OT_export_data_set,
    compression_panel.MOCAP_MENDER_PT_compression,
)


def register() -> None:
    """Add every class, property, menu entry and command to Blender."""
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    properties.register()
    rig_properties.register()
    finger_properties.register()
    compare_settings.register()
    preview_settings.register()
    preview_handler.register()
    finger_overlay.register()
    menus.register()
    command_line.register()
    preferences.make_model_folder()


def unregister() -> None:
    """Take away what `register` added, last first."""
    stop_job.unregister()
    command_line.unregister()
    menus.unregister()
    finger_overlay.unregister()
    runtime_check.unregister()
    seen_pose.unregister()
    preview_handler.unregister()
    preview_settings.unregister()
    compare_settings.unregister()
    finger_properties.unregister()
    rig_properties.unregister()
    properties.unregister()
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
