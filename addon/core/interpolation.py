"""How a curve runs between its keys: constant, linear and Bezier as Blender evaluates them, in bulk.

The rules are those of Blender's `fcurve.cc`; a test holds them to Blender's own `FCurve.evaluate`. Easing kinds
(bounce, elastic, …) and modifiers are not here: ask Blender for those.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .rotation import Array

Ints = NDArray[np.integer]
CONSTANT, LINEAR, BEZIER = 0, 1, 2
"""Blender's numbers for `Keyframe.interpolation`."""

_SAME_FRAME = 1e-4  # Blender takes a key for hit within this distance
_STEPS = 60  # halvings that bring any bracket below the resolution of float64


@dataclass(frozen=True, eq=False)
class Curve:
    """The N keys of a curve, N at least 1.

    points: (N, 2) frame and value, frames rising. left, right: (N, 2) the handles, as frame and value.
    interpolation: (N,) `CONSTANT`, `LINEAR` or `BEZIER`: how the curve leaves each key.
    linear_ends: whether it goes on straight before the first and after the last key, or keeps their values.
    """

    points: Array
    left: Array
    right: Array
    interpolation: Ints
    linear_ends: bool = False


def can_evaluate(interpolation: Ints) -> bool:
    """Whether all keys (N,) are of the kinds known here."""
    return bool(np.all((interpolation >= CONSTANT) & (interpolation <= BEZIER)))


def evaluate(curve: Curve, frames: ArrayLike) -> NDArray[np.float64]:
    """Values (T,) of the curve at `frames` (T,), in any order."""
    at = np.asarray(frames, dtype=np.float64)
    keys, values = curve.points.astype(np.float64).T
    if len(keys) == 1:
        return np.where(at < keys[0], _outside(curve, at, 0, 1), _outside(curve, at, 0, -1))
    after = np.clip(np.searchsorted(keys, at, side="right"), 1, len(keys) - 1)
    before = after - 1
    span = keys[after] - keys[before]
    share = np.divide(at - keys[before], span, out=np.zeros_like(at), where=span > 0)
    kind = np.asarray(curve.interpolation)[before]
    result = values[before] + np.where(kind == CONSTANT, 0, share) * (values[after] - values[before])
    inside = (at > keys[0]) & (at < keys[-1])
    bent = np.flatnonzero(inside & (kind == BEZIER) & (span > 0))
    result[bent] = _bezier(curve, before[bent], at[bent])
    for hit in (before, after):
        result = np.where(np.abs(at - keys[hit]) < _SAME_FRAME, values[hit], result)
    result = np.where(at <= keys[0], _outside(curve, at, 0, 1), result)
    return np.where(at >= keys[-1], _outside(curve, at, len(keys) - 1, -1), result)


def _outside(curve: Curve, at: Array, end: int, inwards: int) -> Array:
    """Values at frames outside the keys: `end` is the key there, `inwards` (1 or -1) the way to its neighbour."""
    frame, value = curve.points[end].astype(np.float64)
    kind = curve.interpolation[end]
    if not curve.linear_ends or kind == CONSTANT or (kind == LINEAR and len(curve.points) == 1):
        return np.full_like(at, value)
    handle = curve.left[end] if inwards > 0 else curve.right[end]
    through = curve.points[end + inwards] if kind == LINEAR else handle
    run, rise = through.astype(np.float64) - (frame, value)
    return value + (at - frame) * (rise / run if run else 0)


def _bezier(curve: Curve, before: Ints, at: Array) -> Array:
    """Values at frames `at` (M,), each strictly between keys `before` (M,) and the next."""
    start, stop = curve.points[before].astype(np.float64), curve.points[before + 1].astype(np.float64)
    leaving = curve.right[before].astype(np.float64) - start
    arriving = curve.left[before + 1].astype(np.float64) - stop
    span = stop[:, 0] - start[:, 0]
    # A handle that reaches beyond the neighbouring key is shortened, so that the curve cannot run backwards.
    for handle in (leaving, arriving):
        reach = np.abs(handle[:, 0])
        handle *= np.divide(span, reach, out=np.ones_like(span), where=reach > span)[:, None]
    control = np.stack([start, start + leaving, stop + arriving, stop])  # (4, M, 2)
    t = _solve(control[..., 0], at)
    return _cubic(control[..., 1], t)


def _cubic(control: Array, t: Array) -> Array:
    """Bezier polynomial of control values (4, M) at t (M,)."""
    s = 1 - t
    return s**3 * control[0] + 3 * s * s * t * control[1] + 3 * s * t * t * control[2] + t**3 * control[3]


def _solve(control: Array, at: Array) -> Array:
    """t (M,) in [0, 1] where the rising cubic of control frames (4, M) reaches `at` (M,).

    Newton's step where it stays inside the bracket, else its middle: the frames of a Bezier segment rise, but not
    always strictly, and Newton alone stalls where they pause.
    """
    low, high = np.zeros_like(at), np.ones_like(at)
    t = (at - control[0]) / (control[3] - control[0])
    tolerance = 1e-12 * np.maximum(1, np.abs(at))
    slopes = 3 * np.diff(control, axis=0)
    for _ in range(_STEPS):
        error = _cubic(control, t) - at
        if np.all(np.abs(error) <= tolerance):
            break
        low, high = np.where(error < 0, t, low), np.where(error > 0, t, high)
        s = 1 - t
        slope = s * s * slopes[0] + 2 * s * t * slopes[1] + t * t * slopes[2]
        with np.errstate(divide="ignore", invalid="ignore"):
            step = t - error / slope
        t = np.where((step > low) & (step < high), step, (low + high) / 2)
    return t
