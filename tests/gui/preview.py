"""Inside the application, in a real window: the live preview switched on and off, played, scrubbed, undone and redone.

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
from tests.gui.extension import module
from tests.gui.script import play
from tests.gui.stage import look_from, looked_at, rig, root_place, set_up, window_context

TAKE, FOLDER = (Path(word) for word in sys.argv[sys.argv.index("--") + 1 :])
ROUNDS = 12  # a software screen takes seconds for each; two hundred are undone without one, in tests/blender
preview_of = module("operators.preview_settings").preview_of
problem_of = module("operators.preview_handler").problem_of
pose = module("blender.pose")


def shown_at(frame):
    bpy.context.scene.frame_set(frame)
    return pose.read(rig())


def session() -> Iterator[float | tuple[int, int]]:
    """Everything that the animator does, one wait after the other."""
    yield from set_up(TAKE, "preview")
    place = root_place()
    look_from((0.75, -1.0, 0.15), 3.6, (place.x, place.y, 0.9))
    there = {frame: shown_at(frame) for frame in (40, 333, 150)}
    yield from live(there)
    yield from again_and_again()


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
    for _ in range(ROUNDS):
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


play(session(), FOLDER / "preview-failed.png")
