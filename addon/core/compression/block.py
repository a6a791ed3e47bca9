"""A run of keys as bytes that can be read alone: rotations and locations within their tolerances, choices exactly.

Rotations are coded in one of two ways. With a pose code (a network's), the poses' code is transformed over time and
quantised, and the tracks carry what the decoded poses leave: the turn from the pose that comes back. Without, they
carry the rotation vector itself. Either way `curves` keeps the bound: between exp(a) and exp(b) lies no larger angle
than |a - b|, because rotations with that distance are curved positively (Toponogov), so vectors within the tolerance
are rotations within the tolerance.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .. import rotation
from ..rotation import Array
from . import curves
from .coder import CONTEXTS_OF_A_NUMBER, Coder, CodingError, Decoder, Encoder, signed
from .coefficients import CONTEXTS as CONTEXTS_OF_COEFFICIENTS
from .coefficients import coefficients

Ints = NDArray[np.int64]

CODE_STEP = 2.0
"""The quantiser's step for a pose code, in tolerances: what it leaves away, the tracks carry for less."""
_MARGINS = (1.0, 0.97, 0.9, 0.7)

_CODE = 0
_TRACKS = _CODE + CONTEXTS_OF_COEFFICIENTS
_CHOICES = _TRACKS + curves.CONTEXTS
_CHANGED = _CHOICES + 4 * CONTEXTS_OF_A_NUMBER
_CONTEXTS = _CHANGED + 1


@dataclass(frozen=True, eq=False)
class PoseCode:
    """A network's code of single poses. encode: rotations (T, J, 4) to codes (T, K); decode: back to (T, J, 4).

    reference: (J, 4) rotations for joints that a rig has not. width: K. scale: radians that a pose turns by, about,
    when one number of the code changes by 1: the root of the sum of its joints' squares.
    """

    encode: Callable[[Array], Array]
    decode: Callable[[Array], Array]
    reference: Array
    width: int
    scale: float


def code_step(poses: PoseCode, degrees: float) -> float:
    """The step for a code, in its own unit and in few digits, where rotations may be off by `degrees`."""
    return float(f"{CODE_STEP * np.radians(degrees) / poses.scale:.3g}")


@dataclass(frozen=True, eq=False)
class Layout:
    """What the tracks of a block mean.

    joints: (R,) the pose code's joint that each rotation track is, or -1. left, right: (R, 4) turns that lead from a
    track's rotation to its joint's: left · q · right. axes: (R, 4) turns of each track's axes to those in which its
    numbers are fewest.
    degrees, length: tolerances of rotations and of locations, the latter in the locations' own unit.
    code_step: the quantiser's step for the pose code, in its own unit.
    """

    joints: Ints
    left: Array
    right: Array
    axes: Array
    locations: int
    degrees: float
    length: float
    code_step: float

    def __len__(self) -> int:
        return len(self.joints)


@dataclass(frozen=True, eq=False)
class Keys:
    """T keys of R bones' rotations (T, R, 4), of L bones' locations (T, L, 3), and the `turns` choices (T, R, 4)."""

    rotations: Array
    locations: Array
    choices: Ints


@dataclass(frozen=True, eq=False)
class _Numbers:
    """A block as whole numbers. levels: of each stretch (T, K), empty without a pose code. stretches: of all tracks."""

    levels: list[Ints]
    stretches: list[curves.Stretch]
    choices: Ints


def encoded(
    rotations: Array, locations: Array, layout: Layout, poses: PoseCode | None, choices: Callable[[Array], Ints]
) -> tuple[bytes, int]:
    """The bytes of rotations (T, R, 4) and locations (T, L, 3), and how many rotations needed more than the code.

    choices: from the rotations that come back (T, R, 4) to their choices (T, R, 4).
    Every rotation and location that the bytes give back lies within its tolerance: they are decoded here to see it.
    Raises ValueError for numbers that are not finite, and for tolerances that single precision cannot hold.
    """
    if not (np.isfinite(rotations).all() and np.isfinite(locations).all()):
        raise ValueError("some keys are no numbers")
    rotations, locations = rotations.astype(np.float64), locations.astype(np.float64)
    for index in range(len(_MARGINS)):
        numbers, mended = _numbers(rotations, locations, layout, poses, index)
        back = _keys(numbers, layout, poses, index)
        angles = np.degrees(rotation.angle_between(rotations, back.rotations.astype(np.float64)))
        distances = np.linalg.norm(back.locations - locations, axis=-1)
        if angles.max(initial=0) <= layout.degrees and distances.max(initial=0) <= layout.length:
            coder = Encoder(_CONTEXTS)
            _code(coder, replace(numbers, choices=choices(back.rotations)))
            return bytes([index]) + coder.finish(), mended
    raise ValueError("the tolerance is finer than the keys' own precision")


def decoded(content: bytes, frames: int, layout: Layout, poses: PoseCode | None) -> Keys:
    """The `frames` keys that `encoded` made these bytes of. Raises CodingError for bytes that it did not make."""
    if not content or content[0] >= len(_MARGINS):
        raise CodingError("a block of another kind")
    cut = curves.stretches(frames)
    lengths = [part.stop - part.start for part in cut]
    nothing = _Numbers(
        [np.zeros((length, poses.width), dtype=np.int64) for length in lengths] if poses else [],
        [curves.empty(length, len(layout) + layout.locations) for length in lengths],
        np.zeros((frames, len(layout), 4), dtype=np.int64),
    )
    return _keys(_code(Decoder(_CONTEXTS, content[1:]), nothing), layout, poses, content[0])


