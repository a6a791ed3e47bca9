"""An armature's action as the rotations of a model's joints and of the bones beside them, and changes back as turns.

Nothing is written here: see `edits`. Reading comes as steps, because a long action takes longer than a window may wait.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

import numpy as np

from ..core.rigs.joint_map import ROOT, JointMap
from ..core.rotation import Array, conjugate, multiply
from ..core.skeleton import Skeleton
from . import fcurves
from .action import ActionError, Channels
from .binding import Binding, Motion
from .bones import above, alignment_of, carrying
from .controlled import bind_controls, sample_controls, turns_of_controls
from .fcurves import Floats
from .steps import Steps
from .tracks import ArmatureObject, KeyRange, Track, frames_of, rotation, track_of, union

_NO_TURN = np.array([1.0, 0.0, 0.0, 0.0], dtype=np.float32)


def bind(
    obj: ArmatureObject,
    channels: Channels,
    joints: JointMap,
    skeleton: Skeleton,
    reference: Array,
    asked: Collection[str] = (),
) -> Steps[Binding]:
    """Read the rotation curves of the bones in `joints`, of those between them, and of the other bones in `asked`.

    skeleton, reference: the model's joints and (J, 4) the rotations that stand in for those that the rig lacks.
    Raises ActionError where there is nothing to read, or a bone's curves cannot be read as one rotation mode.
    """
    if not joints.seen_of and not _all_inherit(obj, joints):
        # Each bone then shows its own pose, and who turns whom is found out as on rigs of controls.
        joints = replace(joints, seen_of={**joints.bone_of, **({ROOT: joints.root} if joints.root else {})})
    if joints.seen_of:
        return (yield from bind_controls(obj, channels, joints, skeleton, reference, asked))
    curves = fcurves.by_path(channels)
    bones = [joints.bone_of.get(name) for name in skeleton.names]
    matched = [bone for bone in bones if bone]
    everything = carrying(obj, matched)
    chains = _chains(obj, matched, everything)
    # With the pelvis known, what is above other joints is not taken for the root.
    root = {joints.root, *above(obj, joints.root)} if joints.root in obj.data.bones else everything
    other = [bone.name for bone in obj.pose.bones if bone.name in asked and bone.name not in {*matched, *root}]
    names = dict.fromkeys([*matched, *(bone for chain in chains.values() for bone in chain), *other])
    tracks: dict[str, Track] = {}
    for done, name in enumerate(names):
        tracks[name] = track_of(obj, curves, name)
        yield done / len(names)
    free = tuple(tracks[name] for name in other if tracks[name].curves)
    if not matched and not free:
        raise ActionError(
            f"No bone of {obj.name} bears the name of a joint that the model knows (such as "
            f"{', '.join(skeleton.names[:3])}): rename its bones, or choose another armature or model."
        )
    return Binding(
        names=skeleton.names,
        parents=skeleton.parents,
        tracks=tuple(tracks[bone] if bone else None for bone in bones),
        between=tuple(tuple(tracks[b] for b in chains[bone]) if bone else () for bone in bones),
        free=free,
        alignment=alignment_of(obj, bones, skeleton, reference),
        reference=reference.astype(np.float32),
    )


def key_frames(tracks: Iterable[Track], asked: Collection[str], keys: KeyRange) -> Floats:
    """(T,) the frames, rising, at which a bone in `asked` has a key in the range."""
    return union([frames for track in tracks if track.bone in asked for frames in frames_of(track, keys)])


def model_frames(keys: Floats, scene_fps: float, model_fps: float | None) -> Floats:
    """(T,) frames of the scene at which a model of `model_fps` sees the stretch of the keys' frames (N,), N at least 1.

    A model without a rate of its own sees single poses: those at the keys.
    """
    if model_fps is None:
        return keys
    step = scene_fps / model_fps
    count = int(np.ceil((keys[-1] - keys[0]) / step - 1e-4)) + 1
    return (keys[0] + step * np.arange(count)).astype(np.float32)


def sample(binding: Binding, frames: Floats) -> Steps[Motion]:
    """The motion at `frames` (T,). Raises ActionError where a curve says no rotation there."""
    if binding.controls:
        return (yield from sample_controls(binding, binding.controls, frames))
    body = np.empty((len(frames), len(binding.tracks), 4), dtype=np.float32)
    free = np.empty((len(frames), len(binding.free), 4), dtype=np.float32)
    between: dict[str, Array] = {}
    count = len(binding.tracks) + len(binding.free)
    for joint, track in enumerate(binding.tracks):
        yield joint / count
        if track is None:
            body[:, joint] = binding.reference[joint]
            continue
        above = binding.alignment.left[joint]
        for bone in binding.between[joint]:
            if bone.bone not in between:
                between[bone.bone] = multiply(multiply(bone.rest, rotation(bone, frames)), conjugate(bone.rest))
            above = multiply(above, between[bone.bone])
        own = multiply(track.rest, rotation(track, frames))
        body[:, joint] = multiply(multiply(above, own), _right(binding, joint))
    for place, track in enumerate(binding.free):
        yield (len(binding.tracks) + place) / count
        free[:, place] = rotation(track, frames)
    return Motion(body, free, between)


def turns(binding: Binding, frames: Floats, motion: Motion, clean: Motion) -> Steps[dict[str, Array]]:
    """Bone -> (T, 4) the turn, in the bone's own space after its rotation, that makes `motion` into `clean`.

    Both are at `frames` (T,). Where bones between two joints turn too, the lower joint's bone turns back by as much: it
    ends as the model has it.
    """
    if binding.controls:
        return (yield from turns_of_controls(binding, binding.controls, frames, motion, clean))
    result: dict[str, Array] = {}
    moved: dict[str, Array] = {}  # the bones between joints, in armature axes, as they will be
    for place, bone in enumerate(binding.free):
        yield place / (len(binding.free) + len(binding.tracks))
        turn = result[bone.bone] = multiply(conjugate(motion.free[:, place]), clean.free[:, place])
        if bone.bone in motion.between:
            in_armature = multiply(multiply(bone.rest, turn), conjugate(bone.rest))
            moved[bone.bone] = multiply(motion.between[bone.bone], in_armature)
    for joint, track in enumerate(binding.tracks):
        yield (len(binding.free) + joint) / (len(binding.free) + len(binding.tracks))
        if track is None:
            continue
        right = _right(binding, joint)
        local = multiply(conjugate(motion.body[:, joint]), clean.body[:, joint])
        turn = multiply(multiply(right, local), conjugate(right))
        if any(bone.bone in moved for bone in binding.between[joint]):
            turn = multiply(_taken_back(binding, joint, motion, moved), turn)
        result[track.bone] = turn
    return result


def _taken_back(binding: Binding, joint: int, motion: Motion, moved: Mapping[str, Array]) -> Array:
    """(T, 4) the turn of the joint's bone that undoes what the bones between it and the joint above turn."""
    before = after = _NO_TURN
    for bone in binding.between[joint]:
        before = multiply(before, motion.between[bone.bone])
        after = multiply(after, moved.get(bone.bone, motion.between[bone.bone]))
    # The model's joint is left·N·(rest·b)·right with N the bones between. With N' for N, N'⁻¹·N before rest·b keeps it.
    above = multiply(binding.alignment.left[joint], before)
    own = multiply(multiply(conjugate(above), motion.body[:, joint]), conjugate(_right(binding, joint)))
    return multiply(multiply(conjugate(own), multiply(conjugate(after), before)), own)


def _right(binding: Binding, joint: int) -> Array:
    track = binding.tracks[joint]
    assert track is not None
    return multiply(conjugate(track.rest), binding.alignment.right[joint])


def _all_inherit(obj: ArmatureObject, joints: JointMap) -> bool:
    """Whether the joints' bones, and those that carry them, all turn with their parents."""
    bones = {name for bone in joints.bone_of.values() for name in (bone, *above(obj, bone))}
    return all(obj.data.bones[name].use_inherit_rotation for name in bones)


def _chains(obj: ArmatureObject, bones: list[str], root: Collection[str]) -> dict[str, list[str]]:
    """For each bone the bones that lie, from above, between it and the next one above that is among them.

    Above the topmost of them the chain ends below the `root`, which carries all: its own rotation no pose model sees.
    """
    ends = {*bones, *root}
    chains = {}
    for bone in bones:
        chain = list(itertools.takewhile(lambda name: name not in ends, above(obj, bone)))
        chains[bone] = chain[::-1]
    return chains
