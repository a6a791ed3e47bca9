"""Inside the application, in a real window: long work runs, shows its progress, and ends in every way it can.

blender --enable-event-simulate --python tests/gui/jobs.py -- FOLDER
Run from the checkout or with the extension installed. Leaves screenshots in FOLDER; ends with code 1 where something
is not as it should be.
"""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.gui import window as gui
from tests.gui.example_job import ExampleJob, go_on, job
from tests.gui.extension import module
from tests.gui.script import play

FOLDER = Path(sys.argv[sys.argv.index("--") + 1])
PATIENCE = 15.0  # seconds within which something has to happen, on a screen that draws slowly


def start(**properties: bool) -> Generator[float, None, job.Job]:
    """Begin the job, as from a button: on an object with an action, and an undo step that one can come back to."""
    go_on.clear()
    with in_view():
        for other in list(bpy.data.objects):
            bpy.data.objects.remove(other)
        bpy.ops.object.empty_add(location=(1, 0, 0))
        bpy.context.object.keyframe_insert("rotation_euler", frame=1)
        bpy.ops.ed.undo_push(message="Before")
        bpy.ops.mocap_mender.example_job("INVOKE_DEFAULT", **properties)
    yield gui.PAUSE
    return job._running


def in_view():
    return bpy.context.temp_override(window=gui.window(), area=gui.area(), region=gui.region("WINDOW"))


def obj():
    return bpy.context.view_layer.objects.active


def middle() -> tuple[int, int]:
    view = gui.region("WINDOW")
    return view.x + view.width // 3, view.y + view.height // 3


def until(condition, what: str) -> Iterator[float]:
    waited = 0.0
    while not condition():
        assert waited < PATIENCE, what
        waited += gui.PAUSE / 4
        yield gui.PAUSE / 4


def ended(sentence: str, running) -> Iterator[float]:
    """Wait for the end of the job, which says `sentence` and leaves nothing behind."""
    yield from until(lambda: job._running is not running, f"it runs on: {running.ended_by}")
    assert sentence in running.ended_by, f"not {sentence!r} but {running.ended_by!r}"
    assert job.progress() is None
    assert not any(handler in handlers for handlers, handler in job._handlers())
    yield gui.PAUSE


def session() -> Iterator[float]:
    bpy.utils.register_class(ExampleJob)
    gui.area().spaces.active.show_region_ui = True
    yield gui.PAUSE * 3
    gui.region().active_panel_category = "Mender"
    yield gui.PAUSE * 3

    # It runs, shows so in status bar and panel, and the window is alive: one can zoom.
    running = yield from start()
    yield from until(lambda: job.progress().share == 0.4, "the thread's progress is not shown")
    yield from gui.screenshot(FOLDER / "job-running.png")
    space = gui.area().spaces.active
    distance = space.region_3d.view_distance
    yield from gui.point_and_wait(*middle())
    gui.press("WHEELUPMOUSE", *middle())
    yield from until(lambda: space.region_3d.view_distance != distance, "the view cannot be zoomed")

    # A second one has to wait.
    refusal = ""
    try:
        bpy.ops.mocap_mender.example_job("INVOKE_DEFAULT")
    except RuntimeError as error:
        refusal = str(error)
    assert "still running" in refusal

    # Esc cancels and leaves the scene as it was.
    gui.press("ESC", *middle())
    yield from ended("Example cancelled", running)
    assert obj().location.x == 1.0
    yield from gui.screenshot(FOLDER / "job-cancelled.png")

    # The cross in the panel does the same.
    running = yield from start()
    bpy.ops.mocap_mender.stop_job()
    yield from ended("Example cancelled", running)

    # It comes to its end, and one undo step takes it back.
    running = yield from start()
    go_on.set()
    yield from ended("", running)
    assert obj().location.x == 5.0
    gui.press("Z", *middle(), ctrl=True)
    yield from until(lambda: obj().location.x == 1.0, "undo did not bring the object back")

    # While it writes, nothing but Esc reaches the window, and Esc takes back what it wrote.
    running = yield from start(writes_long=True)
    go_on.set()
    yield from until(lambda: obj().location.x == 5.0, "it does not write")
    distance = space.region_3d.view_distance
    gui.press("WHEELUPMOUSE", *middle())
    gui.press("Z", *middle(), ctrl=True)
    yield gui.PAUSE * 2
    assert space.region_3d.view_distance == distance, "the view can be zoomed while the job writes"
    gui.press("ESC", *middle())
    yield from ended("Example cancelled", running)
    assert obj().location.x == 1.0

    # Undo, deleting, another action and edited keys end it with a sentence.
    running = yield from start()
    bpy.context.scene.frame_set(7)
    yield gui.PAUSE
    assert job.progress(), "another frame ended the job"
    gui.press("Z", *middle(), ctrl=True)
    yield from ended("an undo changed", running)
    running = yield from start()
    bpy.data.objects.remove(obj())
    yield from ended("was deleted", running)
    running = yield from start()
    bpy.data.actions.remove(obj().animation_data.action)
    yield from ended("another action", running)
    running = yield from start()
    obj().keyframe_insert("rotation_euler", frame=20)
    yield from ended("was edited", running)

    # Another file, and an extension that goes, end it without a word; the next one starts.
    running = yield from start()
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    yield gui.PAUSE * 4
    assert job.progress() is None
    running = yield from start()
    module().unregister()
    yield gui.PAUSE * 2
    assert job.progress() is None
    module().register()
    go_on.set()
    running = yield from start()
    go_on.set()
    yield from ended("", running)


play(session(), FOLDER / "failed.png")
