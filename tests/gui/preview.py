"""Inside the application, in a real window: the live preview scrubbed, undone and redone, and a comparison looked at.

blender --enable-event-simulate --python tests/gui/preview.py -- TAKE FOLDER
Leaves screenshots in FOLDER; ends with code 1 where something is not as an animator expects it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.gui import window as gui
from tests.gui.extension import module, open_only
from tests.gui.script import play

TAKE, FOLDER = (Path(word) for word in sys.argv[sys.argv.index("--") + 1 :])
ROUNDS = 30
preview_of = module("operators.preview_settings").preview_of
problem_of = module("operators.preview_handler").problem_of
pose = module("blender.pose")
figures = module("blender.figures")


def window_context():
    return bpy.context.temp_override(window=gui.window(), area=gui.area(), region=gui.region("WINDOW"))


def rig():
    return bpy.context.view_layer.objects.active


def shown_at(frame):
    bpy.context.scene.frame_set(frame)
    return pose.read(rig())


def look_from(direction: tuple[float, float, float], distance: float, at: tuple[float, float, float]) -> None:
    """Turn the 3D view."""
    from mathutils import Vector

    view = gui.area().spaces.active.region_3d
    view.view_perspective = "PERSP"
    view.view_rotation = Vector(direction).to_track_quat("Z", "Y")
    view.view_distance, view.view_location = distance, at


def looked_at(picture: Path) -> Iterator[float]:
    """A screenshot with the mouse away, once the panels have slid to their places."""
    view = gui.region("WINDOW")
    yield from gui.point_and_wait(view.x + 60, view.y + 60)
    yield gui.PAUSE * 6
    yield from gui.screenshot(picture)


def session() -> Iterator[float | tuple[int, int]]:
    """Everything that the animator does, one wait after the other."""
    for obj in list(bpy.data.objects):
        bpy.data.objects.remove(obj)
    gui.area().spaces.active.show_region_ui = True
    yield gui.PAUSE * 3
    gui.region().active_panel_category = "Mender"
    open_only("preview")
    yield gui.PAUSE * 3
    yield from gui.widen(90)
    with window_context():
        bpy.ops.mocap_mender.import_motion(filepath=str(TAKE), set_scene_fps=True)
        bpy.ops.ed.undo_push(message="Import Motion")
    root = rig().pose.bones[0].name
    bpy.context.scene.frame_set(150)
    place = rig().matrix_world @ rig().pose.bones[root].head
    look_from((0.75, -1.0, 0.15), 3.6, (place.x, place.y, 0.9))
    there = {frame: shown_at(frame) for frame in (40, 150, 333)}

    yield from live(there)
    yield from again_and_again()
    yield from figures_side_by_side()


def live(there) -> Iterator[float | tuple[int, int]]:
    """On by a click, another pose at every frame, a sentence where the model is missing, off again."""
    button = yield from gui.found("mocap_mender.live_preview")
    yield from gui.click(*button)
    settings = preview_of(rig())
    assert settings.enabled, "the button did nothing"
    settings.noise = 0.03
    settings.autoencode = False
    assert not np.array_equal(shown_at(150), there[150])
    yield from looked_at(FOLDER / "20-preview-noise.png")
    settings.autoencode = True
    mended = shown_at(150)
    yield from looked_at(FOLDER / "21-preview-model.png")
    with window_context():
        bpy.ops.screen.animation_play()
    yield 6.0
    with window_context():
        bpy.ops.screen.animation_cancel(restore_frame=False)
    assert np.array_equal(shown_at(150), mended)
    settings.model = "my-model"
    assert "my-model" in problem_of(rig())
    assert np.array_equal(shown_at(150), there[150])
    yield from looked_at(FOLDER / "22-preview-problem.png")
    settings.model = ""
    settings.source = "FILE"
    settings.filepath = str(TAKE)
    assert problem_of(rig()) == ""
    yield from looked_at(FOLDER / "23-preview-file.png")
    settings.source = "ACTION"
    button = yield from gui.found("mocap_mender.live_preview")
    yield from gui.click(*button)
    assert not settings.enabled
    for frame, expected in there.items():
        assert np.array_equal(shown_at(frame), expected), "the animated pose did not come back"


def again_and_again() -> Iterator[float]:
    """Scrub, change a setting, undo and redo, by the keys that an animator presses."""
    preview_of(rig()).enabled = True
    with window_context():
        bpy.ops.ed.undo_push(message="On")
    view = gui.region("WINDOW")
    middle = view.x + view.width // 3, view.y + view.height // 3
    yield from gui.point_and_wait(*middle)
    rng = np.random.default_rng(0)
    for number in range(ROUNDS):
        bpy.context.scene.frame_set(int(rng.integers(1, 400)))
        preview_of(rig()).noise = float(rng.uniform(0, 0.1))
        with window_context():
            bpy.ops.ed.undo_push(message="Noise")
        gui.press("Z", *middle, ctrl=True)
        yield 0.02
        bpy.context.scene.frame_set(int(rng.integers(1, 400)))
        gui.press("Z", *middle, ctrl=True, shift=True)
        yield 0.02
    assert preview_of(rig()).enabled
    shown = shown_at(77)
    assert np.isfinite(shown).all()
    preview_of(rig()).enabled = False
    assert not np.array_equal(shown_at(77), shown)


def figures_side_by_side() -> Iterator[float | tuple[int, int]]:
    """Compare by a click, look at the row and the overlay, go to a worst frame, and take it all away."""
    open_only("compare")
    yield gui.PAUSE * 3
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
    place = rig().matrix_world @ rig().pose.bones[0].head
    width = settings.spacing * len(figures.armatures())
    look_from((0.0, -1.0, 0.12), 1.25 * width, (place.x + 0.56 * width, place.y, 0.8))
    gui.area().spaces.active.overlay.show_extras = False
    yield from looked_at(FOLDER / "24-compare.png")
    jump = yield from gui.found("mocap_mender.compare_jump", share=0.88)
    yield from gui.click(*jump)
    assert bpy.context.scene.frame_current in [row.worst_frame for row in settings.rows]
    settings.layout = "OVERLAY"
    place = rig().matrix_world @ rig().pose.bones[0].head
    look_from((0.3, -1.0, 0.12), 3.2, (place.x + settings.spacing, place.y, 0.95))
    yield from looked_at(FOLDER / "25-overlay.png")
    assert shading.color_type == "VERTEX"
    remove = yield from gui.found("mocap_mender.remove_comparison", share=0.94)
    yield from gui.click(*remove)
    assert len(bpy.data.objects) == before, "something is left of the comparison"
    assert shading.color_type == color_type
    yield from looked_at(FOLDER / "26-removed.png")


play(session(), FOLDER / "preview-failed.png")
