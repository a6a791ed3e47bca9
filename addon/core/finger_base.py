"""Fingers between their keys in closed form: the curves that a network starts from, and where their keys lie."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .finger_curves import FAR, KeyedTogether, keyed_together
from .finger_follow import FingerStatistics, followed
from .rotation import Array


@dataclass(frozen=True, eq=False)
class FingerBase:
    """Curves at T times: values (T, C); the change from the last to the next key (T, C), zero where one of them is not;
    seconds since the last and to the next key (T, C), at most FAR."""

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
    count, curves = len(times), keyed.shape[1]
    change = np.zeros((count, curves))
    since, until = np.full((count, curves), FAR), np.full((count, curves), FAR)
    groups = keyed_together(key_times, keyed)
    for group in groups:
        since[:, group.curves], until[:, group.curves], change[:, group.curves] = _around(group, times)
    return FingerBase(followed(groups, times, statistics), change, since, until)


def _around(group: KeyedTogether, times: Array) -> tuple[Array, Array, Array]:
    """Seconds since the last key (T, 1) and to the next (T, 1), at most FAR, and the change between them (T, C)."""
    at = group.times
    place = np.searchsorted(at, times, side="right")
    has_before, has_after = place > 0, place < len(at)
    before, after = np.maximum(place - 1, 0), np.minimum(place, len(at) - 1)
    since = np.where(has_before, np.minimum(times - at[before], FAR), FAR)
    gap_end = np.where(has_before & (times == at[before]), 0.0, at[after] - times)
    until = np.where(has_after | (times == at[-1]), np.minimum(gap_end, FAR), FAR)
    step = group.values[after] - group.values[before]
    change = np.where((has_before & has_after)[:, None], step, 0.0)
    return since[:, None], until[:, None], change
