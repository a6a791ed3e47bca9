"""Quantised coefficients as bits: most are zero, and the neighbours of a large one are likely to be large.

A matrix is coded row by row, low frequencies first. What a coefficient may be is told by those beside it that are known
already: the same channel at the two frequencies below, and the two channels before at the same frequency.
"""

from __future__ import annotations

from .coder import CONTEXTS_OF_A_NUMBER, Coder, number

Matrix = list[list[int]]

_NEAR, _ROWS, _COLUMNS = 9, 7, 8
_SIZES = _NEAR * 2
_ZERO = 0
_SIZE = _ZERO + _NEAR * _ROWS * _COLUMNS
_LENGTH = _SIZE + _SIZES * CONTEXTS_OF_A_NUMBER
CONTEXTS = _LENGTH + CONTEXTS_OF_A_NUMBER
"""How many contexts `coefficients` uses."""


def coefficients(coder: Coder, contexts: int, matrix: Matrix) -> None:
    """Code whole numbers (frequencies, channels): an encoder reads the matrix, a decoder fills it.

    contexts: the first of `CONTEXTS`.
    """
    if not matrix or not matrix[0]:
        return
    channels = len(matrix[0])
    filled = max((row + 1 for row, values in enumerate(matrix) if any(values)), default=0)
    filled = number(coder, contexts + _LENGTH, filled)
    below = further = [0] * (channels + 2)
    for row in range(min(filled, len(matrix))):
        values, sizes = matrix[row], [0] * (channels + 2)
        row_place = min(row.bit_length(), _ROWS - 1)
        for channel in range(channels):
            # Two places of the sizes lie before the first channel, as zeros at the end of the list.
            near = 2 * (below[channel] + sizes[channel - 1]) + further[channel] + sizes[channel - 2]
            near += below[channel + 1]
            near = near if near < 4 else min(2 + near.bit_length(), _NEAR - 1)
            column = min(channel.bit_length(), _COLUMNS - 1) if not near else int(channel > 8)
            place = contexts + _ZERO + (near * _ROWS + row_place) * _COLUMNS + column
            value = values[channel]
            if not coder.bit(place, int(value != 0)):
                values[channel] = 0
                continue
            place = contexts + _SIZE + (2 * near + (row == 0)) * CONTEXTS_OF_A_NUMBER
            size = 1 + number(coder, place, abs(value) - 1 if value else 0)
            sizes[channel] = size
            values[channel] = -size if coder.even(int(value < 0)) else size
        below, further = sizes, below
