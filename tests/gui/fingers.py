"""Inside the application, in a real window: fingers posed, varied, completed, generated, cleared, and the curl test.

blender --enable-event-simulate --python tests/gui/fingers.py -- TAKE FOLDER
Leaves screenshots in FOLDER; ends with code 1 where something is not as an animator expects it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.demo.finger_bones import with_fingers
from tests.gui import window as gui
from tests.gui.script import play
from tests.gui.stage import look_from, looked_at, rig, set_up, window_context

TAKE, FOLDER = (Path(word) for word in sys.argv[sys.argv.index("--") + 1 :])
POSED = ("RightIndexProximal", "RightIndexIntermediate", "RightIndexDistal")
PATIENCE = 200


def look_at_hand() -> None:
    place = rig().matrix_world @ rig().pose.bones["RightMiddleProximal"].head
    look_from((0.4, -0.8, 0.5), 0.45, tuple(place))


def waited_for(line: str) -> Iterator[float]:
    for _ in range(PATIENCE):
        if line in bpy.context.scene.mocap_mender_fingers.done_line:
            return
        yield gui.PAUSE
    raise AssertionError(f"{line!r} did not come: {bpy.context.scene.mocap_mender_fingers.done_line!r}")


def generated_keys() -> int:
    curves = rig().animation_data.action.layers[0].strips[0].channelbags[0].fcurves
    return sum(key.type == "GENERATED" for curve in curves for key in curve.keyframe_points)


def session() -> Iterator[float | tuple[int, int]]:
    """Everything that the animator does, one wait after the other."""
    yield from set_up(TAKE, "fingers")
    with window_context():
        original = rig()
        hands = with_fingers(original)
        bpy.data.objects.remove(original)
        hands.data.display_type = "OCTAHEDRAL"
        bpy.context.scene.frame_set(60)
        bpy.ops.object.mode_set(mode="POSE")
        for name in POSED:
            bone = hands.pose.bones[name]
            bone.rotation_mode = "QUATERNION"
            bone.rotation_quaternion = (0.85, 0.5, 0, 0)
            bone.keyframe_insert("rotation_quaternion")
        bpy.ops.ed.undo_push(message="Pose the index finger")
    settings = bpy.context.scene.mocap_mender_fingers
    settings.side, settings.mode = "RIGHT", "SAMPLE"
    look_at_hand()
    settings.show_uncertainty = True
    yield from looked_at(FOLDER / "30-fingers-posed.png")

    # A variation is looked at without a key, then accepted.
    before = generated_keys()
    button = yield from gui.found("mocap_mender.vary_fingers", share=0.86)
    yield from gui.click(*button)
    yield from waited_for("no key yet")
    assert generated_keys() == before
    yield from looked_at(FOLDER / "31-fingers-variation.png")
    button = yield from gui.found("mocap_mender.generate_fingers")
    yield from gui.click(*button)
    yield from waited_for("keys")
    assert generated_keys() > before

    # The motion of both wrists moves all fingers.
    settings.show_uncertainty = False
    settings.task, settings.side, settings.done_line, settings.step = "MOTION", "BOTH", "", 8
    gui.area().tag_redraw()
    yield gui.PAUSE * 4
    button = yield from gui.found("mocap_mender.generate_fingers")
    yield from gui.click(*button)
    yield from waited_for("30 bones")
    bpy.context.scene.frame_set(150)
    look_at_hand()
    yield from looked_at(FOLDER / "32-fingers-generated.png")
    button = yield from gui.found("mocap_mender.clear_fingers")
    yield from gui.click(*button)
    yield from waited_for("deleted")
    assert generated_keys() == 0
    bpy.context.view_layer.update()  # the keys that are left say the pose from now on
    ring = rig().pose.bones["RightRingProximal"].matrix_basis.to_quaternion()
    assert ring.angle < 1e-4, "a bone without a key is not back at rest"

    # The curl test plays and gives the pose back.
    pose = [tuple(bone.matrix_basis.to_quaternion()) for bone in rig().pose.bones]
    with window_context():
        bpy.ops.mocap_mender.curl_test("INVOKE_DEFAULT")
    yield 1.0
    yield from gui.screenshot(FOLDER / "33-fingers-curl.png")
    yield gui.PAUSE * 14
    after = [tuple(bone.matrix_basis.to_quaternion()) for bone in rig().pose.bones]
    assert all(
        abs(abs(sum(a * b for a, b in zip(p, q, strict=True))) - 1) < 1e-5 for p, q in zip(pose, after, strict=True)
    )


play(session(), FOLDER / "fingers-failed.png")
