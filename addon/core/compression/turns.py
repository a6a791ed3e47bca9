"""Which of the many numbers for one rotation an animator's curves hold: signs and whole turns, kept beside rotations.

A rotation that comes back says nothing of the hemisphere of a quaternion, of whole turns of an angle, or of which of
two triples of Euler angles was meant. `of` finds these choices and `numbers` follows them: (T, 4) whole numbers, the
first 0 or 1 for the sign or the other triple, the rest whole turns.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..rotation import Array, continuous, dot, to_euler
from ..rotation_mode import euler_axes

Ints = NDArray[np.int64]

_TURN = 2 * np.pi


def of(values: Array, q: Array, mode: str) -> Ints:
    """The choices (T, 4) that lead from rotations `q` (T, 4) nearest to the numbers `values` (T, n) of `mode`."""
    result = np.zeros((len(q), 4), dtype=np.int64)
    if mode == "QUATERNION":
        result[:, 0] = dot(continuous(q), values) < 0
        return result
    both = _representations(q, mode)
    turns = np.stack([_whole_turns(values - one, mode) for one in both])
    away = [np.abs(one + _TURN * turn - values).sum(axis=-1) for one, turn in zip(both, turns, strict=True)]
    other = away[1] < away[0]
    result[:, 0] = other
    result[:, 1 : 1 + turns.shape[-1]] = np.where(other[:, None], turns[1], turns[0])[:, :3]
    return result


def numbers(q: Array, mode: str, choices: Ints) -> Array:
    """The numbers (T, n) of rotations `q` (T, 4) in `mode` with these choices (T, 4)."""
    other = choices[:, :1] != 0
    if mode == "QUATERNION":
        return np.where(other, -1, 1).astype(q.dtype) * continuous(q)
    first, second = _representations(q, mode)
    values = np.where(other, second, first)
    values[:, :3] += _TURN * choices[:, 1:]
    return values.astype(q.dtype)


def _representations(q: Array, mode: str) -> tuple[Array, Array]:
    """The two ways to say each rotation, without whole turns: (T, 3) Euler angles or (T, 4) angle and axis."""
    q = q.astype(np.float64)
    if mode == "AXIS_ANGLE":
        length = np.linalg.norm(q[:, 1:], axis=-1, keepdims=True)
        axis = np.divide(q[:, 1:], length, out=np.tile([0.0, 1.0, 0.0], (len(q), 1)), where=length > 1e-9)
        angle = 2 * np.arctan2(length, q[:, :1])
        return np.concatenate([angle, axis], axis=-1), np.concatenate([-angle, -axis], axis=-1)
    axes, order = euler_axes(mode)
    angles = to_euler(q, axes)
    twin = angles * [1, -1, 1] + np.pi
    result = np.empty((2, len(q), 3))
    result[0][:, order], result[1][:, order] = angles, twin
    return result[0], result[1]


def _whole_turns(difference: Array, mode: str) -> Ints:
    turns = np.rint(difference / _TURN).astype(np.int64)
    if mode == "AXIS_ANGLE":
        turns[:, 1:] = 0  # an axis has no turns
    return turns
