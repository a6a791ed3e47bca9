"""Inside the application, in a real window: a long take denoised as a job, and beside Blender's own Butterworth.

blender --enable-event-simulate --python tests/benchmarks/in_window.py -- TAKE REPORT PART…
Writes what it measures into REPORT, line by line.
"""

from __future__ import annotations

import functools
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks.butterworth import beside_butterworth
from tests.gui import window as gui
from tests.gui.extension import module
from tests.gui.script import play

TAKE, REPORT = (Path(word) for word in sys.argv[sys.argv.index("--") + 1 :][:2])
PARTS = sys.argv[sys.argv.index("--") + 3 :]
LIMIT = 0.05  # seconds that a step of the main thread may take
action, fcurves, job = (module(f"blender.{name}") for name in ("action", "fcurves", "job"))


def report(line: str) -> None:
    print(line, flush=True)
    with REPORT.open("a", encoding="utf-8") as file:
        file.write(line + "\n")


class Watch:
    """Seconds of every call of a function, which goes on as it was, and of the processor's time for its thread.

    without: another one, whose calls inside this one's do not count.
    """

    def __init__(self, owner: Any, name: str, without: Watch | None = None) -> None:
        self.seconds: list[float] = []
        self.processor: list[float] = []
        function: Callable[..., Any] = getattr(owner, name)

        @functools.wraps(function)
        def watched(*arguments: Any, **named: Any) -> Any:
            inside = sum(without.seconds) if without else 0.0, sum(without.processor) if without else 0.0
            start = time.perf_counter(), time.thread_time()
            try:
                return function(*arguments, **named)
            finally:
                seconds, processor = time.perf_counter() - start[0], time.thread_time() - start[1]
                if without:
                    seconds -= sum(without.seconds) - inside[0]
                    processor -= sum(without.processor) - inside[1]
                self.seconds.append(seconds)
                self.processor.append(processor)

        setattr(owner, name, watched)

    def clear(self) -> None:
        self.seconds.clear()
        self.processor.clear()


def in_view(kind: str = "VIEW_3D"):
    area = gui.area(kind)
    region = next(region for region in area.regions if region.type == "WINDOW")
    return bpy.context.temp_override(window=gui.window(), area=area, region=region)


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"


def session() -> Iterator[float]:
    for other in list(bpy.data.objects):
        bpy.data.objects.remove(other)
    with in_view():
        bpy.ops.mocap_mender.import_motion(filepath=str(TAKE), set_scene_fps=True)
    obj = bpy.context.view_layer.objects.active
    original = obj.animation_data.action
    frames = len(fcurves.read_points(action.assigned_channels(obj).fcurves[0]))
    report(
        f"Blender {bpy.app.version_string}, in a window, {frames:,} frames × {len(obj.pose.bones)} joints; "
        f"{os.getloadavg()[0]:.1f} processes wanted one of {os.cpu_count()} cores"
    )
    yield gui.PAUSE * 3
    if "jobs" in PARTS:
        yield from jobs(obj, original)
    if "butterworth" in PARTS:
        obj.animation_data.action = original
        for line in beside_butterworth(obj, gui.area()):
            report(line)


def jobs(obj: Any, original: bpy.types.Action) -> Iterator[float]:
    copies = Watch(action, "loose_copy")
    turns = Watch(job.ModalJob, "_turn", without=copies)
    for name, options in JOBS.items():
        turns.clear()
        copies.clear()
        obj.animation_data.action = original
        yield gui.PAUSE
        with in_view():
            bpy.ops.mocap_mender.denoise_action("INVOKE_DEFAULT", **options)
        while job.progress():
            yield 0.05
        assert obj.animation_data.action != original, "the job did nothing"
        pushed = time.perf_counter()
        with in_view():
            bpy.ops.ed.undo_push(message="Benchmark")
        pushed = time.perf_counter() - pushed
        longest = max(turns.seconds)
        report(
            f"{name}: {len(turns.seconds)} steps of the main thread, the longest {milliseconds(longest)} "
            f"({'at most' if longest <= LIMIT else 'OVER'} {milliseconds(LIMIT)}), "
            f"{milliseconds(max(turns.processor))} of them the processor's; beside them copying the action "
            f"{milliseconds(sum(copies.seconds))}, pushing the undo step {milliseconds(pushed)}"
        )
    yield gui.PAUSE


JOBS: dict[str, dict[str, Any]] = {
    "denoise": {},
    "denoise, feet planted, root smoothed": {"plant_feet": True, "strength_root": 1.0},
    "denoise, fewer keys": {"reduce_keys": True},
}


play(session(), REPORT.with_suffix(".png"))
