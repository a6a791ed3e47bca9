"""Mixtures of von Mises distributions: densities of an angle, with all that is asked of them read off a grid.

The density of one is exp(κ·cos(x − μ)) / (2π·I₀(κ)). On the grid everything has the same simple form: entropy,
quantiles, samples within limits. A grid of half a degree is finer than the sharpest component, whose κ is
`LARGEST_KAPPA`. Mardia and Jupp, "Directional Statistics", 2000.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .rotation import Array

LARGEST_KAPPA = 2000.0
"""A deviation of 1.3 degrees."""
_STEP = np.radians(0.5)
_NEAR = (1.0, 3.5156229, 3.0899424, 1.2067492, 0.2659732, 0.0360768, 0.0045813)
_FAR = (
    *(0.39894228, 0.01328592, 0.00225319, -0.00157565, 0.00916281),
    *(-0.02057706, 0.02635537, -0.01647633, 0.00392377),
)


@dataclass(frozen=True, eq=False)
class Mixture:
    """N mixtures of K components: weight, mean (radians) and kappa, (N, K) each; weights add up to 1."""

    weight: Array
    mean: Array
    kappa: Array

    def __getitem__(self, index: NDArray[np.integer] | slice) -> Mixture:
        return Mixture(self.weight[index], self.mean[index], self.kappa[index])


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
        wanted = np.full(len(self.share), probability)
        step = self.angles[:, 1] - self.angles[:, 0]
        upper = np.cumsum(self.share, axis=-1)
        place = np.minimum(np.sum(upper < wanted[:, None], axis=-1), upper.shape[1] - 1)
        row = np.arange(len(place))
        inside = (wanted - (upper[row, place] - self.share[row, place])) / np.maximum(self.share[row, place], 1e-30)
        found = self.angles[row, place] + (np.clip(inside, 0, 1) - 0.5) * step
        return np.clip(found, self.angles[:, 0], self.angles[:, -1])


def log_density(mixture: Mixture, angles: Array) -> Array:
    """(N, G) logarithm of each density at angles (N, G)."""
    away = angles[:, :, None] - mixture.mean[:, None]
    kappa = mixture.kappa[:, None]
    weight = np.maximum(mixture.weight, np.finfo(np.float64).tiny)[:, None]
    parts = np.log(weight / (2 * np.pi * scaled_bessel(kappa))) + kappa * (np.cos(away) - 1)
    top = parts.max(axis=-1)
    return top + np.log(np.sum(np.exp(parts - top[..., None]), axis=-1))


def on_grid(mixture: Mixture, limits: Array, temperature: float = 1.0) -> Grid:
    """The densities between limits (2, N), renormalised there; a temperature above 1 flattens them."""
    count = int(np.ceil(np.max(limits[1] - limits[0]) / _STEP)) + 1
    steps = np.arange(max(count, 2)) / (max(count, 2) - 1)
    angles = limits[0][:, None] + (limits[1] - limits[0])[:, None] * steps
    logs = log_density(mixture, angles) / temperature
    share = np.exp(logs - logs.max(axis=-1, keepdims=True))
    return Grid(angles, share / share.sum(axis=-1, keepdims=True))


def scaled_bessel(kappa: Array) -> Array:
    """I₀(κ)·exp(−κ) for κ ≥ 0. Abramowitz and Stegun 9.8.1 and 9.8.2: exact to 2e-7."""
    small, large = np.minimum(kappa, 3.75), np.maximum(kappa, 3.75)
    near = _polynomial(_NEAR, (small / 3.75) ** 2) * np.exp(-small)
    return np.where(kappa < 3.75, near, _polynomial(_FAR, 3.75 / large) / np.sqrt(large))


def _polynomial(coefficients: tuple[float, ...], x: Array) -> Array:
    """The constant first; a product with the powers, since one call of NumPy takes longer than all sums here."""
    result: Array = (x[..., None] ** np.arange(len(coefficients))) @ np.array(coefficients)
    return result
