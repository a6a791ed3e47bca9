"""Denoising beside Blender's own Butterworth filter: the same rotation curves, one key a frame, in one process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import bpy

from tests.benchmarks.timing import in_turn, ratio
from tests.gui.extension import module

RATES = (120.0, 30.0)


class Recorder:
    """Runs a session and remembers what it was asked."""

    def __init__(self, session: Any) -> None:
        self.session, self.asked = session, []

    def run(self, outputs: Any, inputs: Any) -> Any:
        self.asked.append((outputs, inputs))
        return self.session.run(outputs, inputs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.session, name)


def beside_butterworth(obj: Any, area: Any) -> list[str]:
    """The lines of the report. obj: an armature with a long take that the models know. area: becomes a graph editor."""
    action, fcurves = module("blender.action"), module("blender.fcurves")
    original = obj.animation_data.action
    curves = list(action.assign_copy(obj, "smoothed").fcurves)
    smoothed = obj.animation_data.action
    frames = len(fcurves.read_points(curves[0]))
    area.type = "GRAPH_EDITOR"
    area.spaces.active.dopesheet.show_only_selected = False
    for curve in curves:
        curve.select = "rotation" in curve.data_path
        curve.hide = not curve.select
    chosen = [curve for curve in curves if curve.select]

    def in_graph(operator: Callable[..., set[str]], **options: Any) -> None:
        window = bpy.context.window_manager.windows[0]
        region = next(region for region in area.regions if region.type == "WINDOW")
        with bpy.context.temp_override(window=window, area=area, region=region):
            assert operator(**options) == {"FINISHED"}

    def given(chosen: bpy.types.Action) -> Callable[[], None]:
        return lambda: setattr(obj.animation_data, "action", chosen)

    in_graph(bpy.ops.graph.select_all, action="SELECT")
    before = [fcurves.read_points(curve) for curve in chosen]
    in_graph(bpy.ops.graph.butterworth_smooth)
    assert any((fcurves.read_points(curve) != old).any() for curve, old in zip(chosen, before, strict=True))
    works = {"Blender's Butterworth": (given(smoothed), lambda: in_graph(bpy.ops.graph.butterworth_smooth))}
    given(original)()
    for fps in RATES:
        works |= {f"{name} at {fps:g} fps": (given(original), work) for name, work in _networks(obj, fps).items()}
    works["the whole of Denoise"] = (given(original), lambda: bpy.ops.mocap_mender.denoise_action())
    times = in_turn(works)
    butterworth = times["Blender's Butterworth"]
    lines = [f"the same {len(chosen)} rotation curves, {frames:,} frames:"]
    for name, timing in times.items():
        beside = "" if timing is butterworth else f", {ratio(butterworth, timing):.2f} × as fast as Butterworth"
        lines.append(f"  {name}: {timing.median / frames * 1e6:.0f} µs a frame{beside}")
    return lines


def _networks(obj: Any, fps: float) -> dict[str, Callable[[], object]]:
    """The default model alone, and with all that is done around it, on the object's motion, on one thread."""
    choice, denoiser, steps, retarget = (
        module(name) for name in ("operators.choice", "inference.denoiser", "blender.steps", "blender.retarget")
    )
    path = next(entry.path for entry in choice.denoising_models() if entry.name == choice.DEFAULT_MODEL)
    model = module("inference.session").load_model(path, 1)
    channels = module("blender.action").assigned_channels(obj)
    joints = module("operators.rig").joints_of(obj, channels, model.card.joints)
    binding = steps.finish(retarget.bind(obj, channels, joints, model.card.skeleton, model.card.reference))
    keys = retarget.key_frames(
        binding.read, {track.bone for track in binding.read}, module("blender.tracks").KeyRange()
    )
    motion = steps.finish(retarget.sample(binding, keys)).body
    recorder = Recorder(model.session)
    denoiser.denoise(replace(model, session=recorder), motion, fps)

    def alone() -> None:
        for outputs, inputs in recorder.asked:
            model.session.run(outputs, inputs)

    return {
        "the network alone, one thread": alone,
        "denoising in NumPy, one thread": lambda: denoiser.denoise(model, motion, fps),
    }
