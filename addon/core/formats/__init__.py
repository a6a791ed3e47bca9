"""Motion files: one module a format, each with `read(path) -> Clip` and `write(clip, path)`; here by suffix."""

from __future__ import annotations

from pathlib import Path

from ..clip import Clip
from ..errors import MotionFileError
from ..skeleton import Skeleton
from . import acclaim, bvh, csv

READABLE = (".bvh", ".amc", ".csv", ".tsv", ".txt", ".npy")
"""Suffixes that `read` knows, in small letters."""

WRITABLE = (".bvh", ".csv", ".npy", ".amc")
"""Suffixes that `write` knows."""


def read(
    path: str | Path, skeleton: Skeleton | None = None, fps: float | None = None, unit: float | None = None
) -> Clip:
    """The motion of a file, in the format that its suffix names.

    skeleton: for tables of numbers that do not name their joints. fps: for files that do not tell their rate.
    unit: metres per length unit of the file, instead of the one that it tells or that is guessed.
    Rotations are continuous in time. `Clip.notes` says what had to be found out. Raises MotionFileError.
    """
    match Path(path).suffix.lower():
        case ".bvh":
            return bvh.read(path, fps, unit)
        case ".amc" | ".asf":
            return acclaim.read(path, fps, unit)
        case ".csv" | ".tsv" | ".txt" | ".npy":
            return csv.read(path, skeleton, fps, unit)
    raise MotionFileError(path, f"this is no motion file that can be read; choose one of {', '.join(READABLE)}")


def write(clip: Clip, path: str | Path) -> None:
    """Write the clip in the format that the suffix of `path` names. Raises MotionFileError."""
    match Path(path).suffix.lower():
        case ".bvh":
            return bvh.write(clip, path)
        case ".amc":
            return acclaim.write(clip, path)
        case ".csv" | ".npy":
            return csv.write(clip, path)
    raise MotionFileError(path, f"motion is written as one of {', '.join(WRITABLE)}; choose another suffix")
