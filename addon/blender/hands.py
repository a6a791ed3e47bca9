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
from ..core.hand import SIDES
from ..core.rigs.resting_hands import RestingHand, resting_hands
from ..core.rotation import Array, conjugate, continuous, from_matrix, multiply, normalize
from ..core.rotation_mode import property_of
from . import fcurves, limbs
from .action import Channels
from .constraints import what_moves
from .fcurves import Floats
from .frames import frame_kept, go_to
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
    paths = {path for path, _ in curves}
    keyed = [b.name for b in obj.pose.bones if fcurves.bone_path(b.name, property_of(b.rotation_mode)) in paths]
    result = [_rigged(obj, curves, hand) for hand in resting_hands(*_rest(obj), keyed, chosen, obj.name)]
    if not result:
        raise HandsError(
            f"No finger bones were found on {obj.name}: name them as a known rig does, such as LeftHandIndex1 or "
            "f_index.01.L."
        )
    if len({hand.side for hand in result}) < len(result):
        raise HandsError(f"Two hands of {obj.name} are the same side: let the bones' names tell left and right.")
    return sorted(result, key=lambda hand: hand.side)


def _rest(obj: ArmatureObject) -> tuple[list[str], list[int], Floats, Floats, Floats]:
    """The N bones' names, the index of each one's parent, heads (N, 3), tails (N, 3) and axes (N, 3, 3) at rest."""
    bones = obj.data.bones
    names = [bone.name for bone in bones]
    place = {name: i for i, name in enumerate(names)}
    parents = [place[bone.parent.name] if bone.parent else -1 for bone in bones]
    heads, tails, columns = (np.empty((len(bones), *shape), dtype=np.float32) for shape in ((3,), (3,), (4, 4)))
    for name, numbers in (("head_local", heads), ("tail_local", tails), ("matrix_local", columns)):
        bones.foreach_get(name, numbers.ravel())
    return names, parents, heads, tails, columns.transpose(0, 2, 1)[:, :3, :3]


def _rigged(obj: ArmatureObject, curves: Mapping[tuple[str, int], bpy.types.FCurve], hand: RestingHand) -> RiggedHand:
    rig, loose = hand.rig, hand.loose
    rigged = RiggedHand(
        hand.side,
        rig,
        tuple(track_of(obj, curves, bone) for bone in rig.bones),
        {below: track_of(obj, curves, above) for below, above in rig.before.items()},
        curves,
    )
    if loose is None:
        return rigged
    followers = tuple(track_of(obj, curves, bone) for bone in loose.bones[loose.bending :])
    wrist = track_of(obj, curves, loose.wrist) if loose.wrist else None
    return replace(rigged, loose=loose, followers=followers, wrist=wrist)


def require_editable(
    obj: ArmatureObject, channels: Channels | None, found: Collection[RiggedHand], bones: Collection[str]
) -> None:
    """Raises HandsError where a curve that turns one of `bones` is locked, muted, made of samples or has modifiers.

    Of a hand among `found` whose bones hang beside each other also where a curve that moves one of them is.
    """
    if channels is None:
        return
    pose = obj.pose.bones
    bone_of = {fcurves.bone_path(bone, property_of(pose[bone].rotation_mode)): bone for bone in bones}
    moving = {bone for hand in found if hand.loose for bone in hand.loose.bones}.intersection(bones)
    bone_of |= {fcurves.bone_path(bone, "location"): bone for bone in moving}
    problems = {
        "locked: unlock them in the graph editor": fcurves.is_locked,
        "muted: unmute them": fcurves.is_muted,
        "baked to samples: turn them into keys (Key > Density > Samples to Keys)": fcurves.is_baked,
        "changed by modifiers: bake or remove them": fcurves.has_modifiers,
    }
    for curve in channels.fcurves:
        for problem, holds in problems.items():
            if curve.data_path in bone_of and holds(curve):
                kind = "location" if curve.data_path.endswith(".location") else "rotation"
                raise HandsError(f"The {kind} curves of the bone {bone_of[curve.data_path]} are {problem} first.")


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
    with frame_kept(scene):
        for row, at in enumerate(frames.tolist()):
            go_to(scene, at)
            for bone, own in matrices.items():
                own[row] = obj.matrix_world @ obj.pose.bones[bone].matrix
            yield row / len(frames)
    turns = {bone: from_matrix(_without_scale(own[:, :3, :3])) for bone, own in matrices.items()}
    return {bone: own[:, :3, 3] for bone, own in matrices.items()}, turns


def _without_scale(matrices: Array) -> Array:
    return matrices / np.linalg.norm(matrices, axis=1, keepdims=True)
