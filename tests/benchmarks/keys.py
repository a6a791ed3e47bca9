"""Fewer keys beside Blender's own `graph.decimate` with as many: how far the motion that plays is off."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy
import numpy as np

import addon
from addon.blender import action, fcurves
from addon.core import formats
from addon.core.noise import component_noise
from addon.core.rotation import angle_between, normalize
from tests.demo.takes import ROOT, demo_take

from .graph_editor import graph_editor

SIGMA, TOLERANCE = 0.02, 0.5
RATES = (30, 120)
_HALVINGS = 12


@dataclass(frozen=True, eq=False)
class Found:
    """Bone -> (T, 4) what plays; summed over bones: keys, four curves as one, and frames with a key on any of them."""

    played: dict[str, np.ndarray]
    keys: float
    frames: int


def run() -> Iterator[str]:
    """The lines of the report: keys kept, and the largest and mean error of either."""
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    addon.register()
    yield f"fewer keys for a walk, denoised from σ = {SIGMA:g}, at most {TOLERANCE:g}° off"
    for fps in RATES:
        yield from _at(fps)
    addon.unregister()


def _at(fps: int) -> list[str]:
    obj, frames = _denoised(fps)
    original, slot = obj.animation_data.action, getattr(obj.animation_data, "action_slot", None)
    whole = _played(obj, frames)
    bpy.ops.mocap_mender.denoise_action(strength=0.0, plant_feet=False, reduce_keys=True, reduce_degrees=TOLERANCE)
    ours = _found(obj, frames)
    counts = {bone: _keys(obj, bone) for bone in whole}

    def fresh() -> None:
        action.assign(obj, original, slot)
        action.assign_copy(obj, "decimated")

    fresh()
    for bone, count in counts.items():
        _decimate(obj, [bone], mode="RATIO", factor=1 - count / len(frames))
    by_ratio = _found(obj, frames)
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        margin = (low + high) / 2
        fresh()
        _decimate(obj, list(whole), mode="ERROR", remove_error_margin=margin)
        low, high = (margin, high) if sum(_keys(obj, bone) for bone in whole) > ours.keys else (low, margin)
    by_error = _found(obj, frames)

    def line(name: str, found: Found) -> str:
        off = np.degrees([angle_between(whole[bone], found.played[bone]) for bone in whole])
        keys, keyed = found.keys / len(whole) / len(frames), found.frames / len(whole) / len(frames)
        return (
            f"  {fps} fps, {name}: keys {keys:.1%}, on {keyed:.1%} of the frames; "
            f"off by {off.mean():.3f}° on average, {off.max():.2f}° at most"
        )

    return [
        line("Mocap Mender", ours),
        line("Blender's decimate, as many keys a bone", by_ratio),
        line("Blender's decimate by error, as many keys in all", by_error),
    ]


def _denoised(fps: int) -> tuple[Any, np.ndarray]:
    clip = formats.read(demo_take(ROOT / "build" / "cache").path)
    clip = clip.section(0, len(clip), round(clip.fps / fps))
    rotations = clip.rotations.copy()
    rotations[:, 1:] = component_noise(rotations[:, 1:], SIGMA)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "walk.bvh"
        formats.write(clip.with_rotations(rotations), path)
        bpy.ops.mocap_mender.import_motion(filepath=str(path), set_scene_fps=True)
    bpy.ops.mocap_mender.denoise_action()
    obj: Any = bpy.context.object
    return obj, np.arange(1, len(clip) + 1, dtype=np.float32)


def _curves(obj: Any, bone: str) -> list[bpy.types.FCurve]:
    curves = fcurves.by_path(action.assigned_channels(obj))
    return [curves[fcurves.bone_path(bone, "rotation_quaternion"), index] for index in range(4)]


def _found(obj: Any, frames: np.ndarray) -> Found:
    played = _played(obj, frames)
    keyed = [np.unique(np.concatenate([fcurves.read_points(c)[:, 0] for c in _curves(obj, bone)])) for bone in played]
    return Found(played, sum(_keys(obj, bone) for bone in played), sum(map(len, keyed)))


def _played(obj: Any, frames: np.ndarray) -> dict[str, np.ndarray]:
    """Bone -> (T, 4) what plays; the root, which no model mends, left out."""
    found = {}
    for bone in (bone.name for bone in obj.pose.bones if bone.parent):
        curves = _curves(obj, bone)
        found[bone] = normalize(np.array([[curve.evaluate(frame) for curve in curves] for frame in frames.tolist()]))
    return found


def _keys(obj: Any, bone: str) -> float:
    """Keys of a bone, as frames of all its four curves."""
    return sum(len(curve.keyframe_points) for curve in _curves(obj, bone)) / 4


def _decimate(obj: Any, bones: list[str], **options: Any) -> None:
    channels = action.assigned_channels(obj)
    chosen = {fcurves.bone_path(bone, "rotation_quaternion") for bone in bones}
    for curve in channels.fcurves:
        marks = np.full(len(curve.keyframe_points), curve.data_path in chosen)
        for name in ("select_control_point", "select_left_handle", "select_right_handle"):
            curve.keyframe_points.foreach_set(name, marks)
        curve.select = curve.data_path in chosen
    with graph_editor(obj):
        bpy.ops.graph.decimate(**options)
