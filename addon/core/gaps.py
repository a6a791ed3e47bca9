"""Stretches without data: found where a recorder repeated itself, and filled along the shorter way."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .rotation import IDENTITY, Array, conjugate, log, multiply, slerp

_STILL = 1e-6
_SHARP = 1.5
_TREMBLING = 0.8
_NEIGHBOURS = 5


def filled(rotations: Array, missing: NDArray[np.bool_]) -> Array:
    """Rotations (T, J, 4) with those at `missing` (T, J) turned steadily from the last known to the next (slerp).

    Before the first known and after the last known rotation that one is held; a joint that is never known rests.
    """
    if not missing.any():
        return rotations.copy()
    frames = len(missing)
    row = np.arange(frames)[:, None]
    before = np.maximum.accumulate(np.where(missing, -1, row), axis=0)
    after = np.minimum.accumulate(np.where(missing, frames, row)[::-1], axis=0)[::-1]
    unknown = (before < 0) & (after == frames)
    start = np.where(before < 0, after, before)
    stop = np.where(after == frames, before, after)
    t, j = np.nonzero(missing & ~unknown)
    first, last = start[t, j], stop[t, j]
    share = (t - first) / np.maximum(last - first, 1)
    result = rotations.copy()
    result[t, j] = slerp(rotations[first, j], rotations[last, j], share)
    result[unknown] = IDENTITY
    return result


def held_frames(rotations: Array, shortest: int = 3) -> NDArray[np.bool_]:
    """(T,) bool: frames in which all joints (T, J, 4) repeat the frame before, `shortest` or more in a row, while time
    went on.

    A pause that somebody posed is left smoothly, and so is a rest; a recorder that got no data catches up with a jump
    that does not lead into the next step. So a run counts where motion bends much more sharply as it ends than beside
    it; or where motion beside it trembles so much that nobody could have stood still in between.
    """
    missing = np.zeros(len(rotations), dtype=bool)
    if len(rotations) < shortest + 2:
        return missing
    steps = log(multiply(conjugate(rotations[:-1]), rotations[1:])).reshape(len(rotations) - 1, -1)
    speed = np.linalg.norm(steps, axis=1)
    bend = np.linalg.norm(np.diff(steps, axis=0), axis=1)  # between step t and t + 1
    still = np.concatenate([[False], speed < _STILL, [False]])
    edges = np.flatnonzero(still[1:] != still[:-1])
    for first, last in zip(edges[::2], edges[1::2], strict=True):  # steps first … last - 1 are still
        if last - first < shortest or last >= len(bend):
            continue
        beside = np.r_[max(first - _NEIGHBOURS, 0) : max(first - 1, 0), last + 1 : min(last + _NEIGHBOURS, len(bend))]
        if not beside.size:
            continue
        usual = np.median(bend[beside])
        if bend[last] > _SHARP * usual + _STILL or usual > _TREMBLING * np.median(speed[beside]):
            missing[first + 1 : last + 1] = True
    return missing
