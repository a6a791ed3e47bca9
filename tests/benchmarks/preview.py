"""The live preview while a scene plays: milliseconds a frame on one core, beside Blender's own frame without it."""

from __future__ import annotations

import bpy
import numpy as np

from addon.blender import pose
from addon.operators import preview_handler
from addon.operators.choice import denoising_models
from addon.operators.preview_settings import preview_of
from addon.preferences import DEFAULT_MODEL
from tests.demo.takes import ROOT, demo_take

from .timing import in_turn, ratio

PLAYED = 120
"""Frames played in a round."""
NOISE = 0.02
ALLOWED = 3.0
"""Milliseconds a frame that were promised for 31 joints."""


def run() -> list[str]:
    """The lines of the report, for the take's own rate of 120 fps and the scene's of 24."""
    lines = [f"live preview, {PLAYED} frames played, noise σ = {NOISE:g}, one thread"]
    for own_rate in (True, False):
        lines += _playing(own_rate)
    return lines


def _playing(own_rate: bool) -> list[str]:
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    path = demo_take(ROOT / "build" / "cache").path
    bpy.ops.mocap_mender.import_motion(filepath=str(path), set_scene_fps=own_rate)
    scene, obj = bpy.context.scene, bpy.context.object
    settings = preview_of(obj)
    last = int(obj.animation_data.action.frame_range[1])
    frames = np.resize(np.arange(1, last + 1), PLAYED).tolist()

    def play() -> None:
        for frame in frames:
            scene.frame_set(frame)

    def shown() -> None:
        for frame in frames:
            scene.frame_current = frame
            preview_handler.show(scene, obj)

    def without() -> None:
        settings.enabled = False

    def with_model(name: str, source: str) -> None:
        preview_handler.forget()
        settings.enabled = False
        settings.noise, settings.model, settings.source, settings.filepath = NOISE, name, source, str(path)
        settings.enabled = True

    lines = [f"  at {scene.render.fps} fps, {len(obj.data.bones)} bones:"]
    for entry in denoising_models():
        if entry.card is None:
            continue
        for source in ("ACTION", "FILE") if entry.name == DEFAULT_MODEL else ("ACTION",):
            begin = lambda name=entry.name, source=source: with_model(name, source)  # noqa: E731
            times = in_turn({"plain": (without, play), "preview": (begin, play), "handler": (begin, shown)})
            problem = preview_handler.problem_of(obj)
            if problem:
                lines.append(f"    {entry.name}, {source.lower()}: {problem}")
                continue
            each = times["handler"].median / PLAYED * 1000
            lines.append(
                f"    {entry.name}, {source.lower()}: {each:.2f} ms a frame ({each / ALLOWED:.2f} × the promised "
                f"{ALLOWED:g}); a whole frame takes {ratio(times['preview'], times['plain']):.1f} × as long as without"
            )
    assert np.isfinite(pose.read(obj)).all()
    return lines
