"""Compressed actions beside their peers: bytes for the test takes at 30 fps, every peer off by as much at most.

Rotations alone, all 31 joints. Ours are whole files. `.blend` files hold nothing but the action, compressed; what one
with an empty action takes is told apart, so that nothing is won by Blender's own data alone.
"""

from __future__ import annotations

import json
import tempfile
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import numpy as np

import addon
from addon.blender import action, armature, motion, recorded
from addon.blender.job import finish
from addon.blender.places import places
from addon.core.clip import Clip
from addon.core.compression import archive
from addon.core.compression.block import PoseCode, code_step
from addon.core.compression.plan import plan, runs
from addon.core.compression.recording import Header
from addon.core.rigs.cmu import SKELETON
from addon.core.rotation import angle_between, conjugate, exp, log, mean, multiply, normalize
from addon.inference.card import ModelCard
from addon.inference.pose_code import pose_code
from addon.operators.pose_codes import chosen_code_model
from addon.operators.rig import joints_of
from tests.demo.takes import ROOT
from tests.leaving import leave_after
from training.data import cmu
from training.data.poses import mirrored

from .keys import _graph_editor as graph_editor

TOLERANCES = (0.5, 1.0, 2.0, 4.0)
ASKED = 1.0  # degrees: where the figures are asked for
STEP = 4  # 120 to 30 frames per second
NUMBERS = 30
HOUR = 108_000
_HALVINGS = 7

Takes = dict[str, np.ndarray]


def run() -> list[str]:
    """The lines of the report; the same as JSON in build/bench."""
    path = cmu.data_folder() / "cmu" / "test.npz"
    if not path.is_file():
        return ["compression: not run, there are no CMU takes (MOCAP_DATA)"]
    addon.register()
    lines = _measured(_takes(path))
    addon.unregister()
    return lines


def _measured(takes: Takes) -> list[str]:
    obj = _rig()
    model = chosen_code_model("")
    known = places(obj, joints_of(obj, None, model.card.joints), model.card.skeleton, model.card.reference)
    codes: dict[str, PoseCode | None] = {
        "curves alone": None,
        f"PCA, {NUMBERS} numbers": _principal(model.card),
        f"autoencoder, {model.card.name}": pose_code(model),
    }
    rows: dict[str, dict[float, int]] = {name: {} for name in codes}
    needed: dict[str, dict[float, float]] = {name: {} for name in codes}
    for degrees in TOLERANCES:
        for name, code in codes.items():
            rows[name][degrees], needed[name][degrees] = _ours(obj, takes, known, code, degrees)
    blend = _decimated(obj, takes, ASKED)
    return _report(takes, _plain(takes), rows, needed, blend) + _speed(obj, takes, known, codes)


def _takes(path: Path) -> Takes:
    with np.load(path) as found:
        names = sorted(name for name in found.files if name.startswith("q_"))
        return {name[2:]: normalize(found[name][::STEP].astype(np.float32)) for name in names}


def _rig() -> Any:
    for blocks in (bpy.data.objects, bpy.data.actions, bpy.data.armatures):
        for block in list(blocks):
            blocks.remove(block)
    obj, _ = armature.build(SKELETON, "body")
    return obj


def _give(obj: Any, rotations: np.ndarray) -> None:
    """Let the armature's action be this take, rotations alone."""
    clip = Clip(SKELETON, 30.0, np.zeros((len(rotations), 3)), rotations)
    frames = np.arange(1, len(rotations) + 1, dtype=np.float32)
    motion.write_clip(obj, clip, dict(enumerate(SKELETON.names)), frames, "take")
    curves = action.assigned_channels(obj).fcurves
    for curve in [curve for curve in curves if curve.data_path.endswith("location")]:
        curves.remove(curve)


def _ours(obj: Any, takes: Takes, known: Any, code: PoseCode | None, degrees: float) -> tuple[int, float]:
    """Bytes of all files, and the share of rotations that needed more than the code; the bound is looked at."""
    size = mended = rotations = 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "take.mmz"
        for take in takes.values():
            _give(obj, take)
            bones, others = finish(recorded.read(obj))
            told = Header("take", obj.name, 30.0, degrees, 0.001, ())
            if code is not None:
                told = Header(
                    "take", obj.name, 30.0, degrees, 0.001, (), "pose-compress", 64 * "0", code_step(code, degrees)
                )
            way = plan(bones, others, told, known if code else {}, len(code.reference) if code else 0)
            found = archive.write(path, way.header, runs(way), code)
            (back,) = archive.parts(found, code)
            for keys, values in zip(bones, back.rotations, strict=True):
                apart = angle_between(
                    normalize(keys.values(slice(None)).astype(float)), normalize(values.astype(float))
                )
                assert np.degrees(apart).max() <= degrees
            size += path.stat().st_size
            mended, rotations = mended + (found.mended or 0), rotations + (found.rotations or 0)
    return size, mended / rotations


def _plain(takes: Takes) -> dict[str, int]:
    def size(convert: Callable[[np.ndarray], bytes]) -> int:
        return sum(len(convert(take)) for take in takes.values())

    return {
        "quaternions, float32, zlib": size(lambda q: zlib.compress(q.tobytes(), 9)),
        "quaternions, float16": size(lambda q: q.astype(np.float16).tobytes()),
        "quaternions, float16, zlib": size(lambda q: zlib.compress(q.astype(np.float16).tobytes(), 9)),
    }


