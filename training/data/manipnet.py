"""ManipNet: both hands as they handle objects, 17 joints a hand in BVH files at 120 fps.

The files are told in left-handed axes (Y up): read as they stand, every hand is the other one. The mirror at x = 0
makes them right-handed. Of the 20 angles, thumb, PIP and DIP are hinges about their joint's Z, whose zero is the
straight finger; MCP joints are measured from their mean, about the principal axes of what the training takes do. The
file has no fingertips: DIP joints are straight where their bone goes on as the one before, and the thumb's IP is taken
to be straight at the `STRAIGHT_PERCENT` percentile of its angle, the anatomically most extended it is seen. He Zhang
et al., "ManipNet: Neural Manipulation Synthesis with a Hand-Object Spatial Representation", 2021.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np

from addon.core import rotation
from addon.core.clip import Clip
from addon.core.formats import bvh
from addon.core.hand import SIDES, Hand, hand_axes
from addon.core.rotation import Array, conjugate, from_matrix, log, mirrored, multiply, rotate

from .cmu import DataMissingError, data_folder
from .hand_take import HandTake

TEST, VALIDATION = ("teapot3",), ("mug3",)
TRAIN = ("cube_med2", "cup1", "cyl_med3", "mug1", "teapot2")
CITATION = "ManipNet (Zhang et al., SIGGRAPH 2021), CC BY-NC"
METRES = 0.09
"""Of one length unit: from the wrist to the middle finger's knuckle it is 1.07 units, about 96 mm on a man's hand."""
STRAIGHT_PERCENT = 5.0
_SOUND_FRAMES = {"cube_med2": 4050, "cyl_med3": 6337}
"""Where the recording freezes, of the takes in which it does."""
_THUMB, _MCP = (1, 2, 3, 4), (5, 8, 11, 14)
_Z = np.array([0.0, 0.0, 1.0])
_CALIBRATION_STEP = 10


def load(names: tuple[str, ...], folder: Path | None = None) -> list[HandTake]:
    """The takes of these names, at 120 fps. Raises DataMissingError where they are not there."""
    return [_take(name, folder) for name in names]


def bones(name: str, side: str, folder: Path | None = None) -> Array:
    """(T, 16, 4) the joints of one hand's fingers as they stand in the file, at 120 fps."""
    return _read(name, side, folder).rotations[:, 1:]


@lru_cache(maxsize=4)
def hand(folder: Path | None = None) -> Hand:
    """The hand of the recordings, as a right one, its 16 joints those of the files without the wrist."""
    poses = np.concatenate(
        [canonical(_read(name, side, folder), side)[::_CALIBRATION_STEP] for name in TRAIN for side in SIDES]
    )
    offsets = _read(TRAIN[0], "right", folder).skeleton.offsets.astype(np.float64) * [-1, 1, 1]
    axes = hand_axes(offsets[[0, 1, 5, 8, 11, 14]], right=True)
    mean = rotation.mean(poses)
    turns: list[Array] = []
    offset: list[float] = []
    for value, turn in (*_thumb(mean, poses, offsets, axes), *_fingers(mean, poses, offsets, axes)):
        offset.append(value)
        turns.append(turn)
    joint = np.array(
        [0, 1, 2, 3, *(place for first in (4, 7, 10, 13) for place in (first, first, first + 1, first + 2))]
    )
    return Hand(mean, joint, np.stack(turns), np.array(offset), from_matrix(axes))


def canonical(clip: Clip, side: str) -> Array:
    """(T, 16, 4) the joints' rotations as those of a right hand in right-handed axes.

    A right hand's are mirrored for the axes; a left hand's for the axes and for the side, which is not at all.
    """
    rotations = clip.rotations[:, 1:].astype(np.float64)
    return mirrored(rotations) if side == "right" else rotations


