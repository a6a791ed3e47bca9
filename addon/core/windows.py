"""Long clips in pieces: windows that overlap by as far as a network sees, so that no seam can be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from .progress import Progress
from .rotation import Array


@dataclass(frozen=True)
class Window:
    """Frames start … stop are seen; of the result, frames first … last of the clip are kept."""

    start: int
    stop: int
    first: int
    last: int


def windows(frames: int, length: int, reach: int, grid: int = 1) -> Iterator[Window]:
    """Windows over `frames` that each keep `length` frames and see `reach` more on either side, where there are any.

    A network whose output at a frame depends on frames up to `reach` away, and on where a frame lies on a `grid` of
    every so many frames, gives in windows exactly what it gives in one piece. `length` and `reach` are rounded up to
    the grid.
    """
    for first in range(0, frames, _rounded(max(length, 1), grid)):
        yield window_at(first, frames, length, reach, grid)


def window_at(frame: int, frames: int, length: int, reach: int, grid: int = 1) -> Window:
    """The one of `windows` that keeps `frame`, 0 … frames - 1."""
    length, reach = _rounded(max(length, 1), grid), _rounded(reach, grid)
    first = frame // length * length
    last = min(first + length, frames)
    return Window(max(first - reach, 0), min(last + reach, frames), first, last)


def in_windows(
    network: Callable[[Array], Array],
    frames: Array,
    length: int,
    reach: int,
    grid: int = 1,
    progress: Progress | None = None,
) -> Array:
    """`network` on `frames` (T, ...), window after window, put together: (T, ...).

    progress: is told the share that is done, 0 to 1, after each window; may raise to stop the work.
    """
    result = np.empty_like(frames)
    for window in windows(len(frames), length, reach, grid):
        seen = network(frames[window.start : window.stop])
        result[window.first : window.last] = seen[window.first - window.start : window.last - window.start]
        if progress is not None:
            progress(window.last / len(frames))
    return result


def _rounded(value: int, grid: int) -> int:
    return -(-value // grid) * grid
