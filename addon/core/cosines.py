"""Frequencies of real signals whose ends do not meet: the orthonormal cosine transform, DCT-II, and its inverse."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from .rotation import Array


def cosines(x: Array) -> Array:
    """Frequencies (..., N) of signals (..., N) along the last axis, N even: float32.

    By one real FFT: even samples, then the odd ones backwards (Makhoul, "A fast
    cosine transform in one and two dimensions", IEEE Trans. ASSP 28, 1980). Not by a matrix: the NumPy that Blender
    brings may have been built without a fast library for products of matrices.
    """
    size = x.shape[-1]
    half = size // 2
    found = np.fft.rfft(np.concatenate([x[..., ::2], x[..., ::-2]], axis=-1)) * _turn(size)
    result = np.empty(x.shape, dtype=np.float32)
    result[..., : half + 1] = found.real
    result[..., :half:-1] = -found.imag[..., 1:half]
    return result


def from_cosines(frequencies: Array) -> Array:
    """Signals (..., N), N even, of frequencies (..., N) as `cosines` gives them: float32."""
    size = frequencies.shape[-1]
    half = size // 2
    turned = np.zeros((*frequencies.shape[:-1], half + 1), dtype=np.complex64)
    turned.real = frequencies[..., : half + 1]
    turned.imag[..., 1:] = -frequencies[..., : half - 1 : -1]
    turned /= _turn(size)
    found = np.fft.irfft(turned, size)
    result = np.empty(frequencies.shape, dtype=np.float32)
    result[..., ::2], result[..., 1::2] = found[..., :half], found[..., : half - 1 : -1]
    return result


@lru_cache
def _turn(size: int) -> Array:
    """(N / 2 + 1,) complex: by how much each frequency of the sorted samples is turned and scaled."""
    turn = np.sqrt(2 / size) * np.exp(-0.5j * np.pi * np.arange(size // 2 + 1) / size)
    turn[0] /= np.sqrt(2)
    return turn.astype(np.complex64)
