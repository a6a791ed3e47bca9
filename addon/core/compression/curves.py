"""Vectors over time as few whole numbers: a cosine transform of each stretch, quantised, and corrections for the bound.

Everything is measured in tolerances: what comes back is nowhere further than 1 from what went in. The transform is the
orthonormal DCT-II (Ahmed, Natarajan & Rao, 1974) over a whole stretch. Of several step sizes each track takes the one
that costs fewest bits: a fine one for smooth motion, a coarse one and corrections where single frames jump.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..rotation import Array
from . import lattice
from .coder import CONTEXTS_OF_A_NUMBER, Coder, number
from .coefficients import CONTEXTS as CONTEXTS_OF_COEFFICIENTS
from .coefficients import coefficients

Ints = NDArray[np.int64]

STEPS = (1.0, 1.3, 1.7, 2.2, 3.0, 4.0, 6.0, 10.0, 20.0)
"""Quantiser steps, in tolerances, that a track may take."""
BOUND = 0.999
"""What a correction leaves at most: a little less than 1, for what rounding adds afterwards."""
_LONGEST = 128
_ROUNDING = 0.38
"""A coefficient is taken as zero below 1 - _ROUNDING steps: zeros are cheap, and most coefficients are small."""

_LEVELS = 0
_STEP = _LEVELS + CONTEXTS_OF_COEFFICIENTS
_LATTICE = _STEP + (len(STEPS) + 1) * CONTEXTS_OF_A_NUMBER
_CORRECTIONS = _LATTICE + CONTEXTS_OF_A_NUMBER
CONTEXTS = _CORRECTIONS + lattice.CONTEXTS
"""How many contexts `code` uses."""


@dataclass(frozen=True, eq=False)
class Stretch:
    """T vectors of V tracks as whole numbers.

    steps: (V,) indices into `STEPS`. levels: (T, V, 3) quantised coefficients, by frequency. spacing: (V,) indices into
    `lattice.STEPS`. corrections: (T, V, 3) in steps of the lattice.
    """

    steps: Ints
    levels: Ints
    spacing: Ints
    corrections: Ints


def stretches(frames: int) -> list[slice]:
    """How T frames are cut into stretches of much the same length."""
    count = max(round(frames / _LONGEST), 1)
    edges = [frames * i // count for i in range(count + 1)]
    return [slice(a, b) for a, b in pairwise(edges)]


@lru_cache(maxsize=16)
def cosines(frames: int) -> Array:
    """(T, T) the orthonormal DCT-II: row k is frequency k. Its transpose is its inverse."""
    place = np.arange(frames)
    matrix = np.cos(np.pi * (place + 0.5) * place[:, None] / frames) * np.sqrt(2 / frames)
    matrix[0] /= np.sqrt(2)
    matrix.flags.writeable = False
    return matrix


def quantised(values: Array, step: float) -> Ints:
    """Whole numbers of steps; a value between two is drawn to the one nearer to zero."""
    return (np.sign(values) * np.floor(np.abs(values) / step + _ROUNDING)).astype(np.int64)


def fitted(vectors: Array) -> Stretch:
    """The whole numbers that bring vectors (T, V, 3) back within the bound."""
    frames, tracks = vectors.shape[:2]
    matrix = cosines(frames)
    spectrum = np.tensordot(matrix, vectors, 1)
    result = empty(frames, tracks)
    for track in range(tracks):
        least = np.inf
        for index, step in enumerate(STEPS):
            levels = quantised(spectrum[:, track], step)
            errors = vectors[:, track] - matrix.T @ (levels * step)
            spacing, corrections = lattice.needed(errors, BOUND)
            bits = _likely_bits(levels, corrections)
            if bits < least:
                least = bits
                result.steps[track], result.levels[:, track] = index, levels
                result.spacing[track], result.corrections[:, track] = spacing, corrections
    return result


def restored(stretch: Stretch) -> Array:
    """The vectors (T, V, 3) that come back."""
    steps = np.array(STEPS)[stretch.steps]
    spacing = np.array(lattice.STEPS)[stretch.spacing]
    smooth = np.tensordot(cosines(len(stretch.levels)).T, stretch.levels * steps[:, None], 1)
    result: Array = smooth + stretch.corrections * spacing[:, None]
    return result


def code(coder: Coder, contexts: int, stretch: Stretch) -> Stretch:
    """Code a stretch: an encoder writes it, a decoder is given zeros of the same shapes. Returns what was coded.

    contexts: the first of `CONTEXTS`.
    """
    frames, tracks = stretch.levels.shape[:2]
    steps, before = [], len(STEPS)
    for step in stretch.steps.tolist():
        before = number(coder, contexts + _STEP + min(before, len(STEPS)) * CONTEXTS_OF_A_NUMBER, step)
        steps.append(min(before, len(STEPS) - 1))
    levels = stretch.levels.reshape(frames, -1).tolist()
    coefficients(coder, contexts + _LEVELS, levels)
    spacing, corrections = [], []
    for track, wide in enumerate(stretch.spacing.tolist()):
        rows = stretch.corrections[:, track].tolist()
        lattice.corrections(coder, contexts + _CORRECTIONS, rows)
        corrections.append(rows)
        used = any(map(any, rows))
        spacing.append(min(number(coder, contexts + _LATTICE, wide), len(lattice.STEPS) - 1) if used else 0)
    return Stretch(
        np.array(steps, dtype=np.int64),
        np.array(levels, dtype=np.int64).reshape(frames, tracks, 3),
        np.array(spacing, dtype=np.int64),
        np.array(corrections, dtype=np.int64).reshape(tracks, frames, 3).swapaxes(0, 1),
    )


def empty(frames: int, tracks: int) -> Stretch:
    """Zeros, to be filled."""
    return Stretch(
        np.zeros(tracks, dtype=np.int64),
        np.zeros((frames, tracks, 3), dtype=np.int64),
        np.zeros(tracks, dtype=np.int64),
        np.zeros((frames, tracks, 3), dtype=np.int64),
    )


def _likely_bits(levels: Ints, corrections: Ints) -> float:
    """About how many bits these numbers take; only good for comparing."""
    sizes, fixes = np.abs(levels), np.abs(corrections)
    bits = 0.15 * np.count_nonzero(sizes == 0) + 3.5 * np.count_nonzero(sizes) + 2 * np.log2(1 + sizes).sum()
    if fixes.any():
        bits += min(30.0, 0.15 * len(fixes)) + 4 * np.count_nonzero(fixes) + 2 * np.log2(1 + fixes).sum()
    return float(bits)
