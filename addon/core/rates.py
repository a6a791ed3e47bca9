"""Between frame rates: motion split into what a lower rate can hold and the fine detail above it, and put together."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from .rotation import Array
from .signals import continued

REACH = 6
"""Length of the filters to each side, in frames of the lower rate."""
PASS = 0.85
"""Where the low-pass lets through half, as a share of the lower rate's highest frequency."""
BLOCK = 8192
"""Frames worked on at a time, so that memory stays small on long clips."""


def factor(fps: float, model_fps: float) -> int:
    """Every how many frames to keep so that `fps` comes near `model_fps`; 1 for rates below 1.5 times that."""
    return max(1, round(fps / model_fps))


def lowered(channels: Array, step: int) -> Array:
    """(T, C) channels without what is too fast for the lower rate, every `step`-th frame: (ceil(T / step), C)."""
    if step == 1:
        return channels.copy()
    kernel = _low_pass(step)
    held = continued(channels, channels[[0, -1]], len(kernel) // 2, len(kernel) // 2)
    low = np.zeros((-(-len(channels) // step), channels.shape[1]), dtype=channels.dtype)
    for tap, weight in enumerate(kernel.astype(channels.dtype)):
        low += weight * held[tap : tap + len(channels) : step]
    return low


def raised(low: Array, step: int, frames: int) -> Array:
    """(frames, C): `lowered` channels read at the higher rate again, between their frames by windowed sinc."""
    if step == 1:
        return low[:frames].copy()
    held = continued(low, low[[0, -1]], REACH, REACH)
    between = np.zeros((len(low), step, low.shape[1]), dtype=low.dtype)
    for place, kernel in enumerate(_between(step).astype(low.dtype)):
        for tap, weight in enumerate(kernel):
            between[:, place] += weight * held[tap : tap + len(low)]
    return between.reshape(-1, low.shape[1])[:frames]


@lru_cache
def _low_pass(step: int) -> Array:
    reach = REACH * step
    times = np.arange(-reach, reach + 1) / step
    kernel = np.sinc(times * PASS) * np.kaiser(len(times), 5.0)
    return kernel / kernel.sum()


@lru_cache
def _between(step: int) -> Array:
    """(step, taps): weights of the low frames around one for each place after it, 0/step, 1/step, …"""
    offsets = np.arange(-REACH, REACH + 1)
    times = np.arange(step)[:, None] / step - offsets
    window = np.i0(5.0 * np.sqrt(np.maximum(1 - (times / (REACH + 1)) ** 2, 0))) / np.i0(5.0)
    weights = np.sinc(times) * window
    return weights / weights.sum(axis=1, keepdims=True)
