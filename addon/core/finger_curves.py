"""Curves of fingers through their keys as Blender interpolates them, and which curves are keyed together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .rotation import Array

FAR = 6.0
"""Seconds beyond which the distance to a key no longer counts, and what it is where there is none."""
_SWEEPS = 16


@dataclass(frozen=True, eq=False)
class KeyedTogether:
    """C curves that have their keys at the same times: their indices (C,), times (K,) rising, values (K, C)."""

    curves: NDArray[np.integer]
    times: Array
    values: Array

    @property
    def spacing(self) -> float:
        """Mean seconds between keys; FAR where there is one alone."""
        count = len(self.times)
        return float((self.times[-1] - self.times[0]) / (count - 1)) if count > 1 else FAR

    def at(self, times: Array) -> Array:
        """(T, C) the curves at other times."""
        return smooth(self.times, self.values, times)


def keyed_together(key_times: Array, keyed: Array) -> list[KeyedTogether]:
    """The curves of keys (K, C) at `key_times` (K,), NaN where there is none, by when they have theirs."""
    known = np.isfinite(keyed)
    found: dict[bytes, list[int]] = {}
    for curve in np.flatnonzero(known.any(axis=0)):
        found.setdefault(known[:, curve].tobytes(), []).append(int(curve))
    result = []
    for members in found.values():
        rows = known[:, members[0]]
        result.append(KeyedTogether(np.array(members), key_times[rows], keyed[rows][:, members]))
    return result


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
