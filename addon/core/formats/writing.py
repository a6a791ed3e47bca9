"""What the writers of motion files share: numbers as text, and files written whole or not at all."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ..clip import Clip
from ..errors import MotionFileError
from ..files import reason, replacing


def require_frames(clip: Clip, path: Path) -> None:
    """Raises MotionFileError where there is nothing to write."""
    if not len(clip):
        raise MotionFileError(path, "the motion has no frames; choose a range that has some")


def decimal(value: float) -> str:
    """A number with seven digits, all that float32 holds, and no exponent, which some readers do not know."""
    return np.format_float_positional(round(value, 9), precision=7, fractional=False, trim="0")


def write_files(contents: Mapping[Path, bytes]) -> None:
    """Write one file, or several that belong together: all of them, or none.

    Raises MotionFileError with the file that cannot be written; then those that were there before still are.
    """
    try:
        with contextlib.ExitStack() as stack:
            for path, content in contents.items():
                stack.enter_context(replacing(path)).write_bytes(content)
    except OSError as error:
        raise MotionFileError(path, f"the file cannot be written: {reason(error)}") from error
