"""Compressed actions beside their peers: bytes for the test takes at 30 fps, every peer off by as much at most.

Rotations alone, all 31 joints. Ours are whole files. `.blend` files hold nothing but the action, compressed; what one
with an empty action takes is told apart, so that nothing is won by Blender's own data alone.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy
import numpy as np

import addon
from addon.blender import armature, recorded
from addon.blender.places import places
from addon.blender.steps import finish
from addon.core.compression import archive
from addon.core.compression.block import PoseCode, code_step
from addon.core.compression.plan import plan, runs
from addon.core.compression.recording import Header
from addon.core.rigs.cmu import SKELETON
from addon.core.rotation import angle_between, normalize
from addon.inference.pose_code import pose_code
from addon.operators.pose_codes import chosen_code_model
from addon.operators.rig import joints_of
from tests.demo.takes import ROOT
from tests.leaving import leave_after
from training.data import cmu

from .compression_peers import NUMBERS, STEP, Takes, decimated_sizes, give, plain_sizes, principal_code

TOLERANCES = (0.5, 1.0, 2.0, 4.0)
ASKED = 1.0  # degrees: where the figures are asked for
HOUR = 108_000


def run() -> Iterator[str]:
    """The lines of the report; the same as JSON in build/bench."""
    path = cmu.data_folder() / "cmu" / "test.npz"
    if not path.is_file():
        yield "compression: not run, there are no CMU takes (MOCAP_DATA)"
        return
    addon.register()
    yield from _measured(_takes(path))
    addon.unregister()


def _measured(takes: Takes) -> Iterator[str]:
    obj = _rig()
    model = chosen_code_model("")
    known = places(obj, joints_of(obj, None, model.card.joints), model.card.skeleton, model.card.reference)
    codes: dict[str, PoseCode | None] = {
        "curves alone": None,
        f"PCA, {NUMBERS} numbers": principal_code(model.card),
        f"autoencoder, {model.card.name}": pose_code(model),
    }
    rows: dict[str, dict[float, int]] = {name: {} for name in codes}
    needed: dict[str, dict[float, float]] = {name: {} for name in codes}
    plain = plain_sizes(takes)
    half = plain["quaternions, float16, zlib"]
    yield f"compression of {len(takes)} takes, {sum(map(len, takes.values())):,} frames at 30 fps, rotations alone: kB"
    for name, size in plain.items():
        yield f"  {name}: {size / 1000:.1f}, within float's own rounding"
    for degrees in TOLERANCES:
        yield f"  off by {degrees:g}° at most:"
        for name, code in codes.items():
            size, share = _ours(obj, takes, known, code, degrees)
            rows[name][degrees], needed[name][degrees] = size, share
            yield (
                f"    ours, {name}: {size / 1000:.1f}, 1/{half / size:.1f} of float16 and zlib, "
                f"{share:.0%} of rotations needed more than the code"
            )
        yield f"    the smallest, and what Smallest takes: {min(rows, key=lambda name: rows[name][degrees])}"
    blend = decimated_sizes(obj, takes, ASKED)
    yield (
        f"  off by {ASKED:g}° at most, Blender's decimate, compressed .blend: {blend[0] / 1000:.1f}, "
        f"without what an empty action takes {(blend[0] - blend[1]) / 1000:.1f}"
    )
    yield from _verdicts(rows, half, blend)
    _keep(takes, plain, rows, needed, blend)
    yield from _speed(obj, takes, known, codes)


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


def _ours(obj: Any, takes: Takes, known: Any, code: PoseCode | None, degrees: float) -> tuple[int, float]:
    """Bytes of all files, and the share of rotations that needed more than the code; the bound is looked at."""
    size = mended = rotations = 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "take.mmz"
        for take in takes.values():
            give(obj, take)
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


def _verdicts(rows: dict[str, dict[float, int]], half: int, blend: tuple[int, int]) -> Iterator[str]:
    """Each figure that was asked for, met or missed. half: bytes as float16 after zlib."""
    smallest = min(sizes[ASKED] for sizes in rows.values())
    decimated = blend[0] - blend[1]
    for what, met in (
        (f"at {ASKED:g}°, at least 4 times smaller than float16 and zlib", 4 * smallest <= half),
        (f"at {ASKED:g}°, smaller than decimate's .blend, without what an empty one takes", smallest < decimated),
        ("the autoencoder's code beats PCA's at every tolerance", _beats(rows)),
    ):
        yield f"  {'met' if met else 'MISSED'}: {what}"


def _keep(
    takes: Takes,
    plain: dict[str, int],
    rows: dict[str, dict[float, int]],
    needed: dict[str, dict[float, float]],
    blend: tuple[int, int],
) -> None:
    """Write all sizes as JSON into build/bench."""
    decimated, empty = blend
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


def _beats(rows: dict[str, dict[float, int]]) -> bool:
    network, principal = (next(name for name in rows if name.startswith(word)) for word in ("autoencoder", "PCA"))
    return all(rows[network][degrees] < rows[principal][degrees] for degrees in TOLERANCES)


def _speed(obj: Any, takes: Takes, known: Any, codes: dict[str, PoseCode | None]) -> Iterator[str]:
    """Frames a second into a file and out of it, beside zlib on the same frames, and what an hour comes to."""
    give(obj, np.concatenate(list(takes.values())))
    bones, others = finish(recorded.read(obj))
    frames = sum(map(len, takes.values()))
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
            yield (
                f"  {name}: {there:,.0f} frames/s in, {back:,.0f} out; an hour at 30 fps in {HOUR / there:.0f} s, "
                f"out {HOUR / back:.0f} s, {path.stat().st_size / frames * HOUR / 1e6:.1f} MB"
            )


def main() -> None:
    """This benchmark alone; its result becomes the one that the project keeps, for the documents' table."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    for line in run():
        print(line, flush=True)
    result = ROOT / "build" / "bench" / "compression.json"
    (ROOT / "training" / "results" / "compression.json").write_bytes(result.read_bytes())


if __name__ == "__main__":
    leave_after(main)
