"""What a pose of a hand may be completed with where nothing is learned: neighbours and mixtures of Gaussians."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from addon.core.rotation import Array

FLOOR = np.radians(1.0) ** 2
"""Variance that every component keeps in every direction."""
_ROUNDS = 60


@dataclass(frozen=True, eq=False)
class PoseMixture:
    """A mixture of M Gaussians of poses: weight (M,), mean (M, 20), covariance (M, 20, 20)."""

    weight: Array
    mean: Array
    covariance: Array

    def along(self, order: NDArray[np.integer], values: Array) -> tuple[Array, Array, Array]:
        """Weights, means and deviations (N, 20, M) of what is at order[k] (N, 20), given the values at order[:k]."""
        result = [np.empty((*order.shape, len(self.weight))) for _ in range(3)]
        logs = np.tile(np.log(self.weight)[:, None], (1, len(order)))[..., None]
        found = []
        for mean, covariance in zip(self.mean, self.covariance, strict=True):
            factor = np.linalg.cholesky(covariance[order[:, :, None], order[:, None, :]])
            away = values - mean[order]
            white = np.linalg.solve(factor, away[..., None])[..., 0]
            own = np.diagonal(factor, axis1=1, axis2=2)
            found.append((values - own * white, own, -0.5 * white**2 - np.log(own)))
        means, deviations, told = (np.stack(parts, axis=-1) for parts in zip(*found, strict=True))
        before = np.concatenate([np.zeros_like(told[:, :1]), np.cumsum(told, axis=1)[:, :-1]], axis=1)
        logs = np.log(self.weight) + before
        result = [np.exp(logs - logsumexp(logs, axis=-1, keepdims=True)), means, deviations]
        return result[0], result[1], result[2]

    def completed(self, poses: Array, known: NDArray[np.bool_]) -> Array:
        """(N, 20) expected angles given those of poses (N, 20) that are known (N, 20)."""
        result = np.empty_like(poses)
        for row, (pose, there) in enumerate(zip(poses, known, strict=True)):
            seen = np.flatnonzero(there)
            inner = self.covariance[:, seen[:, None], seen]
            away = pose[seen] - self.mean[:, seen]
            solved = np.linalg.solve(inner, away[..., None])[..., 0]
            log = np.log(self.weight) - 0.5 * np.sum(away * solved, axis=-1) - 0.5 * np.linalg.slogdet(inner)[1]
            share = np.exp(log - logsumexp(log))
            each = self.mean + np.einsum("mik,mk->mi", self.covariance[:, :, seen], solved)
            result[row] = share @ each
        return result


def fit_mixture(poses: Array, components: int, rng: np.random.Generator, prior: float = 30.0) -> PoseMixture:
    """Expectation maximisation from random poses; covariances shrunk to the pooled within-component one.

    prior: how many poses that pooled covariance counts for in each component.
    """
    mean = poses[rng.choice(len(poses), components, replace=False)].copy()
    spread = np.cov(poses.T)
    covariance = np.tile(spread / components ** (2 / 20), (components, 1, 1))
    weight = np.full(components, 1 / components)
    for _ in range(_ROUNDS):
        logs = np.log(weight) + _log_densities(poses, mean, covariance)
        share = np.exp(logs - logsumexp(logs, axis=1, keepdims=True))
        many = share.sum(axis=0) + 1e-9
        weight = many / many.sum()
        mean = (share.T @ poses) / many[:, None]
        scatter = np.stack([(poses - m).T @ ((poses - m) * share[:, [i]]) for i, m in enumerate(mean)])
        pooled = scatter.sum(axis=0) / len(poses)
        covariance = (scatter + prior * pooled) / (many + prior)[:, None, None] + FLOOR * np.eye(poses.shape[1])
    return PoseMixture(weight, mean, covariance)


def _log_densities(poses: Array, mean: Array, covariance: Array) -> Array:
    result = np.empty((len(poses), len(mean)))
    for i, (m, c) in enumerate(zip(mean, covariance, strict=True)):
        factor = np.linalg.cholesky(c)
        white = np.linalg.solve(factor, (poses - m).T)
        result[:, i] = -0.5 * np.sum(white**2, axis=0) - np.sum(np.log(np.diag(factor)))
    return result - 0.5 * poses.shape[1] * np.log(2 * np.pi)


def neighbours(train: Array, poses: Array, known: NDArray[np.bool_], count: int) -> Array:
    """(N, 20) weighted mean of the `count` training poses that are nearest in the known angles, by their deviation."""
    scale = train.std(axis=0)
    result = np.empty_like(poses)
    for row, (pose, there) in enumerate(zip(poses, known, strict=True)):
        away = np.sum(((train[:, there] - pose[there]) / scale[there]) ** 2, axis=1)
        near = np.argpartition(away, count)[:count]
        weight = np.exp(-away[near] / max(float(away[near].mean()), 1e-9))
        result[row] = weight @ train[near] / weight.sum()
    return result
