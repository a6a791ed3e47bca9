"""The Gaussian of hands and wrists over time, fitted to takes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import nnls

from addon.core.hand_gaussian import CHANNELS, PER_HAND, HandGaussian
from addon.core.rotation import Array

_SECONDS = (0.05, 0.15, 0.4, 1.0, 3.0, 10.0)
"""Of the exponentials that the correlation over time is made of; the weights are found."""
_LONGEST = 90


def fit(takes: Sequence[Array], fps: float) -> HandGaussian:
    """The Gaussian of takes (T, CHANNELS), NaN for a hand that is not there; the same for left and right."""
    hands = np.concatenate([take.reshape(-1, PER_HAND) for take in takes])
    hands = hands[np.isfinite(hands).all(axis=-1)]
    mean = np.tile(hands.mean(axis=0), 2)
    both = np.concatenate([take[np.isfinite(take).all(axis=-1)] for take in takes]) - mean
    within = np.cov(hands.T)
    across = both[:, :PER_HAND].T @ both[:, PER_HAND:] / len(both)
    across = (across + across.T) / 2
    values, vectors = np.linalg.eigh(np.block([[within, across], [across, within]]))
    covariance = (vectors * np.maximum(values, 1e-6)) @ vectors.T
    return HandGaussian(mean, covariance, _memory(takes, mean, np.diag(covariance), fps))


def _memory(takes: Sequence[Array], mean: Array, variance: Array, fps: float) -> Array:
    """(M, 2) weights and seconds that fit the mean correlation over time of all channels."""
    lags = np.unique(np.round(np.geomspace(1, _LONGEST, 20)).astype(int))
    sums, counts = np.zeros(len(lags)), np.zeros(len(lags))
    for take in takes:
        z = ((take - mean) / np.sqrt(variance))[:, np.isfinite(take[0])]
        for i, lag in enumerate(lags):
            if len(z) > lag:
                sums[i] += np.sum(z[lag:] * z[:-lag])
                counts[i] += z[lag:].size
    told = np.concatenate([[1.0], sums / counts])
    seconds = np.concatenate([[0], lags]) / fps
    decays = np.exp(-seconds[:, None] / np.array(_SECONDS))
    weights, _ = nnls(decays, told)
    weights /= weights.sum()
    kept = weights > 0
    assert mean.shape == (CHANNELS,)
    return np.stack([weights[kept], np.array(_SECONDS)[kept]], axis=-1)
