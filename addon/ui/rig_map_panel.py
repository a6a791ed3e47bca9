"""The panel Rig Map: which bone is which joint, how each was found, and a picker to put it right."""

# The stubs let whatever a context gives be None; while a panel is drawn it is there.
# mypy: disable-error-code="union-attr, arg-type, override, assignment"

from __future__ import annotations

from typing import Any

import bpy

from ..core.rigs import joint_map
from ..core.rigs.canonical import FINGER_JOINTS
from ..operators.needs import own_armature
from ..operators.rig_map import PRESETS
from ..rig_properties import BY_HAND, DOUBTFUL, FOUND, STATE_ITEMS, RigJoint, RigMap, rig_map_of
from .text import is_wide, paragraph

_ICONS = {identifier: icon for identifier, _, _, icon, _ in STATE_ITEMS}
_ROWS = 9
_WIDE = 400  # pixels at scale 1 of a sidebar in which names and pickers have room beside each other
_FINGERS = frozenset(FINGER_JOINTS)


class MOCAP_MENDER_UL_rig_map(bpy.types.UIList):
    """Joints, one a row: how it was found, its name, its bone."""

    def draw_item(
        self,
        context: bpy.types.Context,
        layout: bpy.types.UILayout,
        data: Any,
        item: Any,
        icon: int,
        active_data: Any,
        active_name: str,
    ) -> None:
        """The icon says how the bone was found; a doubtful one has a tick to confirm it."""
        row = layout.row(align=True)
        split = row.split(factor=0.54, align=True)
        name = split.row(align=True)
        name.active = bool(item.bone)
        name.label(text=item.name, icon=_icon(item))
        bone = split.row(align=True)
        bone.active = item.state != DOUBTFUL
        if is_wide(context, _WIDE):
            bone.prop_search(item, "bone", item.id_data.data, "bones", text="")
        else:
            bone.label(text=item.bone.removeprefix(data.prefix))
        if item.state == DOUBTFUL and item.bone:
            row.operator("mocap_mender.rig_map_confirm", text="", icon="CHECKMARK").joint = item.name

    def draw_filter(self, context: bpy.types.Context, layout: bpy.types.UILayout) -> None:
        """No filter of the list's own: what is shown is chosen above it."""

    def filter_items(self, context: bpy.types.Context, data: Any, name: str) -> tuple[list[int], list[int]]:
        """Only the joints that are to be shown."""
        shown = data.shown
        return [self.bitflag_filter_item if _is_shown(joint, shown) else 0 for joint in getattr(data, name)], []


class MOCAP_MENDER_MT_rig_map_presets(bpy.types.Menu):
    """Maps that were kept, for other armatures with the same bones."""

    bl_label = "Rig Map Presets"
    preset_subdir = PRESETS
    preset_operator = "script.execute_preset"
    draw = bpy.types.Menu.draw_preset


class MOCAP_MENDER_PT_rig_map(bpy.types.Panel):
    """Which bones are which joints."""

    bl_label = "Rig Map"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Mender"
    bl_order = 2
    bl_options = {"DEFAULT_CLOSED"}  # noqa: RUF012 - the form that Blender reads

    def draw(self, context: bpy.types.Context) -> None:
        """What was found, the list, the chosen joint, and what can be done."""
        layout = self.layout
        obj = context.object
        reason = own_armature(context)
        if obj is None or obj.type != "ARMATURE":
            paragraph(layout, context, "Select an armature to see which bones are its joints.", icon="INFO")
            return
        rig = rig_map_of(obj)
        if not len(rig.joints):
            _empty(layout, context, reason)
            return
        layout.enabled = not reason
        if reason:
            paragraph(layout, context, f"{reason}.", icon="ERROR")
        _presets(layout)
        _summary(layout, context, rig)
        layout.row(align=True).prop(rig, "shown", expand=True)
        if any(_is_shown(joint, rig.shown) for joint in rig.joints):
            layout.template_list(
                MOCAP_MENDER_UL_rig_map.__name__, "", rig, "joints", rig, "active", rows=_ROWS, sort_lock=True
            )
            _chosen(layout, context, rig)
        else:
            paragraph(layout, context, "Every joint has its bone.", icon="CHECKMARK")
        if rig.problem:
            paragraph(layout.box(), context, rig.problem, icon="ERROR")
        if any(joint.state == DOUBTFUL and joint.bone for joint in rig.joints):
            confirm = layout.row()
            confirm.scale_y = 1.4
            confirm.operator("mocap_mender.rig_map_confirm", icon="CHECKMARK").joint = ""
        row = layout.row(align=True)
        row.operator("mocap_mender.rig_map_find", text="Find Again", icon="FILE_REFRESH")
        row.operator("mocap_mender.rig_map_clear", icon="X")


