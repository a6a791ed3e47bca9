"""What compressed actions are measured against: zlib, principal components, Blender's decimate in a compressed file."""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from addon.blender import action, fcurves, motion
from addon.core.clip import Clip
from addon.core.compression.block import PoseCode
from addon.core.rigs.cmu import SKELETON
from addon.core.rotation import angle_between, conjugate, exp, log, mean, multiply, normalize
from addon.inference.card import ModelCard
from training.data import cmu
from training.data.poses import mirrored

from .graph_editor import graph_editor

STEP = 4  # 120 to 30 frames per second
NUMBERS = 30
_HALVINGS = 7

Takes = dict[str, np.ndarray]
"""Name -> (T, J, 4) rotations at 30 fps."""


def plain_sizes(takes: Takes) -> dict[str, int]:
    def size(convert: Callable[[np.ndarray], bytes]) -> int:
        return sum(len(convert(take)) for take in takes.values())

    return {
        "quaternions, float32, zlib": size(lambda q: zlib.compress(q.tobytes(), 9)),
        "quaternions, float16": size(lambda q: q.astype(np.float16).tobytes()),
        "quaternions, float16, zlib": size(lambda q: zlib.compress(q.astype(np.float16).tobytes(), 9)),
    }


def principal_code(card: ModelCard) -> PoseCode:
    """Principal components of the training poses' rotation vectors and their mirror images, as a pose code."""
    poses = cmu.load("train").every(STEP)
    both = np.concatenate([poses.stacked(), mirrored(poses.stacked(), poses.joints)])
    reference = mean(both)
    vectors = log(multiply(conjugate(reference), both)).reshape(len(both), -1).astype(np.float64)
    middle = vectors.mean(axis=0)
    basis = np.linalg.eigh(np.cov(vectors.T))[1][:, ::-1][:, :NUMBERS]

    def encode(rotations: np.ndarray) -> np.ndarray:
        turned = log(multiply(conjugate(reference), rotations)).reshape(len(rotations), -1)
        return (turned - middle) @ basis

    def decode(numbers: np.ndarray) -> np.ndarray:
        return multiply(reference, exp((numbers @ basis.T + middle).reshape(len(numbers), -1, 3)))

    return PoseCode(encode, decode, card.reference, NUMBERS, 1.0)


def give(obj: Any, rotations: np.ndarray) -> None:
    """Let the armature's action be this take, rotations alone."""
    clip = Clip(SKELETON, 30.0, np.zeros((len(rotations), 3)), rotations)
    frames = np.arange(1, len(rotations) + 1, dtype=np.float32)
    motion.write_clip(obj, clip, dict(enumerate(SKELETON.names)), frames, "take")
    curves = action.assigned_channels(obj).fcurves
    for curve in [curve for curve in curves if curve.data_path.endswith("location")]:
        curves.remove(curve)


def decimated_sizes(obj: Any, takes: Takes, degrees: float) -> tuple[int, int]:
    """Bytes of compressed .blend files with each take after Blender's decimate, off by `degrees` at most; and of files
    with an empty action."""
    size = nothing = 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "take.blend"
        for take in takes.values():
            give(obj, take)
            original = obj.animation_data.action
            frames = np.arange(1, len(take) + 1, dtype=np.float32)
            whole = _played(obj, frames)
            low, high = 0.0, 0.5  # of quaternion components
            for _ in range(_HALVINGS):
                margin = (low + high) / 2
                _decimate(obj, original, margin)
                if np.degrees(angle_between(whole, _played(obj, frames))).max() <= degrees:
                    low = margin
                else:
                    high = margin
            _decimate(obj, original, low)
            size += _saved(path, obj.animation_data.action)
            nothing += _saved(path, bpy.data.actions.new("empty"))
            for old in list(bpy.data.actions):
                bpy.data.actions.remove(old)
    return size, nothing


def _decimate(obj: Any, original: bpy.types.Action, margin: float) -> None:
    obj.animation_data.action = original
    curves = action.assign_copy(obj, "fewer").fcurves
    for curve in curves:
        curve.select = True
        for name in ("select_control_point", "select_left_handle", "select_right_handle"):
            curve.keyframe_points.foreach_set(name, np.ones(len(curve.keyframe_points), dtype=bool))
    with graph_editor(obj):
        bpy.ops.graph.decimate(mode="ERROR", remove_error_margin=margin)


def _played(obj: Any, frames: np.ndarray) -> np.ndarray:
    """(T, J, 4) what Blender plays."""
    curves = fcurves.by_path(action.assigned_channels(obj))
    return normalize(
        np.stack(
            [
                np.stack(
                    [
                        fcurves.evaluate(curves[fcurves.bone_path(bone.name, "rotation_quaternion"), index], frames)
                        for index in range(4)
                    ],
                    axis=-1,
                )
                for bone in obj.pose.bones
            ],
            axis=1,
        ).astype(np.float64)
    )


def _saved(path: Path, data: bpy.types.Action) -> int:
    bpy.data.libraries.write(str(path), {data}, compress=True)
    return path.stat().st_size
