"""A folder of one's own motion as poses to train on: motion files, or a data set that was packed from them."""

from __future__ import annotations

import re
from pathlib import Path

from addon.core import data_set
from addon.core.data_set import DataSet, DataSetError

from .poses import Origin, PoseSet, Take

PACKED = "packed"
LICENCE = "Trained on motion of your own: what its licence allows, holds for this model too."


def pack(folder: Path, output: Path | None = None) -> tuple[Path, DataSet]:
    """Pack a folder's motion files into `output`, a folder "packed" inside it by default; returns where, and what.

    Raises DataSetError where there is no motion or nothing can be written.
    """
    found = data_set.read_folder(folder)
    target = output or folder / PACKED
    data_set.write(found, target)
    return target, found


def short_name(folder: Path) -> str:
    """What a run on this folder, and the model that comes of it, are called after."""
    return re.sub(r"[^a-z0-9]+", "-", folder.resolve().name.lower()).strip("-") or "own"


def load(folder: Path) -> PoseSet:
    """The poses of a folder: all joints but the root. Raises DataSetError where there is no motion."""
    packed = next((place for place in (folder, folder / PACKED) if data_set.is_packed(place)), None)
    found = data_set.read_packed(packed) if packed else data_set.read_folder(folder)
    skeleton = found.skeleton
    if len(skeleton) < 2:
        raise DataSetError(f"The motion in {folder} has one joint: there is no pose to learn.")
    # Of one person or many, nobody says: every take counts as a subject of its own.
    takes = tuple(Take(take.name, take.name, take.clip.rotations[:, 1:]) for take in found.takes)
    frames = sum(len(take.rotations) for take in takes)
    origin = Origin(short_name(folder), f"{folder.resolve().name}: {len(takes)} takes, {frames:,} frames", LICENCE)
    return PoseSet(skeleton.names[1:], found.fps, takes, skeleton, origin)
