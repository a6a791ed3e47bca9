"""Noise taken out of any rotation curve, whatever bone it turns: fingers, tails, props. No skeleton, nothing learned.

How strong the noise is shows about the axis that a bone moves least about. Then the curves are split into overlapping
blocks and each block into frequencies, whose shares are kept by their signal-to-noise ratio: first as a low-pass whose
width has the least estimated risk, then, twice, frequency by frequency as the result before shows them. That is the
two-step empirical Wiener filter of BM3D (Dabov et al., IEEE Trans. Image Processing 16, 2007), along time.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from . import filters
from .cosines import cosines
from .gaps import bridged
from .matrices import Product, product
from .progress import Progress
from .rotation import Array, Mask, aligned, normalize
from .signals import continued
from .windows import in_windows

SHORTEST = 8
"""Frames below which a clip comes back as it is: too few to tell noise from motion."""
SECONDS = 2.1
"""Length of a block; a fourth of it lies between the beginnings of two."""
LARGEST_BLOCK = 512
LENGTH = 16384
TOGETHER = 16384
"""Joint-frames that are worked on at once: their blocks stay in the processor's cache."""
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
    missing: Mask | None = None,
    progress: Progress | None = None,
    product: Product = product,
) -> Array:
    """Rotations (T, J, 4) of any bones with the noise taken out: unit quaternions (T, J, 4), float32.

    missing: (T, J) where nothing is known: bridged by slerp, as are rotations without length or with values that are
    not finite and frames that the recorder repeated. Where there is no noise nothing changes. A clip of less than
    `SHORTEST` frames comes back as it is. progress: is told the share that is done, 0 to 1; may raise to stop.

    The result follows from the clip alone: blocks lie on a grid that begins with its first frame.
    """
    if len(rotations) < SHORTEST or not rotations.shape[1]:
        return normalize(np.asarray(rotations, dtype=np.float32))
    whole, _ = bridged(rotations, missing)
    return normalize(
        without_noise(in_windows(filters.without_spikes, whole, LENGTH, SPIKES_REACH), fps, progress, product)
    )


def without_noise(rotations: Array, fps: float, progress: Progress | None = None, product: Product = product) -> Array:
    """Continuous rotations (T, J, 4), spikes taken out before, each curve without its own noise; others as they are."""
    sigma = noise_level(rotations)
    noisy = sigma > 0
    if not noisy.any():
        return rotations
    hop = hop_at(fps)

    def smooth(window: Array) -> Array:
        result = window.copy()
        result[:, noisy] = smoothed(window[:, noisy], sigma[noisy], hop, product)[0]
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
    return _level(*_least_and_most(np.concatenate([_differences(part, 4) for part in _samples(rotations)], axis=2)))


def quiet(rotations: Array, fps: float) -> Mask:
    """(T, J) where continuous rotations (T, J, 4) carry no noise, block by block: it may come and go."""
    frames, joints = rotations.shape[:2]
    size = 4 * hop_at(fps)
    whole = max(frames - SHORTEST, 0) // size  # blocks before the last one, which takes what is left
    result = np.zeros((frames, joints), dtype=bool)
    for first in range(0, whole, SAMPLES):
        blocks = rotations[first * size : min(first + SAMPLES, whole) * size].reshape(-1, size, joints, 4)
        fine = _differences(blocks.swapaxes(0, 1).reshape(size, -1, 4), 4)  # as if each block had joints of its own
        for place, found in enumerate(zip(*(x.reshape(-1, joints) for x in _least_and_most(fine)), strict=True), first):
            result[place * size : (place + 1) * size] = _level(*found) == 0
    result[whole * size :] = noise_level(rotations[whole * size :]) == 0
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
    fine, coarse = (np.concatenate([_differences(part, order) for part in parts], axis=2) for order in (4, 1))
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


def _level(least: Array, most: Array) -> Array:
    """(J,) deviation of the noise, of deviations (J,) about each bone's stillest and its liveliest axis."""
    least = least / STILLEST
    noisy = least > LEAST
    if not noisy.any():
        return np.zeros(len(least))
    usual = UNUSUAL * np.median(least[noisy])
    level = np.minimum(np.where(noisy, least, most), usual)
    return np.sqrt(np.maximum(level**2 - CLEAN**2, 0))


