"""Inside the application, in a real window: the panel says that IK moves an arm, and its button bakes what is seen.

blender --enable-event-simulate --python tests/gui/visual_bake.py -- FOLDER
Leaves screenshots in FOLDER; ends with code 1 where something is not as it should be.
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

FOLDER = Path(sys.argv[sys.argv.index("--") + 1])
action, fcurves, job = (module(f"blender.{name}") for name in ("action", "fcurves", "job"))
build, cmu = module("blender.armature").build, module("core.rigs.cmu")
FRAMES = np.arange(1, 401, dtype=np.float32)


def body():
    """The CMU skeleton, alone, swinging every bone, its left hand held by a target."""
    for other in list(bpy.data.objects):
        bpy.data.objects.remove(other)
    obj, _ = build(cmu.SKELETON, "Body")
    channels = action.new_action(obj, "Walk")
    for bone in obj.pose.bones:
        for index, swing in enumerate((1.0, 0.2, 0.0, 0.1)):
            values = np.sin(FRAMES / 15) * swing if index else np.ones(len(FRAMES))
            path = fcurves.bone_path(bone.name, "rotation_quaternion")
            fcurves.write_curve(channels, path, index, FRAMES, values, bone.name)
    target = bpy.data.objects.new("Target", None)
    bpy.context.scene.collection.objects.link(target)
    target.location = (0.6, -0.4, 1.6)
    ik = obj.pose.bones["LeftHand"].constraints.new("IK")
    ik.target, ik.chain_count = target, 3
    return obj


def session() -> Iterator[float | tuple[int, int]]:
    open_only("denoise")
    gui.area().spaces.active.show_region_ui = True
    yield gui.PAUSE * 3
    gui.region().active_panel_category = "Mender"
    obj = body()
    bpy.ops.ed.undo_push(message="Body")
    original = obj.animation_data.action.name
    yield gui.PAUSE * 8
    yield from gui.screenshot(FOLDER / "visual-bake-1-notice.png")
    yield from gui.click(*(yield from gui.found("mocap_mender.visual_bake")))
    while job.progress():
        yield gui.PAUSE
    obj = bpy.context.object
    assert obj.animation_data.action.name == f"{original} visual", "the button baked nothing"
    assert obj.pose.bones["LeftHand"].constraints[0].mute
    yield gui.PAUSE * 4
    yield from gui.screenshot(FOLDER / "visual-bake-2-baked.png")
    view = gui.region("WINDOW")
    middle = view.x + view.width // 3, view.y + view.height // 3
    yield from gui.point_and_wait(*middle)
    gui.press("Z", *middle, ctrl=True)
    yield gui.PAUSE * 4
    obj = bpy.context.object
    assert obj.animation_data.action.name == original, "undo did not bring the action back"
    assert not obj.pose.bones["LeftHand"].constraints[0].mute, "undo did not bring the constraint back"


play(session(), FOLDER / "visual-bake-failed.png")
