"""The CMU takes as whole clips: with the root's motion and each person's own proportions, where the feet stand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from addon.core.clip import Clip
from addon.core.rigs.cmu import SKELETON, UNIT

from .cmu import DataMissingError, Split, data_folder


def load(split: Split, fps: float, folder: Path | None = None) -> dict[str, Clip]:
    """Take's name -> clip at `fps`, a whole part of the takes' rate.

    Raises DataMissingError where the file is not there or is no such archive.
    """
    path = (folder or data_folder()) / "cmu" / f"{split}.npz"
    if not path.is_file():
        raise DataMissingError(f"The CMU takes are not at {path}: set MOCAP_DATA to the folder that holds cmu.")
    try:
        with np.load(path) as archive:
            names = sorted(name.removeprefix("q_") for name in archive.files if name.startswith("q_"))
            step = round(float(archive["fps"]) / fps)
            return {name: _clip(archive, name).section(0, len(archive[f"q_{name}"]), step) for name in names}
    except (KeyError, ValueError, OSError) as error:
        raise DataMissingError(f"{path} is no archive of CMU takes ({error}): get it anew.") from error


def _clip(archive: np.lib.npyio.NpzFile, name: str) -> Clip:
    subject = name.split("_")[0]
    # The ASF files know the lengths that the BVH files set to zero, but are not there for everybody.
    own = f"offsets_asf_{subject}"
    offsets = archive[own if own in archive.files else f"offsets_{subject}"]
    skeleton = replace(SKELETON, offsets=offsets * UNIT)
    return Clip(skeleton, float(archive["fps"]), archive[f"p_{name}"] * UNIT, archive[f"q_{name}"])
