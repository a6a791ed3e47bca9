"""Take away the finger keys that were generated; those that the animator set stay."""

# mypy: disable-error-code="override, valid-type, misc"

from __future__ import annotations

from typing import Any

import bpy

from ..blender import action, finger_keys
from ..blender.armature import require_armature
from ..blender.rigged_hand import moving_with
from ..core.errors import MenderError
from ..finger_properties import FingerOptions, finger_settings_of
from . import needs
from .choice import chosen_keys
from .fingering import chosen_hands
from .reporting import reports_errors


class MOCAP_MENDER_OT_clear_fingers(needs.Needing, FingerOptions, bpy.types.Operator):
    """Delete the generated keys of the chosen hands and fingers in the range; your own keys stay"""

    bl_idname = "mocap_mender.clear_fingers"
    bl_label = "Clear Generated Keys"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - the form that Blender reads
    needed = (needs.own_armature, needs.action)

    @reports_errors
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Delete them, or say that there are none."""
        obj: Any = require_armature(context.object)
        scene: Any = context.scene
        action.require_editable(obj)
        channels = action.assigned_channels(obj)
        found, bones = chosen_hands(obj, channels, self)
        keys = chosen_keys(scene, self.frame_range, self.frame_start, self.frame_end)
        gone = finger_keys.clear(channels, obj, moving_with(found, bones), (keys.start, keys.end))
        if not gone:
            raise MenderError("There are no generated finger keys in the range: nothing was changed.")
        line = f"{gone:,} generated keys deleted"
        finger_settings_of(scene).done_line = line
        self.report({"INFO"}, line)
        return {"FINISHED"}