def _least_and_most(fine: Array) -> tuple[Array, Array]:
    """(J,) deviations of differences (3, J, T) about each bone's stillest axis, and about its liveliest."""
    axes = _principal(fine)
    return _deviation(fine, axes[:, :, 0]), _deviation(fine, axes[:, :, 2])


def _differences(rotations: Array, order: int) -> Array:
    """(3, J, T - order), of rotations (T, J, 4), about each bone's own axes, scaled so that white noise keeps its
    deviation."""
    q = np.ascontiguousarray(rotations.transpose(2, 1, 0))
    middle, scale = order // 2, {1: 2, 4: 70}[order]
    a, b, c, d = np.diff(q, n=order) * q.dtype.type(1 / np.sqrt(scale))
    w, x, y, z = q[..., middle : q.shape[2] - order + middle]
    # The product of the conjugate (w, -x, -y, -z) and the difference, without its real part.
    turned = w * b - x * a - y * d + z * c, w * c + x * d - y * a - z * b, w * d - x * c + y * b - z * a
    return np.stack(turned)


def _principal(vectors: Array) -> Array:
    """(J, 3, 3) the principal axes of (3, J, T) as columns, the least first; single large ones count little."""
    size = np.sqrt(np.einsum("ajt,ajt->jt", vectors, vectors))
    tamed = vectors / np.maximum(1, size / (3 * np.median(size, axis=1, keepdims=True) + 1e-12))
    return np.linalg.eigh(np.einsum("ajt,bjt->jab", tamed, tamed))[1]


def _deviation(vectors: Array, axis: Array) -> Array:
    """(J,) robust deviation of (3, J, T) along `axis` (J, 3)."""
    along = np.einsum("ajt,ja->jt", vectors, axis)
    deviation: Array = np.median(np.abs(along), axis=1).astype(np.float64) / 0.6745
    return deviation


