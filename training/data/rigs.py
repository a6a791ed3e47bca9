"""Motion on rigs that other tools made: bodies as the model's joints, as far as they match, and fingers as they are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from addon.core.clip import Clip
from addon.core.formats import bvh
from addon.core.kinematics import joint_positions
from addon.core.rigs.alignment import align
from addon.core.rigs.canonical import FINGERS, RARE_JOINTS
from addon.core.rigs.cmu import SKELETON
from addon.core.rigs.matching import match_rig
from addon.core.rotation import Array, multiply, normalize

from .cmu import DataMissingError, data_folder

BODIES = {
    "Mixamo names, signing": "upf_signon_create_db_m.bvh",
    "Mixamo names, idle": "upf_performs_Idle.bvh",
    "Biovision names": "test_mocapbank.bvh",
    "Poser names, pirouette": "threejs_pirouette.bvh",
}
LACKED_BY_VRM = ("Spine", "Neck1", *RARE_JOINTS)
"""Joints of the model that characters made with VRM often lack: two bones are their spine, and one is their neck."""
FINGERS_OF = "upf_signon_create_db_m.bvh"
"""The one with fingers that move."""


@dataclass(frozen=True, eq=False)
class RigMotion:
    """rotations: (T, J, 4) of the model's joints at `fps`. absent: (J,) those that the rig has not."""

    rotations: Array
    fps: float
    absent: NDArray[np.bool_]


def body(file: str, reference: Array, folder: Path | None = None) -> RigMotion:
    """A file's motion as the joints of `reference` (J, 4), CMU's without the hips; raises DataMissingError."""
    clip = _read(file, folder)
    own = clip.skeleton
    rest = np.zeros((1, len(own), 4))
    rest[..., 0] = 1
    heads = joint_positions(rest, own.parents, own.offsets)[0]
    found = match_rig(own.names, own.parents, heads, SKELETON.names, own.names)
    bone = {joint: own.index(name) for joint, name in found.bone_of.items()}
    joint_of = {place: joint for joint, place in bone.items()}
    present = np.array([joint in bone for joint in SKELETON.names])
    places = np.array([heads[bone[joint]] if joint in bone else np.full(3, np.nan) for joint in SKELETON.names])
    whole = np.concatenate([[[1, 0, 0, 0]], reference])
    alignment = align(SKELETON, whole, present, places)
    result = np.tile(whole, (len(clip), 1, 1))
    for place, joint in enumerate(SKELETON.names):
        if joint in bone:
            turned, above = clip.rotations[:, bone[joint]], own.parents[bone[joint]]
            while above >= 0 and above not in joint_of:
                turned, above = multiply(clip.rotations[:, above], turned), own.parents[above]
            result[:, place] = multiply(multiply(alignment.left[place], turned), alignment.right[place])
    return RigMotion(normalize(result[:, 1:].astype(np.float32)), clip.fps, ~present[1:])


def fingers(folder: Path | None = None) -> tuple[Array, float]:
    """(T, J, 4) finger bones as they stand in their file, and their rate; raises DataMissingError."""
    clip = _read(FINGERS_OF, folder)
    chosen = [
        place for place, name in enumerate(clip.skeleton.names) if any(f"Hand{finger}" in name for finger in FINGERS)
    ]
    return normalize(clip.rotations[:, chosen].astype(np.float32)), clip.fps


def _read(file: str, folder: Path | None) -> Clip:
    path = (folder or data_folder()) / "rigs" / file
    if not path.is_file():
        raise DataMissingError(f"The rig is not at {path}: set MOCAP_DATA to the folder that holds rigs/{file}.")
    return bvh.read(path)
