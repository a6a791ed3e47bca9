"""Denoising put together: what a model mends, how much of it is taken where, and what feet, root, gaps and keys ask.

Everything is read and worked out here before anything is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import bpy
import numpy as np

from ..blender import edits, fcurves, feet, gaps, retarget, root
from ..blender.action import Channels
from ..blender.binding import Binding, with_tracks
from ..blender.changes import Changes
from ..blender.constraints import what_moves
from ..blender.fcurves import Floats
from ..blender.frames import scene_fps
from ..blender.gaps import Gaps
from ..blender.limbs import Moved
from ..blender.reduction import reduction
from ..blender.steps import Steps, part
from ..blender.tracks import KeyRange, Track
from ..core.errors import MenderError
from ..core.rigs.joint_map import JointMap
from ..core.rigs.parts import PART_OF
from ..core.rotation import Array, exp, log
from ..inference import denoiser
from ..inference.session import Model
from .correction import correction
from .rig import joints_of, possible_joints, require_known, warnings

_EVEN = 1e-2
_NAMED = 3


@dataclass(frozen=True)
class Wishes:
    """What the animator asks for.

    bones, keys: which may change; `OBJECT` among the bones is the armature object itself. strength: of all, 0 to 1;
    parts: part of the body -> how much of it that part gets. root: how much the root is smoothed, 0 to 1. plant_feet:
    whether feet go on standing. reduce_degrees: the tolerance for fewer keys, None for all of them. fill: which gaps
    are filled, "NONE", "EMPTY" or "MARKED"; gap_frames: the longest stretch without a key that is none; marked: first
    and last frame that count as missing.
    """

    bones: frozenset[str]
    keys: KeyRange
    strength: float
    parts: Mapping[str, float]
    root: float
    plant_feet: bool
    reduce_degrees: float | None
    fill: str
    gap_frames: float
    marked: tuple[float, float]


@dataclass(frozen=True, eq=False)
class Denoised:
    """What is to be written; the mean angle in degrees by which bones turn; and what a person should know."""

    changes: Changes
    degrees: float
    told: list[str]


def denoised(scene: bpy.types.Scene, obj: Any, channels: Channels, model: Model, wishes: Wishes) -> Steps[Denoised]:
    """Work out what denoising the armature object's action changes. Raises MenderError where it cannot be done."""
    joints, binding = yield from part(_bound(obj, channels, model, wishes), 0.0, 0.1)
    yield 0.1
    carriers = root.carriers(obj, fcurves.by_path(channels), joints.root, joints.bone_of.values())
    carriers = [carrier for carrier in carriers if carrier.track.bone in wishes.bones]
    if wishes.root:
        root.require_editable(carriers, obj)
    if wishes.fill == "NONE" and (wishes.root or wishes.plant_feet):
        root.require_numbers(carriers, obj)
    carriers = [carrier for carrier in carriers if root.is_editable(carrier)]
    binding, carriers, holes = yield from part(_past_holes(binding, carriers, wishes), 0.1, 0.12)
    tracks = [*binding.read, *_beside(binding, carriers)]
    yield 0.12
    timed = retarget.key_frames(binding.read, wishes.bones, wishes.keys)
    if not len(timed):
        raise MenderError(
            f"No rotation key of the bones that {model.card.label} knows lies in the range: "
            "widen the range or select other bones."
        )
    yield 0.12
    mended = yield from part(correction(scene, model, binding, timed, holes), 0.12, 0.6)
    turns = yield from part(_weighted(mended.turns, mended.frames, _parts(obj, binding), wishes, holes), 0.6, 0.62)
    if carriers and wishes.root:
        _require_even(mended.frames, model)
    moved = Moved(turns, {})
    filled = wishes.fill != "NONE" and not binding.controls  # a pelvis' control is turned already, to be seen in place
    if wishes.root or filled:
        whole = yield from part(root.mended(carriers, mended.frames, wishes.root, holes), 0.62, 0.65)
        moved = Moved({**turns, **whole.turns}, whole.moves)
    told = warnings(replace(joints, left_out={**joints.left_out, **binding.left_out}))
    legs, reason = _legs(obj, channels, joints, binding, turns) if wishes.plant_feet else ([], "")
    if reason:
        told.append(f"Feet that stand are not kept in place: {reason}")
    if legs:
        known = {track.bone: track for track in tracks}
        planting = feet.planted(obj, fcurves.by_path(channels), known, legs, mended.frames, scene_fps(scene), moved)
        planted = yield from part(planting, 0.65, 0.75)
        moved = Moved({**moved.turns, **planted}, moved.moves)
    strengths = dict.fromkeys(moved.turns, 1.0)
    changing = edits.edits(tracks, mended.frames, moved.turns, wishes.keys, strengths)
    changes, degrees = yield from part(changing, 0.75, 0.85)
    changes += root.location_edits(carriers, mended.frames, moved.moves, wishes.keys)
    new = yield from part(gaps.new_keys(tracks, holes, mended.frames, moved.turns), 0.85, 0.87)
    new += root.new_locations(carriers, mended.frames, moved.moves, holes)
    written = Changes(changes, new)
    if wishes.reduce_degrees is not None:
        written = yield from part(_reduced(tracks, written, wishes, wishes.reduce_degrees, told), 0.87, 1.0)
    return Denoised(written, degrees, told)


