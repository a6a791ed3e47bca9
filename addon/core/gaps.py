"""Stretches without data: found where a recorder repeated itself, and filled along the shorter way."""

from __future__ import annotations

import numpy as np

from .rotation import IDENTITY, Array, angle_between, slerp

_STILL = 1e-6
_JUMP = 2.0
_NEIGHBOURS = 4


def filled(rotations: Array, missing: Array) -> Array:
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


def held_frames(rotations: Array, shortest: int = 3) -> Array:
    """(T,) bool: frames in which all joints (T, J, 4) repeat the frame before, `shortest` or more in a row, while time
    went on.

    A pause that somebody posed eases in and out, and so does a rest; a recorder that got no data catches up with a
    jump. So a run counts where the step out of it is more than twice as big as the usual step beside it.
    """
    steps = angle_between(rotations[1:], rotations[:-1]).max(axis=1, initial=0.0)
    missing = np.zeros(len(rotations), dtype=bool)
    still = np.concatenate([[False], steps < _STILL, [False]])
    edges = np.flatnonzero(still[1:] != still[:-1])
    for first, last in zip(edges[::2], edges[1::2], strict=True):  # steps first … last - 1 are still
        if last - first < shortest or last >= len(steps):
            continue
        beside = np.concatenate([steps[max(first - _NEIGHBOURS, 0) : first], steps[last + 1 : last + 1 + _NEIGHBOURS]])
        if beside.size and steps[last] > _JUMP * np.median(beside):
            missing[first + 1 : last + 1] = True
    return missing
