"""What the closed forms expect of angles that become known one after the other: each told changes what is left.

All three are asked in the same way: `expected` of some places, and `tell` of one. Places are numbers of the wanted
angles as they were named at first.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .hand_gaussian import NOISE as GAUSSIAN_NOISE
from .hand_gaussian import HandGaussian, Places
from .hand_prototypes import NOISE, HandPrototypes
from .rotation import Array


class GaussianCourse:
    """The Gaussian's `wanted` places, given the known ones' values (K,); each has a little noise of its own."""

    def __init__(self, gaussian: HandGaussian, known: Places, values: Array, wanted: Places) -> None:
        self._mean, covariance = gaussian.posterior(known, values, wanted)
        self.covariance = covariance + GAUSSIAN_NOISE * np.eye(len(covariance))

    def expected(self, places: list[int]) -> tuple[Array, Array]:
        """Means and deviations (P,) of places (P,) that were not told."""
        return self._mean[places], np.sqrt(self.covariance[places, places])

    def tell(self, place: int, value: float) -> None:
        """Let a place be known."""
        among = self.covariance[place]
        gain = among / among[place]
        self._mean = self._mean + gain * (value - self._mean[place])
        self.covariance = self.covariance - among[:, None] * gain


class PrototypesInAnyOrder:
    """The prototypes' `wanted` angles (N,), given values (K,) of the `seen` ones; none of all these twice."""

    def __init__(
        self,
        prototypes: HandPrototypes,
        seen: NDArray[np.integer],
        values: Array,
        wanted: NDArray[np.integer],
    ) -> None:
        counted, every = prototypes.weight > 0, np.concatenate([wanted, seen])
        self._belongs = np.equal.outer(np.arange(len(prototypes.spread)), prototypes.group[counted]).astype(np.float64)
        self._likely = np.log(prototypes.weight[counted])
        self._means = np.ascontiguousarray(prototypes.poses[np.ix_(counted, every)].T)  # (N + K, M)
        self._covariance = prototypes.spread[:, every[:, None], every] + NOISE * np.eye(len(every))
        for place, value in enumerate(values, start=len(wanted)):
            self.tell(place, value)

    def expected(self, places: list[int]) -> tuple[Array, Array]:
        """Means and deviations (P,) of places (P,) that were not told."""
        share = np.exp(self._likely - self._likely.max())
        share /= share.sum()
        each = self._means[places]
        mean = each @ share
        each -= mean[:, None]
        left = (self._belongs @ share) @ self._covariance[:, places, places]
        return mean, np.sqrt(each**2 @ share + left)

    def tell(self, place: int, value: float) -> None:
        """Let a place be known."""
        among = self._covariance[:, place]
        variance = among[:, place]
        gain = among / variance[:, None]
        away = self._belongs * (value - self._means[place])
        self._likely = self._likely - 0.5 * (1 / variance @ away**2 + np.log(variance) @ self._belongs)
        self._means += gain.T @ away
        self._covariance -= among[:, :, None] * gain[:, None]


class PrototypesInOrder:
    """The same where angles are asked for and told in the order in which they are wanted: half the work."""

    def __init__(
        self,
        prototypes: HandPrototypes,
        seen: NDArray[np.integer],
        values: Array,
        wanted: NDArray[np.integer],
    ) -> None:
        order = np.concatenate([seen, wanted])
        self._along = _along(prototypes, tuple(order.tolist()))
        self._likely = self._along.likely
        self._values, self._count = np.zeros(len(order)), 0
        for value in values:
            self.tell(0, value)

    def expected(self, places: list[int]) -> tuple[Array, Array]:
        """Mean and deviation (1,) of the next place."""
        count, along = self._count, self._along
        each = along.poses[count] - (along.white[:, count, :count] @ self._values[:count])[along.group]
        own = along.own[count]
        each *= own
        share = np.exp(self._likely - self._likely.max())
        share /= share.sum()
        mean = share @ each
        each -= mean
        return np.array([mean]), np.sqrt([share @ (each * each + own * own)])

    def tell(self, place: int, value: float) -> None:
        """Let the next place be known."""
        count, along = self._count, self._along
        self._values[count] = value
        told = along.white[:, count, : count + 1] @ self._values[: count + 1]
        away = along.poses[count] - told[along.group]
        away *= away
        self._likely = self._likely - (0.5 * away + along.log_own[count])
        self._count += 1


@dataclass(frozen=True, eq=False)
class _Along:
    """M prototypes along an order of N angles: likely (M,) logarithms of weights, group (M,).

    white: (G, N, N) what whitens angles. poses: (N, M) whitened. own, log_own: (N, M) deviations given the angles
    before, and their logarithms.
    """

    likely: Array
    group: NDArray[np.integer]
    white: Array
    poses: Array
    own: Array
    log_own: Array


@lru_cache(maxsize=8)
def _along(prototypes: HandPrototypes, order: tuple[int, ...]) -> _Along:
    """Kept, because the same order is asked for with one seed after the other."""
    counted, every = prototypes.weight > 0, np.array(order, dtype=np.int64)
    group = prototypes.group[counted]
    factor = np.linalg.cholesky(prototypes.spread[:, every[:, None], every] + NOISE * np.eye(len(every)))
    white, own = np.linalg.inv(factor), np.diagonal(factor, axis1=1, axis2=2).T
    poses = np.ascontiguousarray(prototypes.poses[np.ix_(counted, every)].T)
    for one, part in enumerate(white):
        poses[:, group == one] = part @ poses[:, group == one]
    likely, each = np.log(prototypes.weight[counted]), np.ascontiguousarray(own[:, group])
    return _Along(likely, group, white, poses, each, np.log(each))
