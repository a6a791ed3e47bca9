"""The Gaussian of hands and wrists over time: what any set of known angles says of any others, in closed form.

A place is a channel, one of both hands' 20 angles and their wrists' 3, and a time. Two places' covariance is that of
their channels times a correlation that falls with the time between them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .hand import DOF
from .rotation import Array

WRIST = 3
PER_HAND = len(DOF) + WRIST
CHANNELS = 2 * PER_HAND
"""Of each hand, the left first: its 20 angles, then its wrist's rotation vector against the forearm."""
FRAMES, SHORTEST_SPACING = 64, 1 / 30
"""Of the any-order network's window: 2.1 s where its frames lie as close as they may, longer where farther apart."""
BEGIN = FRAMES * CHANNELS
"""The position that the network begins every known set with, its value 0."""
NOISE = np.radians(0.3) ** 2


@dataclass(frozen=True, eq=False)
class Places:
    """N places: channel (N,) whole numbers below CHANNELS, time (N,) seconds."""

    channel: NDArray[np.integer]
    time: Array


@dataclass(frozen=True, eq=False)
class HandGaussian:
    """What takes say of all channels: radians.

    mean: (CHANNELS,). covariance: (CHANNELS, CHANNELS). memory: (M, 2) weights, which add up to 1, and seconds of the
    exponentials whose sum is the correlation over time.
    """

    mean: Array
    covariance: Array
    memory: Array

    def between(self, a: Places, b: Places) -> Array:
        """(A, B) covariance."""
        covariance: Array = self.covariance[a.channel[:, None], b.channel]
        apart = np.abs(a.time[:, None] - b.time)
        if not apart.any():
            return covariance
        return covariance * sum(weight * np.exp(-apart / seconds) for weight, seconds in self.memory)

    def posterior(self, known: Places, values: Array, wanted: Places) -> tuple[Array, Array]:
        """Mean (W,) and covariance (W, W) of the wanted places, given the known ones' values (K,)."""
        prior = self.between(wanted, wanted)
        if not len(values):
            return self.mean[wanted.channel], prior
        inner = self.between(known, known)
        inner[np.diag_indices(len(inner))] += NOISE
        across = self.between(known, wanted)
        solved = np.linalg.solve(inner, np.column_stack([values - self.mean[known.channel], across]))
        mean = self.mean[wanted.channel] + across.T @ solved[:, 0]
        return mean, prior - across.T @ solved[:, 1:]


def channel(hand: int, angle: int) -> int:
    """The channel of an angle (below 20) or wrist component (20 to 22) of a hand, 0 left and 1 right."""
    return hand * PER_HAND + angle


def positions(known: Places, wanted: Places) -> tuple[float, NDArray[np.int64]]:
    """Seconds between the frames of the network's window, and the positions of known and then wanted places in it."""
    times = np.concatenate([known.time, wanted.time])
    channels = np.concatenate([known.channel, wanted.channel]).astype(np.int64)
    distinct = np.unique(times)
    spacing = float(max(np.min(np.diff(distinct)), SHORTEST_SPACING)) if len(distinct) > 1 else SHORTEST_SPACING
    frames = np.round((times - distinct[0]) / spacing).astype(np.int64)
    return spacing, np.minimum(frames, FRAMES - 1) * CHANNELS + channels


def variance_told(covariance: Array) -> Array:
    """(W,) how much variance of all W places together knowing each one would take away."""
    variance = np.maximum(np.diag(covariance), 1e-12)
    told: Array = np.sum(covariance**2, axis=0) / variance
    return told
