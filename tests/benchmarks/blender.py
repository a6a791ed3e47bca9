"""Motion into Blender and denoised there, beside Blender's own importer and the bare bulk reading and writing."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import bpy
import numpy as np

import addon
from addon.blender import action, fcurves
from addon.core.noise import component_noise
from addon.core.rigs.cmu import FPS, POSE_JOINTS
from addon.inference import denoiser
from addon.inference.autoencoder import autoencode
from addon.inference.session import Model, load_model
from addon.operators.choice import denoising_models

from .butterworth import beside_butterworth
from .motion import FRAMES, SIGMA, long_clip, long_file
from .timing import Timing, in_turn, ratio


def run() -> Iterator[str]:
    """The lines of the report."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    addon.register()
    yield f"Blender {bpy.app.version_string}, {FRAMES:,} frames × 31 joints"
    with tempfile.TemporaryDirectory() as folder:
        yield from _importing(long_file(Path(folder)))
    yield from _denoising()
    yield from _filtering()
    addon.unregister()


def _importing(path: Path) -> list[str]:
    def blenders() -> None:
        bpy.ops.import_anim.bvh(filepath=str(path), rotate_mode="QUATERNION", use_fps_scale=False)

    def ours() -> None:
        bpy.ops.mocap_mender.import_motion(filepath=str(path))

    empty()
    ours()
    curves = [
        (curve.data_path, curve.array_index, fcurves.read_points(curve))
        for curve in action.assigned_channels(bpy.context.object).fcurves
    ]

    def bare() -> None:
        channels = action.new_action(bpy.context.object, "bare")
        for data_path, index, points in curves:
            fcurves.write_curve(channels, data_path, index, points[:, 0], points[:, 1], "bone")

    def with_armature() -> None:
        empty()
        bpy.context.scene.collection.objects.link(bpy.data.objects.new("bare", bpy.data.armatures.new("bare")))
        bpy.context.view_layer.objects.active = bpy.data.objects["bare"]

    times = in_turn({"Blender": (empty, blenders), "Mocap Mender": (empty, ours), "bare write": (with_armature, bare)})
    return [
        *_seconds("import a BVH file", times),
        f"  {ratio(times['Blender'], times['Mocap Mender']):.1f} × as fast as Blender's importer "
        f"(the bare bulk write of its {len(curves)} curves would be "
        f"{ratio(times['Blender'], times['bare write']):.1f} ×)",
    ]


def _denoising() -> Iterator[str]:
    poses = long_clip().rotations[:, 1:]
    noisy = component_noise(poses, SIGMA)
    for entry in denoising_models():
        if entry.card is None or entry.card.joints != POSE_JOINTS:
            continue
        through = _network(load_model(entry.path, threads=1))
        times = in_turn({"network": (lambda: None, lambda through=through: through(noisy))})
        yield f"  {entry.name}: {FRAMES / times['network'].median:,.0f} frames/s on one thread"

    names = [entry.name for entry in denoising_models() if entry.card]
    obj = _with_long_take()

    def bare() -> None:
        """Every rotation curve read, the action copied, and every curve written back with other values."""
        read = {
            key: fcurves.read_points(curve) for key, curve in fcurves.by_path(action.assigned_channels(obj)).items()
        }
        curves = fcurves.by_path(action.assign_copy(obj, "bare"))
        for key, points in read.items():
            if "rotation" in key[0]:
                fcurves.write_values(curves[key], points[:, 1] + np.float32(1e-3))

    def again() -> None:
        obj.animation_data.action = original

    original = obj.animation_data.action
    works = {"bare": (again, bare)}
    works |= {name: (again, lambda name=name: bpy.ops.mocap_mender.denoise_action(model=name)) for name in names}
    times = in_turn(works)
    yield from _seconds("denoise the action, end to end", times)
    for name in names:
        yield f"  {name}: {ratio(times[name], times['bare']):.2f} × the bare read, copy and write"


def _filtering() -> list[str]:
    empty()
    with tempfile.TemporaryDirectory() as folder:
        bpy.ops.mocap_mender.import_motion(filepath=str(long_file(Path(folder), SIGMA)), set_scene_fps=True)
    return beside_butterworth(bpy.context.object, bpy.context.window_manager.windows[0].screen.areas[0])


def _network(model: Model) -> Callable[[np.ndarray], np.ndarray]:
    """The model as a function of rotations at the take's rate."""
    if model.card.kind == denoiser.KIND:
        return lambda rotations: denoiser.denoise(model, rotations, FPS)
    return lambda rotations: autoencode(model, rotations)


def _with_long_take() -> bpy.types.Object:
    empty()
    with tempfile.TemporaryDirectory() as folder:
        bpy.ops.mocap_mender.import_motion(filepath=str(long_file(Path(folder))))
    return bpy.context.object


def empty() -> None:
    """No object, action or armature in the file."""
    for blocks in (bpy.data.objects, bpy.data.actions, bpy.data.armatures):
        for block in list(blocks):
            blocks.remove(block)


def _seconds(title: str, times: dict[str, Timing]) -> list[str]:
    return [f"{title}: " + ", ".join(f"{name} {timing.median:.2f} s" for name, timing in times.items())]
