"""A signer's hands: one clip of a Mixamo-named body of which all 30 finger joints move, 30 fps."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from addon.core.formats import bvh
from addon.core.hand import FINGERS, SIDES, hand_from_rest
from addon.core.kinematics import clip_positions, global_rotations
from addon.core.rotation import conjugate, log, mirrored, multiply

from .cmu import DataMissingError, data_folder
from .hand_take import HandTake

CITATION = "SignON create_db_m (UPF), Apache-2.0"
_FILE = "upf_signon_create_db_m.bvh"
_PREFIX = "mixamorig"


def load(folder: Path | None = None) -> list[HandTake]:
    """The one clip. Raises DataMissingError where it is not there."""
    path = (folder or data_folder()) / "rigs" / _FILE
    if not path.is_file():
        raise DataMissingError(f"The hands are not at {path}: set MOCAP_DATA to the folder that holds rigs/{_FILE}.")
    clip = bvh.read(path)
    names, parents = clip.skeleton.names, clip.skeleton.parents
    positions, turns = clip_positions(clip), global_rotations(clip.rotations, parents)
    dof, wrists, bends = [], [], []
    for side in SIDES:
        wrist = names.index(f"{_PREFIX}{side.title()}Hand")
        points = np.full((5, 4, 3), np.nan)
        joints = []
        for finger, name in enumerate(FINGERS):
            chain = [names.index(f"{_PREFIX}{side.title()}Hand{name.title()}{i}") for i in (1, 2, 3, 4)]
            points[finger] = np.cumsum(clip.skeleton.offsets[chain], axis=0)
            joints += chain[:3]
            assert parents[chain[0]] == wrist
        hand = hand_from_rest(points, side == "right")
        dof.append(hand.dof(clip.rotations[:, joints].astype(np.float64)))
        facing = multiply(turns[:, wrist].astype(np.float64), hand.frame)
        wrists.append(np.concatenate([positions[:, wrist], facing], axis=-1))
        local = clip.rotations[:, wrist].astype(np.float64)
        against = multiply(conjugate(hand.frame), multiply(local, hand.frame))
        bends.append(log(against if side == "right" else mirrored(against)))
    return [HandTake("signing", "upf", clip.fps, *(np.stack(part, axis=1) for part in (dof, wrists, bends)))]
