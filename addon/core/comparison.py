"""How far motions are from an original: errors summed up for a table, and as colours. Arrays alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .metrics import geodesic_degrees
from .rotation import Array

Floats = NDArray[np.float32]

PERCENT = 95.0
FULL_SCALE = 6.0
"""Degrees at the end of the colour scale."""

# Linear RGB from no error to the full scale: told apart by lightness alone, too.
_SCALE = np.array([[0.16, 0.32, 0.42], [0.45, 0.60, 0.45], [0.95, 0.72, 0.18], [0.85, 0.22, 0.05], [0.32, 0.01, 0.02]])


@dataclass(frozen=True)
class Summary:
    """Errors of a motion in degrees: mean and 95th percentile over all joints and frames, and where it is farthest off.

    worst_joint: the joint whose mean is greatest. worst_frame: index of the frame whose mean is greatest.
    """

    mean: float
    percentile: float
    worst_joint: int
    worst_joint_mean: float
    worst_frame: int
    worst_frame_mean: float


def errors(motion: Array, original: Array) -> Floats:
    """(T, J) degrees between the rotations of a motion and those of the original, (T, J, 4) each."""
    return geodesic_degrees(motion, original).astype(np.float32)


def summary(degrees: Floats) -> Summary:
    """What a table says of errors (T, J); T and J at least 1."""
    by_joint, by_frame = degrees.mean(axis=0, dtype=np.float64), degrees.mean(axis=1, dtype=np.float64)
    joint, frame = int(by_joint.argmax()), int(by_frame.argmax())
    return Summary(
        mean=float(by_frame.mean()),
        percentile=float(np.percentile(degrees, PERCENT)),
        worst_joint=joint,
        worst_joint_mean=float(by_joint[joint]),
        worst_frame=frame,
        worst_frame_mean=float(by_frame[frame]),
    )


def colours(degrees: ArrayLike, full_scale: float = FULL_SCALE) -> Floats:
    """(..., 3) linear RGB of errors (...) in degrees: blue for none, red and darker towards `full_scale` and beyond."""
    place = np.clip(np.asarray(degrees, dtype=np.float64) / full_scale, 0, 1) * (len(_SCALE) - 1)
    before = np.minimum(place.astype(np.intp), len(_SCALE) - 2)
    share = (place - before)[..., None]
    return (_SCALE[before] * (1 - share) + _SCALE[before + 1] * share).astype(np.float32)