def _thumb(mean: Array, poses: Array, offsets: Array, axes: Array) -> list[tuple[float, Array]]:
    """Angle at the mean pose and axis of the thumb's four hinges."""
    x, y, z = axes.T
    to_wrist = [mean[0]]
    for joint in (1, 2, 3):
        to_wrist.append(multiply(to_wrist[-1], mean[joint]))
    metacarpal = _unit(rotate(to_wrist[1], offsets[3]))
    proximal = _unit(rotate(to_wrist[2], offsets[4]))
    straight = (z + x) / np.sqrt(2)
    lifted = log(rotation.between(straight, metacarpal))
    flexing = [-y, np.cross(metacarpal, -y), -y, -y]
    angles = [lifted @ -y, lifted @ np.cross(straight, -y), 0.0, 0.0]
    hinges = [np.sign(rotate(turn, _Z) @ way) * _Z for turn, way in zip(to_wrist, flexing, strict=True)]
    bend = rotate(to_wrist[2], hinges[2])
    angles[2] = _angle_about(bend, metacarpal, proximal)
    swing = log(multiply(conjugate(mean[3]), poses[:, 3])) @ hinges[3]
    angles[3] = -float(np.percentile(swing, STRAIGHT_PERCENT))
    return [(float(angle), hinge) for angle, hinge in zip(angles, hinges, strict=True)]


def _fingers(mean: Array, poses: Array, offsets: Array, axes: Array) -> list[tuple[float, Array]]:
    """Angles at the mean pose and axes: of each finger MCP flexion and abduction, PIP, DIP."""
    x, y, z = axes.T
    found: list[tuple[float, Array]] = []
    for mcp in _MCP:
        root = mean[mcp - 1]
        vectors = log(multiply(conjugate(root), poses[:, mcp - 1]))
        principal = np.linalg.eigh(np.cov(vectors.T))[1][:, :0:-1].T
        flexion, abduction = (
            way * np.sign(rotate(root, way) @ about) for way, about in zip(principal, (x, y), strict=True)
        )
        bone = _unit(rotate(root, offsets[mcp + 1]))
        back = log(multiply(conjugate(root), multiply(rotation.between(bone, z), root)))
        found += [(float(-(back @ flexion)), flexion), (float(-(back @ abduction)), abduction)]
        to_wrist, before = root, offsets[mcp + 1]
        for joint in (mcp + 1, mcp + 2):
            to_wrist = multiply(to_wrist, mean[joint - 1])
            hinge = _Z * np.sign(rotate(to_wrist, _Z) @ rotate(root, flexion))
            # The last bone's direction is not told: it lies in its joint's axes as the one before in its own.
            bone = offsets[mcp + 2]
            parent = rotate(conjugate(mean[joint - 1]), before)
            found.append((_angle_about(hinge, parent, bone), hinge))
            before = bone
    return found


def _angle_about(axis: Array, start: Array, stop: Array) -> float:
    """The angle about the unit `axis` that turns direction `start` onto `stop`, as seen along the axis."""
    a, b = (v - axis * (v @ axis) for v in (start, stop))
    return float(np.arctan2(np.cross(a, b) @ axis, a @ b))


def _unit(vector: Array) -> Array:
    return vector / np.linalg.norm(vector)


def _read(name: str, side: str, folder: Path | None) -> Clip:
    path = (folder or data_folder()) / "hands" / "manipnet" / name / f"{side}Hand.bvh"
    if not path.is_file():
        raise DataMissingError(
            f"The hands are not at {path}: set MOCAP_DATA to the folder that holds hands/manipnet/{name}."
        )
    clip = bvh.read(path, unit=METRES)
    return clip.section(0, _SOUND_FRAMES.get(name, len(clip)))


def _take(name: str, folder: Path | None) -> HandTake:
    dof, wrists, bends = [], [], []
    for side in SIDES:
        clip = _read(name, side, folder)
        offsets = clip.skeleton.offsets.astype(np.float64) * [-1, 1, 1]
        frame = from_matrix(hand_axes(offsets[[0, 1, 5, 8, 11, 14]], right=side == "right"))
        turned = multiply(mirrored(clip.rotations[:, 0].astype(np.float64)), frame)
        dof.append(hand(folder).dof(canonical(clip, side)))
        wrists.append(np.concatenate([clip.root_position * [-1, 1, 1], turned], axis=-1))
        facing = turned if side == "right" else mirrored(turned)
        bends.append(log(multiply(conjugate(rotation.mean(facing)), facing)))
    frames = min(map(len, dof))
    stacked = (np.stack([part[:frames] for part in parts], axis=1) for parts in (dof, wrists, bends))
    return HandTake(name, "manipnet", 120.0, *stacked)
