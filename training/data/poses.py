"""What a network sees of motion: single poses of named joints, hemisphere-aligned, with the take each one came from."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np

from addon.core import rotation
from addon.core.rigs.cmu import SKELETON
from addon.core.rotation import Array
from addon.core.skeleton import Skeleton

_STILL_DEGREES = 0.5
_ALIKE = 0.2  # of the longest bone: skeletons that were measured are never quite alike on both sides
_OPPOSITE = {"Left": "Right", "left": "right", "L": "R", "l": "r"}
_OPPOSITE |= {right: left for left, right in _OPPOSITE.items()}
_SIDES = (
    re.compile(r"(?:^|[^A-Za-z]|(?<=[a-z]))(Left|Right)(?![a-z])"),
    re.compile(r"(?:^|[^A-Za-z])(left|right)(?![a-z])"),
    re.compile(r"(?:^|[^A-Za-z])(L|R)(?=[A-Z])"),
    re.compile(r"(?:^|[^A-Za-z])(L|R|l|r)(?![A-Za-z])"),
    re.compile(r"^(left|right|l|r)(?=[A-Z])"),
)


@dataclass(frozen=True, eq=False)
class Take:
    """One recording: `rotations` (T, J, 4) local unit quaternions, of `subject`."""

    name: str
    subject: str
    rotations: Array


@dataclass(frozen=True)
class Origin:
    """Where motion comes from, as a model's card tells it. name: of the data set, short."""

    name: str
    description: str
    licence: str


@dataclass(frozen=True, eq=False)
class PoseSet:
    """Takes of the same J joints at the same rate; `joints` are names in the order of the feature vector.

    skeleton: the joints and, before them, the root that no pose holds. origin: None for the CMU database.
    """

    joints: tuple[str, ...]
    fps: float
    takes: tuple[Take, ...]
    skeleton: Skeleton = SKELETON
    origin: Origin | None = None

    @property
    def mirrors(self) -> bool:
        """Whether a mirror image of a pose is a pose: sides have twins, as far from the middle as they are."""
        try:
            twins = mirror_joints(self.joints)
        except ValueError:
            return False
        offsets = self.skeleton.offsets[1:]
        apart = np.abs(offsets[twins] * [-1, 1, 1] - offsets).max()
        return bool((twins != np.arange(len(twins))).any() and apart < _ALIKE * np.abs(offsets).max())

    def stacked(self) -> Array:
        """(N, J, 4): all frames of all takes, one after the other."""
        return np.concatenate([take.rotations for take in self.takes])

    def every(self, step: int) -> PoseSet:
        """Every `step`-th frame of each take; the rate falls with it."""
        takes = tuple(replace(take, rotations=take.rotations[::step]) for take in self.takes)
        return replace(self, fps=self.fps / step, takes=takes)

    def first(self, frames: int) -> PoseSet:
        """The takes one after the other until so many frames are there; the last one is cut."""
        takes, left = [], frames
        for take in self.takes:
            if left > 0:
                takes.append(replace(take, rotations=take.rotations[:left]))
                left -= len(take.rotations)
        return replace(self, takes=tuple(takes))

    def without_subject(self, subject: str) -> PoseSet:
        """All takes but those of one subject, or of several as in "16,35": what is left out can judge a choice without
        touching the test set."""
        return replace(self, takes=tuple(take for take in self.takes if take.subject not in subject.split(",")))

    def of_subject(self, subject: str) -> PoseSet:
        """The takes of one subject, or of several as in "16,35"."""
        return replace(self, takes=tuple(take for take in self.takes if take.subject in subject.split(",")))


@dataclass(frozen=True, eq=False)
class PoseFrame:
    """What the numbers of a pose vector mean.

    joints: J names. reference: (J, 4) mean rotations, w >= 0, that hemispheres are aligned to. moving: (M,) indices of
    the joints that the training poses move; the others stay at the reference. skeleton: the joints, and the root before
    them.
    """

    joints: tuple[str, ...]
    reference: Array
    moving: np.ndarray
    skeleton: Skeleton = SKELETON

    @property
    def parents(self) -> tuple[int, ...]:
        """J indices; -1 hangs on the body's root joint, which no pose holds."""
        return tuple(parent - 1 for parent in self.skeleton.parents[1:])

    @property
    def offsets(self) -> Array:
        """(J, 3) metres from the parent's position in the rest pose."""
        return self.skeleton.offsets[1:]


def pose_frame(joints: tuple[str, ...], poses: Array, skeleton: Skeleton = SKELETON) -> PoseFrame:
    """The frame that training poses (N, J, 4) give."""
    reference = rotation.mean(poses)
    stray = np.degrees(rotation.angle_between(reference, poses))
    moving = np.flatnonzero(np.sqrt(np.mean(stray**2, axis=0)) > _STILL_DEGREES)
    return PoseFrame(joints, reference, moving, skeleton)


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
    return rotation.mirrored(poses[..., mirror_joints(joints), :])


def _other_side(name: str) -> str:
    """The name with its side exchanged: a word for it at the beginning, behind a prefix, or at the end."""
    for pattern in _SIDES:
        if found := pattern.search(name):
            start, end = found.span(1)
            return name[:start] + _OPPOSITE[found[1]] + name[end:]
    return name
