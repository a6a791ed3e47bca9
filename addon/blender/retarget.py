"""An armature's action as the rotations of a model's joints. Nothing is written here: see `edits`."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from ..core.errors import MenderError
from ..core.rigs.alignment import Alignment, align
from ..core.rigs.joint_map import JointMap
from ..core.rotation import Array, conjugate, multiply
from ..core.skeleton import Skeleton
from . import action
from .action import Channels, Floats
from .tracks import ArmatureObject, KeyRange, Track, frames_of, rotation, track_of, union


class RetargetError(MenderError):
    """The action's rotations cannot be read as a model's joints."""


@dataclass(frozen=True, eq=False)
class Binding:
    """An action that a model can see: for each joint its track (None where the rig lacks the joint), the tracks of
    the bones between it and the next joint above, and the alignment of the rest poses."""

    tracks: tuple[Track | None, ...]
    between: tuple[tuple[Track, ...], ...]
    alignment: Alignment
    reference: Array

    @property
    def matched(self) -> list[Track]:
        """The tracks of the joints that the rig has."""
        return [track for track in self.tracks if track is not None]


def bind(obj: ArmatureObject, channels: Channels, joints: JointMap, skeleton: Skeleton, reference: Array) -> Binding:
    """Read the rotation curves of the bones in `joints` and of those between them.

    skeleton, reference: the model's joints and (J, 4) the rotations that stand in for those that the rig lacks.
    Raises RetargetError where the rig has none of them, or a bone's curves cannot be read as one rotation mode.
    """
    if not joints.bone_of:
        raise RetargetError(
            f"No bone of {obj.name} bears the name of a joint that the model knows (such as "
            f"{', '.join(skeleton.names[:3])}): rename its bones, or choose another armature or model."
        )
    curves = action.by_path(channels)
    bones = [joints.bone_of.get(name) for name in skeleton.names]
    heads = np.array([obj.data.bones[bone].head_local if bone else (0, 0, 0) for bone in bones])
    tips = np.array([_tip(obj, bone) if bone else (np.nan,) * 3 for bone in bones])
    alignment = align(skeleton, reference, np.array([bone is not None for bone in bones]), heads, tips)
    chains = _chains(obj, [bone for bone in bones if bone])
    return Binding(
        tracks=tuple(track_of(obj, curves, bone) if bone else None for bone in bones),
        between=tuple(tuple(track_of(obj, curves, b) for b in chains[bone]) if bone else () for bone in bones),
        alignment=alignment,
        reference=reference.astype(np.float32),
    )


def key_frames(binding: Binding, asked: Collection[str], keys: KeyRange) -> Floats:
    """(T,) the frames, rising, at which a bone in `asked` has a key in the range."""
    return union([frames for track in binding.matched if track.bone in asked for frames in frames_of(track, keys)])


def model_frames(keys: Floats, scene_fps: float, model_fps: float | None) -> Floats:
    """(T,) frames of the scene at which a model of `model_fps` sees the stretch of the keys' frames (N,), N at least 1.

    A model without a rate of its own sees single poses: those at the keys.
    """
    if model_fps is None:
        return keys
    step = scene_fps / model_fps
    count = int(np.ceil((keys[-1] - keys[0]) / step - 1e-4)) + 1
    return (keys[0] + step * np.arange(count)).astype(np.float32)


def sample(binding: Binding, frames: Floats) -> Array:
    """(T, J, 4) local rotations of the model's joints at `frames` (T,). Absent joints hold the reference."""
    result = np.empty((len(frames), len(binding.tracks), 4), dtype=np.float32)
    for joint, track in enumerate(binding.tracks):
        if track is None:
            result[:, joint] = binding.reference[joint]
            continue
        rest = track.rest
        left = binding.alignment.left[joint]
        for bone in binding.between[joint]:
            turned = multiply(multiply(bone.rest, rotation(bone, frames)), conjugate(bone.rest))
            left = multiply(left, turned)
        right = multiply(conjugate(rest), binding.alignment.right[joint])
        result[:, joint] = multiply(multiply(multiply(left, rest), rotation(track, frames)), right)
    return result


def _tip(obj: ArmatureObject, name: str) -> tuple[float, float, float]:
    """Where the bone's only child begins, such as "Head_end". Where it has none its own tail may point anywhere."""
    children = obj.data.bones[name].children
    return tuple(children[0].head_local) if len(children) == 1 else (np.nan, np.nan, np.nan)


def _chains(obj: ArmatureObject, bones: list[str]) -> dict[str, list[str]]:
    """For each bone the bones that lie, from above, between it and the next one above that is matched.

    Above the topmost matched bones, the chain ends below the bone that carries all of them: the body's root, whose
    own rotation no pose model sees.
    """
    above = {bone: [parent.name for parent in obj.data.bones[bone].parent_recursive] for bone in bones}
    matched = set(bones)
    tops = [bone for bone in bones if not matched.intersection(above[bone])]
    carrying = set.intersection(*(set(above[top]) for top in tops))
    ends = matched | carrying
    chains = {}
    for bone in bones:
        chain = []
        for name in above[bone]:
            if name in ends:
                break
            chain.append(name)
        chains[bone] = chain[::-1]
    return chains
