"""Prototypes of a hand's pose: what some of its angles say of the others, where hands keep to habits.

A mixture of Gaussians whose components share their covariance within a group, the data set that they come from: nearly
a nearest-neighbour regression, but with a density, and following each neighbour's own slope (Nadaraya 1964; tied
covariances as in Hastie, Tibshirani and Friedman, "The Elements of Statistical Learning", 6.6 and 12.7).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .rotation import Array

NOISE = np.radians(1.0) ** 2
"""Variance of its own that every angle has."""
_BLOCK = 256
"""Rows at once: what is worked out of each for every prototype has to fit into memory."""


@dataclass(frozen=True, eq=False)
class HandPrototypes:
    """M prototypes in G groups, radians, the same for left and right hands.

    poses: (M, 20). weight: (M,), adding up to 1; those of 0 do not count. group: (M,) whole numbers below G.
    spread: (G, 20, 20) covariance of how poses leave their prototype.
    """

    poses: Array
    weight: Array
    group: NDArray[np.integer]
    spread: Array

    def expected(
        self, seen: NDArray[np.integer], values: Array, wanted: NDArray[np.integer], doubt: Array | float = 0.0
    ) -> tuple[Array, Array]:
        """Means and deviations (N, W) of the `wanted` angles (W,), given values (N, K) of the `seen` ones (K,).

        doubt: variance beside its own of each value, one for all or (K,).
        """
        parts = [
            self._expected(seen, values[start : start + _BLOCK], wanted, doubt)
            for start in range(0, max(len(values), 1), _BLOCK)
        ]
        return np.concatenate([mean for mean, _ in parts]), np.concatenate([deviation for _, deviation in parts])

    def _expected(
        self, seen: NDArray[np.integer], values: Array, wanted: NDArray[np.integer], doubt: Array | float
    ) -> tuple[Array, Array]:
        noise = NOISE * np.eye(len(seen)) + np.diag(np.broadcast_to(doubt, len(seen)))
        likely = np.empty((len(values), len(self.poses)))
        # What a prototype expects is a part of its own plus a slope, the same in its group, times the values.
        own = np.empty((len(self.poses), len(wanted)))
        shift = np.empty((len(self.spread), len(values), len(wanted)))
        left = np.empty((len(self.spread), len(wanted)))
        for group, spread in enumerate(self.spread):
            members = np.flatnonzero(self.group == group)
            white = np.linalg.inv(np.linalg.cholesky(spread[np.ix_(seen, seen)] + noise))
            across = white @ spread[np.ix_(seen, wanted)]
            told, places = values @ white.T, self.poses[np.ix_(members, seen)] @ white.T
            apart = np.sum(told**2, axis=1)[:, None] + np.sum(places**2, axis=1) - 2 * told @ places.T
            likely[:, members] = self._log_weight[members] + np.log(np.diag(white)).sum() - 0.5 * apart
            own[members] = self.poses[np.ix_(members, wanted)] - places @ across
            shift[group] = told @ across
            left[group] = np.diag(spread)[wanted] + NOISE - np.sum(across**2, axis=0)
        return _summed_up(_shares(likely), own, shift, left, self.group)

    def along(
        self, order: NDArray[np.integer], values: Array, without: NDArray[np.bool_] | None = None
    ) -> tuple[Array, Array]:
        """Means and deviations (B, N) of the angles order[k], given the values (B, N) of order[:k]: none twice.

        without: (B, M) prototypes that are left out.
        """
        many, count = order.shape
        likely = np.empty((many, count, len(self.poses)))
        off, left = np.empty_like(likely), np.empty((many, count, len(self.spread)))
        for group, spread in enumerate(self.spread):
            members = np.flatnonzero(self.group == group)
            factor = np.linalg.cholesky(spread[order[:, :, None], order[:, None, :]] + NOISE * np.eye(count))
            own = np.diagonal(factor, axis1=1, axis2=2)
            white = np.linalg.inv(factor) @ (values[..., None] - self.poses[members].T[order])
            told = np.cumsum(white[:, :-1] ** 2, axis=1)
            told += 2 * np.cumsum(np.log(own[:, :-1]), axis=1)[..., None]
            likely[:, :1, members] = self._log_weight[members]
            likely[:, 1:, members] = self._log_weight[members] - 0.5 * told
            off[..., members] = own[..., None] * white
            left[..., group] = own**2
        if without is not None:
            likely = np.where(without[:, None], -np.inf, likely)
        share = _shares(likely)
        mean = np.einsum("bnm,bnm->bn", share, off)
        variance = np.sum(share @ np.eye(len(self.spread))[self.group] * left, axis=-1)
        variance += np.einsum("bnm,bnm,bnm->bn", share, off, off) - mean**2
        return values - mean, np.sqrt(variance)

    @property
    def _log_weight(self) -> Array:
        with np.errstate(divide="ignore"):
            logs: Array = np.log(self.weight)
        return logs


def _shares(likely: Array) -> Array:
    share: Array = likely - likely.max(axis=-1, keepdims=True)
    np.exp(share, out=share)
    share /= share.sum(axis=-1, keepdims=True)
    return share


def _summed_up(share: Array, own: Array, shift: Array, left: Array, group: NDArray[np.integer]) -> tuple[Array, Array]:
    """Mean and deviation (N, W) of mixtures: share (N, M), means own (M, W) + shift (G, N, W), variances (G, W)."""
    belongs = np.eye(len(left))[group]  # (M, G)
    of_group = share @ belongs
    mean = share @ own + np.einsum("ng,gnw->nw", of_group, shift)
    # About the mean, group by group: the square of what is left is small beside that of the angles.
    variance = of_group @ left
    for number, moved in enumerate(shift):
        mine = group == number
        away, part = moved - mean, share[:, mine]
        variance += part @ own[mine] ** 2 + 2 * away * (part @ own[mine]) + of_group[:, number, None] * away**2
    return mean, np.sqrt(variance)