def _bound(obj: Any, channels: Channels, model: Model, wishes: Wishes) -> Steps[tuple[JointMap, Binding]]:
    card = model.card
    sees_time = card.kind == denoiser.KIND
    joints = (possible_joints if sees_time else joints_of)(obj, channels, card.joints)
    require_known(joints, card)
    beside = wishes.bones if sees_time else ()
    binding = yield from retarget.bind(obj, channels, joints, card.skeleton, card.reference, beside)
    edits.require_editable_curves(binding.read, wishes.bones)
    return joints, binding


def _beside(binding: Binding, carriers: list[root.Carrier]) -> list[Track]:
    """The tracks of carriers that are not among those which a model sees."""
    read = {track.bone for track in binding.read}
    return [carrier.track for carrier in carriers if carrier.track.bone not in read]


def _past_holes(
    binding: Binding, carriers: list[root.Carrier], wishes: Wishes
) -> Steps[tuple[Binding, list[root.Carrier], Gaps]]:
    """What is to be made up; and where that is something, tracks that are read past keys which are no rotation."""
    beside = _beside(binding, carriers)
    holes = _gaps([*binding.read, *beside], wishes)
    if wishes.fill == "NONE":
        return binding, carriers, holes
    every = [*binding.read, *(track for row in binding.between for track in row), *beside]
    past, holes = yield from gaps.past_broken(every, holes, wishes.fill == "EMPTY")
    carriers = [replace(carrier, track=past.get(carrier.track.bone, carrier.track)) for carrier in carriers]
    return with_tracks(binding, past), carriers, holes


def _gaps(tracks: list[Track], wishes: Wishes) -> Gaps:
    if wishes.fill == "EMPTY":
        return gaps.empty_gaps(tracks, wishes.bones, wishes.keys, wishes.gap_frames)
    if wishes.fill == "MARKED":
        first, last = wishes.marked
        if last < first:
            raise MenderError(
                f"The missing frames from {first:g} to {last:g} are none: let them end after their start."
            )
        return gaps.marked_gap(tracks, wishes.bones, wishes.keys, first, last)
    return Gaps()


def _parts(obj: Any, binding: Binding) -> dict[str, str]:
    """Bone -> part of the body: its joint's, or that of the nearest joint which carries it, as a finger's hand."""
    joints = {track.bone: joint for joint, track in zip(binding.names, binding.tracks, strict=True) if track}
    if binding.controls:  # the pelvis' among them, which would turn the spine
        joints |= {
            track.bone: joint for joint, track in zip(binding.controls.joints, binding.controls.tracks, strict=True)
        }
    found = {}
    for track in binding.read:
        above = obj.data.bones[track.bone]
        while above is not None and above.name not in joints:
            above = above.parent
        if above is not None and joints[above.name] in PART_OF:
            found[track.bone] = PART_OF[joints[above.name]]
    return found


def _weighted(
    turns: Mapping[str, Array], frames: Floats, parts: Mapping[str, str], wishes: Wishes, holes: Gaps
) -> Steps[dict[str, Array]]:
    """Bone -> (T, 4) as much of its turn as its part of the body gets, all of it where motion is made up; only bones
    that change."""
    result = {}
    for done, (bone, turn) in enumerate(turns.items()):
        yield done / len(turns)
        if bone not in wishes.bones:
            continue
        share = wishes.strength * wishes.parts.get(parts.get(bone, ""), 1.0)
        lost = holes.missing(bone, frames)
        if share == 1 or lost.all():
            result[bone] = turn
        elif share > 0 or lost.any():
            result[bone] = exp(np.where(lost, 1, share)[:, None].astype(np.float32) * log(turn))
    return result


def _legs(
    obj: Any, channels: Channels, joints: JointMap, binding: Binding, turns: Mapping[str, Array]
) -> tuple[list[feet.Leg], str]:
    """Of the legs that change those whose keys are what is seen, and in a few words why others cannot be planted."""
    legs = feet.legs_of(joints.bone_of, turns)
    if not legs:
        return [], ""
    if binding.controls:
        return [], "what is seen of this rig's legs comes from controls"
    moves = what_moves(obj, channels)
    keyed = {track.bone for track in binding.matched if track.curves}
    stuck = [bone for leg in legs for bone in leg[:3] if bone in moves.moved]
    reason = f"{stuck[0]} is moved by {moves.why(stuck[0])}" if stuck else ""
    return [leg for leg in legs if keyed.issuperset(leg[:3]) and not moves.moved.intersection(leg[:3])], reason


def _reduced(tracks: list[Track], changes: Changes, wishes: Wishes, degrees: float, told: list[str]) -> Steps[Changes]:
    """The changes with as few keys as the tolerance allows; which bones keep all of theirs is told."""
    fewer = yield from reduction(tracks, wishes.bones, wishes.keys, changes.edits, changes.new, degrees)
    if fewer.left_alone:
        named = ", ".join(fewer.left_alone[:_NAMED]) + (", …" if len(fewer.left_alone) > _NAMED else "")
        told.append(
            f"{len(fewer.left_alone)} bones keep all their keys, which are more than a frame apart or lie at other "
            f"frames for each number: {named}"
        )
    return Changes(changes.edits, changes.new, fewer.fewer)


def _require_even(frames: Floats, model: Model) -> None:
    steps = np.diff(frames)
    if len(steps) and np.ptp(steps) > _EVEN * steps.mean():
        raise MenderError(
            f"The root can be smoothed where keys are even, and those that {model.card.label} sees are not: choose a "
            "model that sees motion over time, or leave the root as it is."
        )
