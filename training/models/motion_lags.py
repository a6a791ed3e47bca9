"""How poses follow each other in real motion: fits the process that fills holes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from addon.core.likely import Likely
from addon.core.rotation import Array, conjugate, log, multiply

POSES = 32
LAGS = 80


def fit(takes: Sequence[Array], weights: Sequence[float], reference: Array, fps: float) -> Likely:
    """The process of takes (T, J, 4) at `fps`, each frame of take i counting `weights[i]`.

    Sums over pairs of frames are divided by the number of all frames, however far apart the pairs are: the biased
    estimate, which alone is sure to be a covariance (Priestley, "Spectral Analysis and Time Series", 5.3).
    """
    vectors = [log(multiply(conjugate(reference), take)).reshape(len(take), -1) for take in takes]
    total = sum(weight * len(take) for take, weight in zip(takes, weights, strict=True))
    mean = sum(weight * x.sum(axis=0) for x, weight in zip(vectors, weights, strict=True)) / total
    centred = [(x - mean).astype(np.float64) for x in vectors]
    spread = sum(weight * (x.T @ x) for x, weight in zip(centred, weights, strict=True)) / total
    basis = np.linalg.eigh(spread)[1][:, ::-1][:, :POSES].T
    rest = np.diag(spread) - np.einsum("pf,pq,qf->f", basis, basis @ spread @ basis.T, basis)
    lags = np.zeros((LAGS, POSES, POSES))
    for x, weight in zip(centred, weights, strict=True):
        amplitudes = x @ basis.T
        for lag in range(min(LAGS, len(x))):
            lags[lag] += weight / total * (amplitudes[: len(x) - lag].T @ amplitudes[lag:])
    return Likely(reference, mean, np.ascontiguousarray(basis), np.maximum(rest, 0), lags, fps)


def empty(reference: Array) -> Likely:
    """A process of the right shapes and no content, for a network whose weights are read from a file."""
    features = 3 * len(reference)
    return Likely(
        reference=reference,
        mean=np.zeros(features),
        basis=np.zeros((POSES, features)),
        rest=np.zeros(features),
        lags=np.zeros((LAGS, POSES, POSES)),
        fps=1.0,
    )