def hop_at(fps: float) -> int:
    """Frames from one block to the next, a fourth of a block."""
    return int(np.clip(round(SECONDS * fps / 4), 4, LARGEST_BLOCK // 4))


def smoothed(rotations: Array, sigma: Array, hop: int, product: Product = product) -> tuple[Array, Array]:
    """Continuous rotations (T, J, 4) of noise `sigma` (J,), none of it 0, without the noise; and the error left.

    Blocks of 4·`hop` frames begin at multiples of `hop`. The error (J,) is the expected mean square distance of the
    quaternions, by the share of the noise that the last Wiener filter lets through.
    """
    result, error = np.empty_like(rotations), np.empty(len(sigma))
    count = max(1, TOGETHER // len(rotations))
    for first in range(0, len(sigma), count):
        some = slice(first, first + count)
        smooth, kept = _smoothed_together(rotations[:, some], sigma[some], hop, product)
        result[:, some], error[some] = aligned(normalize(smooth), rotations[:, some]), kept * sigma[some] ** 2
    return result, error


def _smoothed_together(rotations: Array, sigma: Array, hop: int, product: Product) -> tuple[Array, Array]:
    """(T, J, 4) the same, of any length; and (J,) how many components' worth of noise is left."""
    frames, size = len(rotations), 4 * hop
    matrix = cosines(size)
    fade = np.sin(np.pi * (np.arange(size) + 0.5) / size) ** 2 / 2
    back = (matrix.T * fade).astype(np.float32)
    noisy = _time_last(rotations.astype(np.float32)) / sigma[:, None, None].astype(np.float32)

    def shares(x: Array, ends: Array) -> Array:
        around = _time_last(continued(x.transpose(2, 0, 1), ends, size, size + -frames % hop))
        blocks = sliding_window_view(around, size, axis=2)[:, :, ::hop].transpose(0, 2, 1, 3)
        return product(blocks.reshape(-1, size), matrix).reshape(blocks.shape)

    def joined(frequencies: Array) -> Array:
        blocks = product(frequencies.reshape(-1, size), back).reshape(frequencies.shape)
        return _joined(blocks, hop)[:, :, size : size + frames]

    smooth = joined(_low_passed(shares(noisy, np.stack([_at_the_end(noisy), _at_the_end(noisy[..., ::-1])])), product))
    ends = smooth[..., [0, -1]].transpose(2, 0, 1)
    found = shares(noisy, ends)
    for _ in range(PASSES - 1):
        filtered, kept = _wiener(found, shares(smooth, ends))
        smooth = joined(filtered)
    return np.ascontiguousarray(smooth.transpose(2, 0, 1)), kept


def _time_last(x: Array) -> Array:
    """(J, 4, T), side by side in memory, of (T, J, 4)."""
    return np.ascontiguousarray(x.transpose(1, 2, 0))


def _joined(blocks: Array, hop: int) -> Array:
    """(J, 4, T): blocks (J, B, 4, 4 hop) added up where they lie."""
    joints, count = blocks.shape[:2]
    quarters = blocks.reshape(joints, count, 4, 4, hop)
    total = np.zeros((joints, 4, count + 3, hop), dtype=blocks.dtype)
    for quarter in range(4):
        total[:, :, quarter : quarter + count] += quarters[:, :, :, quarter].transpose(0, 2, 1, 3)
    return total.reshape(joints, 4, -1)


def _low_passed(shares: Array, product: Product) -> Array:
    """Frequencies (J, B, 4, N) of blocks of unit noise through Gaussian low-passes, weighted by their estimated risk.

    Stein's unbiased estimate of it (Stein, Annals of Statistics 9, 1981), and exponential weights (Leung & Barron,
    IEEE Trans. Information Theory 52, 2006). Of a quaternion's four components three are noisy.
    """
    size = shares.shape[-1]
    gains = _gains(size)
    energy = np.einsum("jbcn,jbcn->jbn", shares, shares)
    risk = product(energy.reshape(-1, size), np.square(1 - gains).T) + 6 * gains.sum(axis=1)  # (J·B, widths)
    weights = np.exp((risk.min(axis=1, keepdims=True) - risk) / (INDIFFERENCE * 3 * size))
    weights /= weights.sum(axis=1, keepdims=True)
    kept: Array = shares * product(weights, gains).reshape(energy.shape)[:, :, None]
    return kept


def _wiener(shares: Array, pilot: Array) -> tuple[Array, Array]:
    """Frequencies (J, B, 4, N) of unit noise: each about each principal axis as far as those of `pilot` move so.

    And (J,) how many components' worth of noise is left.
    """
    middle = pilot[..., :1].copy()
    pilot[..., 0] = 0
    axes = np.linalg.eigh(pilot @ pilot.transpose(0, 1, 3, 2))[1]
    own = axes.transpose(0, 1, 3, 2)
    energy = own @ pilot
    energy = _averaged(np.square(energy, out=energy))
    gains = np.divide(energy, energy + np.float32(CAUTION), out=energy)
    found = own @ shares
    found[..., :1] -= own @ middle
    found *= gains
    smooth = axes @ found
    smooth[..., :1] += middle
    return smooth, gains.mean(axis=(1, 3)).sum(axis=1)


def _averaged(energy: Array) -> Array:
    """(..., N): the mean of the frequencies up to BESIDE away, ends held."""
    size = energy.shape[-1]
    held = np.pad(energy, ((0, 0),) * (energy.ndim - 1) + ((BESIDE, BESIDE),), mode="edge")
    total = held[..., :size] + held[..., 1 : size + 1]
    for tap in range(2, 2 * BESIDE + 1):
        total += held[..., tap : tap + size]
    total *= np.float32(1 / (2 * BESIDE + 1))
    return total


@lru_cache
def _gains(size: int) -> Array:
    """(widths, N) what each Gaussian low-pass lets through of each frequency."""
    turning = np.pi * np.arange(size) / size  # radians a frame
    return np.exp(-0.5 * np.square(np.outer(WIDTHS, turning))).astype(np.float32)


def _at_the_end(x: Array) -> Array:
    """(J, 4) where the straight line through the first frames of (J, 4, T) begins."""
    line: Array = x[..., : len(_FIT)] @ _FIT.astype(x.dtype)
    return line
