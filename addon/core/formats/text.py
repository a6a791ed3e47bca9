"""Text files of numbers, read within bounds: whatever lies in a file, reading ends in lines or in one error."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..errors import MotionFileError
from ..files import reason
from ..rotation import Array
from .digits import plain_table

LARGEST_FILE = 1 << 30
"""Bytes. An hour of 60 joints at 120 fps is 0.7 of it."""

LARGEST_NUMBER = 1e12
"""No length and no angle of a motion is larger: beyond it a file is damaged, and float32 would overflow later."""

_BLOCK = 1 << 20
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def read_lines(path: Path, longest_line: int) -> list[str]:
    """The lines of a UTF-8 text file without their ends (LF, CRLF or CR); lines[0] is line 1.

    longest_line: bytes; reading stops at a longer one, so that a file of one huge line costs neither time nor memory.
    Raises MotionFileError where the file is missing, empty, too large, binary or not UTF-8.
    """
    raw = _read_bytes(path, longest_line)
    if b"\r" in raw:
        raw = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if b"\0" in raw:
        line = raw.count(b"\n", 0, raw.index(b"\0")) + 1
        raise MotionFileError(path, "this is a binary file; expected a text file of motion", line)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise MotionFileError(path, "this is not UTF-8 text; save the file again as UTF-8", line) from None
    if not text.strip():
        raise MotionFileError(path, "the file is empty; expected a motion", 1)
    return text.removesuffix("\n").split("\n")


def _read_bytes(path: Path, longest_line: int) -> bytearray:
    content = bytearray()
    line, length = 1, 0
    try:
        if not path.is_file():
            raise MotionFileError(path, "there is no such file; choose another one")
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                content += block
                end = max(block.rfind(b"\n"), block.rfind(b"\r"))
                length = length + len(block) if end < 0 else len(block) - end - 1
                line += block.count(b"\n") or block.count(b"\r")
                if length > longest_line:
                    message = f"the line is longer than {longest_line >> 20} MiB; expected lines of a motion file"
                    raise MotionFileError(path, message, line)
                if len(content) > LARGEST_FILE:
                    message = f"the file is larger than {LARGEST_FILE >> 30} GiB; cut it into several takes"
                    raise MotionFileError(path, message, line)
    except OSError as error:
        raise MotionFileError(path, f"the file cannot be read: {reason(error)}") from error
    return content


def number(text: str) -> float:
    """The number that `text` is; NaN where it is none, or larger than any of a motion."""
    value = float(text) if _NUMBER.fullmatch(text) else math.nan
    return value if abs(value) <= LARGEST_NUMBER else math.nan


def read_number(path: Path, line: int, text: str, what: str) -> float:
    """One number. Raises MotionFileError, "expected `what`", where `text` is none or not a sensible one."""
    value = number(text)
    if math.isnan(value):
        raise MotionFileError(path, f"expected {what}, found {shortened(text)}", line)
    return value


def read_table(path: Path, lines: Sequence[str], first_line: int, columns: int, delimiter: str | None = None) -> Array:
    """(N, columns) numbers, float64, one row a line; blank lines are passed over.

    first_line: line number of lines[0]. delimiter: None for blanks and tabs.
    Raises MotionFileError with the first line that has another number of columns or something else than a number.
    """
    if all(not text or text.isspace() for text in lines):
        return np.empty((0, columns))
    quick = plain_table(lines, columns) if delimiter is None else None
    if quick is not None:
        return quick
    try:
        table = np.loadtxt(lines, dtype=np.float64, comments=None, delimiter=delimiter, ndmin=2)
    except ValueError:
        raise _first_error(path, lines, first_line, columns, delimiter) from None
    if table.shape[1] != columns or not np.all(np.abs(table) <= LARGEST_NUMBER):
        raise _first_error(path, lines, first_line, columns, delimiter)
    return table


def _first_error(
    path: Path, lines: Sequence[str], first_line: int, columns: int, delimiter: str | None
) -> MotionFileError:
    """What the quick reader stumbled on, found line by line."""
    for line, text in enumerate(lines, first_line):
        if not text.strip():
            continue
        cells = [cell.strip() for cell in text.split(delimiter)]
        if len(cells) != columns:
            return MotionFileError(path, f"expected {columns} numbers, found {len(cells)}", line)
        for column, cell in enumerate(cells, 1):
            try:
                read_number(path, line, cell, f"a number in column {column}")
            except MotionFileError as error:
                return error
    return MotionFileError(path, f"expected lines of {columns} numbers", first_line)


def shortened(text: str) -> str:
    """Text of a file as an error message shows it: quoted, and not longer than a line of it."""
    return repr(text if len(text) <= 40 else text[:37] + "...")