def _principal(card: ModelCard) -> PoseCode:
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


def _decimated(obj: Any, takes: Takes, degrees: float) -> tuple[int, int]:
    """Bytes of compressed .blend files with each take after Blender's decimate, off by `degrees` at most; and of files
    with an empty action."""
    size = nothing = 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "take.blend"
        for take in takes.values():
            _give(obj, take)
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
    curves = action.by_path(action.assigned_channels(obj))
    return normalize(
        np.stack(
            [
                np.stack(
                    [
                        action.evaluate(curves[action.bone_path(bone.name, "rotation_quaternion"), index], frames)
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


def _report(
    takes: Takes,
    plain: dict[str, int],
    rows: dict[str, dict[float, int]],
    needed: dict[str, dict[float, float]],
    blend: tuple[int, int],
) -> list[str]:
    half, (decimated, empty) = plain["quaternions, float16, zlib"], blend
    best = {degrees: min(rows, key=lambda name: rows[name][degrees]) for degrees in TOLERANCES}
    lines = [
        f"compression of {len(takes)} takes, {sum(map(len, takes.values())):,} frames at 30 fps, rotations alone: kB",
        *(f"  {name}: {size / 1000:.1f}, within float's own rounding" for name, size in plain.items()),
    ]
    for degrees in TOLERANCES:
        lines.append(f"  off by {degrees:g}° at most:")
        if degrees == ASKED:
            lines.append(
                f"    Blender's decimate, compressed .blend: {decimated / 1000:.1f}, "
                f"without what an empty action takes {(decimated - empty) / 1000:.1f}"
            )
        for name, sizes in rows.items():
            lines.append(
                f"    ours, {name}: {sizes[degrees] / 1000:.1f}, 1/{half / sizes[degrees]:.1f} of float16 and zlib, "
                f"{needed[name][degrees]:.0%} of rotations needed more than the code"
            )
        lines.append(f"    the smallest, and what Smallest takes: {best[degrees]}")
    smallest = min(sizes[ASKED] for sizes in rows.values())
    for what, met in (
        (f"at {ASKED:g}°, at least 4 times smaller than float16 and zlib", 4 * smallest <= half),
        (
            f"at {ASKED:g}°, smaller than decimate's .blend, without what an empty one takes",
            smallest < decimated - empty,
        ),
        ("the autoencoder's code beats PCA's at every tolerance", _beats(rows)),
    ):
        lines.append(f"  {'met' if met else 'MISSED'}: {what}")
    everywhere = {name: dict.fromkeys(TOLERANCES, size) for name, size in plain.items()}
    blends = {"Blender's decimate, compressed .blend": {ASKED: decimated}}
    blends["the same, without what an empty action takes"] = {ASKED: decimated - empty}
    ours = {f"Mocap Mender, {name}": sizes for name, sizes in rows.items()}
    content = {
        "task": "compression",
        "data": f"{len(takes)} takes, {sum(map(len, takes.values()))} frames at 30 fps, rotations of 31 joints",
        "unit": "bytes of all files, by the largest error in degrees",
        "tolerances": TOLERANCES,
        "needed": needed,
        "rows": {
            name: {str(degrees): size for degrees, size in sizes.items()}
            for name, sizes in {**everywhere, **blends, **ours}.items()
        },
    }
    report = ROOT / "build" / "bench" / "compression.json"
    report.parent.mkdir(parents=True, exist_ok=True)
    report.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return lines


def _beats(rows: dict[str, dict[float, int]]) -> bool:
    network, principal = (next(name for name in rows if name.startswith(word)) for word in ("autoencoder", "PCA"))
    return all(rows[network][degrees] < rows[principal][degrees] for degrees in TOLERANCES)


def _speed(obj: Any, takes: Takes, known: Any, codes: dict[str, PoseCode | None]) -> list[str]:
    """Frames a second into a file and out of it, beside zlib on the same frames, and what an hour comes to."""
    _give(obj, np.concatenate(list(takes.values())))
    bones, others = finish(recorded.read(obj))
    frames = sum(map(len, takes.values()))
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "all.mmz"
        for name, code in codes.items():
            told = Header("all", obj.name, 30.0, ASKED, 0.001, ())
            if code is not None:
                told = Header("all", obj.name, 30.0, ASKED, 0.001, (), "model", 64 * "0", code_step(code, ASKED))
            start = time.perf_counter()
            way = plan(bones, others, told, known if code else {}, len(code.reference) if code else 0)
            found = archive.write(path, way.header, runs(way), code)
            middle = time.perf_counter()
            for _ in archive.parts(found, code):
                pass
            end = time.perf_counter()
            there, back = frames / (middle - start), frames / (end - middle)
            lines.append(
                f"  {name}: {there:,.0f} frames/s in, {back:,.0f} out; an hour at 30 fps in {HOUR / there:.0f} s, "
                f"out {HOUR / back:.0f} s, {path.stat().st_size / frames * HOUR / 1e6:.1f} MB"
            )
    return lines


def main() -> None:
    """This benchmark alone; its result becomes the one that the project keeps, for the README's table."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    print("\n".join(run()))
    result = ROOT / "build" / "bench" / "compression.json"
    (ROOT / "training" / "results" / "compression.json").write_bytes(result.read_bytes())


if __name__ == "__main__":
    leave_after(main)
