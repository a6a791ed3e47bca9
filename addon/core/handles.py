"""Automatic handles: the tangents that Blender gives to keys of the kind "auto clamped", the default for new keys.

The rules are those of Blender's `curve.cc` (`BKE_nurb_handle_calc`, `BKE_nurb_handle_smooth_fcurve`) and `fcurve.cc`;
a test holds them to Blender's own. The curve's smoothing is "continuous acceleration" unless said otherwise: handles
a third of the way to the neighbour, and their slopes the solution of a tridiagonal system in which the second
derivative does not jump, within limits that keep the curve from overshooting its keys.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from .rotation import Array

Floats = NDArray[np.float64]

AUTO_CLAMPED = 4
AUTOMATIC = (1, 2, AUTO_CLAMPED)
"""Blender's numbers for the kinds of handles that it calculates itself: automatic, vector and auto clamped."""

_UNIT = 2.5614  # Blender's measure of a handle's length
_MOST_RELEASES = 2
_A_FRAME = np.array([1.0, 0.0])


def auto_clamped(points: Array, smooth: bool = True, linear_ends: bool = False) -> tuple[Floats, Floats]:
    """Left and right handles (N, 2), as frame and value, of auto clamped keys `points` (N, 2) at rising frames.

    smooth: the curve's smoothing is continuous acceleration; else none. linear_ends: it goes on straight before and
    after its keys, so that the outer keys need not lie flat. A single key, whose handles Blender leaves as they are,
    gets those of a freshly inserted one: flat, a frame long. Raises ValueError for frames that do not rise, and for
    values that are no numbers.
    """
    points = np.asarray(points, dtype=np.float64)
    if not (np.isfinite(points).all() and (np.diff(points[:, 0]) > 0).all()):
        raise ValueError("keys must be finite numbers at rising frames")
    if len(points) == 1:
        return points - _A_FRAME, points + _A_FRAME
    left, right, locked = _each_alone(points, smooth)
    if not linear_ends:
        for end in (0, -1):
            left[end, 1] = right[end, 1] = points[end, 1]
            locked[end] = True
    if smooth:
        ends = np.flatnonzero(locked)
        borders = sorted({0, *ends.tolist(), len(points) - 1})
        for first, last in pairwise(borders):
            _smoothed(points, left, right, locked, first, last)
    return left, right


