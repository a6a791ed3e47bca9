"""Noise that real motion capture has, as seeded models: the same seed gives the same noise, always.

Every model takes and gives rotations (T, J, 4), unit quaternions on the last axis.
"""

from __future__ import annotations

import numpy as np

from .rotation import Array, normalize

_SEEDS = 2**64


def component_noise(rotations: Array, sigma: float, first_frame: int = 0) -> Array:
    """N(0, σ) on each quaternion component, then normalised: the noise of the pose-autoencoder tutorial's viewer.

    rotations: (T, J, 4) unit quaternions; row 0 is frame `first_frame` (any whole number).
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
