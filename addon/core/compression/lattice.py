"""Corrections that keep the bound: where what came back is too far away, a step on a lattice brings it near enough.

Everything is measured in tolerances: a vector (3,) may be off by 1. A cube of side 2/√3 has no point further than 1
from its middle, so a lattice of that step reaches every vector; where the error lies along one axis, or in one plane,
a wider lattice does.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..rotation import Array
from .coder import CONTEXTS_OF_A_NUMBER, Coder, number

Ints = NDArray[np.int64]

STEPS = (1.9, 1.38, 1.15)
"""Lattice steps for errors along one axis, two and three; the first that keeps the bound everywhere is taken."""

_SEEN = 3 * 5  # of the last frames which needed one
_FLAG = 0
_AXIS = _FLAG + _SEEN
_SIZE = _AXIS + 3 * 2
CONTEXTS = _SIZE + 3 * CONTEXTS_OF_A_NUMBER
"""How many contexts `corrections` uses."""


def needed(errors: Array, bound: float) -> tuple[int, Ints]:
    """Which of `STEPS`, and the corrections (T, 3) in these steps, of errors (T, 3) that may be off by `bound`.

    Most are zero; of those that are not, as few numbers as possible differ from zero.
    """
    far = np.linalg.norm(errors, axis=-1) > bound
    result = np.zeros(errors.shape, dtype=np.int64)
    if not far.any():
        return 0, result
    for index, step in enumerate(STEPS):
        result[far] = _nearest(errors[far], step, bound)
        if np.all(np.linalg.norm(errors - step * result, axis=-1) <= bound):
            return index, result
    return len(STEPS) - 1, result


def _nearest(errors: Array, step: float, bound: float) -> Ints:
    """Lattice points (N, 3), one axis after the other, the longest first, until the rest lies within the bound."""
    axes = np.argsort(-np.abs(errors), axis=-1)
    nearest = np.rint(errors / step).astype(np.int64)
    result = np.zeros(errors.shape, dtype=np.int64)
    for axis in axes.T:
        rows = np.flatnonzero(np.linalg.norm(errors - step * result, axis=-1) > bound)
        result[rows, axis[rows]] = nearest[rows, axis[rows]]
    return result


def corrections(coder: Coder, contexts: int, rows: list[list[int]]) -> None:
    """Code the corrections (T, 3) of one joint: an encoder reads the rows, a decoder fills them.

    contexts: the first of `CONTEXTS`.
    """
    if not coder.even(int(any(map(any, rows)))):
        return
    before = before_that = often = 0
    for row in rows:
        place = contexts + _FLAG + 5 * (before + before_that) + min(often >> 4, 4)
        wanted = coder.bit(place, int(any(row)))
        before, before_that = wanted, before
        often += (64 * wanted - often) >> 3
        if not wanted:
            continue
        found = 0
        for axis in range(3):
            value = row[axis]
            if not coder.bit(contexts + _AXIS + 2 * axis + found, int(value != 0)):
                row[axis] = 0
                continue
            found = 1
            size = 1 + number(coder, contexts + _SIZE + axis * CONTEXTS_OF_A_NUMBER, abs(value) - 1 if value else 0)
            row[axis] = -size if coder.even(int(value < 0)) else size
