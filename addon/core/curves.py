"""Noise taken out of any rotation curve, whatever bone it turns: fingers, tails, props. No skeleton, nothing learned.

How strong the noise is shows about the axis that a bone moves least about. Then the curves are split into overlapping
blocks and each block into frequencies, whose shares are kept by their signal-to-noise ratio: first as a low-pass whose
width has the least estimated risk, then, twice, frequency by frequency as the result before shows them. That is the
two-step empirical Wiener filter of BM3D (Dabov et al., IEEE Trans. Image Processing 16, 2007), along time.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from . import filters, gaps
from .rotation import Array, aligned, conjugate, continuous, multiply, normalize
from .windows import in_windows

SHORTEST = 8
"""Frames below which a clip comes back as it is: too few to tell noise from motion."""
SECONDS = 2.1
"""Length of a block; a fourth of it lies between the beginnings of two."""
LARGEST_BLOCK = 512
LENGTH = 1024
PASSES = 3
WIDTHS = (0.0, 0.5, 0.65, 0.8, 1.0, 1.3, 1.7, 2.2, 3.0, 4.0, 6.0, 9.0, 14.0, 20.0)
"""Deviations of the Gaussian low-passes in frames; 0 is none."""
INDIFFERENCE = 0.05
"""Difference of risk, as a share of the noise's energy, at which a filter is e times less believed."""
CAUTION = 1.5
"""Times the noise's energy that is taken from a frequency's: what the pass before left is not all motion."""
BESIDE = 2
"""Frequencies to either side that are as lively as one."""
LEAST = 1e-5
"""Deviation of quaternion components below which a curve has no noise."""
CLEAN = 8e-4
"""Deviation that good recordings have by themselves: it is left."""
UNUSUAL = 1.3
"""A curve may be this many times as noisy as the others; what is more is motion."""
STILLEST = 0.92
"""Of three equally noisy axes the least noisy one, as it is found, over what it is."""
WHITE, WANDERING = (1.03, 1.12), 16.0
"""Ratio of deviations from first and from fourth differences below which noise is white, and above which it wanders as
first-order noise of correlation 0.9 does; the variance of that over what its fourth differences show."""
SAMPLES, STRETCH = 64, 256
"""Stretches of a long clip, and frames in each, that the noise is measured on."""
SPIKES_REACH = 16
_FIT = np.array([0.6, 0.4, 0.2, 0.0, -0.2])
"""Of the first five values, what gives the straight line through them at the first."""


def denoised_curves(
    rotations: Array,
    fps: float,
    missing: NDArray[np.bool_] | None = None,
    progress: Callable[[float], None] | None = None,
) -> Array:
    """Rotations (T, J, 4) of any bones with the noise taken out: unit quaternions (T, J, 4), float32.

    missing: (T, J) where nothing is known: bridged by slerp, as are rotations without length or with values that are
    not finite and frames that the recorder repeated. Where there is no noise nothing changes. A clip of less than
    `SHORTEST` frames comes back as it is. progress: is told the share that is done, 0 to 1; may raise to stop.

    The result follows from the clip alone: blocks lie on a grid that begins with its first frame.
    """
    length = np.linalg.norm(rotations, axis=-1)
    lost = ~(np.isfinite(length) & (length > 1e-6))
    unit = normalize(np.asarray(rotations, dtype=np.float32))
    if len(unit) < SHORTEST or not unit.shape[1]:
        return unit
    whole = continuous(unit)
    lost |= gaps.held_frames(whole)[:, None]
    if missing is not None:
        lost |= missing
    if lost.any():
        whole = continuous(gaps.filled(whole, lost))
    return normalize(without_noise(in_windows(filters.without_spikes, whole, LENGTH, SPIKES_REACH), fps, progress))


def without_noise(rotations: Array, fps: float, progress: Callable[[float], None] | None = None) -> Array:
    """Continuous rotations (T, J, 4), spikes taken out before, each curve without its own noise; others as they are."""
    sigma = noise_level(rotations)
    noisy = sigma > 0
    if not noisy.any():
        return rotations
    hop = hop_at(fps)

    def smooth(window: Array) -> Array:
        result = window.copy()
        result[:, noisy] = smoothed(window[:, noisy], sigma[noisy], hop)[0]
        return result

    return in_windows(smooth, rotations, LENGTH, 4 * hop * PASSES, hop, progress)


def noise_level(rotations: Array) -> Array:
    """(J,) deviation of the white noise on the quaternion components of continuous rotations (T, J, 4); 0 for none.

    From fourth differences, turned into the bone's own frame, where a joint's axes stand still: motion is least about
    one of them, noise is the same about all. The median absolute deviation does not see single events. A hinge that
    carries noise about its own axis alone is taken to be as noisy as the others. 0 too where less than `SHORTEST`
    frames tell nothing.
    """
    if len(rotations) < SHORTEST:
        return np.zeros(rotations.shape[1])
    fine = np.concatenate([_differences(part, 4) for part in _samples(rotations)])
    axes = _principal(fine)
    least, most = (_deviation(fine, axes[:, :, place]) for place in (0, 2))
    least /= STILLEST
    noisy = least > LEAST
    if not noisy.any():
        return np.zeros(len(least))
    usual = UNUSUAL * np.median(least[noisy])
    level = np.minimum(np.where(noisy, least, most), usual)
    return np.sqrt(np.maximum(level**2 - CLEAN**2, 0))


