"""When keys are: how far apart they usually lie, where they are missing, and which frames belong there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .rotation import Array

Stretch = tuple[float, float]
"""A frame that is keyed, and the next one that is: between them keys are missing."""

_LONGER = 1.5  # times the usual step


def usual_step(frames: Array) -> float:
    """Frames from a key to the next, at its usual; 1 where there is at most one key."""
    return float(np.median(np.diff(frames))) if len(frames) > 1 else 1.0


def empty_stretches(frames: Array, longest: float) -> list[Stretch]:
    """Stretches without a key that are longer than `longest` frames while the keys beside them are denser.

    frames: (N,) rising. On either side of a stretch some key has another one within `longest` frames: a take that is
    keyed sparsely all along has no such stretch, and neither has what lies before its first and after its last key.
    """
    steps = np.diff(frames)
    long = steps > longest
    before = np.concatenate([[False], ~long[:-1]])
    after = np.concatenate([~long[1:], [False]])
    return [(float(frames[i]), float(frames[i + 1])) for i in np.flatnonzero(long & before & after)]


def stretches_within(frames: Array, first: float, last: float) -> list[Stretch]:
    """Stretches without a key that reach into `first` … `last` and are longer than the keys' usual step."""
    step = usual_step(frames)
    starts = np.flatnonzero((np.diff(frames) > _LONGER * step) & (frames[1:] > first) & (frames[:-1] < last))
    return [(float(frames[i]), float(frames[i + 1])) for i in starts]


def frames_between(stretch: Stretch, step: float) -> Array:
    """(N,) frames that divide a stretch evenly, as nearly `step` apart as can be; its ends are not among them."""
    start, stop = stretch
    count = max(round((stop - start) / step), 1)
    return (start + (stop - start) * np.arange(1, count) / count).astype(np.float32)


def inside(frames: Array, stretches: Sequence[Stretch]) -> np.ndarray:
    """(T,) whether each frame lies in one of the stretches, their ends left out."""
    result = np.zeros(len(frames), dtype=bool)
    for start, stop in stretches:
        result |= (frames > start) & (frames < stop)
    return result
