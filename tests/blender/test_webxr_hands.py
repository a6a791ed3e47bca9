"""Hands with WebXR's joint names: bones that hang on each other or beside each other, made here or brought in."""

from __future__ import annotations

from types import SimpleNamespace

import bpy
import numpy as np
import pytest
from mathutils import Matrix, Vector

from addon.blender import action
from addon.blender.finger_poses import put_pose, saved_assets, standing
from addon.blender.hands import hands_of
from addon.core.hand import DOF
from addon.operators.curl_test import MOCAP_MENDER_OT_curl_test
from tests.blender.test_finger_rigs import HINGES, POSES
from tests.blender.test_real_rigs import DATA, brought_in

FINGERS = {"index": 0.03, "middle": 0.01, "ring": -0.01, "pinky": -0.03}
LENGTHS = (0.045, 0.03, 0.02)


def joints(right):
    """The 25 joints as WebXR Hand Input names them, a chain from the wrist a finger: name and place."""
    out = 1.0 if right else -1.0
    parts = ("metacarpal", "phalanx-proximal", "phalanx-intermediate", "phalanx-distal", "tip")
    for finger, across in FINGERS.items():
        places = [Vector((0.03, out * across * 0.3, 0)), Vector((0.09, out * across, 0))]
        for length in LENGTHS:
            places.append(places[-1] + Vector((length, 0, -0.1 * length * len(places))))
        yield [(f"{finger}-finger-{part}", place) for part, place in zip(parts, places, strict=True)]
    root, way = Vector((0.02, out * 0.03, 0)), Vector((1, out, -0.1)).normalized()
    parts = ("metacarpal", "phalanx-proximal", "phalanx-distal", "tip")
    yield [(f"thumb-{part}", root + way * reach) for part, reach in zip(parts, (0, 0.04, 0.07, 0.09), strict=True)]


def webxr(beside, right=True):
    """A hand along X with its back up, bones' axes of any kind."""
    obj = bpy.data.objects.new("Armature", bpy.data.armatures.new("Armature"))
    bpy.context.scene.collection.objects.link(obj)
    bpy.context.view_layer.objects.active = obj
    bpy.ops.object.mode_set(mode="EDIT")
    bones, rng = obj.data.edit_bones, np.random.default_rng(4)

    def add(name, place, parent):
        bone = bones.new(name)
        bone.head, bone.tail = place, place + Vector(rng.normal(size=3)).normalized() * 0.02
        bone.parent = None if beside else parent
        return bone

    wrist = add("wrist", Vector((0, 0, 0)), None)
    for chain in joints(right):
        above = wrist
        for name, place in chain:
            above = add(name, place, above)
    bpy.ops.object.mode_set(mode="OBJECT")
    bpy.context.view_layer.update()
    for bone in obj.pose.bones:
        bone.rotation_mode = "XYZ" if "ring" in bone.name else "QUATERNION"
    return obj


def heads_of(obj):
    bpy.context.view_layer.update()
    return {bone.name: np.array(bone.head) for bone in obj.pose.bones}


def turn_wrist(obj, angle=0.7):
    """Turn and move the wrist; in a hand of chains everything follows."""
    wrist = obj.pose.bones["wrist"]
    turn = Matrix.Rotation(angle, 4, (1, 2, 0.5))
    wrist.matrix = Matrix.Translation((0.3 * angle, -0.2, 0.1)) @ turn @ wrist.bone.matrix_local
    bpy.context.view_layer.update()


def key_wrist(obj):
    for frame, angle in ((1, 0.2), (10, 1.1), (20, 0.4)):
        turn_wrist(obj, angle)
        for name in ("rotation_quaternion", "location"):
            obj.pose.bones["wrist"].keyframe_insert(name, frame=frame)


def curl_index(obj, hand):
    put_pose(obj, [hand], np.tile(POSES["fist"], (2, 1)), {bone for bone in hand.rig.bones if "index" in bone})


@pytest.mark.parametrize("right", [True, False])
@pytest.mark.parametrize("name", POSES)
def test_both_layouts_pose_alike(name, right):
    placed = []
    for beside in (False, True):
        obj = webxr(beside, right)
        (hand,) = hands_of(obj, None)
        assert hand.side == int(right)  # as the fingers bend: no name tells
        assert (hand.loose is not None) == beside
        turn_wrist(obj)
        put_pose(obj, [hand], np.tile(POSES[name], (2, 1)), set(hand.rig.bones))
        np.testing.assert_allclose(hand.rig.dof(standing(obj, hand))[HINGES], POSES[name][HINGES], atol=2e-3)
        placed.append(heads_of(obj))
    for bone, place in placed[0].items():
        if "metacarpal" not in bone:
            np.testing.assert_allclose(placed[1][bone], place, atol=1e-5, err_msg=bone)


