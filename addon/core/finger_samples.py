"""Motion that varies as hands vary: what a filled curve leaves open is drawn, at the pace at which hands move.

A smooth random curve runs, for every hand, along a time of its own that hurries where the hand is likely to move and in
bursts, and nearly stands still in between: so speeds come out as uneven as hands' are. It is as wide as the network
expects to be off, the angles vary together as they do in the training takes, and it is nothing at a key.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .finger_fill import ANGLES, FPS, HANDS, Filled
from .rotation import Array
from .wrist import averaged

USUAL, _LEAST = np.radians(3.0), np.radians(0.5)
_AROUND_SECONDS = 0.4


@dataclass(frozen=True)
class Liveliness:
    """How samples move, fitted to takes.

    seconds: of own time over which a curve keeps its way, where the network expects to be off by `USUAL`. burst:
    deviation of the logarithm of own time's pace; bursts: seconds that one lasts. width: of the curve, in units of what
    the network expects to be off.
    """

    seconds: float
    burst: float
    bursts: float
    width: float


def sampled(
    filled: Filled, pace: Array, times: Array, together: Array, liveliness: Liveliness, rng: np.random.Generator
) -> Array:
    """(T, 40) radians to add to the curves. pace: (T, 2) positive, how fast each hand's own time runs there.

    together: (40, 40) covariance of how angles leave their curves.
    """
    count = max(int(np.ceil((times[-1] - times[0]) * FPS)) + 1, 2)
    clock = times[0] + np.arange(count) / FPS
    scale = np.sqrt(np.diag(together))
    root = np.linalg.cholesky(together / np.outer(scale, scale) + 1e-6 * np.eye(len(scale)))
    latent = np.empty((len(times), HANDS * ANGLES))
    for hand in range(HANDS):
        bursts = smooth_noise(np.arange(count) / FPS, liveliness.bursts, 1, rng)[:, 0]
        speed = np.interp(clock, times, pace[:, hand]) * np.exp(liveliness.burst * bursts - liveliness.burst**2 / 2)
        speed *= _slower_where_wide(np.interp(clock, times, _of_hand(filled.deviation, hand)))
        own = np.concatenate([[0.0], np.cumsum((speed[1:] + speed[:-1]) / 2)]) / FPS
        curves = smooth_noise(own, liveliness.seconds, ANGLES, rng)
        for angle in range(ANGLES):
            latent[:, hand * ANGLES + angle] = np.interp(times, clock, curves[:, angle])
    added: Array = liveliness.width * filled.deviation * (latent @ root.T)
    return added


def _of_hand(deviation: Array, hand: int) -> Array:
    """(T,) the mean over a hand's angles."""
    mean: Array = deviation[:, hand * ANGLES : (hand + 1) * ANGLES].mean(axis=1)
    return mean


def _slower_where_wide(deviation: Array) -> Array:
    """(T,) own time's pace: hands are about as fast however much is left open, so wide curves take their time."""
    around = averaged(deviation[:, None], _AROUND_SECONDS * FPS)[:, 0]
    slower: Array = (USUAL + _LEAST) / (around + _LEAST)
    return slower


def smooth_noise(at: Array, seconds: float, count: int, rng: np.random.Generator) -> Array:
    """(T, count) independent smooth random curves of deviation 1 at rising times `at` (T,).

    White noise under a Gaussian window, its samples a quarter of the window's deviation apart.
    """
    step = seconds / 4
    reach = 12
    many = int(np.ceil((at[-1] - at[0]) / step)) + 2 * reach + 2
    white = rng.normal(size=(many, count))
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / 4) ** 2)
    weights /= np.sqrt(np.sum(weights**2))
    curve = np.stack([np.convolve(column, weights, mode="valid") for column in white.T], axis=-1)
    place = np.clip((at - at[0]) / step, 0, len(curve) - 2)
    before = place.astype(int)
    share = (place - before)[:, None]
    return curve[before] * (1 - share) + curve[np.minimum(before + 1, len(curve) - 1)] * share
