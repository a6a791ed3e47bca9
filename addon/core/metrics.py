"""How far one motion is from another: angles, positions, accelerations, speeds, and how sure the mean is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from .kinematics import joint_positions
from .rotation import Array, angle_between, normalize

CENTIMETRES = 100.0


def geodesic_degrees(a: Array, b: Array) -> Array:
    """(..., ) degrees: the angle of the rotation that leads from `a` to `b`, quaternions (..., 4) of any length."""
    return np.degrees(angle_between(normalize(a), normalize(b)))


def position_error_cm(a: Array, b: Array, parents: Sequence[int], offsets: Array) -> Array:
    """(T, J) centimetres between the joints of two motions (T, J, 4) on one skeleton, its root at the origin.

    parents, offsets: J and (J, 3) metres, as in `Skeleton`.
    """
    difference = joint_positions(a, parents, offsets) - joint_positions(b, parents, offsets)
    return CENTIMETRES * np.linalg.norm(difference, axis=-1)


def accelerations(rotations: Array, parents: Sequence[int], offsets: Array, fps: float) -> Array:
    """(T - 2, J, 3) m/s² of the joints of a motion (T, J, 4), its root at rest: second differences."""
    positions = joint_positions(rotations.astype(np.float64), parents, offsets)
    return (positions[2:] - 2 * positions[1:-1] + positions[:-2]) * fps**2


def acceleration_error(a: Array, b: Array, parents: Sequence[int], offsets: Array, fps: float) -> Array:
    """(T - 2, J) m/s²: how much the joints' accelerations of two motions (T, J, 4) differ; jitter shows here first."""
    return np.linalg.norm(
        accelerations(a, parents, offsets, fps) - accelerations(b, parents, offsets, fps),
        axis=-1,
    )


def speeds(rotations: Array, parents: Sequence[int], offsets: Array, fps: float) -> Array:
    """(T - 1, J) m/s of the joints of a motion (T, J, 4), its root at rest."""
    positions = joint_positions(rotations.astype(np.float64), parents, offsets)
    return np.linalg.norm(np.diff(positions, axis=0), axis=-1) * fps


def speed_percentile(
    rotations: Array, parents: Sequence[int], offsets: Array, fps: float, percent: float = 99.0
) -> float:
    """The speed in m/s that `percent` of all joints and frames stay below: lost peaks lower it."""
    return float(np.percentile(speeds(rotations, parents, offsets, fps), percent))


def bootstrap_interval(
    values: ArrayLike, weights: ArrayLike | None = None, confidence: float = 0.95, draws: int = 2000, seed: int = 0
) -> tuple[float, float, float]:
    """Weighted mean of one value a clip, and the ends of its bootstrap interval over clips.

    values: (N,); weights: (N,), usually the clips' lengths. Percentile method (Efron & Tibshirani, 1993, ch. 13):
    clips are drawn again with replacement, `draws` times. Raises ValueError for no values.
    """
    value = np.asarray(values, dtype=np.float64)
    weight = np.ones_like(value) if weights is None else np.asarray(weights, dtype=np.float64)
    if not value.size or value.shape != weight.shape:
        raise ValueError(f"need one weight a value and at least one value, not {weight.shape} and {value.shape}")
    chosen = np.random.default_rng(seed).integers(0, value.size, (draws, value.size))
    means = (value * weight)[chosen].sum(axis=1) / weight[chosen].sum(axis=1)
    tail = 50 * (1 - confidence)
    low, high = np.percentile(means, [tail, 100 - tail])
    return float(np.average(value, weights=weight)), float(low), float(high)
