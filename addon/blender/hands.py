"""An armature's hands: found by its bones' names and rest pose, and where their wrists are in the scene.

Keys that were generated, and left alone since, are not the animator's: they count for nothing here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import bpy
import numpy as np

from ..core.errors import MenderError
from ..core.hand import SIDES, HandShapeError
from ..core.rigs.finger_rig import finger_rig, side_of
from ..core.rigs.hands import HandBones, find_hands
from ..core.rigs.loose_hand import loose_hand
from ..core.rigs.names import read as read_name
from ..core.rotation import Array, conjugate, continuous, from_matrix, multiply, normalize
from ..core.rotation_mode import property_of
from . import fcurves, limbs
from .action import Channels
from .constraints import what_moves
from .fcurves import Floats
from .rigged_hand import RiggedHand
from .steps import Steps, part
from .tracks import ArmatureObject, track_of

Y_UP = np.array([np.sqrt(0.5), -np.sqrt(0.5), 0, 0])
"""From the scene's axes, Z up, to those of a clip, Y up."""


class HandsError(MenderError):
    """The armature has no hands that can be read, or they must not be changed."""


def hands_of(
    obj: ArmatureObject, channels: Channels | None, chosen: Mapping[str, str] = MappingProxyType({})
) -> list[RiggedHand]:
    """The armature's hands, left first.

    channels: its curves; None where it has no action. chosen: joint -> the bone that a person chose, "" for none.

    Raises HandsError where it has none or where it is mirrored, HandShapeError where no palm can be told from a rest
    pose, ActionError where a finger bone changes its rotation mode over time.
    """
    if obj.matrix_world.determinant() < 0:
        raise HandsError(f"{obj.name} is mirrored by a negative scale: apply the scale (Ctrl+A) first.")
    curves = fcurves.by_path(channels) if channels is not None else {}
    bones = list(obj.data.bones)
    place = {bone.name: i for i, bone in enumerate(bones)}
    paths = {path for path, _ in curves}
    keyed = [b.name for b in obj.pose.bones if fcurves.bone_path(b.name, property_of(b.rotation_mode)) in paths]
    parents = [place[bone.parent.name] if bone.parent else -1 for bone in bones]
    found = find_hands([bone.name for bone in bones], parents, keyed, chosen)
    heads = {bone.name: np.array(bone.head_local, dtype=np.float64) for bone in bones}
    tails = {bone.name: np.array(bone.tail_local, dtype=np.float64) for bone in bones}
    rests = {bone.name: from_matrix(np.array(bone.matrix_local.to_3x3(), dtype=np.float64)) for bone in bones}
    result, problems = [], []
    for name, hand in found.items():
        try:
            side = (name or read_name(obj.name).side or side_of(hand, heads, tails) or "Right").lower()
            rig = finger_rig(hand, side == "right", heads, tails, rests)
        except HandShapeError as error:
            problems.append(error)
            continue
        tracks = tuple(track_of(obj, curves, bone) for bone in rig.bones)
        before = {below: track_of(obj, curves, above) for below, above in rig.before.items()}
        rigged = RiggedHand(SIDES.index(side), rig, tracks, before, curves)
        result.append(rigged if hand.linked else _loose(rigged, obj, hand, heads, rests))
    if not result:
        if problems:
            raise problems[0]
        raise HandsError(
            f"No finger bones were found on {obj.name}: name them as a known rig does, such as LeftHandIndex1 or "
            "f_index.01.L."
        )
    if len({hand.side for hand in result}) < len(result):
        raise HandsError(f"Two hands of {obj.name} are the same side: let the bones' names tell left and right.")
    return sorted(result, key=lambda hand: hand.side)


def _loose(
    hand: RiggedHand, obj: ArmatureObject, bones: HandBones, heads: Mapping[str, Array], rests: Mapping[str, Array]
) -> RiggedHand:
    loose = loose_hand(bones, hand.rig.bones, heads, rests)
    followers = tuple(track_of(obj, hand.curves, bone) for bone in loose.bones[loose.bending :])
    wrist = track_of(obj, hand.curves, loose.wrist) if loose.wrist else None
    return replace(hand, loose=loose, followers=followers, wrist=wrist)


