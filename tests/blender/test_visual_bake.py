"""What is seen becomes keys: constraints, IK and drivers baked into a copy, the rest left as it was."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

from addon.blender import action, fcurves, visual
from addon.blender.armature import build
from addon.blender.steps import finish
from addon.core.rigs.cmu import SKELETON
from addon.operators import seen_pose, visual_bake
from tests.blender.figure import key_rotations, wobble

FRAMES = np.arange(1, 21, dtype=np.float32)
bake = bpy.ops.mocap_mender.visual_bake


@pytest.fixture(autouse=True)
def forgotten():
    seen_pose.unregister()
    yield
    seen_pose.unregister()


@pytest.fixture
def rig():
    """A body of which all bones are keyed, turned and scaled in the scene."""
    obj = build(SKELETON, "Body")[0]
    obj.rotation_euler, obj.scale, obj.location = (0.3, -0.5, 1.0), (2, 2, 2), (1, 2, 3)
    obj.pose.bones["LeftForeArm"].rotation_mode = "ZXY"
    key_rotations(obj, FRAMES, {bone.name: wobble(FRAMES, i, 0.2) for i, bone in enumerate(obj.pose.bones)})
    return obj


def add_ik(obj):
    target = bpy.data.objects.new("Target", None)
    bpy.context.scene.collection.objects.link(target)
    target.location = (1.5, 1.0, 3.5)
    target.keyframe_insert("location", frame=1)
    target.location = (1.0, 2.0, 4.5)
    target.keyframe_insert("location", frame=20)
    ik = obj.pose.bones["LeftHand"].constraints.new("IK")
    ik.target, ik.chain_count = target, 3


def add_copy(obj):
    copy = obj.pose.bones["Head"].constraints.new("COPY_ROTATION")
    copy.target, copy.subtarget, copy.influence = obj, "RightLeg", 0.7


def add_driver(obj):
    curve = obj.pose.bones["RightArm"].driver_add("scale", 0)
    curve.driver.expression = "1 + 0.02 * frame"


def seen(obj):
    """(T, B, 4, 4) all bones in the scene at every frame."""
    matrices = []
    for frame in FRAMES:
        bpy.context.scene.frame_set(int(frame))
        matrices.append([obj.matrix_world @ bone.matrix for bone in obj.pose.bones])
    return np.array(matrices)


def keys(obj):
    return {path: fcurves.read_points(curve) for path, curve in fcurves.by_path(action.assigned_channels(obj)).items()}


@pytest.mark.parametrize(
    ("add", "bones"),
    [
        (add_ik, {"LeftHand", "LeftForeArm", "LeftArm"}),
        (add_copy, {"Head"}),
        (add_driver, {"RightArm"}),
    ],
)
def test_what_is_seen_stays_and_comes_from_keys(rig, add, bones):
    add(rig)
    bpy.context.scene.frame_set(7)
    before, original, kept = seen(rig), rig.animation_data.action, keys(rig)
    bpy.context.scene.frame_set(7)
    assert bake() == {"FINISHED"}
    assert bpy.context.scene.frame_current == 7
    assert rig.animation_data.action.name == f"{original.name} visual"
    baked = keys(rig)
    assert not any(not c.mute for bone in rig.pose.bones for c in bone.constraints)
    assert not any(not driver.mute for driver in rig.animation_data.drivers)
    np.testing.assert_allclose(seen(rig), before, atol=2e-5)
    for path, points in kept.items():
        if not any(path[0].startswith(f'pose.bones["{bone}"]') for bone in bones):
            np.testing.assert_array_equal(baked[path], points)
    assert {path[0].split('"')[1] for path in baked if path not in kept or len(baked[path]) != len(kept[path])} <= bones
    rig.animation_data.action = original
    for path, points in keys(rig).items():
        np.testing.assert_array_equal(points, kept[path])


def test_what_was_baked_is_denoised(rig):
    add_ik(rig)
    bake()
    assert bpy.ops.mocap_mender.denoise_action() == {"FINISHED"}


def test_curves_do_not_jump(rig):
    add_ik(rig)
    bake()
    for (path, _), points in keys(rig).items():
        if "rotation" in path:
            assert np.abs(np.diff(points[:, 1])).max() < 1


def test_without_an_action_the_scenes_frames_are_baked(rig):
    add_copy(rig)
    add_ik(rig)
    rig.animation_data.action = None
    bpy.context.scene.frame_start, bpy.context.scene.frame_end = 1, 20
    before = seen(rig)
    assert bake() == {"FINISHED"}
    np.testing.assert_allclose(seen(rig), before, atol=2e-5)


def test_where_keys_are_all_there_is_nothing_to_bake(rig):
    before = rig.animation_data.action
    with pytest.raises(RuntimeError, match="there is nothing to bake"):
        bake()
    assert rig.animation_data.action == before


def test_a_muted_constraint_moves_nothing(rig):
    add_copy(rig)
    rig.pose.bones["Head"].constraints[0].mute = True
    with pytest.raises(RuntimeError, match="there is nothing to bake"):
        bake()


def notice(obj):
    seen_pose.known_notice(obj)
    seen_pose._look()
    return seen_pose.known_notice(obj)


def test_the_panel_says_what_moves_the_bones(rig):
    assert notice(rig) == ""
    add_ik(rig)
    assert seen_pose.known_notice(rig) == ""
    assert "3 bones are moved by IK, not by keys alone" in notice(rig)
    add_copy(rig)
    assert "constraints and IK" in notice(rig)
    bake()
    assert notice(rig) == ""


def test_cut_short_it_leaves_nothing_behind(rig):
    add_ik(rig)
    bpy.context.scene.frame_set(7)
    original, actions = rig.animation_data.action, set(bpy.data.actions)
    reading = visual.bake(bpy.context.scene, rig, ["LeftArm", "LeftForeArm", "LeftHand"], FRAMES)
    for _ in range(3):
        next(reading)
    reading.close()
    assert bpy.context.scene.frame_current == 7
    baked = finish(visual.bake(bpy.context.scene, rig, ["LeftArm", "LeftForeArm", "LeftHand"], FRAMES))
    writing = visual_bake._write(rig, baked)
    for _ in range(2):
        next(writing)
    assert set(bpy.data.actions) != actions
    writing.close()
    assert set(bpy.data.actions) == actions
    assert rig.animation_data.action == original


@pytest.mark.parametrize("inherit", ["NONE", "FULL", "ALIGNED"])
def test_bones_that_inherit_otherwise_stay_where_they_are_seen(rig, inherit):
    arm = rig.data.bones["LeftArm"]
    arm.inherit_scale, arm.use_inherit_rotation, arm.use_local_location = inherit, False, False
    rig.pose.bones["LeftShoulder"].scale = (1.2, 1.2, 1.2)
    add_ik(rig)
    before = seen(rig)
    assert bake() == {"FINISHED"}
    np.testing.assert_allclose(seen(rig), before, atol=5e-5)