def _numbers(
    rotations: Array, locations: Array, layout: Layout, poses: PoseCode | None, margin: int
) -> tuple[_Numbers, int]:
    """Rotations and locations as whole numbers, and how many rotations need more than the code. No choices yet."""
    cut, levels = curves.stretches(len(rotations)), []
    if poses is not None:
        codes = poses.encode(_joints(rotations, layout, poses)).astype(np.float64)
        levels = [curves.quantised(curves.cosines(len(codes[part])) @ codes[part], layout.code_step) for part in cut]
    expected = _expected(levels, rotations.shape, layout, poses)
    turn = rotation.multiply(rotation.conjugate(expected), rotations)
    vectors = _unwrapped(rotation.log(rotation.normalize(turn)))
    away = np.linalg.norm(vectors, axis=-1) > np.radians(layout.degrees)
    vectors = rotation.rotate(np.broadcast_to(rotation.conjugate(layout.axes), turn.shape), vectors)
    rotation_unit, location_unit = _units(layout, margin)
    tracks = np.concatenate([vectors / rotation_unit, locations / location_unit], axis=1)
    found = [curves.fitted(tracks[part]) for part in cut]
    if poses is None:
        away = np.concatenate([part.corrections[:, : len(layout)].any(axis=-1) for part in found])
    return _Numbers(levels, found, np.zeros(rotations.shape, dtype=np.int64)), int(np.count_nonzero(away))


def _keys(numbers: _Numbers, layout: Layout, poses: PoseCode | None, margin: int) -> Keys:
    """The keys that whole numbers stand for."""
    tracks = np.concatenate([curves.restored(part) for part in numbers.stretches])
    rotation_unit, location_unit = _units(layout, margin)
    turn = tracks[:, : len(layout)]
    expected = _expected(numbers.levels, (*turn.shape[:2], 4), layout, poses)
    turn = rotation.rotate(np.broadcast_to(layout.axes.astype(np.float64), expected.shape), turn * rotation_unit)
    rotations = rotation.normalize(rotation.multiply(expected, rotation.exp(turn)))
    locations = tracks[:, len(layout) :] * location_unit
    return Keys(rotations.astype(np.float32), locations.astype(np.float32), numbers.choices)


def _code(coder: Coder, numbers: _Numbers) -> _Numbers:
    """Write the numbers, or read them into the place of zeros."""
    levels, stretches = [], []
    for index, stretch in enumerate(numbers.stretches):
        if numbers.levels:
            rows = numbers.levels[index].tolist()
            coefficients(coder, _CODE, rows)
            levels.append(np.array(rows, dtype=np.int64))
        stretches.append(curves.code(coder, _TRACKS, stretch))
    return _Numbers(levels, stretches, _code_choices(coder, numbers.choices))


def _code_choices(coder: Coder, choices: Ints) -> Ints:
    """Each track's choices by their changes, of which there are few."""
    changes = np.diff(choices, axis=0, prepend=0)
    result = np.zeros_like(changes)
    for track in range(choices.shape[1]):
        rows = changes[:, track].tolist()
        if not coder.even(int(any(map(any, rows)))):
            continue
        for frame, row in enumerate(rows):
            if coder.bit(_CHANGED, int(any(row))):
                place = range(_CHOICES, _CHANGED, CONTEXTS_OF_A_NUMBER)
                result[frame, track] = [signed(coder, at, value) for at, value in zip(place, row, strict=True)]
    return np.cumsum(result, axis=0)


def _expected(levels: list[Ints], shape: tuple[int, ...], layout: Layout, poses: PoseCode | None) -> Array:
    """(T, R, 4) what the code alone gives: for tracks that it does not know, and without a code, no turn at all."""
    result = np.zeros(shape)
    result[..., 0] = 1
    if poses is not None:
        codes = np.concatenate([curves.cosines(len(part)).T @ (part * layout.code_step) for part in levels])
        known = layout.joints >= 0
        joints = poses.decode(codes.astype(np.float32)).astype(np.float64)[:, layout.joints[known]]
        left, right = rotation.conjugate(layout.left[known]), rotation.conjugate(layout.right[known])
        result[:, known] = rotation.multiply(rotation.multiply(left, joints), right)
    return result


def _joints(rotations: Array, layout: Layout, poses: PoseCode) -> Array:
    """(T, J, 4) the tracks as the pose code's joints, the reference where a rig lacks one."""
    result = np.tile(poses.reference.astype(np.float32), (len(rotations), 1, 1))
    known = layout.joints >= 0
    turned = rotation.multiply(rotation.multiply(layout.left[known], rotations[:, known]), layout.right[known])
    result[:, layout.joints[known]] = turned
    return result


def _unwrapped(vectors: Array) -> Array:
    """Rotation vectors (T, R, 3) without jumps where an angle passes half a turn: the same rotations, a turn more."""
    result = vectors.copy()
    for frame in range(1, len(result)):
        before, now = result[frame - 1], result[frame]
        angle = np.linalg.norm(now, axis=-1, keepdims=True)
        axis = now / np.where(angle > 1e-9, angle, 1)
        turns = np.rint((np.sum(before * axis, axis=-1, keepdims=True) - angle) / (2 * np.pi))
        now += 2 * np.pi * turns * axis
    return result


def _units(layout: Layout, margin: int) -> tuple[float, float]:
    """What 1 stands for in the tracks: radians of rotations, and lengths of locations."""
    return _MARGINS[margin] * float(np.radians(layout.degrees)), _MARGINS[margin] * layout.length
