"""Fingers between their keys in closed form: smooth curves, and Gaussians for what has few keys or none.

A curve with keys is interpolated as Blender does it. Curves with fewer keys than others follow what those do beyond
their own interpolation at the same keys, and curves without any key follow where those are: conditional means of
Gaussians.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .rotation import Array

FAR = 6.0
"""Seconds beyond which the distance to a key no longer counts, and what it is where there is none."""
_SWEEPS = 16
FINER = 0.6
"""Keys this much closer together than another curve's tell of what that one does in between."""


@dataclass(frozen=True, eq=False)
class FingerStatistics:
    """What training takes say of C angles (both hands, the left's first): radians.

    mean: (C,). covariance: (C, C) of poses. between: (C, C) covariance of how poses leave the curves through keys two
    seconds apart. doubt: radians by which an interpolated angle may be off for every second between its keys.
    """

    mean: Array
    covariance: Array
    between: Array
    doubt: float = 0.1


@dataclass(frozen=True, eq=False)
class FingerBase:
    """Curves at T times: values (T, C); the change from the last to the next key (T, C), zero where one of them is not;
    seconds since the last and to the next key (T, C), at most FAR; the share of that way that has passed (T, C)."""

    values: Array
    change: Array
    since: Array
    until: Array

    @property
    def between_keys(self) -> NDArray[np.bool_]:
        """(T, C) where there is a key on either side, and not at this very time."""
        return (self.since < FAR) & (self.until < FAR) & (self.since > 0) & (self.until > 0)


def base(key_times: Array, keyed: Array, times: Array, statistics: FingerStatistics) -> FingerBase:
    """The curves at `times` (T,), through the values `keyed` (K, C) at `key_times` (K,), NaN where there is no key.

    Times are seconds, rising.
    """
    known = np.isfinite(keyed)
    count, curves = len(times), keyed.shape[1]
    values = np.tile(statistics.mean, (count, 1))
    change = np.zeros((count, curves))
    since, until = np.full((count, curves), FAR), np.full((count, curves), FAR)
    groups = _groups(known)
    for members, rows in groups:
        at = key_times[rows]
        values[:, members] = smooth(at, keyed[np.ix_(rows, members)], times)
        place = np.searchsorted(at, times, side="right")
        has_before, has_after = place > 0, place < len(at)
        before, after = np.maximum(place - 1, 0), np.minimum(place, len(at) - 1)
        since[:, members] = np.where(has_before, np.minimum(times - at[before], FAR), FAR)[:, None]
        gap_end = np.where(has_before & (times == at[before]), 0.0, at[after] - times)
        reach = np.where(has_after | (times == at[-1]), np.minimum(gap_end, FAR), FAR)
        until[:, members] = reach[:, None]
        step = keyed[rows[after]][:, members] - keyed[rows[before]][:, members]
        change[:, members] = np.where((has_before & has_after)[:, None], step, 0.0)
    spacing = [_spacing(key_times[rows]) for _, rows in groups]
    followed = values.copy()
    for (members, rows), own in zip(groups, spacing, strict=True):
        finer = [m for (m, _), other in zip(groups, spacing, strict=True) if other < FINER * own]
        if finer and len(rows) > 1:
            seen = np.concatenate(finer)
            at = key_times[rows]
            inside = (times >= at[0]) & (times <= at[-1])
            at_keys = _sampled(times, values[:, seen], at, groups, key_times, keyed, seen)
            beyond = values[:, seen] - smooth(at, at_keys, times)
            gain = conditional_gain(statistics.between, members, seen, _relative_doubt(statistics.between))
            followed[:, members] += np.where(inside[:, None], beyond @ gain.T, 0.0)
    free = np.flatnonzero(~known.any(axis=0))
    if len(free) and groups:
        seen = np.concatenate([members for members, _ in groups])
        gaps = np.repeat(spacing, [len(members) for members, _ in groups])
        doubt = (statistics.doubt * np.minimum(gaps, 2.0)) ** 2
        gain = conditional_gain(statistics.covariance, free, seen, doubt + np.radians(1.0) ** 2)
        followed[:, free] = statistics.mean[free] + (followed[:, seen] - statistics.mean[seen]) @ gain.T
    return FingerBase(followed, change, since, until)


