"""The live preview while a scene plays: milliseconds of one core a frame, beside Blender's own frame without it.

Processor time is what counts here: the promise is one of one core, and other work on the machine is no part of it.
"""

from __future__ import annotations

import statistics
import time
from functools import partial

import bpy
import numpy as np

import addon
from addon.operators import preview_handler
from addon.operators.choice import denoising_models
from addon.operators.preview_settings import preview_of
from tests.demo.takes import ROOT, demo_take

from .timing import in_turn, ratio

PLAYED = 120
"""Frames played in a round."""
NOISE = 0.02
ALLOWED = 3.0
"""Milliseconds a frame that were promised for 31 joints."""


def run() -> list[str]:
    """The lines of the report, for a scene at the take's own rate of 120 fps and for one of 24."""
    lines = [f"live preview, {PLAYED} frames played, noise σ = {NOISE:g}, processor time of all threads"]
    addon.register()
    for own_rate in (True, False):
        lines += _playing(own_rate)
    addon.unregister()
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

    def off() -> None:
        settings.enabled = False

    def on(name: str, source: str) -> None:
        preview_handler.forget()
        settings.enabled = False
        settings.noise, settings.model, settings.source, settings.filepath = NOISE, name, source, str(path)
        settings.enabled = True

    lines = [f"  at {scene.render.fps} fps, {len(obj.data.bones)} bones:"]
    for entry in denoising_models():
        if entry.card is None:
            continue
        for source in ("ACTION", "FILE"):
            begin = partial(on, entry.name, source)
            begin()
            problem = preview_handler.problem_of(obj)
            if problem:
                lines.append(f"    {entry.name}, {source.lower()}: {problem}")
                continue
            times = in_turn({"without": (off, play), "with": (begin, play)}, clock=time.process_time)
            more = [a - b for a, b in zip(times["with"].seconds, times["without"].seconds, strict=True)]
            each = statistics.median(more) / PLAYED * 1000
            lines.append(
                f"    {entry.name}, {source.lower()}: {each:.2f} ms a frame ({each / ALLOWED:.2f} × the promised "
                f"{ALLOWED:g}); a frame costs {ratio(times['with'], times['without']):.1f} × what it does without"
            )
    return lines
