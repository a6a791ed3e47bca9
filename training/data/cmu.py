"""The CMU motion capture takes as poses of the tutorial's 30 joints (all but the hips), 120 features a frame."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

import numpy as np

from addon.core.errors import MenderError
from addon.core.rotation import normalize

from .poses import PoseSet, Take

Split = Literal["train", "test", "other"]

DESCRIPTION = "CMU Graphics Lab Motion Capture Database, subjects 07, 08, 09, 16 and 35 (64 takes, 23,439 frames)"
ACKNOWLEDGEMENT = (
    "Trained on data free for research and commercial use, which may be included in products but not resold as data. "
    "The data used in this project was obtained from mocap.cs.cmu.edu. "
    "The database was created with funding from NSF EIA-0196217."
)

MOTION_DESCRIPTION = (
    "CMU Graphics Lab Motion Capture Database, subjects 01 (without take 01), 02, 03, 06, 07, 08, 09, 16, 35 and 43 "
    "(107 takes, 112,417 frames)"
)

_ROOT = "Hips"
_DEMO = "01_01"


class DataMissingError(MenderError):
    """The training data is not on this machine."""


def data_folder() -> Path:
    """The data folder: `MOCAP_DATA`, else `../shared/data` beside the checkout."""
    beside = Path(__file__).resolve().parents[3] / "shared" / "data"
    return Path(os.environ.get("MOCAP_DATA") or beside)


def load(split: Split, folder: Path | None = None) -> PoseSet:
    """The takes of one split, without the root joint.

    Raises DataMissingError where the file is not there or is not such an archive.
    """
    path = (folder or data_folder()) / "cmu" / f"{split}.npz"
    if not path.is_file():
        raise DataMissingError(
            f"The CMU poses are not at {path}: set MOCAP_DATA to the folder that holds cmu/{split}.npz."
        )
    try:
        with np.load(path) as archive:
            return _read(archive)
    except (KeyError, ValueError, OSError) as error:
        raise DataMissingError(f"{path} is not an archive of CMU poses ({error}): get it anew.") from error


def load_motion(folder: Path | None = None) -> PoseSet:
    """The takes of `train` and `other` for a network that sees motion; without the demo's take, 01_01."""
    train, other = load("train", folder), load("other", folder)
    takes = (*train.takes, *(take for take in other.takes if take.name != _DEMO))
    return PoseSet(train.joints, train.fps, takes)


def _read(archive: np.lib.npyio.NpzFile) -> PoseSet:
    joints = [str(name) for name in archive["joints"]]
    kept = [i for i, name in enumerate(joints) if name != _ROOT]
    takes = []
    for key in sorted(name for name in archive.files if name.startswith("q_")):
        trial = key.removeprefix("q_")
        rotations = normalize(archive[key][:, kept].astype(np.float32))
        takes.append(Take(trial, trial.split("_")[0], rotations))
    if not takes:
        raise KeyError("no take named q_…")
    return PoseSet(tuple(joints[i] for i in kept), float(archive["fps"]), tuple(takes))
