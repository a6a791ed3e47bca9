"""Keep the fingers' pose as a pose asset, and start from one that was kept."""

# Blender reads properties from annotations, which mypy takes for types.
# mypy: disable-error-code="valid-type, override, misc"

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import StringProperty

from ..blender.armature import require_armature
from ..blender.finger_poses import apply_asset, save_asset
from ..blender.rigged_hand import moving_with
from ..core.errors import MenderError
from ..finger_properties import FingerOptions
from . import needs
from .fingering import chosen_hands, chosen_sides, pose_channels
from .reporting import reports_errors


class MOCAP_MENDER_OT_save_hand_pose(needs.Needing, FingerOptions, bpy.types.Operator):
    """Keep the chosen hands' finger pose, as it stands now, as a pose asset of this file"""

    bl_idname = "mocap_mender.save_hand_pose"
    bl_label = "Save as Pose Asset"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - the form that Blender reads
    needed = (needs.armature,)

    name: StringProperty(name="Name", description="The asset's name", default="Hand Pose")

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Ask for the name."""
        manager: Any = context.window_manager
        return manager.invoke_props_dialog(self)  # type: ignore[no-any-return]

    def draw(self, context: bpy.types.Context) -> None:
        """The name alone; what is kept was chosen in the panel."""
        self.layout.prop(self, "name")  # type: ignore[union-attr]

    @reports_errors
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Make the asset."""
        obj: Any = require_armature(context.object)
        found, _ = chosen_hands(obj, pose_channels(obj), self)
        made = save_asset(obj, [hand for hand in found if hand.side in chosen_sides(self)], self.name)
        self.report({"INFO"}, f"{made.name} is in the asset browser, under Current File")
        return {"FINISHED"}


class MOCAP_MENDER_OT_apply_hand_pose(needs.Needing, FingerOptions, bpy.types.Operator):
    """Pose the chosen hands and fingers as a kept pose has them; no key is written"""

    bl_idname = "mocap_mender.apply_hand_pose"
    bl_label = "Apply Hand Pose"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - the form that Blender reads
    needed = (needs.own_armature,)

    asset: StringProperty(name="Pose", description="Name of the pose asset's action")

    @reports_errors
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Pose the fingers."""
        obj: Any = require_armature(context.object)
        made = bpy.data.actions.get(self.asset)
        if made is None:
            raise MenderError(f"There is no pose called {self.asset}: save one first.")
        found, bones = chosen_hands(obj, pose_channels(obj), self)
        turned = apply_asset(obj, made, moving_with(found, bones))
        self.report({"INFO"}, f"{made.name}: {turned} bones posed; key them, or let the selected ones tell the pose")
        return {"FINISHED"}
