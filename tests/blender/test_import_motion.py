"""Importing a motion: every frame's pose, rates, targets, rotation modes, and a scene that bad files leave alone."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import bpy
import numpy as np
import pytest

from addon.blender import action, fcurves
from addon.core import formats
from addon.core.kinematics import clip_positions
from addon.core.rigs import cmu
from addon.core.skeleton import Skeleton
from tests.blender.takes import FIGURE, NAMES, data_names, head_positions, in_scene, take

DATA = Path(os.environ.get("MOCAP_DATA", Path(__file__).parents[3] / "shared" / "data"))
MODES = ("QUATERNION", "XYZ", "XZY", "YXZ", "YZX", "ZXY", "ZYX", "AXIS_ANGLE")


@pytest.fixture
def bvh(tmp_path):
    path = tmp_path / "take.bvh"
    formats.write(take(), path)
    return path


def imported(path, **options):
    assert bpy.ops.mocap_mender.import_motion(filepath=str(path), **options) == {"FINISHED"}
    return bpy.context.object


def by_blender(path):
    bpy.ops.import_anim.bvh(filepath=str(path), update_scene_fps=False, use_fps_scale=False)
    return bpy.context.object


def assert_same_as_blender(path, frames=None):
    clip = formats.read(path)
    own = imported(path, scale=1.0, set_scene_fps=True)
    theirs = by_blender(path)
    names = [bone.name for bone in theirs.data.bones]
    assert [bone.name for bone in own.data.bones] == names
    checked = range(1, len(clip) + 1) if frames is None else frames
    expected = head_positions(theirs, checked, names)
    np.testing.assert_allclose(head_positions(own, checked, names), expected, atol=1e-4 * np.abs(expected).max())


def test_same_positions_as_blenders_importer_on_every_frame(bvh):
    assert_same_as_blender(bvh)


def test_same_positions_with_moving_joints_and_a_root_offset(tmp_path):
    clip = take()
    offsets = FIGURE.offsets.copy()
    offsets[0] = (0.3, 0.9, -0.2)
    moving = FIGURE.offsets[7] + 0.1 * np.sin(np.arange(len(clip)))[:, None] * [1, 0.5, -0.5]
    path = tmp_path / "moving.bvh"
    formats.write(replace(clip, skeleton=replace(FIGURE, offsets=offsets), translations={7: moving}), path)
    assert_same_as_blender(path)


@pytest.mark.parametrize("name", ["07_01", "09_01"] if DATA.is_dir() else [])
def test_same_positions_on_a_real_take(name):
    path = DATA / "cmu" / "bvh" / f"{name}.bvh"
    assert_same_as_blender(path, [1, 2, 3, 50, 100, len(formats.read(path))])


def test_every_frame_is_there_and_where_it_belongs(bvh):
    clip = formats.read(bvh)
    obj = imported(bvh, set_scene_fps=True, start_frame=10.0)
    for curve in action.assigned_channels(obj).fcurves:
        np.testing.assert_array_equal(fcurves.read_keys(curve).frames, 10 + np.arange(len(clip)))
        assert curve.group.name in NAMES
    positions = head_positions(obj, range(10, 10 + len(clip)), NAMES)
    np.testing.assert_allclose(positions, in_scene(clip_positions(clip)), atol=2e-6)
    assert obj.animation_data.action.name == "take"
    assert all(bone.rotation_mode == "QUATERNION" for bone in obj.pose.bones)


def test_the_scene_reaches_as_far_as_the_motion_unless_told_not_to(bvh):
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1, 5
    imported(bvh, set_scene_fps=True, extend_scene=False)
    assert (scene.frame_start, scene.frame_end) == (1, 5)
    imported(bvh, set_scene_fps=True)
    assert (scene.frame_start, scene.frame_end) == (1, len(formats.read(bvh)))


def test_curves_do_not_jump(bvh):
    for curve in action.assigned_channels(imported(bvh)).fcurves:
        assert np.abs(np.diff(fcurves.read_keys(curve).values)).max() < 0.5


def test_a_faster_take_lands_between_frames(bvh):
    obj = imported(bvh)
    scene = bpy.context.scene
    assert (scene.render.fps, scene.render.fps_base) == (24, 1)
    curve = action.assigned_channels(obj).fcurves[0]
    np.testing.assert_allclose(fcurves.read_keys(curve).frames, 1 + np.arange(24) / 5, atol=1e-6)
    expected = in_scene(clip_positions(formats.read(bvh)))[:6]
    np.testing.assert_allclose(head_positions(obj, 1 + np.arange(6) / 5, NAMES), expected, atol=2e-6)


@pytest.mark.parametrize("fps", [120.0, 30000 / 1001, 60000 / 1001, 25.0, 12.5])
def test_the_scene_takes_the_rate_if_asked(tmp_path, fps):
    path = tmp_path / "rate.bvh"
    formats.write(take(fps=fps), path)
    obj = imported(path, set_scene_fps=True)
    render = bpy.context.scene.render
    assert render.fps / render.fps_base == pytest.approx(fps, rel=1e-6)
    frames = fcurves.read_keys(action.assigned_channels(obj).fcurves[0]).frames
    np.testing.assert_allclose(frames, 1 + np.arange(24), atol=1e-4)


def test_z_up_files_stand_upright_too(bvh):
    upright = imported(bvh, up_axis="Z", set_scene_fps=True)
    clip = formats.read(bvh)
    np.testing.assert_allclose(head_positions(upright, [1, 9], NAMES), clip_positions(clip)[[0, 8]], atol=2e-6)


def test_the_scale_is_found_out_or_taken(tmp_path):
    path = tmp_path / "cmu.bvh"
    formats.write(take(cmu.SKELETON, unit=cmu.UNIT), path)
    found = imported(path)
    assert found["mocap_mender_unit"] == pytest.approx(cmu.UNIT)
    assert found.data.bones["LeftLeg"].head_local.length == pytest.approx(
        np.linalg.norm(cmu.SKELETON.rest_positions()[3]), rel=1e-4
    )
    given = imported(path, scale=0.1)
    assert given["mocap_mender_unit"] == pytest.approx(0.1)
    ratio = given.data.bones["LeftLeg"].length / found.data.bones["LeftLeg"].length
    assert ratio == pytest.approx(0.1 / cmu.UNIT, rel=1e-4)


@pytest.mark.parametrize("mode", MODES)
def test_onto_the_active_armature_in_its_rotation_modes(bvh, mode):
    first = imported(bvh, set_scene_fps=True)
    former = first.animation_data.action
    for bone in first.pose.bones:
        bone.rotation_mode = mode
    assert imported(bvh, target="ACTIVE") == first
    assert len(bpy.data.objects) == 1
    assert first.animation_data.action != former
    assert former.use_fake_user
    assert {bone.rotation_mode for bone in first.pose.bones} == {mode}
    clip = formats.read(bvh)
    frames = range(1, len(clip) + 1)
    np.testing.assert_allclose(head_positions(first, frames, NAMES), in_scene(clip_positions(clip)), atol=5e-6)
    for curve in action.assigned_channels(first).fcurves:
        if "rotation" in curve.data_path and mode != "AXIS_ANGLE":
            assert np.abs(np.diff(fcurves.read_keys(curve).values)).max() < 2.5, curve.data_path


def test_onto_an_armature_of_another_size_with_rolled_bones_and_bones_between(bvh):
    clip = formats.read(bvh)
    obj = imported(bvh, set_scene_fps=True)
    bpy.ops.object.mode_set(mode="EDIT")
    bones = obj.data.edit_bones
    for i, bone in enumerate(bones):
        bone.use_connect = False
        bone.roll += 0.7 * i
    for bone in bones:
        bone.head, bone.tail = bone.head * 3, bone.tail * 3
    between = bones.new("Between")
    between.head, between.tail = bones["Spine"].head, bones["Spine"].tail
    between.parent, bones["Arm"].parent = bones["Spine"], between
    bpy.ops.object.mode_set(mode="OBJECT")
    imported(bvh, target="ACTIVE")
    positions = head_positions(obj, range(1, len(clip) + 1), NAMES)
    np.testing.assert_allclose(positions, 3 * in_scene(clip_positions(clip)), atol=2e-5)


def test_onto_an_armature_that_is_y_up_inside_a_turned_object(bvh):
    clip = formats.read(bvh)
    obj = imported(bvh, up_axis="Z", set_scene_fps=True)
    obj.rotation_euler = (np.pi / 2, 0, 0)
    bpy.context.view_layer.update()
    imported(bvh, target="ACTIVE")
    np.testing.assert_allclose(head_positions(obj, [1, 9], NAMES), in_scene(clip_positions(clip))[[0, 8]], atol=5e-6)


def test_onto_an_armature_that_rests_in_another_pose(bvh):
    clip = formats.read(bvh)
    obj = imported(bvh, set_scene_fps=True)
    obj.animation_data_clear()
    for bone in obj.pose.bones:
        bone.matrix_basis.identity()
        bone.rotation_mode = "XYZ"
    for bone, degrees in {"UpLeg": 25, "Leg": 20, "Arm": -30, "Neck": 15, "Head": 10}.items():
        obj.pose.bones[bone].rotation_euler = (np.radians(degrees), 0, np.radians(degrees / 2))
    bpy.ops.object.mode_set(mode="POSE")
    bpy.ops.pose.armature_apply()
    bpy.ops.object.mode_set(mode="OBJECT")
    assert obj.data.bones["Hand"].head_local.z < FIGURE.rest_positions()[8, 1] - 0.1
    imported(bvh, target="ACTIVE")
    positions = head_positions(obj, range(1, len(clip) + 1), NAMES)
    np.testing.assert_allclose(positions, in_scene(clip_positions(clip)), atol=1e-4)


def test_names_of_asf_files_are_those_of_the_databases_bvh_files(tmp_path):
    clip = take(cmu.SKELETON, unit=cmu.UNIT)
    formats.write(clip, tmp_path / "take.bvh")
    as_asf = replace(cmu.SKELETON, names=tuple(cmu.JOINT_OF_BONE))
    formats.write(replace(clip, skeleton=as_asf), tmp_path / "asf.bvh")
    obj = imported(tmp_path / "take.bvh", set_scene_fps=True)
    imported(tmp_path / "asf.bvh", target="ACTIVE")
    assert {curve.group.name for curve in action.assigned_channels(obj).fcurves} == set(cmu.SKELETON.names)


def test_joints_without_a_bone_are_left_out(bvh, tmp_path, capfd):
    imported(bvh)
    bpy.context.scene.frame_set(3)
    names = ("Hips", "Extra", *NAMES[2:])
    other = tmp_path / "other.bvh"
    formats.write(replace(take(), skeleton=replace(FIGURE, names=names)), other)
    obj = imported(other, target="ACTIVE", set_scene_fps=True)
    assert {curve.group.name for curve in action.assigned_channels(obj).fcurves} == set(names) - {"Extra"}
    assert "no bones for these joints: Extra" in capfd.readouterr().out
    expected = in_scene(clip_positions(formats.read(other)))[[4]]
    found = head_positions(obj, [5], NAMES)
    # The leg turns as in the file, from where the hip joint at rest puts it.
    np.testing.assert_allclose(found[:, 3] - found[:, 2], expected[:, 3] - expected[:, 2], atol=5e-6)
    np.testing.assert_allclose(found[:, 4:], expected[:, 4:], atol=5e-6)


def test_root_location_where_local_location_is_off(bvh):
    obj = imported(bvh, set_scene_fps=True)
    for bone in obj.data.bones:
        bone.use_local_location = False
    imported(bvh, target="ACTIVE")
    expected = in_scene(clip_positions(formats.read(bvh)))
    np.testing.assert_allclose(head_positions(obj, [1, 9], NAMES), expected[[0, 8]], atol=5e-6)


def test_nothing_matched_or_no_armature_is_said(bvh, tmp_path):
    with pytest.raises(RuntimeError, match="No armature is active"):
        imported(bvh, target="ACTIVE")
    imported(bvh)
    other = tmp_path / "other.bvh"
    renamed = Skeleton(tuple(f"x{name}" for name in NAMES), FIGURE.parents, FIGURE.offsets)
    formats.write(replace(take(), skeleton=renamed), other)
    before = data_names()
    with pytest.raises(RuntimeError, match="No bone is named as a joint"):
        imported(other, target="ACTIVE")
    assert data_names() == before


BAD = {
    "empty.bvh": b"",
    "binary.bvh": bytes(range(256)) * 20,
    "truncated.bvh": None,
    "nan.csv": b"1,2,3,nan\n" * 4,
    "notes.md": b"# no motion\n",
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("target", ["NEW", "ACTIVE"])
def test_a_bad_file_leaves_the_scene_alone(bvh, tmp_path, name, target):
    obj = imported(bvh)
    content = BAD[name]
    path = tmp_path / name
    path.write_bytes(bvh.read_bytes()[:-600] if content is None else content)
    before, former = data_names(), obj.animation_data.action
    with pytest.raises(RuntimeError, match=name):
        imported(path, target=target, set_scene_fps=True)
    assert data_names() == before
    assert obj.animation_data.action == former
    assert bpy.context.scene.render.fps == 24


def test_one_undo_takes_it_all_back(bvh):
    bpy.ops.ed.undo_push(message="Before")
    before = data_names()
    bpy.ops.mocap_mender.import_motion("EXEC_DEFAULT", True, filepath=str(bvh), set_scene_fps=True)
    assert data_names() != before
    bpy.ops.ed.undo()
    assert data_names() == before
    assert bpy.context.scene.render.fps == 24
    bpy.ops.ed.redo()
    assert bpy.context.scene.render.fps == 120
    assert data_names() != before


def test_it_works_out_of_pose_mode_and_in_a_hidden_collection(bvh):
    imported(bvh)
    bpy.ops.object.mode_set(mode="POSE")
    hidden = bpy.data.collections.new("Hidden")
    bpy.context.scene.collection.children.link(hidden)
    layer = bpy.context.view_layer.layer_collection.children["Hidden"]
    bpy.context.view_layer.active_layer_collection = layer
    layer.hide_viewport = True
    obj = imported(bvh)
    assert len(obj.data.bones) == len(NAMES)
    assert bpy.context.selected_objects == [obj]
    assert obj.mode == "OBJECT"
