"""Inside the application, in a real window: a comparison made, looked at side by side and overlaid, and removed.

blender --enable-event-simulate --python tests/gui/compare.py -- TAKE FOLDER
Leaves screenshots in FOLDER; ends with code 1 where something is not as an animator expects it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.gui import window as gui
from tests.gui.extension import module
from tests.gui.script import play
from tests.gui.stage import look_from, looked_at, rig, root_place, set_up

TAKE, FOLDER = (Path(word) for word in sys.argv[sys.argv.index("--") + 1 :])
figures = module("blender.figures")


def session() -> Iterator[float | tuple[int, int]]:
    """Everything that the animator does, one wait after the other."""
    yield from set_up(TAKE, "compare")
    before = len(bpy.data.objects)
    shading = gui.area().spaces.active.shading
    color_type = shading.color_type
    button = yield from gui.found("mocap_mender.compare(")
    yield from gui.click(*button)
    for _ in range(200):
        yield gui.PAUSE
        if len(bpy.context.scene.mocap_mender_comparison.rows):
            break
    settings = bpy.context.scene.mocap_mender_comparison
    assert len(settings.rows) >= 5, "no comparison"
    rig().hide_set(True)
    bpy.context.scene.frame_set(150)
    place = root_place()
    width = settings.spacing * len(figures.armatures())
    look_from((0.0, -1.0, 0.12), 1.4 * width, (place.x + 0.75 * width, place.y, 0.85))
    gui.area().spaces.active.overlay.show_extras = False
    yield from looked_at(FOLDER / "24-compare.png")
    jump = yield from gui.found("mocap_mender.compare_jump", share=0.88)
    yield from gui.click(*jump)
    assert bpy.context.scene.frame_current in [row.worst_frame for row in settings.rows]
    settings.layout = "OVERLAY"
    place = root_place()
    look_from((0.3, -1.0, 0.12), 3.4, (place.x + settings.spacing + 0.4, place.y, 1.25))
    yield from looked_at(FOLDER / "25-overlay.png")
    assert shading.color_type == "VERTEX"
    remove = yield from gui.found("mocap_mender.remove_comparison", share=0.9)
    yield from gui.click(*remove)
    assert len(bpy.data.objects) == before, "something is left of the comparison"
    assert shading.color_type == color_type
    yield from looked_at(FOLDER / "26-removed.png")


play(session(), FOLDER / "compare-failed.png")
