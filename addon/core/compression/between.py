"""What curves play between their keys: whether keys that came back from a code still play what they did."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..handles import AUTO_CLAMPED, auto_clamped
from ..interpolation import BEZIER, evaluate
from ..interpolation import Curve as Course
from ..rotation import Array, angle_between
from ..rotation_mode import to_quaternion
from .recording import STYLES, Curve


def plays_within(curves: Sequence[Curve], values: Array, mode: str, limit: float) -> bool:
    """Whether curves with `values` (N, n) at their keys play within `limit` of what they play now, on whole frames.

    mode: the rotation mode of the n curves, limit in degrees; empty where they are a location, limit in its unit.
    False too where handles are of a kind that is not calculated here.
    """
    frames = curves[0].points[:, 0]
    at = np.arange(np.ceil(frames[0]), np.floor(frames[-1]) + 1)
    before, after = [], []
    for curve, column in zip(curves, values.T, strict=True):
        kinds = curve.styles[:, [STYLES.index("left_type"), STYLES.index("right_type")]]
        kind = curve.styles[:, STYLES.index("interpolation")].astype(np.int32)
        if (kind == BEZIER).any() and (kinds != AUTO_CLAMPED).any():
            return False
        left, right = (curve.left, curve.right) if curve.left.size else (curve.points, curve.points)
        before.append(evaluate(Course(curve.points, left, right, kind), at))
        points = np.stack([frames, column.astype(np.float32)], axis=-1)
        after.append(evaluate(_with_handles(points, kind, curve), at))
    was, now = np.stack(before, axis=-1), np.stack(after, axis=-1)
    if not mode:
        return bool(np.linalg.norm(was - now, axis=-1).max(initial=0) <= limit)
    angles = angle_between(to_quaternion(was, mode), to_quaternion(now, mode))
    return bool(np.degrees(angles).max(initial=0) <= limit)


def _with_handles(points: Array, kind: NDArray[np.int32], curve: Curve) -> Course:
    smooth = curve.settings.get("auto_smoothing", "CONT_ACCEL") == "CONT_ACCEL"
    straight = curve.settings.get("extrapolation", "CONSTANT") == "LINEAR"
    left, right = auto_clamped(points, smooth, straight)
    return Course(points, left.astype(np.float32), right.astype(np.float32), kind)
