"""Mixtures of von Mises distributions: densities of an angle, with all that is asked of them read off a grid.

The density of one is exp(κ·cos(x − μ)) / (2π·I₀(κ)). On the grid everything has the same simple form: entropy,
quantiles, samples within limits. A grid of half a degree is finer than the sharpest component, whose κ is
`LARGEST_KAPPA`. Mardia and Jupp, "Directional Statistics", 2000.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .rotation import Array

LARGEST_KAPPA = 2000.0
"""A deviation of 1.3 degrees."""
STEP, LARGEST_STEP = np.radians(0.5), np.radians(1.0)
"""Between the points of a grid: what quantiles need, and what is enough for integrals of the sharpest component."""
_TINY = float(np.finfo(np.float64).tiny)
_NEAR = (1.0, 3.5156229, 3.0899424, 1.2067492, 0.2659732, 0.0360768, 0.0045813)
_FAR = (
    *(0.39894228, 0.01328592, 0.00225319, -0.00157565, 0.00916281),
    *(-0.02057706, 0.02635537, -0.01647633, 0.00392377),
)


@dataclass(frozen=True, eq=False)
class Mixture:
    """N mixtures of K components: log_weight, mean (radians) and log_kappa, (N, K) each.

    Weights may add up to anything: on a grid they are made to.
    """

    log_weight: Array
    mean: Array
    log_kappa: Array

    def __getitem__(self, index: NDArray[np.integer] | slice) -> Mixture:
        return Mixture(self.log_weight[index], self.mean[index], self.log_kappa[index])


@dataclass(frozen=True, eq=False)
class Grid:
    """N densities on G angles between limits: angles (N, G) radians, share (N, G) of the probability near each."""

    angles: Array
    share: Array

    @property
    def entropy(self) -> Array:
        """(N,) nats, of the density in radians."""
        step = self.angles[:, 1] - self.angles[:, 0]
        logs = np.log(np.maximum(self.share, 1e-30))
        entropy: Array = -np.sum(self.share * logs, axis=-1) + np.log(step)
        return entropy

    @property
    def mean(self) -> Array:
        """(N,) expected angle."""
        mean: Array = np.sum(self.share * self.angles, axis=-1)
        return mean

    @property
    def deviation(self) -> Array:
        """(N,) standard deviation."""
        deviation: Array = np.sqrt(np.sum(self.share * (self.angles - self.mean[:, None]) ** 2, axis=-1))
        return deviation

    @property
    def likeliest(self) -> Array:
        """(N,) the angle of the highest density."""
        return np.take_along_axis(self.angles, np.argmax(self.share, axis=-1)[:, None], axis=-1)[:, 0]

    def quantile(self, probability: float | Array) -> Array:
        """(N,) the angle that a share `probability`, one for all or (N,), of the distribution lies below."""
        last = self.share.shape[1] - 1
        wanted = [probability] * len(self.share) if isinstance(probability, float) else probability.tolist()
        found = []
        for angles, share, below in zip(self.angles, self.share, wanted, strict=True):
            upper = share.cumsum()
            place = min(int(upper.searchsorted(below)), last)
            here, low, high = max(float(share[place]), _TINY), float(angles[0]), float(angles[-1])
            inside = min(max((below - float(upper[place])) / here + 1.0, 0.0), 1.0)
            angle = float(angles[place]) + (inside - 0.5) * (high - low) / last
            found.append(min(max(angle, low), high))
        return np.array(found)


@dataclass(frozen=True, eq=False)
class Points:
    """G angles between the limits of each of N: angles (N, G) radians.

    basis: (N, 3, G) float32, their cosines, sines and ones, of which the logarithm of a component's density is a sum:
    kept where the same limits are asked for again and again.
    """

    angles: Array
    basis: Array

    def __getitem__(self, index: NDArray[np.integer] | slice) -> Points:
        return Points(self.angles[index], self.basis[index])


def points(limits: Array, step: float = STEP) -> Points:
    """At most `step` apart between limits (2, N)."""
    count = max(int(np.ceil(np.max(limits[1] - limits[0]) / step)) + 1, 2)
    angles = limits[0][:, None] + (limits[1] - limits[0])[:, None] * (np.arange(count) / (count - 1))
    return Points(angles, np.stack([np.cos(angles), np.sin(angles), np.ones_like(angles)], axis=1).astype(np.float32))


def on_grid(mixture: Mixture, at: Points, temperature: float = 1.0) -> Grid:
    """The densities at the points, renormalised there; a temperature above 1 flattens them."""
    kappa = np.exp(mixture.log_kappa)
    parts = np.empty((*kappa.shape, 3), dtype=at.basis.dtype)
    np.cos(mixture.mean, out=parts[..., 0])
    np.sin(mixture.mean, out=parts[..., 1])
    parts[..., :2] *= kappa[..., None]
    parts[..., 2] = mixture.log_weight - kappa - np.interp(mixture.log_kappa, *_bessel_table())
    each = parts @ at.basis
    top = each.max(axis=(1, 2), keepdims=True) if temperature == 1 else each.max(axis=1, keepdims=True)
    each -= top
    share: Array = np.exp(each, out=each).sum(axis=1)
    if temperature != 1:
        logs = (np.log(share) + top[:, 0]) / temperature
        share = np.exp(logs - logs.max(axis=1, keepdims=True))
    share /= share.sum(axis=1, keepdims=True)
    return Grid(at.angles, share)


@lru_cache(maxsize=1)
def _bessel_table() -> tuple[Array, Array]:
    """log κ, and log of I₀(κ)·exp(−κ) there: looking up takes one operation, and is as exact as the polynomials."""
    logs = np.arange(-8.0, np.log(LARGEST_KAPPA) + 0.01, 1 / 512)
    return logs, np.log(scaled_bessel(np.exp(logs)))


def scaled_bessel(kappa: Array) -> Array:
    """I₀(κ)·exp(−κ) for κ ≥ 0. Abramowitz and Stegun 9.8.1 and 9.8.2: exact to 2e-7."""
    small, large = np.minimum(kappa, 3.75), np.maximum(kappa, 3.75)
    near = _polynomial(_NEAR, (small / 3.75) ** 2) * np.exp(-small)
    return np.where(kappa < 3.75, near, _polynomial(_FAR, 3.75 / large) / np.sqrt(large))


def _polynomial(coefficients: tuple[float, ...], x: Array) -> Array:
    value: Array = np.full_like(x, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        value = value * x + coefficient
    return value
