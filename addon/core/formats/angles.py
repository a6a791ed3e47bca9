"""Rotations as the angles that files store: degrees, each joint in its own order, without jumps in time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..rotation import Array, compatible_euler, to_euler


def smooth_degrees(rotations: Array, orders: Sequence[str]) -> Array:
    """(T, J, 3) degrees, float64, of rotations (T, J, 4); `orders` J Euler orders such as "ZYX"."""
    angles = np.empty((*rotations.shape[:2], 3))
    for order in set(orders):
        members = [joint for joint, other in enumerate(orders) if other == order]
        angles[:, members] = to_euler(rotations[:, members], order)
    for frame in range(1, len(angles)):
        angles[frame] = compatible_euler(angles[frame], angles[frame - 1])
    return np.degrees(angles)
