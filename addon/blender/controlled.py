"""A rig of controls as a model's joints: read from the bones that show the pose, given back to the controls' keys."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import bpy
import numpy as np

from ..core.rigs.alignment import align
from ..core.rigs.joint_map import ROOT, JointMap
from ..core.rotation import IDENTITY, Array, conjugate, multiply
from ..core.skeleton import Skeleton
from . import fcurves
from .action import ActionError, Channels
from .binding import Binding, Motion
from .controls import Controls, find_shares, rest_rotations, seen_rotations, solve, useful
from .fcurves import Floats
from .steps import Steps, part
from .tracks import ArmatureObject, KeyRange, Track, frames_of, rotation, track_of, union


def bind_controls(
    obj: ArmatureObject,
    channels: Channels,
    joints: JointMap,
    skeleton: Skeleton,
    reference: Array,
    asked: Collection[str],
) -> Steps[Binding]:
    """As `retarget.bind`, for a map that says which bones show the pose (`seen_of`).

    The pelvis, where it is known, is among the controls: it is no joint of the model, and is held in its place.
    """
    curves = fcurves.by_path(channels)
    bone_of = {name: joints.bone_of[name] for name in skeleton.names if name in joints.bone_of}
    if joints.root:
        bone_of = {ROOT: joints.root} | bone_of
    bone_of = {name: bone for name, bone in bone_of.items() if name in joints.seen_of}
    root = (
        {joints.root, *(bone.name for bone in obj.data.bones[joints.root].parent_recursive)} if joints.root else set()
    )
    other = [bone.name for bone in obj.pose.bones if bone.name in asked and bone.name not in {*bone_of.values(), *root}]
    tracks: dict[str, Track] = {}
    for done, name in enumerate([*bone_of.values(), *other]):
        tracks[name] = track_of(obj, curves, name)
        yield 0.5 * done / (len(bone_of) + len(other))
    own = [tracks[bone] for bone in bone_of.values()]
    keyed = [frames for track in own for frames in frames_of(track, KeyRange())]
    if not keyed:
        raise ActionError(f"No control of {obj.name} that moves its body has rotation keys: key its FK controls first.")
    controls, left_out = yield from part(_controls(obj, bone_of, joints, own, float(union(keyed)[0])), 0.5, 1.0)
    present = np.array([name in bone_of for name in skeleton.names])
    heads = np.zeros((len(skeleton), 3))
    for joint in np.flatnonzero(present):
        heads[joint] = obj.data.bones[joints.seen_of[skeleton.names[joint]]].head_local
    return Binding(
        names=skeleton.names,
        parents=skeleton.parents,
        tracks=tuple(tracks[bone_of[name]] if name in bone_of else None for name in skeleton.names),
        between=((),) * len(skeleton),
        free=tuple(tracks[name] for name in other if tracks[name].curves),
        alignment=align(skeleton, reference, present, heads),
        reference=reference.astype(np.float32),
        controls=controls,
        left_out=left_out,
    )


def _controls(
    obj: ArmatureObject, bone_of: dict[str, str], joints: JointMap, tracks: list[Track], frame: float
) -> Steps[tuple[Controls, dict[str, str]]]:
    scene: Any = bpy.context.scene
    names, bones = tuple(bone_of), tuple(bone_of.values())
    seen = tuple(joints.seen_of[name] for name in names)
    shares = yield from find_shares(scene, obj, bones, seen, frame)
    places, left_out = useful(names, bones, seen, shares, [bool(track.curves) for track in tracks])
    rests = rest_rotations(obj, seen)
    square = shares[np.ix_(places, places)]
    controls = Controls(scene, obj, names, tuple(tracks), seen, rests, tuple(places), square)
    return controls, {joint: reason for joint, reason in left_out.items() if joint != ROOT}


def sample_controls(binding: Binding, controls: Controls, frames: Floats) -> Steps[Motion]:
    """As `retarget.sample`, from the evaluated pose."""
    seen = yield from part(seen_rotations(controls, frames), 0.0, 0.9)
    column = {name: place for place, name in enumerate(controls.joints)}
    body = np.empty((len(frames), len(binding.names), 4), dtype=np.float32)
    for joint, name in enumerate(binding.names):
        if name not in column:
            body[:, joint] = binding.reference[joint]
            continue
        above = _above(binding, joint, column)
        local = seen[:, column[name]]
        if above is not None:
            local = multiply(conjugate(seen[:, column[above]]), local)
        body[:, joint] = multiply(multiply(binding.alignment.left[joint], local), binding.alignment.right[joint])
    free = np.empty((len(frames), len(binding.free), 4), dtype=np.float32)
    for place, track in enumerate(binding.free):
        yield 0.9 + 0.1 * place / len(binding.free)
        free[:, place] = rotation(track, frames)
    root = seen[:, column[ROOT]] if ROOT in column else IDENTITY
    return Motion(body, free, root=root)


def turns_of_controls(
    binding: Binding, controls: Controls, frames: Floats, motion: Motion, clean: Motion
) -> Steps[dict[str, Array]]:
    """As `retarget.turns`: what the controls must do for the clean motion to be seen."""
    column = {name: place for place, name in enumerate(controls.joints)}
    wanted = np.empty((len(frames), len(column), 4))
    if ROOT in column:
        wanted[:, column[ROOT]] = motion.root
    left, right = conjugate(binding.alignment.left), conjugate(binding.alignment.right)
    for joint, name in enumerate(binding.names):
        if name in column:
            above = _above(binding, joint, column)
            local = multiply(multiply(left[joint], clean.body[:, joint].astype(np.float64)), right[joint])
            wanted[:, column[name]] = local if above is None else multiply(wanted[:, column[above]], local)
    given = {track.bone: clean.free[:, place] for place, track in enumerate(binding.free)}
    result = yield from solve(controls, frames, wanted, given)
    for place, track in enumerate(binding.free):
        result[track.bone] = multiply(conjugate(motion.free[:, place]), clean.free[:, place])
    return result


def _above(binding: Binding, joint: int, present: Collection[str]) -> str | None:
    """The nearest joint above that the rig has, or the pelvis, or None where that is not known either."""
    above = binding.parents[joint]
    while above >= 0 and binding.names[above] not in present:
        above = binding.parents[above]
    if above >= 0:
        return binding.names[above]
    return ROOT if ROOT in present else None
