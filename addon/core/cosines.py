"""Frequencies of real signals whose ends do not meet: the orthonormal cosine transform, DCT-II, as a matrix."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from .rotation import Array


@lru_cache
def cosines(size: int) -> Array:
    """(N, N) float32: signals (…, N) times this are their frequencies, and frequencies times its transpose the signals.

    Ahmed, Natarajan & Rao, "Discrete cosine transform", IEEE Trans. Computers C-23 (1974). A product of matrices takes
    blocks of up to a few hundred frames through it sooner than a fast Fourier transform in NumPy does.
    """
    frames = np.arange(size)
    matrix = np.sqrt(2 / size) * np.cos(np.pi * np.outer(frames + 0.5, frames) / size)
    matrix[:, 0] /= np.sqrt(2)
    result: Array = matrix.astype(np.float32)
    return result
