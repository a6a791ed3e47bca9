"""The live preview while a scene plays: milliseconds of one core a frame, beside Blender's own frame without it.

Processor time is what counts here: the promise is one of one core, and other work on the machine is no part of it.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import bpy

import addon
from addon.inference import denoiser
from addon.operators import preview_handler
from addon.operators.choice import denoising_models
from addon.operators.preview_settings import preview_of

from .motion import long_file
from .timing import in_turn, ratio

PLAYED, PLAYED_OVER_TIME = 150, 1500
"""Frames played in a round: by a model that sees time so many that whole windows are among them."""
NOISE = 0.02
ALLOWED = 3.0
"""Milliseconds a frame that were promised for 31 joints."""


def run() -> Iterator[str]:
    """The lines of the report, for a scene at the take's own rate of 120 fps and for one of 24."""
    yield f"live preview, noise σ = {NOISE:g}, nothing kept at the start, processor time of all threads"
    addon.register()
    with tempfile.TemporaryDirectory() as folder:
        path = long_file(Path(folder))
        for own_rate in (True, False):
            yield from _playing(path, own_rate)
    addon.unregister()


def _playing(path: Path, own_rate: bool) -> Iterator[str]:
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    bpy.ops.mocap_mender.import_motion(filepath=str(path), set_scene_fps=own_rate)
    scene, obj = bpy.context.scene, bpy.context.object
    settings = preview_of(obj)

    def play(count: int) -> None:
        for frame in range(1, count + 1):
            scene.frame_set(frame)

    def off() -> None:
        settings.enabled = False

    def on(name: str, source: str) -> None:
        settings.enabled = False
        settings.noise, settings.model, settings.source, settings.filepath = NOISE, name, source, str(path)
        settings.enabled = True
        preview_handler.forget()

    yield f"  at {scene.render.fps} fps, {len(obj.data.bones)} bones:"
    for entry in denoising_models():
        if entry.card is None:
            continue
        count = PLAYED_OVER_TIME if entry.card.kind == denoiser.KIND else PLAYED
        for source in ("ACTION", "FILE"):
            begin, work = partial(on, entry.name, source), partial(play, count)
            begin()
            scene.frame_set(1)
            problem = preview_handler.problem_of(obj)
            if problem:
                yield f"    {entry.name}, {source.lower()}: {problem}"
                continue
            times = in_turn({"without": (off, work), "with": (begin, work)}, clock=time.process_time)
            more = [a - b for a, b in zip(times["with"].seconds, times["without"].seconds, strict=True)]
            each = statistics.median(more) / count * 1000
            yield (
                f"    {entry.name}, {source.lower()}: {each:.2f} ms a frame ({each / ALLOWED:.2f} × the promised "
                f"{ALLOWED:g}); a frame costs {ratio(times['with'], times['without']):.1f} × what it does without"
            )
