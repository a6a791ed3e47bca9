"""Ballplay: whole bodies with both hands playing basketball, 52 SMPL-X joints at 60 fps.

The finger joints turn freely about three axes; `hand_from_rest` says what of that are the 20 angles. The skeleton has
no fingertips. Wang et al., "PhysHOI: Physics-Based Imitation of Dynamic Human-Object Interaction", 2023.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np

from addon.core.hand import FINGERS, SIDES, Hand, hand_from_rest
from addon.core.rotation import Array, conjugate, exp, log, mirrored, multiply, rotate

from .cmu import DataMissingError, data_folder
from .hand_take import HandTake

CITATION = "Ballplay (PhysHOI, Wang et al. 2023), Apache-2.0"
FPS = 60.0


def load(folder: Path | None = None) -> list[HandTake]:
    """All clips, by name. Raises DataMissingError where they are not there."""
    here = (folder or data_folder()) / "hands" / "ballplay"
    path = here / "fingers_moving.npz"
    if not path.is_file():
        raise DataMissingError(f"The hands are not at {path}: set MOCAP_DATA to the folder that holds hands/ballplay.")
    offsets, parents = _skeleton(here / "mocap_humanoid_skeleton.xml")
    with np.load(path) as archive:
        joints = [str(name) for name in archive["joints"]]
        names = sorted(key.removesuffix("/joint_expmap") for key in archive.files if key.endswith("/joint_expmap"))
        found = []
        for name in names:
            root, turn, turns = (archive[f"{name}/{part}"] for part in ("root_pos", "root_expmap", "joint_expmap"))
            found.append(_take(name, joints, root, turn, turns, offsets, parents))
        return found


def _take(
    name: str,
    joints: list[str],
    root: Array,
    root_turn: Array,
    turns: Array,
    offsets: dict[str, Array],
    parents: dict[str, str],
) -> HandTake:
    local = {joint: exp(turns[:, i].astype(np.float64)) for i, joint in enumerate(joints)}
    local["Pelvis"] = exp(root_turn.astype(np.float64))
    dof, wrists, bends = [], [], []
    for side in SIDES:
        letter = side[0].upper()
        hand = _hand(offsets, side)
        fingers = np.stack([local[f"{letter}_{finger.title()}{i}"] for finger in FINGERS for i in (1, 2, 3)], axis=1)
        dof.append(hand.dof(fingers))
        chain = _chain(parents, f"{letter}_Wrist")
        position, turn = root.astype(np.float64), local["Pelvis"]
        for joint in chain[1:]:
            position = position + rotate(turn, np.broadcast_to(offsets[joint], position.shape))
            turn = multiply(turn, local[joint])
        wrists.append(np.concatenate([position, multiply(turn, hand.frame)], axis=-1))
        against = multiply(conjugate(hand.frame), multiply(local[f"{letter}_Wrist"], hand.frame))
        bends.append(log(against if side == "right" else mirrored(against)))
    return HandTake(name, "ballplay", FPS, *(np.stack(parts, axis=1) for parts in (dof, wrists, bends)))


def _hand(offsets: dict[str, Array], side: str) -> Hand:
    letter = side[0].upper()
    points = np.full((5, 4, 3), np.nan)
    for finger, name in enumerate(FINGERS):
        points[finger, 0] = offsets[f"{letter}_{name.title()}1"]
        for i in (2, 3):
            points[finger, i - 1] = points[finger, i - 2] + offsets[f"{letter}_{name.title()}{i}"]
    return hand_from_rest(points, side == "right")


def _chain(parents: dict[str, str], joint: str) -> list[str]:
    """From the root to `joint`."""
    found = [joint]
    while parents.get(found[-1]):
        found.append(parents[found[-1]])
    return found[::-1]


def _skeleton(path: Path) -> tuple[dict[str, Array], dict[str, str]]:
    """Offsets from the parent in metres and parents' names, of every body."""
    offsets: dict[str, Array] = {}
    parents: dict[str, str] = {}
    for parent in ElementTree.parse(path).iter("body"):
        offsets.setdefault(parent.attrib["name"], np.array(parent.attrib["pos"].split(), dtype=np.float64))
        for child in parent.findall("body"):
            offsets[child.attrib["name"]] = np.array(child.attrib["pos"].split(), dtype=np.float64)
            parents[child.attrib["name"]] = parent.attrib["name"]
    return offsets, parents