def _each_alone(points: Floats, smooth: bool) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Handles of every key from its neighbours alone, and whether it is an extreme, which lies flat for good."""
    before = np.concatenate([2 * points[:1] - points[1:2], points[:-1]])
    after = np.concatenate([points[1:], 2 * points[-1:] - points[-2:-1]])
    arriving, leaving = points - before, after - points
    reach_left, reach_right = arriving[:, 0].copy(), leaving[:, 0].copy()
    tangent = leaving / reach_right[:, None] + arriving / reach_left[:, None]
    if smooth:
        length = np.full(len(points), 6.0)
    else:
        length = tangent[:, 0] * _UNIT
        reach_left = np.minimum(reach_left, 5 * reach_right)
        reach_right = np.minimum(reach_right, 5 * reach_left)
    left = points - tangent * (reach_left / length)[:, None]
    right = points + tangent * (reach_right / length)[:, None]

    inner = np.zeros(len(points), dtype=bool)
    inner[1:-1] = True
    to_left, to_right = -arriving[:, 1], leaving[:, 1]
    extreme = inner & (to_left * to_right >= 0)
    left[extreme, 1] = right[extreme, 1] = points[extreme, 1]
    # Handles must not pass the neighbour's value; where one is held back, the other keeps in line with it.
    free = inner & ~extreme
    held_left = free & np.where(to_left <= 0, before[:, 1] > left[:, 1], before[:, 1] < left[:, 1])
    held_right = free & np.where(to_right <= 0, after[:, 1] > right[:, 1], after[:, 1] < right[:, 1])
    left[held_left, 1], right[held_right, 1] = before[held_left, 1], after[held_right, 1]
    ratio = (right[:, 0] - points[:, 0]) / (points[:, 0] - left[:, 0])
    right[:, 1] = np.where(held_left, points[:, 1] + (points[:, 1] - left[:, 1]) * ratio, right[:, 1])
    only_right = held_right & ~held_left
    left[:, 1] = np.where(only_right, points[:, 1] - (right[:, 1] - points[:, 1]) / ratio, left[:, 1])
    return left, right, extreme


def _smoothed(points: Floats, left: Floats, right: Floats, locked: NDArray[np.bool_], first: int, last: int) -> None:
    """Set the free handles from key `first` to key `last`, whose own handles are known where they are locked.

    The unknowns h are how far the right handle rises above its key; the left one falls h / l, where l is the ratio of
    the intervals after and before it.
    """
    count = last - first + 1
    free_first, free_last = not locked[first], not locked[last]
    if count == 2 and free_first == free_last:
        return
    run, rise = np.diff(points[first : last + 1], axis=0).T
    run, rise = np.concatenate([[np.nan], run]), np.concatenate([[np.nan], rise])
    ratio = np.ones(count)
    ratio[1:-1] = run[2:] / run[1:-1]
    low, high = _limits(rise, ratio)

    system = np.zeros((4, count))  # below, on and above the diagonal, and the right side
    if free_first:
        system[:, 0] = 0, 2, 1 / ratio[1], rise[1]
    else:
        system[:, 0] = 0, 1, 0, right[first, 1] - points[first, 1]
    if free_last:
        system[:, -1] = ratio[-1] ** 2, 2 * ratio[-1], 0, rise[-1] * ratio[-1] ** 2
    else:
        system[:, -1] = 0, 1, 0, points[last, 1] - left[last, 1]
    for i in range(1, count - 1):
        square = ratio[i] ** 2
        system[:, i] = square, 2 * (ratio[i] + 1), 1 / ratio[i + 1], rise[i] * square + rise[i + 1]

    handles = _solve_within(system, low, high)
    inner = slice(first + 1, last)
    left[inner, 1] = points[inner, 1] - (handles / ratio)[1:-1]
    right[inner, 1] = points[inner, 1] + handles[1:-1]
    if free_first:
        right[first, 1] = points[first, 1] + handles[0]
        left[first] = 2 * points[first] - right[first]
    if free_last:
        left[last, 1] = points[last, 1] - handles[-1] / ratio[-1]
        right[last] = 2 * points[last] - left[last]


def _limits(rise: Floats, ratio: Floats) -> tuple[Floats, Floats]:
    """Lowest and highest h of every key: no handle may point back or reach beyond the neighbour's value."""
    low, high = np.full(len(rise), -np.inf), np.full(len(rise), np.inf)
    for i in range(1, len(rise)):
        for key, most in ((i - 1, rise[i]), (i, rise[i] * ratio[i])):
            low[key] = max(low[key], min(most, 0.0))
            high[key] = min(high[key], max(most, 0.0))
    return low, high


def _solve_within(system: Floats, low: Floats, high: Floats) -> Floats:
    """Solve the tridiagonal system (4, N) with every unknown within its limits.

    An unknown that leaves them is held at the limit and the rest solved anew; one that would come back by itself is
    released, twice at most.
    """
    count = system.shape[1]
    working = system.copy()
    held, releases = np.zeros(count, dtype=bool), np.zeros(count, dtype=int)
    while True:
        found = _solve_tridiagonal(working)
        target = np.clip(found, low, high)
        outside = target != found
        # Those that are stopped short go first; those that would have to turn round only where there is no other.
        hold = outside & (target != 0)
        if not hold.any():
            hold = outside
        if hold.any():
            held |= hold
            working[:, hold] = 0
            working[1, hold], working[3, hold] = 1, target[hold]
            continue
        pull = system[3] - system[1] * found
        pull[1:] -= system[0, 1:] * found[:-1]
        pull[:-1] -= system[2, :-1] * found[1:]
        release = held & (releases < _MOST_RELEASES) & (((pull > 0) & (found < high)) | ((pull < 0) & (found > low)))
        if not release.any():
            return found
        held &= ~release
        releases += release
        working[:, release] = system[:, release]


def _solve_tridiagonal(system: Floats) -> Floats:
    """Thomas' algorithm; the systems here are diagonally dominant."""
    below, on, above, right = (row.tolist() for row in system)
    count = len(on)
    for i in range(1, count):
        share = below[i] / on[i - 1]
        on[i] -= share * above[i - 1]
        right[i] -= share * right[i - 1]
    found = [0.0] * count
    found[-1] = right[-1] / on[-1]
    for i in range(count - 2, -1, -1):
        found[i] = (right[i] - above[i] * found[i + 1]) / on[i]
    return np.array(found)