def test_one_finger_of_a_loose_hand_moves_no_other():
    obj = webxr(beside=True)
    (hand,) = hands_of(obj, None)
    before = heads_of(obj)
    curl_index(obj, hand)
    moved = {bone for bone, place in heads_of(obj).items() if np.abs(place - before[bone]).max() > 1e-3}
    assert moved == {f"index-finger-{part}" for part in ("phalanx-intermediate", "phalanx-distal", "tip")}


@pytest.mark.parametrize("mode", ["AVERAGE", "SAMPLE"])
def test_fingers_from_the_motion_are_the_same_in_both_layouts(mode):
    placed = []
    for beside in (False, True):
        obj = webxr(beside)
        key_wrist(obj)
        before = {(c.data_path, c.array_index) for c in action.assigned_channels(obj).fcurves}
        assert bpy.ops.mocap_mender.generate_fingers(task="MOTION", mode=mode, seed=2, step=1) == {"FINISHED"}
        bpy.context.scene.frame_set(14)
        placed.append(heads_of(obj))
        assert bpy.ops.mocap_mender.clear_fingers() == {"FINISHED"}
        assert {(c.data_path, c.array_index) for c in action.assigned_channels(obj).fcurves} == before
        for bone in obj.pose.bones:
            if bone.name != "wrist":
                np.testing.assert_allclose(bone.matrix_basis, np.eye(4), atol=1e-6)
    for bone, place in placed[0].items():
        np.testing.assert_allclose(placed[1][bone], place, atol=1e-4, err_msg=bone)


def test_a_pose_of_a_loose_hand_is_completed_and_kept_as_an_asset():
    obj = webxr(beside=True)
    (hand,) = hands_of(obj, None)
    curl_index(obj, hand)
    for bone in obj.pose.bones:
        shown = bone if bpy.app.version >= (5, 0, 0) else bone.bone
        shown.select = bone.name.startswith("index-finger-phalanx")
    assert bpy.ops.mocap_mender.generate_fingers(task="POSE", posed="SELECTED") == {"FINISHED"}
    bpy.context.scene.frame_set(bpy.context.scene.frame_current)
    (hand,) = hands_of(obj, action.assigned_channels(obj))
    posed, angles = heads_of(obj), hand.rig.dof(standing(obj, hand))
    assert angles[DOF.index("index PIP")] == pytest.approx(POSES["fist"][DOF.index("index PIP")], abs=2e-3)
    assert angles[DOF.index("middle PIP")] > np.radians(20)
    bpy.ops.mocap_mender.save_hand_pose(name="Grip", side="BOTH")
    assert [made.name for made in saved_assets()] == ["Grip"]
    obj.animation_data_clear()
    put_pose(obj, [hand], np.zeros((2, len(DOF))), set(hand.rig.bones))
    bpy.ops.mocap_mender.apply_hand_pose(asset="Grip")
    for bone, place in heads_of(obj).items():
        np.testing.assert_allclose(place, posed[bone], atol=1e-5, err_msg=bone)


@pytest.mark.parametrize("right", [True, False])
def test_the_curl_test_closes_one_finger_of_a_loose_hand(right):
    placed = []
    for beside in (False, True):
        obj = webxr(beside, right)
        assert bpy.ops.mocap_mender.curl_test(finger="RING") == {"FINISHED"}
        (hand,) = hands_of(obj, None)
        angles = np.degrees(hand.rig.dof(standing(obj, hand)))
        assert angles[DOF.index("ring PIP")] > 80
        assert np.abs(angles[DOF.index("index PIP")] - np.degrees(hand.rig.rest_dof()[DOF.index("index PIP")])) < 0.1
        assert obj.animation_data is None
        placed.append(heads_of(obj))
    for bone, place in placed[0].items():
        if "metacarpal" not in bone:
            np.testing.assert_allclose(placed[1][bone], place, atol=1e-5, err_msg=bone)


class Curling:
    """The operator as the window runs it, which asks for a window where there is none."""

    invoke, modal = MOCAP_MENDER_OT_curl_test.invoke, MOCAP_MENDER_OT_curl_test.modal
    cancel = MOCAP_MENDER_OT_curl_test.cancel

    def report(self, kind, text):
        raise AssertionError(text)