def quiet(rotations: Array, fps: float) -> NDArray[np.bool_]:
    """(T, J) where continuous rotations (T, J, 4) carry no noise, block by block: it may come and go."""
    size = 4 * hop_at(fps)
    result = np.zeros(rotations.shape[:2], dtype=bool)
    for start in range(0, max(len(rotations) - SHORTEST + 1, 1), size):
        stop = start + size if start + size + SHORTEST <= len(rotations) else len(rotations)
        result[start:stop] = noise_level(rotations[start:stop]) == 0
    return result


def wander(rotations: Array) -> float:
    """How many times stronger the noise of continuous rotations (T, J, 4) is in all than `noise_level` finds: 1 for
    white noise, more for noise that wanders slowly.

    Of first-order autoregressive noise the first differences are stronger than white noise of equal fourth differences
    would make them. The quarter of the bones tells that moves least.
    """
    if len(rotations) < SHORTEST:
        return 1.0
    parts = _samples(rotations)
    fine, coarse = (np.concatenate([_differences(part, order) for part in parts]) for order in (4, 1))
    axis = _principal(coarse)[:, :, 0]
    level = _deviation(fine, axis)
    noisy = level > LEAST
    if not noisy.any():
        return 1.0
    ratio = np.quantile(_deviation(coarse, axis)[noisy] / level[noisy], 0.25)
    white, wandering = WHITE
    return float(1 + (WANDERING - 1) * np.clip((ratio - white) / (wandering - white), 0, 1))


