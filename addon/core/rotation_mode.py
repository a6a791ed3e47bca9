"""Blender's rotation modes: the numbers that a bone's rotation curves hold, to quaternions and back.

Modes are "QUATERNION" (w, x, y, z), "AXIS_ANGLE" (angle, x, y, z) and the six Euler orders, "XYZ" to "ZYX" (x, y, z).
Blender's Euler order names the axes in the order in which they turn: "XYZ" is the matrix product Rz·Ry·Rx.
"""

from __future__ import annotations

from itertools import pairwise, permutations

import numpy as np
from numpy.typing import NDArray

from .rotation import AXES, Array, aligned, compatible_euler, continuous, dot, from_euler, normalize, to_euler

MODES = ("QUATERNION", "AXIS_ANGLE", *map("".join, permutations("XYZ")))
"""All of them."""

PROPERTY = {"QUATERNION": "rotation_quaternion", "AXIS_ANGLE": "rotation_axis_angle"}
"""The bone's property that holds each mode's numbers; "rotation_euler" for all others."""

_TINY = 1e-8


def is_euler(mode: str) -> bool:
    """Whether a rotation mode has three angles; the others have four numbers."""
    return mode not in PROPERTY


def euler_axes(mode: str) -> tuple[str, list[int]]:
    """The axes of an Euler order as `from_euler` reads them, and the place of each one's angle among x, y, z."""
    axes = mode[::-1]
    return axes, [AXES[axis] for axis in axes]


def property_of(mode: str) -> str:
    """Name of the bone's property that holds the numbers of rotation mode `mode`."""
    return PROPERTY.get(mode, "rotation_euler")


def has_rotation(values: Array, mode: str) -> NDArray[np.bool_]:
    """Whether numbers (..., n) of `mode` say a rotation (...): finite, and a quaternion with a length."""
    with np.errstate(invalid="ignore", over="ignore"):
        square = dot(values, values)
    return np.isfinite(square) & (square > _TINY**2) if mode == "QUATERNION" else np.isfinite(square)


def to_quaternion(values: Array, mode: str) -> Array:
    """Unit quaternions (..., 4) of numbers (..., n) in `mode`, n = 3 for Euler angles and 4 for the others."""
    if mode == "QUATERNION":
        return normalize(values)
    if mode == "AXIS_ANGLE":
        half, axis = values[..., :1] / 2, values[..., 1:]
        length = np.linalg.norm(axis, axis=-1, keepdims=True)
        # An axis without length turns nothing, whatever the angle.
        unit = np.divide(axis, length, out=np.zeros_like(axis), where=length > _TINY)
        return normalize(np.concatenate([np.where(length > _TINY, np.cos(half), 1), unit * np.sin(half)], axis=-1))
    axes, order = euler_axes(mode)
    return from_euler(values[..., order], axes)


def from_quaternion(q: Array, mode: str, near: Array) -> Array:
    """Numbers (..., n) in `mode` of unit quaternions (..., 4), in the turns and signs that lie nearest to `near`.

    near: (..., n) the numbers that these replace, so that no curve jumps.
    """
    if mode == "QUATERNION":
        return aligned(q, near)
    if mode == "AXIS_ANGLE":
        return _axis_angle(q, near)
    axes, order = euler_axes(mode)
    angles = compatible_euler(to_euler(q, axes), near[..., order].astype(np.float64))
    result = np.empty_like(angles)
    result[..., order] = angles
    return result.astype(q.dtype)


def from_quaternions(q: Array, mode: str) -> Array:
    """Numbers (T, ..., n) in `mode` of rotations over time (T, ..., 4): no curve jumps from one frame to the next.

    The first frame has the smallest angles, and a quaternion with w >= 0.
    """
    if mode == "QUATERNION":
        return continuous(q) * np.where(q[:1, ..., :1] < 0, -1, 1).astype(q.dtype)
    if mode == "AXIS_ANGLE":
        if not len(q):
            return q.copy()
        near = np.broadcast_to(np.array([0, 0, 1, 0], dtype=q.dtype), q.shape[1:])
        return np.stack([near := _axis_angle(frame, near) for frame in q])
    axes, order = euler_axes(mode)
    angles = to_euler(q, axes)
    for before, frame in pairwise(angles):
        frame[:] = compatible_euler(frame, before)
    result = np.empty_like(angles)
    result[..., order] = angles
    return result.astype(q.dtype)


def _axis_angle(q: Array, near: Array) -> Array:
    sine = np.linalg.norm(q[..., 1:], axis=-1, keepdims=True)
    axis = np.divide(q[..., 1:], sine, out=near[..., 1:].astype(q.dtype), where=sine > _TINY)
    angle = 2 * np.arctan2(sine, q[..., :1])
    side = np.where(np.sum(axis * near[..., 1:], axis=-1, keepdims=True) < 0, -1, 1).astype(q.dtype)
    angle = angle * side
    turn = 2 * np.pi
    return np.concatenate([angle + turn * np.round((near[..., :1] - angle) / turn), axis * side], axis=-1).astype(
        q.dtype
    )
