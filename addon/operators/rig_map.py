"""The rig map of the active armature: found, confirmed, set from a bone, cleared, and saved as a preset."""

# Blender reads properties from annotations, which mypy takes for types.
# mypy: disable-error-code="valid-type, override, misc"

from __future__ import annotations

from typing import Any

import bpy
from bl_operators.presets import AddPresetBase
from bpy.props import StringProperty

from ..blender.armature import require_armature
from ..core.errors import MenderError
from ..core.rigs.joint_map import JointMap, edited
from ..rig_properties import BY_HAND, bone_tree, fill, rig_map_of, stored_map
from . import needs
from .reporting import reports_errors
from .rig import find_joints

PRESETS = "mocap_mender/rig_map"


def a_map(context: bpy.types.Context) -> str:
    """The active armature has a rig map."""
    return "" if len(rig_map_of(context.object).joints) else "There is no map yet: press Find Joints first"  # type: ignore[arg-type]


def a_bone(context: bpy.types.Context) -> str:
    """A bone is active in pose mode."""
    return "" if context.active_pose_bone else "No bone is active: click one in pose mode"


class MOCAP_MENDER_OT_rig_map_find(needs.Needing, bpy.types.Operator):
    """Find the joints of the body and the fingers among the bones, by their names and by their places"""

    bl_idname = "mocap_mender.rig_map_find"
    bl_label = "Find Joints"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - the form that Blender reads
    needed = (needs.own_armature,)

    @reports_errors
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Replace the map, or report one sentence where nothing is found."""
        obj: Any = require_armature(context.object)
        found = find_joints(obj)
        if not found.bone_of and not found.suggested:
            # What is listed can still be filled by hand.
            self.report({"WARNING"}, f"No joint of a body was found in {obj.name}: choose the bones in the list.")
        fill(obj, found)
        return {"FINISHED"}


class MOCAP_MENDER_OT_rig_map_confirm(needs.Needing, bpy.types.Operator):
    """Use what was only suggested: you have looked at these bones, and they are the joints"""

    bl_idname = "mocap_mender.rig_map_confirm"
    bl_label = "Use This Map"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - the form that Blender reads
    needed = (needs.own_armature, a_map)

    joint: StringProperty(name="Joint", description="The joint to confirm; empty: all that are doubtful")

    @reports_errors
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Confirm, or report one sentence and change nothing."""
        obj: Any = require_armature(context.object)
        suggested = _stored(obj).suggested
        chosen = {joint: bone for joint, bone in suggested.items() if self.joint in ("", joint)}
        if not chosen:
            raise MenderError(f"No bone is suggested for {self.joint or 'any joint'}: choose one in the list.")
        _edit(obj, chosen)
        return {"FINISHED"}


class MOCAP_MENDER_OT_rig_map_pick(needs.Needing, bpy.types.Operator):
    """Give the joint that is chosen in the list the active bone"""

    bl_idname = "mocap_mender.rig_map_pick"
    bl_label = "Take Active Bone"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - the form that Blender reads
    needed = (needs.own_armature, a_map, a_bone)

    @reports_errors
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Set it, or report one sentence and change nothing."""
        obj: Any = require_armature(context.object)
        bone: Any = context.active_pose_bone
        rig = rig_map_of(obj)
        _edit(obj, {rig.joints[rig.active].name: bone.name})
        return {"FINISHED"}


class MOCAP_MENDER_OT_rig_map_clear(needs.Needing, bpy.types.Operator):
    """Forget the map: joints are then found anew at every run, and only what is certain is used"""

    bl_idname = "mocap_mender.rig_map_clear"
    bl_label = "Clear"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - the form that Blender reads
    needed = (needs.own_armature, a_map)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Take all joints off."""
        rig = rig_map_of(context.object)  # type: ignore[arg-type]
        rig.joints.clear()
        rig.found = rig.family = rig.problem = ""
        return {"FINISHED"}


class MOCAP_MENDER_OT_rig_map_preset_add(needs.Needing, AddPresetBase, bpy.types.Operator):
    """Keep the map as a preset for other armatures with the same bones"""

    bl_idname = "mocap_mender.rig_map_preset_add"
    bl_label = "Add Rig Map Preset"
    bl_options = {"REGISTER"}  # noqa: RUF012 - the form that Blender reads
    needed = (needs.own_armature, a_map)
    preset_menu = "MOCAP_MENDER_MT_rig_map_presets"
    preset_subdir = PRESETS
    preset_defines = ["rig_map = bpy.context.object.mocap_mender_rig"]  # noqa: RUF012 - the form that Blender reads
    preset_values = ["rig_map.text"]  # noqa: RUF012 - the form that Blender reads


def _stored(obj: bpy.types.Object) -> JointMap:
    stored = stored_map(obj)
    if stored is None:
        raise MenderError("There is no map yet: press Find Joints first.")
    return stored


def _edit(obj: bpy.types.Object, chosen: dict[str, str]) -> None:
    by_hand = {joint.name for joint in rig_map_of(obj).joints if joint.state == BY_HAND}
    fill(obj, edited(_stored(obj), chosen, *bone_tree(obj)), frozenset(by_hand | set(chosen)))
