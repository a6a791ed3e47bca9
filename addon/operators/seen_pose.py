"""Whether what is seen of the active armature comes from its keys: found out after drawing, never while."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bpy

from ..blender import action
from ..blender.armature import require_armature
from ..blender.constraints import WhatMoves, what_moves
from ..blender.visual import moved_together
from ..core.errors import MenderError
from ..core.rigs.canonical import BODY_JOINTS
from .rig import possible_joints


@dataclass(frozen=True)
class _Known:
    """What was found out of an armature in this state; `state` is cheap to compare."""

    state: tuple[object, ...]
    sentence: str


# The armature that was looked at last. It belongs to the session: a redraw asks for it, a timer fills it.
_known: _Known | None = None


def baked_bones(obj: Any) -> tuple[WhatMoves, list[str]]:
    """What moves the bones of an armature object, and those that a visual bake is for.

    These are bones of the rig map's joints, and keyed ones, that more than their keys moves. Where the rig is one of
    controls that denoising reads from the pose that is seen, there are none. Without joints, all bones that deform.
    Raises MenderError where the rig map does not fit.
    """
    data = obj.animation_data
    channels = action.assigned_channels(obj) if data and data.action else None
    moves = what_moves(obj, channels)
    if not moves.moved:
        return moves, []
    joints = possible_joints(obj, channels, BODY_JOINTS)
    if joints.seen_of:
        return moves, []
    body = set(joints.bone_of.values()) or {bone.name for bone in obj.data.bones if bone.use_deform}
    return moves, moved_together(moves, body | moves.keyed)


def known_notice(obj: Any) -> str:
    """What the panel says of an armature object whose seen pose is not its keys' alone; empty as long as not known."""
    if _known is None or _known.state != _state(obj):
        if not bpy.app.timers.is_registered(_look):
            bpy.app.timers.register(_look, first_interval=0.05)
        return ""
    return _known.sentence


def unregister() -> None:
    """Take away a look that waits, and forget the last one."""
    global _known
    if bpy.app.timers.is_registered(_look):
        bpy.app.timers.unregister(_look)
    _known = None


def _look() -> None:
    global _known
    obj: Any = bpy.context.view_layer.objects.active if bpy.context.view_layer else None
    if obj is None or obj.type != "ARMATURE":
        return
    try:
        moves, bones = baked_bones(require_armature(obj))
    except MenderError:  # the panel of the rig map, or of the motion, says it
        moves, bones = None, []
    _known = _Known(_state(obj), _sentence(moves, bones) if moves and bones else "")
    for window in bpy.context.window_manager.windows:  # type: ignore[union-attr]
        for area in window.screen.areas:
            if _known.sentence and area.type == "VIEW_3D":
                area.tag_redraw()


def _sentence(moves: WhatMoves, bones: list[str]) -> str:
    kinds = {
        "constraints": any(bone in moves.constraints and bone not in moves.chains.values() for bone in bones),
        "IK": any(bone in moves.chains or bone in moves.chains.values() for bone in bones),
        "drivers": any(bone in moves.drivers for bone in bones),
    }
    told = " and ".join(kind for kind, there in kinds.items() if there)
    count = f"{len(bones)} bones are" if len(bones) > 1 else f"{bones[0]} is"
    return f"{count} moved by {told}, not by keys alone. Denoising changes keys only."


def _state(obj: Any) -> tuple[object, ...]:
    """What decides it, as far as a redraw can afford to look: a millisecond for a thousand constraints."""
    data = obj.animation_data
    return (
        obj.as_pointer(),
        obj.mode == "EDIT",
        len(obj.data.bones),
        len(obj.mocap_mender_rig.joints),
        obj.mocap_mender_rig.problem,
        data.action.name_full if data and data.action else "",
        tuple(driver.mute for driver in data.drivers) if data else (),
        tuple(
            (bone.name, constraint.mute, constraint.influence > 0)
            for bone in (obj.pose.bones if obj.pose else ())
            for constraint in bone.constraints
        ),
    )