@pytest.mark.parametrize("beside", [False, True])
def test_after_the_curl_test_each_bone_has_its_own_numbers_back(beside):
    obj, rng = webxr(beside), np.random.default_rng(8)
    for bone in obj.pose.bones:  # as tracked hands come in: places and lengths of their own
        bone.location = rng.normal(size=3) * 0.01
        bone.rotation_quaternion = rng.normal(size=4)
        bone.rotation_euler = rng.normal(size=3) * 4
    before = [(b.location[:], b.rotation_quaternion[:], b.rotation_euler[:]) for b in obj.pose.bones]
    clock = SimpleNamespace(
        event_timer_add=lambda step, window: None,
        event_timer_remove=lambda timer: None,
        modal_handler_add=lambda operator: None,
    )
    context, curling = SimpleNamespace(object=obj, window=None, window_manager=clock), Curling()
    assert curling.invoke(context, None) == {"RUNNING_MODAL"}
    curling._started -= 0.3
    assert curling.modal(context, SimpleNamespace(type="TIMER")) == {"PASS_THROUGH"}
    assert [(b.location[:], b.rotation_quaternion[:], b.rotation_euler[:]) for b in obj.pose.bones] != before
    assert curling.modal(context, SimpleNamespace(type="ESC")) == {"CANCELLED"}
    assert [(b.location[:], b.rotation_quaternion[:], b.rotation_euler[:]) for b in obj.pose.bones] == before


def keyed_places(obj, spoil):
    """Places of a loose hand's bones are keyed, and one of these curves is spoilt."""
    for name in ("ring-finger-phalanx-distal", "ring-finger-tip"):
        for frame in (1, 20):
            obj.pose.bones[name].keyframe_insert("location", frame=frame)
    for curve in action.assigned_channels(obj).fcurves:
        if "ring-finger-tip" in curve.data_path:
            spoil(curve)


def edited(obj, change):
    bpy.ops.object.mode_set(mode="EDIT")
    change(obj.data.edit_bones)
    bpy.ops.object.mode_set(mode="OBJECT")


def in_one_place(bones):
    for bone in bones:
        bone.translate(-bone.head)


def one_finger(bones):
    for bone in [bone for bone in bones if not bone.name.startswith(("index", "thumb", "wrist"))]:
        bones.remove(bone)


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda obj: setattr(obj, "scale", (1, -1, 1)), "mirrored"),
        (lambda obj: edited(obj, in_one_place), "in one place"),
        (lambda obj: edited(obj, one_finger), "fewer than two fingers"),
        (lambda obj: keyed_places(obj, lambda curve: setattr(curve, "lock", True)), "locked"),
        (lambda obj: keyed_places(obj, lambda curve: setattr(curve, "mute", True)), "muted"),
        (lambda obj: keyed_places(obj, lambda curve: curve.modifiers.new("NOISE")), "modifiers"),
    ],
    ids=["mirrored", "one place", "one finger", "locked place", "muted place", "modified place"],
)
@pytest.mark.parametrize("task", ["MOTION", "POSE"])
def test_a_loose_hand_that_cannot_be_changed_is_a_sentence(spoil, sentence, task):
    obj = webxr(beside=True)
    key_wrist(obj)
    for frame in (1, 20):
        obj.pose.bones["index-finger-phalanx-distal"].keyframe_insert("rotation_quaternion", frame=frame)
    spoil(obj)
    bpy.context.view_layer.update()
    bpy.context.scene.frame_set(1)
    before = numbers_of(obj)
    with pytest.raises(RuntimeError, match=sentence):
        bpy.ops.mocap_mender.generate_fingers(task=task, mode="AVERAGE", step=1)
    assert numbers_of(obj) == before


def numbers_of(obj):
    return {
        (curve.data_path, curve.array_index): [tuple(point.co) for point in curve.keyframe_points]
        for curve in action.assigned_channels(obj).fcurves
    }


@pytest.mark.skipif(not (DATA / "rigs").is_dir(), reason="the rigs are not on this machine")
@pytest.mark.parametrize("side", ["left", "right"])
def test_the_generic_hand_closes(side, tmp_path):
    obj = brought_in(f"rigs/webxr_generic_hand/{side}.glb", tmp_path)
    (hand,) = hands_of(obj, None)
    assert (hand.side == 1) == (side == "right")
    assert hand.loose is not None
    opened = heads_of(obj)
    put_pose(obj, [hand], np.tile(POSES["fist"], (2, 1)), set(hand.rig.bones))
    closed = heads_of(obj)
    for finger in FINGERS:
        knuckle, tip = f"{finger}-finger-phalanx-proximal", f"{finger}-finger-tip"
        opened_reach, closed_reach = (np.linalg.norm(where[tip] - where[knuckle]) for where in (opened, closed))
        assert closed_reach < 0.6 * opened_reach, finger
