"""The root's own motion smoothed: where the body is, number by number, and which way it heads.

Nothing learned is needed: a body is heavy, so its path is smooth, and noise is what is left. How smooth is found from
the motion itself, by generalised cross-validation, so that a clean path stays what it is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .rotation import Array

_STIFFNESS = 10.0 ** np.arange(-3.0, 10.1, 0.25)
"""What is tried for how much a bend counts against a distance."""
_SURE = 0.3
"""Length of a rotation's part about the vertical below which it does not say where the body heads."""
_MOST_TURNED = np.radians(15.0)


def smoothed(values: Array, weights: Array | None = None) -> NDArray[np.float64]:
    """(T,) numbers at even times smoothed without delay, as much as they are noisy.

    The least Σ wₜ(xₜ - yₜ)² + s·Σ (third differences of x)² (Whittaker, Proceedings of the Edinburgh Mathematical
    Society 41, 1923; Eilers, Analytical Chemistry 75, 2003), s by generalised cross-validation in the cosine transform
    (Garcia, Computational Statistics & Data Analysis 54, 2010). weights: (T,) how much each number counts, 1 without.
    """
    y = np.asarray(values, dtype=np.float64)
    if len(y) < 8:
        return y.copy()
    # A line through the ends taken off first, or the transform would see a jump there.
    line = np.linspace(y[0], y[-1], len(y))
    stiffness = _stiffness(y - line)
    if stiffness is None:
        return y.copy()
    w = np.ones(len(y)) if weights is None else np.asarray(weights, dtype=np.float64)
    return line + _whittaker(y - line, w, stiffness)


def heading(rotations: Array, up: Array) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(T,) radians by which rotations (T, 4) turn about `up` (3,), without jumps, and (T,) how surely, 0 to 1.

    The angle of the twist of a swing–twist decomposition; it is not determined near a half turn across `up`.
    """
    along = rotations[..., 1:].astype(np.float64) @ up
    real = rotations[..., 0].astype(np.float64)
    sure = np.clip(np.hypot(real, along) / _SURE - 1, 0, 1)
    return np.unwrap(2 * np.arctan2(along, real)), sure


def heading_correction(rotations: Array, up: Array) -> NDArray[np.float64]:
    """(T,) radians by which rotations (T, 4) have to turn further about `up` (3,), before all else, to head smoothly.

    Never by more than 15 degrees, and not at all where they do not say where the body heads.
    """
    angle, sure = heading(rotations, up)
    known = np.flatnonzero(sure > 0)
    if len(known) < 8:
        return np.zeros(len(angle))
    # Between frames that are sure the angle may have jumped: it is led on over them.
    bridged = np.interp(np.arange(len(angle)), known, np.unwrap(angle[known]))
    way = smoothed(bridged, np.maximum(sure, 1e-3)) - bridged
    return np.clip(way, -_MOST_TURNED, _MOST_TURNED) * sure


def _stiffness(y: Array) -> float | None:
    """s with the least cross-validation score; None where smoothing does not pay."""
    count = len(y)
    spectrum = _cosine_transform(y) ** 2
    bends = (2 - 2 * np.cos(np.pi * np.arange(count) / count)) ** 3
    kept = 1 / (1 + _STIFFNESS[:, None] * bends)
    residual = ((1 - kept) ** 2 * spectrum).sum(axis=1) / count
    freedom = (1 - kept.mean(axis=1)) ** 2
    score = residual / freedom
    best = int(np.argmin(score))
    return float(_STIFFNESS[best]) if best > 0 and score[best] > 1e-16 * (1 + spectrum.max()) else None


def _cosine_transform(y: Array) -> NDArray[np.float64]:
    """(T,) the orthonormal DCT-II of (T,)."""
    count = len(y)
    shifted = np.fft.rfft(np.concatenate([y, y[::-1]]))[:count] * np.exp(-0.5j * np.pi * np.arange(count) / count)
    result: NDArray[np.float64] = shifted.real / np.sqrt(2 * count)
    result[0] /= np.sqrt(2)
    return result


def _whittaker(y: Array, weights: Array, stiffness: float) -> NDArray[np.float64]:
    """(T,) solution of (W + s·DᵀD)·x = W·y, D third differences, by the LDLᵀ decomposition of its seven diagonals."""
    count = len(y)
    differences = np.array([-1.0, 3.0, -3.0, 1.0])
    bands = np.zeros((4, count))  # bands[k, t] couples t and t + k
    for k in range(4):
        for i in range(4 - k):
            bands[k, i : i + count - 3] += stiffness * differences[i] * differences[i + k]
    bands[0] += weights
    d, l1, l2, l3 = (band.tolist() for band in bands)
    z = (weights * y).tolist()
    for t in range(count):
        for reach, lower in ((1, l1), (2, l2), (3, l3)):
            if t >= reach:
                z[t] -= lower[t - reach] * z[t - reach]
                d[t] -= lower[t - reach] ** 2 * d[t - reach]
        if t >= 1:
            l1[t] -= l2[t - 1] * l1[t - 1] * d[t - 1]
            l2[t] -= l3[t - 1] * l1[t - 1] * d[t - 1]
        if t >= 2:
            l1[t] -= l3[t - 2] * l2[t - 2] * d[t - 2]
        l1[t], l2[t], l3[t] = l1[t] / d[t], l2[t] / d[t], l3[t] / d[t]
    for t in range(count - 1, -1, -1):
        z[t] = z[t] / d[t]
        for reach, lower in ((1, l1), (2, l2), (3, l3)):
            if t + reach < count:
                z[t] -= lower[t] * z[t + reach]
    return np.array(z)
