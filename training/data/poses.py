"""What a network sees of motion: single poses of named joints, hemisphere-aligned, with the take each one came from."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from addon.core import rotation
from addon.core.rigs.cmu import SKELETON
from addon.core.rotation import Array

_STILL_DEGREES = 0.5


@dataclass(frozen=True, eq=False)
class Take:
    """One recording: `rotations` (T, J, 4) local unit quaternions, of `subject`."""

    name: str
    subject: str
    rotations: Array


@dataclass(frozen=True, eq=False)
class PoseSet:
    """Takes of the same J joints at the same rate; `joints` are names in the order of the feature vector."""

    joints: tuple[str, ...]
    fps: float
    takes: tuple[Take, ...]

    def stacked(self) -> Array:
        """(N, J, 4): all frames of all takes, one after the other."""
        return np.concatenate([take.rotations for take in self.takes])

    def every(self, step: int) -> PoseSet:
        """Every `step`-th frame of each take; the rate falls with it."""
        takes = tuple(replace(take, rotations=take.rotations[::step]) for take in self.takes)
        return replace(self, fps=self.fps / step, takes=takes)

    def without_subject(self, subject: str) -> PoseSet:
        """All takes but those of one subject: what is left out can judge a choice without touching the test set."""
        return replace(self, takes=tuple(take for take in self.takes if take.subject != subject))

    def of_subject(self, subject: str) -> PoseSet:
        """The takes of one subject."""
        return replace(self, takes=tuple(take for take in self.takes if take.subject == subject))


@dataclass(frozen=True, eq=False)
class PoseFrame:
    """What the numbers of a pose vector mean.

    joints: J names. reference: (J, 4) mean rotations, w >= 0, that hemispheres are aligned to. moving: (M,) indices of
    the joints that the training poses move; the others stay at the reference.
    """

    joints: tuple[str, ...]
    reference: Array
    moving: np.ndarray

    @property
    def parents(self) -> tuple[int, ...]:
        """J indices; -1 hangs on the body's root joint, which no pose holds."""
        return tuple(parent - 1 for parent in SKELETON.parents[1:])

    @property
    def offsets(self) -> Array:
        """(J, 3) metres from the parent's position in the rest pose."""
        return SKELETON.offsets[1:]


def pose_frame(joints: tuple[str, ...], poses: Array) -> PoseFrame:
    """The frame that training poses (N, J, 4) give."""
    reference = rotation.mean(poses)
    stray = np.degrees(rotation.angle_between(reference, poses))
    moving = np.flatnonzero(np.sqrt(np.mean(stray**2, axis=0)) > _STILL_DEGREES)
    return PoseFrame(joints, reference, moving)


def mirror_joints(joints: tuple[str, ...]) -> np.ndarray:
    """(J,) index of each joint's twin on the other side; a joint of the middle is its own twin.

    Raises ValueError where a joint of one side has no twin.
    """
    twins = []
    for name in joints:
        twin = _other_side(name)
        if twin not in joints:
            raise ValueError(f"{name} has no joint {twin} on the other side")
        twins.append(joints.index(twin))
    return np.array(twins)


def mirrored(poses: Array, joints: tuple[str, ...]) -> Array:
    """Poses (..., J, 4) as a mirror at the body's left-right plane (x = 0) shows them."""
    return poses[..., mirror_joints(joints), :] * np.array([1, 1, -1, -1], dtype=poses.dtype)


def _other_side(name: str) -> str:
    for left, right in (("Left", "Right"), ("L", "R")):
        for this, other in ((left, right), (right, left)):
            rest = name.removeprefix(this)
            if rest != name and rest[:1].isupper():
                return other + rest
    return name
