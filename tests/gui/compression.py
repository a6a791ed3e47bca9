"""Inside the application, in a real window: an action compressed and restored by the panel's buttons.

blender --enable-event-simulate --python tests/gui/compression.py -- TAKE FOLDER
The file browser asks for the file, and the work then runs as a job of the window. Leaves screenshots in FOLDER; ends
with code 1 where something is not as it should be.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.gui import window as gui
from tests.gui.extension import module, open_only
from tests.gui.script import play

WORDS = sys.argv[sys.argv.index("--") + 1 :]
TAKE, FOLDER = Path(WORDS[0]), Path(WORDS[1])
progress = module("blender.job").progress
FILE = FOLDER / "take.mmz"


def rig() -> bpy.types.Object:
    return bpy.context.view_layer.objects.active


def chosen(path: Path) -> Iterator[float]:
    """Wait for the file browser, put the file into it, and accept."""
    for _ in range(20):
        yield gui.PAUSE
        browsers = [
            (window, area)
            for window in bpy.context.window_manager.windows
            for area in window.screen.areas
            if area.type == "FILE_BROWSER" and area.spaces.active.active_operator
        ]
        if browsers:
            break
    else:
        raise AssertionError("no file browser opened")
    window, area = browsers[0]
    parameters = area.spaces.active.params
    parameters.directory, parameters.filename = str(path.parent).encode(), path.name
    yield gui.PAUSE * 2
    region = next(region for region in area.regions if region.type == "WINDOW")
    with bpy.context.temp_override(window=window, area=area, region=region):
        bpy.ops.file.execute("INVOKE_DEFAULT")
    yield gui.PAUSE


def finished() -> Iterator[float]:
    """Wait for the job; it must be one, and not hold the window."""
    for _ in range(400):
        yield 0.1
        if progress() is None:
            # Away from whatever message has popped up under the mouse, so that it closes.
            view = gui.region("WINDOW")
            for place in ((view.x + 400, view.y + 300), (view.x + 200, view.y + 200)):
                yield from gui.point_and_wait(*place)
            return
    raise AssertionError("the job does not end")


def session() -> Iterator[float | tuple[int, int]]:
    open_only("compression")
    gui.area().spaces.active.show_region_ui = True
    yield gui.PAUSE * 3
    gui.region().active_panel_category = "Mender"
    for other in list(bpy.data.objects):
        bpy.data.objects.remove(other)
    with bpy.context.temp_override(window=gui.window(), area=gui.area(), region=gui.region("WINDOW")):
        bpy.ops.mocap_mender.import_motion(filepath=str(TAKE))
    yield gui.PAUSE * 4
    yield from gui.screenshot(FOLDER / "30-compression.png")

    original = rig().animation_data.action
    button = yield from gui.found("mocap_mender.compress_action", 0.3)
    yield from gui.click(*button)
    yield from chosen(FILE)
    yield from finished()
    assert FILE.is_file(), "no file was written"
    line = bpy.context.scene.mocap_mender.compressed_line
    assert line.startswith("take.mmz: "), line
    gui.area().tag_redraw()
    yield gui.PAUSE * 2
    yield from gui.screenshot(FOLDER / "31-compressed.png")

    button = yield from gui.found("mocap_mender.restore_action", 0.75)
    yield from gui.click(*button)
    yield from chosen(FILE)
    yield from finished()
    restored = rig().animation_data.action
    assert restored != original, "nothing was restored"
    assert len(restored.name) > 0
    assert original.use_fake_user
    yield from gui.screenshot(FOLDER / "32-restored.png")


play(session(), FOLDER / "compression-failed.png")
