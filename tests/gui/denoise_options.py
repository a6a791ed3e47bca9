"""Inside the application, in a real window: the Denoise panel's sections opened, a run with them, one that Esc ends.

blender --enable-event-simulate --python tests/gui/denoise_options.py -- TAKE FOLDER
Leaves screenshots in FOLDER and ends with code 1 where something is not as an animator expects it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.gui import window as gui
from tests.gui.script import play

ROW = 21  # pixels from one section to the next
SECTIONS = ("Gaps", "Keys", "Feet and Root", "Body Parts")  # from the button upwards
FIRST = 40  # pixels from the button to the section above it
PATIENCE = 150  # waits that a run may take
TAKE, FOLDER = (Path(word) for word in sys.argv[sys.argv.index("--") + 1 :])


def session() -> Iterator[float | tuple[int, int]]:
    """Everything that the animator does, one wait after the other."""
    for obj in list(bpy.data.objects):
        bpy.data.objects.remove(obj)
    gui.area().spaces.active.show_region_ui = True
    yield gui.PAUSE * 3
    gui.region().active_panel_category = "Mender"
    yield gui.PAUSE * 3
    with bpy.context.temp_override(window=gui.window(), area=gui.area(), region=gui.region("WINDOW")):
        bpy.ops.mocap_mender.import_motion(filepath=str(TAKE), set_scene_fps=True)
        bpy.ops.view3d.view_selected()
        bpy.ops.ed.undo_push(message="Import Motion")
    rig = bpy.context.view_layer.objects.active
    original = rig.animation_data.action
    yield from gui.screenshot(FOLDER / "denoise-1-closed.png")

    # The sections open one after the other, from the lowest one up.
    button = yield from gui.found("mocap_mender.denoise_action")
    for place in range(len(SECTIONS)):
        yield from gui.click(button[0], button[1] + FIRST + place * ROW)
    settings = bpy.context.scene.mocap_mender
    settings.reduce_keys, settings.fill_gaps, settings.strength_root, settings.strength_hands = True, "MARKED", 1.0, 0.5
    settings.gap_start, settings.gap_end = 100, 140
    gui.area().tag_redraw()
    yield gui.PAUSE * 4
    gui.area().tag_redraw()  # panels below move only as they are drawn again
    yield from gui.screenshot(FOLDER / "denoise-2-open.png")

    # It runs while the window stays alive, and says what it did.
    button = yield from gui.found("mocap_mender.denoise_action")
    yield from gui.click(*button)
    yield from gui.screenshot(FOLDER / "denoise-3-running.png")
    for _ in range(PATIENCE):
        if settings.done_line:
            break
        yield gui.PAUSE
    assert " gone · " in settings.done_line, f"the button did not do what it should: {settings.done_line!r}"
    assert rig.animation_data.action != original
    yield gui.PAUSE * 4
    gui.area().tag_redraw()
    yield from gui.screenshot(FOLDER / "denoise-4-done.png")

    # Esc takes back what was begun.
    before, count, line = rig.animation_data.action, len(bpy.data.actions), settings.done_line
    yield from gui.click(*button)
    yield gui.PAUSE
    gui.press("ESC", *button)
    yield gui.PAUSE * 4
    assert rig.animation_data.action == before
    assert len(bpy.data.actions) == count
    assert settings.done_line == line
    yield from gui.screenshot(FOLDER / "denoise-5-cancelled.png")


if __name__ == "__main__":
    play(session(), FOLDER / "denoise-failure.png")