def require_editable(obj: ArmatureObject, channels: Channels | None, bones: Collection[str]) -> None:
    """Raises HandsError where a rotation curve of one of `bones` is locked, muted, made of samples or has modifiers."""
    if channels is None:
        return
    pose = obj.pose.bones
    bone_of = {fcurves.bone_path(bone, property_of(pose[bone].rotation_mode)): bone for bone in bones}
    problems = {
        "locked: unlock them in the graph editor": fcurves.is_locked,
        "muted: unmute them": fcurves.is_muted,
        "baked to samples: turn them into keys (Key > Density > Samples to Keys)": fcurves.is_baked,
        "changed by modifiers: bake or remove them": fcurves.has_modifiers,
    }
    for curve in channels.fcurves:
        for problem, holds in problems.items():
            if curve.data_path in bone_of and holds(curve):
                raise HandsError(f"The rotation curves of the bone {bone_of[curve.data_path]} are {problem} first.")


def wrists(
    scene: bpy.types.Scene, obj: ArmatureObject, channels: Channels | None, hands: Sequence[RiggedHand], frames: Floats
) -> Steps[Array]:
    """(T, 2, 7) where each wrist is at `frames`, metres with Y up, and how the hand's own axes lie: wxyz.

    NaN for a hand that the armature has not, or that no bone carries. What constraints, IK or drivers move is read from
    the scene frame by frame, and all else from the keys. Raises ActionError where a curve says no rotation.
    """
    result = np.full((len(frames), len(SIDES), 7), np.nan)
    carried = [hand for hand in hands if hand.rig.carrier]
    if not carried or not len(frames):
        return result
    bones = [hand.rig.carrier for hand in carried]
    above = {name for bone in bones for name in (bone, *(b.name for b in obj.data.bones[bone].parent_recursive))}
    if above & what_moves(obj, channels).moved or channels is None:
        heads, turns = yield from _seen(scene, obj, bones, frames)
    else:
        read = yield from part(limbs.read(obj, fcurves.by_path(channels), bones, frames), 0.0, 1.0)
        placed = limbs.in_scene(read)
        heads, turns = dict(placed.heads), dict(placed.turns)
    metre = scene.unit_settings.scale_length or 1.0
    for hand in carried:
        to_hand = multiply(conjugate(hand.rig.carrier_rest), hand.rig.hand.frame)
        x, y, z = heads[hand.rig.carrier].T * metre
        result[:, hand.side, :3] = np.stack([x, z, -y], axis=-1)
        turned = multiply(multiply(Y_UP, turns[hand.rig.carrier].astype(np.float64)), to_hand)
        result[:, hand.side, 3:] = continuous(normalize(turned))
    return result


def _seen(
    scene: Any, obj: ArmatureObject, bones: Sequence[str], frames: Floats
) -> Steps[tuple[dict[str, Array], dict[str, Array]]]:
    """Heads (T, 3) and orientations (T, 4) of bones in the scene, as it shows them; it keeps its frame."""
    matrices = {bone: np.empty((len(frames), 4, 4)) for bone in bones}
    frame, subframe = scene.frame_current, scene.frame_subframe
    try:
        for row, at in enumerate(frames.tolist()):
            scene.frame_set(int(np.floor(at)), subframe=at % 1.0)
            for bone, own in matrices.items():
                own[row] = obj.matrix_world @ obj.pose.bones[bone].matrix
            yield row / len(frames)
    finally:
        scene.frame_set(frame, subframe=subframe)
    turns = {bone: from_matrix(_without_scale(own[:, :3, :3])) for bone, own in matrices.items()}
    return {bone: own[:, :3, 3] for bone, own in matrices.items()}, turns


def _without_scale(matrices: Array) -> Array:
    return matrices / np.linalg.norm(matrices, axis=1, keepdims=True)
