"""Between frame rates: motion split into what a lower rate can hold and the fine detail above it, and put together."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from .rotation import Array
from .windows import in_windows

REACH = 6
"""Length of the filters to each side, in frames of the lower rate."""
PASS = 0.85
"""Where the low-pass lets through half, as a share of the lower rate's highest frequency."""
LOCAL = 16
BLOCK = 8192
"""Frames worked on at a time, so that memory stays small on long clips."""
NOISE_MARGIN = 1.1
STILL = 1e-10
"""Variance of the detail of a joint that does not move: rounding."""
SIGNIFICANT = (1.3, 2.0)
"""Variance of detail over the noise's: below the first it is taken for noise, above the second for motion."""


def factor(fps: float, model_fps: float) -> int:
    """Every how many frames to keep so that `fps` comes near `model_fps`; 1 for rates below 1.5 times that."""
    return max(1, round(fps / model_fps))


def lowered(channels: Array, step: int) -> Array:
    """(T, C) channels without what is too fast for the lower rate, every `step`-th frame: (ceil(T / step), C)."""
    if step == 1:
        return channels.copy()
    kernel = _low_pass(step)
    held = _extended(channels, len(kernel) // 2)
    low = np.zeros((-(-len(channels) // step), channels.shape[1]), dtype=channels.dtype)
    for tap, weight in enumerate(kernel.astype(channels.dtype)):
        low += weight * held[tap : tap + len(channels) : step]
    return low


def raised(low: Array, step: int, frames: int) -> Array:
    """(frames, C): `lowered` channels read at the higher rate again, between their frames by windowed sinc."""
    if step == 1:
        return low[:frames].copy()
    held = _extended(low, REACH)
    between = np.zeros((len(low), step, low.shape[1]), dtype=low.dtype)
    for place, kernel in enumerate(_between(step).astype(low.dtype)):
        for tap, weight in enumerate(kernel):
            between[:, place] += weight * held[tap : tap + len(low)]
    return between.reshape(-1, low.shape[1])[:frames]


def without_noise(detail: Array) -> Array:
    """Fine detail (T, J, 4) of quaternion components with what is noise in it shrunk away.

    Every joint's detail is turned to its own principal axes. Many joints cannot move about every axis, so the least
    variances over all joints are the noise's; along each axis the detail is kept by its local signal-to-noise ratio
    (an empirical Wiener filter), where it is clearly more than noise.
    """
    spread = np.zeros((detail.shape[1], 4, 4))
    for start in range(0, len(detail), BLOCK):
        block = detail[start : start + BLOCK].astype(np.float64)
        spread += np.einsum("tji,tjk->jik", block, block) / len(detail)
    variance, axes = np.linalg.eigh(spread)
    # The least of the four is along the quaternion itself, which has no freedom.
    least = (variance[:, 1] + variance[:, 2]) / 2
    moving = variance[:, 3] > STILL  # a joint that stands still, or that the rig has not, tells nothing
    noise = NOISE_MARGIN * np.percentile(least[moving], 25) if moving.any() else 0.0
    if noise < 1e-14:
        return detail.copy()
    low, high = SIGNIFICANT
    trust = np.clip((variance / noise - low) / (high - low), 0, 1)

    def shrunk(values: Array) -> Array:
        along = np.einsum("tji,jik->tjk", values.astype(np.float64), axes)
        local = _box_mean(along**2, LOCAL)
        kept = along * trust * np.maximum(local - noise, 0) / np.maximum(local, 1e-15)
        return np.einsum("tjk,jik->tji", kept, axes)

    return in_windows(shrunk, detail, BLOCK, LOCAL)


def _box_mean(x: Array, reach: int) -> Array:
    """(T, ...): mean of the frames up to `reach` away, of those that there are."""
    total = np.concatenate([np.zeros_like(x[:1]), np.cumsum(x, axis=0)])
    frames = np.arange(len(x))
    first, last = np.maximum(frames - reach, 0), np.minimum(frames + reach + 1, len(x))
    return (total[last] - total[first]) / (last - first).reshape(-1, *(1,) * (x.ndim - 1))


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


def _extended(x: Array, reach: int) -> Array:
    """Both ends continued by `reach` frames, turned about the end point; further than the clip is long, held."""
    here = min(reach, len(x) - 1)
    before, after = 2 * x[0] - x[here:0:-1], 2 * x[-1] - x[-2 : -here - 2 : -1]
    missing = reach - here
    return np.pad(np.concatenate([before, x, after]), ((missing, missing), (0, 0)), mode="edge")
