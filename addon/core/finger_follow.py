"""Fingers with few keys, or none, follow those with more: what takes say of them in closed form.

Beyond their own interpolation at the same keys, curves with fewer keys follow what those with more do; curves without
any follow where those are. Conditional means of Gaussians say how, and the prototypes of a hand's pose.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .finger_curves import KeyedTogether, smooth
from .hand import DOF
from .hand_prototypes import HandPrototypes
from .rotation import Array

FINER = 0.6
"""Keys this much closer together than another curve's tell of what that one does in between."""
HABIT = 0.25
"""How much the prototypes say of the way between keys, beside the Gaussian."""
_OWN_NOISE = np.radians(1.0) ** 2
_LONGEST_DOUBT = 2.0


@dataclass(frozen=True, eq=False)
class FingerStatistics:
    """What training takes say of C angles (both hands, the left's first): radians.

    mean: (C,). covariance: (C, C) of poses. between: (C, C) covariance of how poses leave the curves through keys two
    seconds apart. prototypes: of a hand's pose, where there are any. doubt: radians by which an interpolated angle may
    be off for every second between its keys.
    """

    mean: Array
    covariance: Array
    between: Array
    prototypes: HandPrototypes | None = None
    doubt: float = 0.1


def followed(keyed: Sequence[KeyedTogether], times: Array, statistics: FingerStatistics) -> Array:
    """(T, C) all curves at `times` (T,): their own where nothing has more keys, else as the others make likely."""
    result = np.tile(statistics.mean, (len(times), 1))
    for own in keyed:
        result[:, own.curves] = own.at(times)
        finer = [other for other in keyed if other.spacing < FINER * own.spacing]
        if finer and len(own.times) > 1:
            result[:, own.curves] += _beyond(own, finer, times, statistics)
    has_keys = [curve for own in keyed for curve in own.curves]
    free = np.setdiff1d(np.arange(result.shape[1]), has_keys)
    if len(free) and keyed:
        result[:, free] = _expected(result, keyed, free, statistics)
    return result


def conditional_gain(
    covariance: Array, wanted: NDArray[np.integer], seen: NDArray[np.integer], noise: Array | float
) -> Array:
    """(W, S): what a deviation of each `seen` component moves each `wanted` one by; noise: variances of the seen."""
    inner = covariance[np.ix_(seen, seen)] + np.diag(np.broadcast_to(noise, len(seen)))
    gain: Array = np.linalg.solve(inner, covariance[np.ix_(seen, wanted)]).T
    return gain


def _beyond(own: KeyedTogether, finer: Sequence[KeyedTogether], times: Array, statistics: FingerStatistics) -> Array:
    """(T, C) what to add to curves between their first key and their last."""
    seen, doubt = _seen(finer, statistics)

    def past_keys(course: Callable[[Array], Array]) -> Array:
        return course(times) - smooth(own.times, course(own.times), times)

    def told(at: Array) -> Array:
        return np.concatenate([other.at(at) for other in finer], axis=1)

    # A finer curve is itself only interpolated: noise of a tenth of the mean variance.
    noise = 0.1 * float(np.mean(np.diag(statistics.between)))
    result = past_keys(told) @ conditional_gain(statistics.between, own.curves, seen, noise).T
    if statistics.prototypes is not None:
        for wanted, known in _of_each_hand(own.curves, seen):
            ask = _Habit(statistics.prototypes, seen[known], doubt[known], own.curves[wanted])
            habit = past_keys(lambda at, ask=ask, known=known: ask(told(at)[:, known]))  # type: ignore[misc]
            result[:, wanted] += HABIT * (habit - result[:, wanted])
    inside = (times >= own.times[0]) & (times <= own.times[-1])
    return np.where(inside[:, None], result, 0.0)


def _expected(
    curves: Array, keyed: Sequence[KeyedTogether], free: NDArray[np.integer], statistics: FingerStatistics
) -> Array:
    """(T, F) the `free` of curves (T, C), given those with keys: by prototypes where the same hand has any."""
    seen, doubt = _seen(keyed, statistics)
    gain = conditional_gain(statistics.covariance, free, seen, doubt + _OWN_NOISE)
    result: Array = statistics.mean[free] + (curves[:, seen] - statistics.mean[seen]) @ gain.T
    if statistics.prototypes is not None:
        for wanted, known in _of_each_hand(free, seen):
            ask = _Habit(statistics.prototypes, seen[known], doubt[known], free[wanted])
            result[:, wanted] = ask(curves[:, seen[known]])
    return result


@dataclass(frozen=True, eq=False)
class _Habit:
    """What prototypes expect of the curves `wanted`, given values of those `seen` of the same hand."""

    prototypes: HandPrototypes
    seen: NDArray[np.integer]
    doubt: Array
    wanted: NDArray[np.integer]

    def __call__(self, values: Array) -> Array:
        """(T, S) values to (T, W)."""
        return self.prototypes.expected(self.seen % len(DOF), values, self.wanted % len(DOF), self.doubt)[0]


def _seen(keyed: Sequence[KeyedTogether], statistics: FingerStatistics) -> tuple[NDArray[np.integer], Array]:
    """The curves with keys, and the variance by which each may be off between its keys."""
    spacing = np.repeat([own.spacing for own in keyed], [len(own.curves) for own in keyed])
    doubt: Array = (statistics.doubt * np.minimum(spacing, _LONGEST_DOUBT)) ** 2
    return np.concatenate([own.curves for own in keyed]), doubt


def _of_each_hand(
    wanted: NDArray[np.integer], seen: NDArray[np.integer]
) -> Iterator[tuple[NDArray[np.integer], NDArray[np.integer]]]:
    """Where `wanted` and `seen` name curves of the same hand, hand by hand that has both."""
    for hand in range(2):
        both = tuple(np.flatnonzero(curves // len(DOF) == hand) for curves in (wanted, seen))
        if all(map(len, both)):
            yield both[0], both[1]