def _empty(layout: bpy.types.UILayout, context: bpy.types.Context, reason: str) -> None:
    if reason:
        paragraph(layout, context, f"{reason}.", icon="ERROR")
    else:
        paragraph(layout, context, "No map yet: every run finds the joints by the bones' names.", icon="INFO")
    row = layout.row()
    row.scale_y = 1.4
    row.operator("mocap_mender.rig_map_find", icon="VIEWZOOM")


def _presets(layout: bpy.types.UILayout) -> None:
    row = layout.row(align=True)
    row.menu(MOCAP_MENDER_MT_rig_map_presets.__name__, text=MOCAP_MENDER_MT_rig_map_presets.bl_label)
    row.operator("mocap_mender.rig_map_preset_add", text="", icon="ADD")
    row.operator("mocap_mender.rig_map_preset_add", text="", icon="REMOVE").remove_active = True


def _summary(layout: bpy.types.UILayout, context: bpy.types.Context, rig: RigMap) -> None:
    joints = list(rig.joints)
    doubtful = sum(joint.state == DOUBTFUL for joint in joints)
    column = layout.column(align=True)
    column.scale_y = 0.9
    column.label(text=_title(rig), icon="ARMATURE_DATA")
    body = [joint for joint in joints if joint.name not in _FINGERS]
    fingers = [joint for joint in joints if joint.name in _FINGERS]
    column.label(text=f"Body {_count(body)} · Fingers {_count(fingers)}", icon="BLANK1")
    if doubtful:
        column.label(text=f"{doubtful} doubtful: left alone", icon="QUESTION")


def _count(joints: list[RigJoint]) -> str:
    used = sum(bool(joint.bone) and joint.state != DOUBTFUL for joint in joints)
    return f"{used} of {len(joints)}"


def _title(rig: RigMap) -> str:
    if rig.family and rig.family != joint_map.BY_HAND:
        return f"Names: {rig.family}"
    if any(joint.state == FOUND for joint in rig.joints):
        return "Names: CMU"
    return "Set by hand" if any(joint.state == BY_HAND for joint in rig.joints) else "Found by places, not by names"


def _chosen(layout: bpy.types.UILayout, context: bpy.types.Context, rig: RigMap) -> None:
    """The joint that is chosen in the list: how it was found, and its bone to be picked."""
    if not 0 <= rig.active < len(rig.joints) or not _is_shown(rig.joints[rig.active], rig.shown):
        return
    joint = rig.joints[rig.active]
    column = layout.column(align=True)
    paragraph(column, context, f"{joint.name}: {_words(joint)}.")
    row = column.row(align=True)
    row.prop_search(joint, "bone", joint.id_data.data, "bones", text="", icon="BONE_DATA")
    row.operator("mocap_mender.rig_map_pick", text="", icon="EYEDROPPER")


def _words(joint: RigJoint) -> str:
    if joint.reason:
        return joint.reason
    if joint.state == BY_HAND:
        return "set by hand" if joint.bone else "left alone by hand"
    if joint.state == FOUND:
        return "found by its name"
    return "no bone was found, so it is left alone"


def _icon(joint: RigJoint) -> str:
    return "CANCEL" if joint.state == BY_HAND and not joint.bone else _ICONS[joint.state]


def _is_shown(joint: RigJoint, shown: str) -> bool:
    if shown == "OPEN":
        return joint.state == DOUBTFUL or (not joint.bone and joint.state != BY_HAND)
    return (joint.name in _FINGERS) == (shown == "FINGERS")
