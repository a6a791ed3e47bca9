"""Inside the application, in a real window: import a noisy take, denoise it by clicking the button, look, undo.

blender --enable-event-simulate --python tests/gui/animator.py -- TAKE FOLDER
Leaves screenshots in FOLDER and ends with code 1 where something is not as an animator expects it.
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

ROW = 23  # pixels from one row of the panel to the next
HALF_ROW = 16  # pixels from the top of the file browser's options to the middle of the first one
BELOW = 40  # pixels from the last row of the panel to the header of the card below it
job = module("blender.job")
TAKE, FOLDER = (Path(word) for word in sys.argv[sys.argv.index("--") + 1 :])


def session() -> Iterator[float | tuple[int, int]]:
    """Everything that the animator does, one wait after the other."""
    scene = bpy.context.scene
    for obj in list(bpy.data.objects):
        bpy.data.objects.remove(obj)
    gui.area().spaces.active.show_region_ui = True
    yield gui.PAUSE * 3
    gui.region().active_panel_category = "Mender"
    yield gui.PAUSE * 3

    # With nothing to work on, the button is grey and its tooltip says why.
    button = yield from gui.found("mocap_mender.denoise_action")
    yield from gui.point_and_wait(*button)
    yield 2.0
    yield from gui.screenshot(FOLDER / "01-nothing-selected.png")

    # Import asks for a file, with its options beside.
    place = yield from gui.found("mocap_mender.import_motion", share=0.3)
    yield from gui.click(*place)
    yield gui.PAUSE * 4
    yield from gui.screenshot(FOLDER / "02-import.png")
    yield from close_browser()

    with bpy.context.temp_override(window=gui.window(), area=gui.area(), region=gui.region("WINDOW")):
        bpy.ops.mocap_mender.import_motion(filepath=str(TAKE), set_scene_fps=True)
    rig = bpy.context.view_layer.objects.active
    original = rig.animation_data.action
    scene.frame_end = int(original.frame_range[1])
    scene.frame_set(int(original.frame_range[1]) // 3)
    with bpy.context.temp_override(window=gui.window(), area=gui.area(), region=gui.region("WINDOW")):
        bpy.ops.view3d.view_selected()
        bpy.ops.ed.undo_push(message="Import Motion")
    yield from gui.screenshot(FOLDER / "03-imported.png")

    # One click denoises a copy and says what it did.
    button = yield from gui.found("mocap_mender.denoise_action")
    yield from gui.click(*button)
    while job.progress():
        yield gui.PAUSE
    yield gui.PAUSE * 4
    settings = scene.mocap_mender
    assert settings.done_line, "the button did nothing"
    assert rig.animation_data.action.name != original.name, "the original action was not left alone"
    yield from gui.screenshot(FOLDER / "04-denoised.png")

    # The models to choose from, and the chosen one's card, which folds out under the result.
    x, y = yield from gui.found("mocap_mender.frame_range", share=0.7, shift=True, alt=True)
    yield from gui.click(x, y + ROW)
    yield from gui.screenshot(FOLDER / "05-models.png")
    gui.press("ESC", x, y)
    yield gui.PAUSE

    # Before and after by a click each.
    denoised = rig.animation_data.action
    for share, action in ((0.3, original), (0.7, denoised)):
        x, y = yield from gui.found("mocap_mender.show_result", share=share)
        yield from gui.click(x, y)
        assert rig.animation_data.action == action, "the other motion is not shown"
    yield from gui.click(button[0], y - BELOW)
    yield from gui.screenshot(FOLDER / "06-card.png")

    # Export asks for a file, too, and its name goes with the format.
    place = yield from gui.found("mocap_mender.export_motion", share=0.75)
    yield from gui.click(*place)
    yield gui.PAUSE * 4
    browser = gui.area("FILE_BROWSER")
    options = next(region for region in browser.regions if region.type == "TOOL_PROPS")
    x, y = options.x + int(options.width * 0.7), options.y + options.height - HALF_ROW
    yield from gui.click(x, y)
    yield from gui.click(x, y - 2 * ROW)
    yield from gui.screenshot(FOLDER / "11-export.png")
    assert browser.spaces.active.params.filename == f"{denoised.name.replace(' ', '_')}.csv", "the name stayed"
    yield from close_browser()

    # Undo goes back over both looks; the step before them takes the copy and the line back.
    name = original.name
    view = gui.region("WINDOW")
    middle = view.x + view.width // 3, view.y + view.height // 3
    yield from gui.point_and_wait(*middle)
    for _ in range(3):
        gui.press("Z", *middle, ctrl=True)
        yield gui.PAUSE * 4
    rig = bpy.context.view_layer.objects.active
    assert rig.animation_data.action.name == name, "undo did not bring the original back"
    assert not bpy.context.scene.mocap_mender.done_line, "undo left the line of the result"
    yield from gui.screenshot(FOLDER / "07-undone.png")

    # What the options look like when used, and a model that is no longer there.
    yield from gui.click(button[0], button[1] - 2 * ROW)
    settings = bpy.context.scene.mocap_mender
    settings.frame_range, settings.bones, settings.strength, settings.model = "CUSTOM", "SELECTED", 0.6, "my-model"
    gui.area().tag_redraw()
    yield from gui.screenshot(FOLDER / "08-options.png")
    settings.frame_range, settings.bones, settings.strength, settings.model = "ALL", "ALL", 1.0, ""

    # Without a runtime the panel says so; the rest works.
    check = next(module for name, module in sys.modules.items() if name.endswith(".operators.runtime_check"))
    sys.modules["onnxruntime"] = None
    check.runtime_problem.cache_clear()
    gui.area().tag_redraw()
    yield gui.PAUSE * 4
    button = yield from gui.found("mocap_mender.denoise_action")
    yield from gui.point_and_wait(*button)
    yield 2.0
    yield from gui.screenshot(FOLDER / "09-no-runtime.png")

    # The preferences.
    modules = [addon.module for addon in bpy.context.preferences.addons]
    if hasattr(bpy.context.preferences.view, "preferences_display_type"):  # up to 4.5 they always open a window
        bpy.context.preferences.view.preferences_display_type = "SCREEN"
    bpy.ops.preferences.addon_show(module=next(name for name in modules if name.endswith("mocap_mender")))
    yield gui.PAUSE * 4
    yield from gui.screenshot(FOLDER / "10-preferences.png")


def close_browser() -> Iterator[float]:
    """Leave the file browser, in its own window or over the 3D view, by Escape."""
    last = bpy.context.window_manager.windows[-1]
    for value in ("PRESS", "RELEASE"):
        last.event_simulate(type="ESC", value=value, x=last.width // 2, y=last.height // 2)
    yield gui.PAUSE * 4


bpy.context.preferences.view.filebrowser_display_type = "SCREEN"  # without a window manager a new window lies anywhere
play(session(), FOLDER / "failed.png")
