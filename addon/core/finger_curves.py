"""Curves of fingers through their keys as Blender interpolates them, and which curves are keyed together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

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
        return _through(self.times, self.values, self._slope, times)

    @cached_property
    def _slope(self) -> Array:
        """(K, C) the curves' slopes at their keys, asked for again and again."""
        return _slopes(self.times, self.values)


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
    return _through(at, keys, _slopes(at, keys), times)


def _through(at: Array, keys: Array, slope: Array, times: Array) -> Array:
    """(T, C) cubics through keys (K, C) at `at` (K,) with slopes (K, C), held beyond the ends."""
    if len(at) == 1:
        return np.repeat(keys, len(times), axis=0)
    before = np.clip(np.searchsorted(at, times, side="right") - 1, 0, len(at) - 2)
    length = np.diff(at)[before, None]
    u = np.clip((times - at[before])[:, None] / length, 0.0, 1.0)
    start, stop = keys[before], keys[before + 1]
    return (
        start
        + (stop - start) * (u * u * (3 - 2 * u))
        + slope[before] * (length * u * (1 - u) ** 2)
        - slope[before + 1] * (length * u * u * (1 - u))
    )


def _slopes(at: Array, keys: Array) -> Array:
    """(K, C) slopes at keys (K, C) at times `at` (K,).

    A second derivative without jumps is the minimum of a quadratic form, whose limits each slope keeps by itself:
    projected Gauss–Seidel, every other key at once.
    """
    slope = np.zeros(keys.shape)
    if len(at) < 3:
        return slope
    gap = np.diff(at)[:, None]
    secant = np.diff(keys, axis=0) / gap
    weight = 1 / gap
    diagonal = 2 * (weight[:-1] + weight[1:])
    target = 3 * (secant[:-1] * weight[:-1] + secant[1:] * weight[1:]) / diagonal
    before, after = weight[:-1] / diagonal, weight[1:] / diagonal
    most = 3 * np.minimum(np.abs(secant[:-1]), np.abs(secant[1:])) * (secant[:-1] * secant[1:] > 0)
    low, high = np.where(secant[:-1] > 0, 0.0, -most), np.where(secant[:-1] > 0, most, 0.0)
    every_other = [
        [part[one] for part in (slope[1:-1], slope[:-2], slope[2:], target, before, after, low, high)]
        for one in (slice(0, None, 2), slice(1, None, 2))
    ]
    for _ in range(_SWEEPS):
        for own, last, following, aim, pull, push, least, largest in every_other:
            np.minimum(np.maximum(aim - pull * last - push * following, least), largest, out=own)
    return slope
