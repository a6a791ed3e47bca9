"""Adroit: a glove's recordings of a right hand that opens a door, as joint angles of the Adroit hand.

Its axes are the hand's own here: X to the thumb's side, Y out of the back, Z along the fingers. J3 leans a finger to
the thumb's side, J2, J1 and J0 bend it. It has two angles more than our 20: LFJ4, the little finger's metacarpal, is
dropped. The thumb has five: at its base, which points half way between forwards and sideways as our zero does, THJ4
rolls it about itself and THJ3 lifts it out of the palm's plane; where they leave the metacarpal pointing gives CMC
flexion and abduction. THJ2, a few degrees across the MCP joint, is dropped; THJ1 and THJ0 are MCP and IP, with the
other sign. Rajeswaran et al., "Learning Complex Dexterous Manipulation with Deep Reinforcement Learning and
Demonstrations", 2018.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from addon.core.hand import DOF
from addon.core.rotation import Array, between, conjugate, from_euler, log, mean, multiply, rotate

from .cmu import DataMissingError, data_folder
from .hand_take import HANDS, HandTake

CITATION = "Adroit door demonstrations (Rajeswaran et al. 2018), Apache-2.0"
FPS = 100.0
_RIGHT = 1
_X, _Y, _Z = np.eye(3)
_ZERO = (_X + _Z) / np.sqrt(2)
"""Where our thumb's metacarpal points at zero; the Adroit thumb's base points there too."""


def load(folder: Path | None = None) -> list[HandTake]:
    """All demonstrations, by name; the left hand is not there. Raises DataMissingError where the file is not there."""
    path = (folder or data_folder()) / "hands" / "adroit" / "adroit_door_human_qpos.npz"
    if not path.is_file():
        raise DataMissingError(f"The hands are not at {path}: set MOCAP_DATA to the folder that holds hands/adroit.")
    with np.load(path) as archive:
        joints = [str(name) for name in archive["joints"]]
        names = sorted(name for name in archive.files if name.startswith("demo_"))
        return [_take(name, dict(zip(joints, archive[name].astype(np.float64).T, strict=True))) for name in names]


def dof_of(angles: dict[str, Array]) -> Array:
    """(T, 20) our angles of the Adroit hand's, each (T,) by the joint's name."""
    found = np.zeros((len(angles["THJ4"]), len(DOF)))
    found[:, :4] = np.stack([*_metacarpal(angles), -angles["THJ1"], -angles["THJ0"]], axis=-1)
    for finger, letters in enumerate(("FF", "MF", "RF", "LF"), start=1):
        found[:, 4 * finger : 4 * finger + 4] = np.stack([angles[f"{letters}J{i}"] for i in (2, 3, 1, 0)], axis=-1)
    return found


def _metacarpal(angles: dict[str, Array]) -> tuple[Array, Array]:
    """CMC flexion and abduction (T,) each, of the direction in which THJ4 and THJ3 leave the metacarpal."""
    roll, lift = -angles["THJ4"], angles["THJ3"]
    base = from_euler(np.array([np.pi / 4, 0.0, 0.0]), "YXZ")
    turned = from_euler(np.stack([roll, lift, np.zeros_like(roll)], axis=-1), "ZXY")
    pointing = rotate(multiply(base, turned), np.broadcast_to(_Z, (len(roll), 3)))
    vectors = log(between(np.broadcast_to(_ZERO, pointing.shape), pointing))
    return vectors @ -_Y, vectors @ np.cross(_ZERO, -_Y)


def _take(name: str, angles: dict[str, Array]) -> HandTake:
    frames = len(angles["THJ4"])
    dof, wrist, bend = (np.full((frames, HANDS, width), np.nan) for width in (len(DOF), 7, 3))
    dof[:, _RIGHT] = dof_of(angles)
    arm = from_euler(np.stack([angles[f"ARR{axis}"] for axis in "xyz"], axis=-1), "XYZ")
    still = np.zeros(frames)
    against = from_euler(np.stack([angles["WRJ0"], angles["WRJ1"], still], axis=-1), "XYZ")
    turned = multiply(arm, against)
    wrist[:, _RIGHT] = np.concatenate([np.zeros((frames, 3)), turned], axis=-1)
    bend[:, _RIGHT] = log(multiply(conjugate(mean(against)), against))
    return HandTake(name, "adroit", FPS, dof, wrist, bend)
