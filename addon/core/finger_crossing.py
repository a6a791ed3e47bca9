"""Fingers that do not cross: neighbours that lean over each other are moved apart, as flesh would.

The recordings that models of fingers learn from say little of it: some cross fingers in a quarter of their frames.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .hand import DOF, FINGERS
from .rotation import Array

LEAST = np.radians(-8.0)
"""How far a finger may lean over its neighbour, as the difference of their MCP abductions; in the ManipNet recordings
99 of 100 frames keep within 12 degrees."""
_ABDUCTION = np.array([DOF.index(f"{finger} MCP abduction") for finger in FINGERS[1:]])
_SWEEPS = 12


def uncrossed(angles: Array, fixed: NDArray[np.bool_]) -> Array:
    """Angles (..., 20) of hands with neighbouring fingers apart. Those that are `fixed` (..., 20) stay.

    What a finger leans too far is shared by both, or is the other's where one is fixed; where both are they stay.
    NaN stays.
    """
    result = np.array(angles, dtype=np.float64)
    lean = np.moveaxis(result[..., _ABDUCTION], -1, 0).copy()
    free = np.moveaxis(np.broadcast_to(~fixed, result.shape)[..., _ABDUCTION], -1, 0).astype(np.float64)
    for _ in range(_SWEEPS):
        for this, following in ((0, 1), (2, 3), (1, 2)):
            over = np.fmax(LEAST - (lean[this] - lean[following]), 0.0)
            both = np.maximum(free[this] + free[following], 1.0)
            lean[this] += over * free[this] / both
            lean[following] -= over * free[following] / both
    result[..., _ABDUCTION] = np.moveaxis(lean, 0, -1)
    return result