def conditional_gain(
    covariance: Array, wanted: NDArray[np.integer], seen: NDArray[np.integer], noise: Array | float
) -> Array:
    """(W, S): what a deviation of each `seen` component moves each `wanted` one by; noise: variances of the seen."""
    inner = covariance[np.ix_(seen, seen)] + np.diag(np.broadcast_to(noise, len(seen)))
    gain: Array = np.linalg.solve(inner, covariance[np.ix_(seen, wanted)]).T
    return gain


def smooth(at: Array, keys: Array, times: Array) -> Array:
    """(T, C) the curves through keys (K, C) at rising times `at` (K,) that Blender's auto clamped handles give.

    Those handles lie a third of the way to the neighbouring key, which makes the Bezier a cubic with a slope at each
    key: flat at extremes and ends, else as smooth as can be without passing the neighbours' values. Held beyond the
    ends.
    """
    if len(at) == 1:
        return np.repeat(keys, len(times), axis=0)
    gap = np.diff(at)[:, None]
    slope = _slopes(gap, np.diff(keys, axis=0) / gap)
    before = np.clip(np.searchsorted(at, times, side="right") - 1, 0, len(at) - 2)
    u = np.clip((times - at[before]) / gap[before, 0], 0.0, 1.0)[:, None]
    start, stop, length = keys[before], keys[before + 1], gap[before]
    return (
        start
        + (stop - start) * u * u * (3 - 2 * u)
        + length * (slope[before] * u * (1 - u) ** 2 - slope[before + 1] * u * u * (1 - u))
    )


def _slopes(gap: Array, secant: Array) -> Array:
    """(K, C) slopes at keys with the intervals (K - 1, 1) and secants (K - 1, C).

    A second derivative without jumps is the minimum of a quadratic form, whose limits each slope keeps by itself:
    projected Gauss–Seidel, every other key at once.
    """
    slope = np.zeros((len(secant) + 1, secant.shape[1]))
    if len(secant) < 2:
        return slope
    weight = 1 / gap
    diagonal = 2 * (weight[:-1] + weight[1:])
    target = 3 * (secant[:-1] * weight[:-1] + secant[1:] * weight[1:])
    most = 3 * np.minimum(np.abs(secant[:-1]), np.abs(secant[1:])) * (secant[:-1] * secant[1:] > 0)
    low, high = np.where(secant[:-1] > 0, 0.0, -most), np.where(secant[:-1] > 0, most, 0.0)
    for _ in range(_SWEEPS):
        for first in (0, 1):
            one = slice(first, None, 2)
            pull = target[one] - weight[:-1][one] * slope[:-2][one] - weight[1:][one] * slope[2:][one]
            slope[1:-1][one] = np.clip(pull / diagonal[one], low[one], high[one])
    return slope


def _groups(known: NDArray[np.bool_]) -> list[tuple[NDArray[np.integer], NDArray[np.integer]]]:
    """Curves that have their keys at the same times: the curves' indices, and the keys'."""
    found: dict[bytes, list[int]] = {}
    for curve in np.flatnonzero(known.any(axis=0)):
        found.setdefault(known[:, curve].tobytes(), []).append(int(curve))
    return [(np.array(members), np.flatnonzero(known[:, members[0]])) for members in found.values()]


def _spacing(at: Array) -> float:
    return float((at[-1] - at[0]) / (len(at) - 1)) if len(at) > 1 else FAR


def _relative_doubt(covariance: Array) -> float:
    """A finer curve is itself only interpolated: noise of a tenth of the mean variance."""
    return 0.1 * float(np.mean(np.diag(covariance)))


def _sampled(
    times: Array,
    values: Array,
    at: Array,
    groups: list[tuple[NDArray[np.integer], NDArray[np.integer]]],
    key_times: Array,
    keyed: Array,
    seen: NDArray[np.integer],
) -> Array:
    """(K, S) the curves `seen` at other curves' keys."""
    result = np.empty((len(at), len(seen)))
    for members, rows in groups:
        where = np.isin(seen, members)
        if where.any():
            result[:, where] = smooth(key_times[rows], keyed[np.ix_(rows, seen[where])], at)
    return result