def _samples(rotations: Array) -> list[Array]:
    """Stretches of (T, J, 4) spread evenly over it."""
    step = max(len(rotations) // SAMPLES, STRETCH)
    parts = [rotations[start : start + STRETCH] for start in range(0, len(rotations), step)]
    return [part for part in parts if len(part) >= SHORTEST] or [rotations]


def _differences(rotations: Array, order: int) -> Array:
    """(T - order, J, 3) about each bone's own axes, scaled so that white noise keeps its deviation."""
    q = rotations.astype(np.float64)
    middle = order // 2
    scale = {1: 2, 4: 70}[order]
    fine = np.diff(q, n=order, axis=0) / np.sqrt(scale)
    return multiply(conjugate(q[middle : len(q) - order + middle]), fine)[..., 1:]


def _principal(vectors: Array) -> Array:
    """(J, 3, 3) the principal axes of (T, J, 3) as columns, the least first; single large ones count little."""
    size = np.linalg.norm(vectors, axis=-1, keepdims=True)
    tamed = vectors / np.maximum(1, size / (3 * np.median(size, axis=0) + 1e-12))
    return np.linalg.eigh(np.einsum("tji,tjk->jik", tamed, tamed))[1]


def _deviation(vectors: Array, axis: Array) -> Array:
    """(J,) robust deviation of (T, J, 3) along `axis` (J, 3)."""
    deviation: Array = np.median(np.abs(np.einsum("tji,ji->tj", vectors, axis)), axis=0) / 0.6745
    return deviation


def hop_at(fps: float) -> int:
    """Frames from one block to the next, a fourth of a block."""
    return int(np.clip(round(SECONDS * fps / 4), 4, LARGEST_BLOCK // 4))


def smoothed(rotations: Array, sigma: Array, hop: int) -> tuple[Array, Array]:
    """Continuous rotations (T, J, 4) of noise `sigma` (J,), none of it 0, without the noise; and the error left.

    Blocks of 4·`hop` frames begin at multiples of `hop`. The error (J,) is the expected mean square distance of the
    quaternions, by the share of the noise that the last Wiener filter lets through.
    """
    frames, size = len(rotations), 4 * hop
    deviation = sigma[:, None].astype(np.float32)
    noisy = (rotations / deviation).astype(np.float32)
    extended = partial(_extended, reach=size, more=-frames % hop)
    fade = (np.sin(np.pi * (np.arange(size) + 0.5) / size)[:, None, None] ** 2 / 2).astype(np.float32)
    ends = np.stack([_at_the_end(noisy), _at_the_end(noisy[::-1])])
    smooth = _joined(fade * _low_passed(_blocks(extended(noisy, ends), hop)), hop)[size : size + frames]
    kept = np.zeros(len(sigma))
    for _ in range(PASSES - 1):
        ends = smooth[[0, -1]]
        blocks, pilot = (_blocks(extended(x, ends), hop) for x in (noisy, smooth))
        filtered, kept = _wiener(blocks, pilot)
        smooth = _joined(fade * filtered, hop)[size : size + frames]
    return aligned(normalize(smooth * deviation), rotations).astype(rotations.dtype), kept * sigma**2


def _at_the_end(x: Array) -> Array:
    """(J, 4) where the straight line through the first frames of (T, J, 4) begins."""
    line: Array = np.tensordot(_FIT.astype(x.dtype), x[: len(_FIT)], 1)
    return line


def _blocks(x: Array, hop: int) -> Array:
    """(B, 4 hop, J, 4): the blocks of (T, J, 4), one every `hop` frames."""
    return sliding_window_view(x, 4 * hop, axis=0)[::hop].transpose(0, 3, 1, 2)


def _joined(blocks: Array, hop: int) -> Array:
    """(T, J, 4): blocks (B, 4 hop, J, 4) added up where they lie."""
    count, _, joints, _ = blocks.shape
    quarters = blocks.reshape(count, 4, hop, joints, 4)
    total = np.zeros((count + 3, hop, joints, 4), dtype=blocks.dtype)
    for quarter in range(4):
        total[quarter : quarter + count] += quarters[:, quarter]
    return total.reshape(-1, joints, 4)


def _low_passed(blocks: Array) -> Array:
    """Blocks (B, N, J, 4) of unit noise through Gaussian low-passes, weighted by their estimated risk.

    Stein's unbiased estimate of it (Stein, Annals of Statistics 9, 1981), and exponential weights (Leung & Barron,
    IEEE Trans. Information Theory 52, 2006). Of a quaternion's four components three are noisy.
    """
    count, size = blocks.shape[:2]
    transform, gains = _cosines(size), _gains(size)
    shares = (transform @ blocks.reshape(count, size, -1)).reshape(blocks.shape)
    energy = np.square(shares).sum(axis=3)
    risk = np.square(1 - gains) @ energy + 6 * gains.sum(axis=1)[:, None]  # (B, widths, J)
    weights = np.exp((risk.min(axis=1, keepdims=True) - risk) / (INDIFFERENCE * 3 * size))
    weights /= weights.sum(axis=1, keepdims=True)
    kept = shares * (gains.T @ weights)[..., None]
    return (transform.T @ kept.reshape(count, size, -1)).reshape(blocks.shape)


def _wiener(blocks: Array, pilot: Array) -> tuple[Array, Array]:
    """Blocks (B, N, J, 4) of unit noise: each frequency about each principal axis as far as `pilot` moves so.

    And (J,) how many components' worth of noise is left.
    """
    middle = pilot.mean(axis=1, keepdims=True)
    moved = np.ascontiguousarray((pilot - middle).transpose(0, 2, 1, 3))  # (B, J, N, 4)
    axes = np.linalg.eigh(moved.transpose(0, 1, 3, 2) @ moved)[1]
    transform = _cosines(blocks.shape[1])
    energy = _averaged(np.square(transform @ (moved @ axes)))
    gains = energy / (energy + CAUTION)
    shares = transform @ ((blocks - middle).transpose(0, 2, 1, 3) @ axes)
    kept = transform.T @ (shares * gains)
    smooth = (kept @ axes.transpose(0, 1, 3, 2)).transpose(0, 2, 1, 3) + middle
    return smooth, gains.mean(axis=(0, 2)).sum(axis=1)


def _averaged(energy: Array) -> Array:
    """(B, J, N, 4): the mean of the frequencies up to BESIDE away, ends held."""
    held = np.pad(energy, ((0, 0), (0, 0), (BESIDE, BESIDE), (0, 0)), mode="edge")
    taps, size = 2 * BESIDE + 1, energy.shape[2]
    total = np.zeros_like(energy)
    for tap in range(taps):
        total += held[:, :, tap : tap + size]
    return total / taps


@lru_cache
def _cosines(size: int) -> Array:
    """(N, N) the orthonormal cosine transform, DCT-II: frequencies from frames."""
    frames = np.arange(size)
    matrix = np.sqrt(2 / size) * np.cos(np.pi * frames[:, None] * (frames + 0.5) / size)
    matrix[0] /= np.sqrt(2)
    return matrix.astype(np.float32)


@lru_cache
def _gains(size: int) -> Array:
    """(widths, N) what each Gaussian low-pass lets through of each frequency."""
    turning = np.pi * np.arange(size) / size  # radians a frame
    return np.exp(-0.5 * np.square(np.outer(WIDTHS, turning))).astype(np.float32)


def _extended(x: Array, ends: Array, reach: int, more: int) -> Array:
    """(T, J, 4) continued by `reach` frames, after the last by `more` besides, turned about `ends` (2, J, 4)."""

    def side(end: Array, inside: Array, count: int) -> Array:
        turned = 2 * end - inside[:count]
        return np.concatenate([turned, np.repeat(turned[-1:], count - len(turned), axis=0)])

    before, after = side(ends[0], x[1:], reach), side(ends[1], x[-2::-1], reach + more)
    return np.concatenate([before[::-1], x, after])
