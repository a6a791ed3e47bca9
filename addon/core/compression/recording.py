"""What an archive holds of an action: bones keyed together, in runs of keys, and curves that are kept exactly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..errors import MenderError
from ..rotation import Array
from ..rotation_mode import is_euler

Bytes = NDArray[np.uint8]

STYLES = ("interpolation", "easing", "left_type", "right_type", "kind")
"""Blender's numbers, a byte each, that go with every key."""

SETTINGS: Mapping[str, object] = {
    "extrapolation": "CONSTANT",
    "auto_smoothing": "CONT_ACCEL",
    "mute": False,
    "lock": False,
    "hide": False,
}
"""What is told of a whole curve, and what a fresh one has."""

GROUP = "group"
"""The setting of a curve whose group has another name than its bone; empty where it is in none."""

_WORDS = {"extrapolation": ("CONSTANT", "LINEAR"), "auto_smoothing": ("NONE", "CONT_ACCEL")}


class ArchiveError(MenderError):
    """A compressed file that cannot be read, or cannot be written: which, why, and what to do."""


@dataclass(frozen=True, eq=False)
class Curve:
    """One F-curve with all that its N keys hold.

    points, left, right: (N, 2) frame and value of keys and handles. styles: (N, 5) `STYLES`. easing: (N, 3) back,
    amplitude and period. Where Blender sets the handles by itself and they do nothing, left, right and easing are
    empty. settings: those of `SETTINGS` that differ from a fresh curve's.
    """

    data_path: str
    index: int
    group: str
    points: Array
    left: Array
    right: Array
    styles: Bytes
    easing: Array
    settings: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class RotationTrack:
    """A bone whose rotation is keyed in all numbers of `mode`. joint: the model's joint that it is, or -1.

    left, right, axes: rotation vectors in steps of `ANGLE_STEP`, rounded; see `block.Layout`.
    """

    bone: str
    mode: str
    joint: int = -1
    left: tuple[int, int, int] = (0, 0, 0)
    right: tuple[int, int, int] = (0, 0, 0)
    axes: tuple[int, int, int] = (0, 0, 0)


@dataclass(frozen=True)
class Group:
    """Bones that have keys at the same frames: R rotations and L locations.

    settings: place of a curve among the group's -> what differs from a fresh curve. Curves stand bone by bone, first
    the rotations' numbers, then the locations'. share: of the tolerances, that keys are off by at most.
    """

    rotations: tuple[RotationTrack, ...]
    locations: tuple[str, ...]
    settings: Mapping[int, Mapping[str, object]] = field(default_factory=dict)
    share: float = 1.0

    @property
    def uses_poses(self) -> bool:
        """Whether the rotations are coded as poses of a model."""
        return any(track.joint >= 0 for track in self.rotations)

    @property
    def curves(self) -> int:
        """How many curves there are."""
        return sum(3 if is_euler(track.mode) else 4 for track in self.rotations) + 3 * len(self.locations)


@dataclass(frozen=True)
class Header:
    """What the keys mean.

    action, armature: their names. fps: the scene's frames per second. degrees, length: the tolerances; length in the
    location curves' own unit. model, model_hash: name and SHA-256 of the model whose code is used, empty without.
    code_step: see `block.Layout`.
    """

    action: str
    armature: str
    fps: float
    degrees: float
    length: float
    groups: tuple[Group, ...]
    model: str = ""
    model_hash: str = ""
    code_step: float = 0.0


@dataclass(frozen=True, eq=False)
class Run:
    """T keys of one group, from its key number `first` on.

    frames: (T,) rising. styles: (T, C, 5) `STYLES`. rotations: the numbers (T, n) of each rotation track's curves in
    the track's mode. locations: (T, L, 3).
    """

    group: int
    first: int
    frames: Array
    styles: Bytes
    rotations: tuple[Array, ...]
    locations: Array


def checked_settings(told: object) -> dict[str, object]:
    """The settings of a curve as a file tells them. Raises ValueError for what no curve has."""
    if not isinstance(told, dict):
        raise ValueError("settings of another kind")
    for name, value in told.items():
        usual = SETTINGS.get(name) if name != GROUP else ""
        if type(value) is not type(usual) or value not in _WORDS.get(name, (value,)):
            raise ValueError(f"a setting {name!r} of another kind")
    return told
