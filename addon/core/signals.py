"""What is done to any signal: stretches of a mask, ends led on, the weights of a Gaussian and of a cubic."""

from __future__ import annotations

import numpy as np

from .rotation import Array, Mask


def runs(mask: Mask) -> list[tuple[int, int]]:
    """First frame and the one after the last of every stretch of True in `mask` (T,)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]])))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def continued(x: Array, about: Array, before: int, after: int) -> Array:
    """(before + T + after, ...): `x` (T, ...) led on at both ends, turned about the points `about` (2, ...).

    Odd reflection, which keeps slopes; about the first and the last value it is that of scipy.signal.filtfilt. Farther
    than the signal is long, the last value found is held.
    """
    start, end = 2 * about[0] - x[before:0:-1], 2 * about[1] - x[-2::-1][:after]
    held = (before - len(start), after - len(end)), *((0, 0),) * (x.ndim - 1)
    return np.pad(np.concatenate([start, x, end]), held, mode="edge")


def gaussian_weights(deviation: float, reach: int) -> Array:
    """(2·reach + 1,) weights of a Gaussian window, deviation in frames: their sum is 1."""
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / deviation) ** 2)
    return weights / weights.sum()


def cubic(share: Array, length: Array | float, start: Array, leaving: Array, stop: Array, arriving: Array) -> Array:
    """The cubic that begins at `start` with the slope `leaving` and ends at `stop` with `arriving` (Hermite), at
    `share` of the way, 0 to 1, between two keys `length` apart; all broadcast."""
    first, second, third, fourth = cubic_weights(share, length)
    return first * start + second * leaving + third * stop + fourth * arriving  # type: ignore[return-value]


def cubic_weights(share: Array, length: Array | float) -> tuple[Array, Array, Array, Array]:
    """The weights of `cubic`, each as `share` and `length` broadcast: of `start`, `leaving`, `stop` and `arriving`."""
    left = 1 - share
    return (
        left * left * (1 + 2 * share),
        share * left * left * length,
        share * share * (1 + 2 * left),
        -share * share * left * length,
    )
