"""Noise that real motion capture has, as seeded models: the same seed gives the same noise, always.

Every model takes rotations (T, J, 4), unit quaternions on the last axis, and gives new ones; none changes its input.
A seed is a whole number, or a generator for drawing several kinds of noise one after the other.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .rotation import Array, Mask, exp, multiply, normalize

Seed = int | np.random.Generator

_SEEDS = 2**64


def component_noise(rotations: Array, sigma: float | Array, first_frame: int = 0) -> Array:
    """N(0, σ) on each quaternion component, then normalised: the noise of the pose-autoencoder tutorial's viewer.

    rotations: (T, J, 4) unit quaternions; row 0 is frame `first_frame` (any whole number). sigma: one deviation, or
    (T, 1, 1) one a frame.
    Each frame's noise is drawn from a generator seeded with the frame number, so that frame 100 looks the same
    whatever was played before, and a bigger σ makes the same noise bigger. σ is about 183·σ degrees of mean rotation
    error.
    """
    frames, *shape = rotations.shape
    noise = np.empty((frames, *shape), dtype=np.float64)
    for row in range(frames):
        seed = (first_frame + row) % _SEEDS  # wraps: NumPy takes no negative seed, timelines have negative frames
        noise[row] = np.random.default_rng(seed).standard_normal(shape)
    return normalize((rotations + sigma * noise).astype(rotations.dtype))


def white(rotations: Array, sigma: float | Array, seed: Seed) -> Array:
    """N(0, σ) on each component, each frame on its own, drawn in one go: what `component_noise` is, without frames.

    sigma: one deviation, or (J, 1) one a joint. The noise floor of an optical system's marker fit.
    """
    noise = np.random.default_rng(seed).standard_normal(rotations.shape)
    return normalize((rotations + sigma * noise).astype(rotations.dtype))


def jitter(rotations: Array, sigma: float | Array, seed: Seed, correlation: float = 0.9) -> Array:
    """Correlated noise, AR(1): n_t = ρ·n_{t-1} + √(1 - ρ²)·N(0, σ) on each component, of deviation σ at every frame.

    What trackers that filter their own output leave, inertial and video-based ones: the error wanders.
    """
    noise = np.random.default_rng(seed).standard_normal(rotations.shape) * sigma
    fresh = np.sqrt(1 - correlation**2)
    for t in range(1, len(noise)):
        noise[t] = correlation * noise[t - 1] + fresh * noise[t]
    return normalize((rotations + noise).astype(rotations.dtype))


def spikes(
    rotations: Array, seed: Seed, rate: float = 0.01, degrees: tuple[float, float] = (10.0, 60.0)
) -> tuple[Array, Mask]:
    """Single joints thrown off for single frames, by an angle between `degrees` about any axis; `rate` of all.

    Mislabelled markers and ghosts do that. Returns the rotations and (T, J) where they were thrown off.
    """
    rng = np.random.default_rng(seed)
    hit = rng.random(rotations.shape[:2]) < rate
    axes = rng.standard_normal((int(hit.sum()), 3))
    axes /= np.linalg.norm(axes, axis=-1, keepdims=True)
    angles = np.radians(rng.uniform(*degrees, (len(axes), 1)))
    result = rotations.copy()
    result[hit] = multiply(rotations[hit], exp(axes * angles).astype(rotations.dtype))
    return result, hit


def holes(frames: int, length: int, seed: Seed, margin: int = 1) -> Mask:
    """(frames,) bool: one run of `length` frames without data, at least `margin` frames away from both ends.

    The actor leaves the cameras' sight, the radio link breaks. All False where the clip is too short for it.
    """
    missing = np.zeros(frames, dtype=bool)
    places = frames - length - 2 * margin + 1
    if places > 0:
        start = margin + int(np.random.default_rng(seed).integers(places))
        missing[start : start + length] = True
    return missing


def held(rotations: Array, missing: Mask) -> Array:
    """The last known frame repeated where `missing` (T,): what recorders do when no new data arrives."""
    last_known = np.maximum.accumulate(np.where(missing, 0, np.arange(len(rotations))))
    return rotations[last_known]


def dropped(rotations: Array, missing: Mask) -> Array:
    """Quaternions without length where `missing` (T,) or (T, J): nothing is known there."""
    result = rotations.copy()
    result[missing] = 0
    return result


def drift(rotations: Array, degrees: float, period: float, seed: Seed) -> Array:
    """Each joint turned away by a slow wave of amplitude `degrees` about an axis of its own, `period` frames long.

    Gyroscopes integrate their bias; straps and markers slip on the skin.
    """
    rng = np.random.default_rng(seed)
    joints = rotations.shape[1]
    axes = rng.standard_normal((joints, 3))
    axes /= np.linalg.norm(axes, axis=-1, keepdims=True)
    phases = rng.uniform(0, 2 * np.pi, (joints, 1))
    wave = np.sin(2 * np.pi * np.arange(len(rotations))[:, None, None] / period + phases)
    return multiply(rotations, exp(np.radians(degrees) * wave * axes).astype(rotations.dtype))


def swaps(rotations: Array, pairs: Sequence[tuple[int, int]], length: int, seed: Seed) -> Array:
    """Two joints exchange their rotations for `length` frames, the pair and the place drawn at random.

    Left and right, or parent and child: labelling and pose estimation confuse them.
    """
    rng = np.random.default_rng(seed)
    first, second = pairs[int(rng.integers(len(pairs)))]
    start = int(rng.integers(max(len(rotations) - length, 0) + 1))
    result = rotations.copy()
    result[start : start + length, [first, second]] = rotations[start : start + length, [second, first]]
    return result


def mixture(rotations: Array, level: float, pairs: Sequence[tuple[int, int]], seed: Seed) -> Array:
    """All at once: white noise and jitter of about `level`, unequal over joints, some spikes, a drift and a swap."""
    rng = np.random.default_rng(seed)
    unequal = np.exp(rng.normal(0, 0.3, (rotations.shape[1], 1)))
    result = drift(rotations, degrees=90 * level, period=rng.uniform(200, 800), seed=rng)
    result = jitter(result, 0.5 * level * unequal, rng, correlation=rng.uniform(0.7, 0.97))
    result = white(result, 0.7 * level * unequal, rng)
    result = spikes(result, rng, rate=0.005)[0]
    return swaps(result, pairs, int(rng.integers(1, 6)), rng) if pairs else result
