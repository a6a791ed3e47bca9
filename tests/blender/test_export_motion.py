"""Exporting a motion: what comes back from the file is the motion that went in, in the file's own axes and unit."""

from __future__ import annotations

from dataclasses import replace

import bpy
import numpy as np
import pytest

from addon.blender import action, fcurves
from addon.core import formats
from addon.core.axes import Y_UP_TO_Z_UP, turned
from addon.core.interpolation import BEZIER
from addon.core.kinematics import clip_positions
from addon.core.rigs import cmu
from addon.core.rotation import angle_between
from addon.operators import export_motion
from tests.blender.takes import FIGURE, NAMES, data_names, head_positions, take

MODES = ("QUATERNION", "XYZ", "YZX", "ZYX", "AXIS_ANGLE")


@pytest.fixture
def bvh(tmp_path):
    path = tmp_path / "take.bvh"
    formats.write(take(), path)
    return path


def imported(path, **options):
    bpy.ops.mocap_mender.import_motion(filepath=str(path), **options)
    return bpy.context.object


def exported(path, **options):
    assert bpy.ops.mocap_mender.export_motion(filepath=str(path), **options) == {"FINISHED"}
    return formats.read(path)


def assert_same_motion(clip, other, fps=None):
    assert clip.skeleton.names == other.skeleton.names
    assert clip.fps == pytest.approx(fps or other.fps, rel=1e-6)
    assert np.degrees(angle_between(clip.rotations, other.rotations)).max() < 0.01
    np.testing.assert_allclose(clip_positions(clip), clip_positions(other), atol=1e-4)


@pytest.mark.parametrize("suffix", [".bvh", ".csv", ".npy"])
def test_file_to_blender_to_file(tmp_path, suffix):
    original = take(cmu.SKELETON, frames=40, unit=cmu.UNIT)
    formats.write(original, tmp_path / f"first{suffix}")
    imported(tmp_path / f"first{suffix}")
    clip = exported(tmp_path / f"second{suffix}")
    assert_same_motion(clip, original)
    assert clip.unit == pytest.approx(cmu.UNIT)
    np.testing.assert_allclose(clip.skeleton.offsets, original.skeleton.offsets, atol=1e-6)


def test_hierarchy_channels_and_lengths_of_the_file_stay(bvh, tmp_path):
    imported(bvh)
    exported(tmp_path / "out.bvh")
    before, after = (path.read_text().split("MOTION")[0].split() for path in (bvh, tmp_path / "out.bvh"))
    assert [word for word in before if word.isalpha()] == [word for word in after if word.isalpha()]
    leg = before.index("Leg") + 3
    np.testing.assert_allclose(
        *[[float(word) for word in words[leg : leg + 3]] for words in (before, after)], atol=1e-4
    )


@pytest.mark.parametrize("mode", MODES)
def test_every_rotation_mode_comes_out_the_same(bvh, tmp_path, mode):
    obj = imported(bvh)
    for bone in obj.pose.bones:
        bone.rotation_mode = mode
    imported(bvh, target="ACTIVE")
    assert_same_motion(exported(tmp_path / "out.bvh"), formats.read(bvh))


def test_a_reimport_moves_the_same(bvh, tmp_path):
    first = imported(bvh)
    frames = 1 + np.arange(24) / 5
    expected = head_positions(first, frames, NAMES)
    exported(tmp_path / "out.csv")
    again = imported(tmp_path / "out.csv")
    np.testing.assert_allclose(head_positions(again, frames, NAMES), expected, atol=1e-5)


def test_keys_between_frames_give_their_own_rate(bvh, tmp_path):
    imported(bvh)
    assert bpy.context.scene.render.fps == 24
    clip = exported(tmp_path / "out.bvh")
    assert clip.fps == 120
    assert len(clip) == 24


@pytest.mark.parametrize("fps", [30000 / 1001, 25.0, 100.0])
def test_other_rates_come_back(tmp_path, fps):
    path = tmp_path / "rate.bvh"
    formats.write(take(frames=200, fps=fps), path)
    imported(path)
    assert_same_motion(exported(tmp_path / "out.bvh"), formats.read(path), fps)


def test_z_up_stays_z_up(tmp_path):
    original = turned(take(), Y_UP_TO_Z_UP)
    formats.write(original, tmp_path / "z.bvh")
    imported(tmp_path / "z.bvh", up_axis="Z")
    assert_same_motion(exported(tmp_path / "out.bvh"), original)


def test_moving_joints_come_back(tmp_path):
    moving = FIGURE.offsets[7] + 0.1 * np.sin(np.arange(24))[:, None] * [1, 0.5, -0.5]
    original = replace(take(), translations={7: moving})
    formats.write(original, tmp_path / "moving.bvh")
    imported(tmp_path / "moving.bvh")
    clip = exported(tmp_path / "out.bvh")
    assert set(clip.translations) == {7}
    assert_same_motion(clip, original)


def test_ranges(bvh, tmp_path):
    obj = imported(bvh, set_scene_fps=True)
    whole = formats.read(bvh)
    scene = bpy.context.scene

    def rotations(**options):
        return exported(tmp_path / "part.bvh", **options).rotations

    def is_section(found, start, stop):
        assert len(found) == stop - start
        assert np.degrees(angle_between(found, whole.rotations[start:stop])).max() < 0.01

    is_section(rotations(frame_range="CUSTOM", frame_start=5, frame_end=9), 4, 9)
    scene.frame_start, scene.frame_end = 3, 7
    is_section(rotations(frame_range="PREVIEW"), 2, 7)
    scene.use_preview_range = True
    scene.frame_preview_start, scene.frame_preview_end = 11, 12
    is_section(rotations(frame_range="PREVIEW"), 10, 12)
    for curve in action.assigned_channels(obj).fcurves:
        for i, key in enumerate(curve.keyframe_points):
            key.select_control_point = 6 <= i <= 8
    is_section(rotations(frame_range="SELECTED_KEYS"), 6, 9)
    is_section(rotations(), 0, 24)


def test_ranges_without_frames_are_said(bvh, tmp_path):
    obj = imported(bvh, set_scene_fps=True)
    out = tmp_path / "out.bvh"
    with pytest.raises(RuntimeError, match="from 9 to 5 is empty"):
        exported(out, frame_range="CUSTOM", frame_start=9, frame_end=5)
    with pytest.raises(RuntimeError, match="no frames between 100 and 200"):
        exported(out, frame_range="CUSTOM", frame_start=100, frame_end=200)
    for curve in action.assigned_channels(obj).fcurves:
        curve.keyframe_points.foreach_set("select_control_point", np.zeros(24, dtype=bool))
    with pytest.raises(RuntimeError, match="No key is selected"):
        exported(out, frame_range="SELECTED_KEYS")
    with pytest.raises(RuntimeError, match="choose another suffix"):
        exported(tmp_path / "out.xyz")
    assert list(tmp_path.iterdir()) == [bvh]


def test_sparse_bezier_keys_are_sampled_at_every_frame_of_the_scene(bvh, tmp_path):
    obj = imported(bvh)
    channels = action.new_action(obj, "By hand")
    path = fcurves.bone_path("Arm", "rotation_quaternion")
    for index, values in enumerate(([1, 0.8, 1], [0, 0.6, 0], [0, 0, 0], [0, 0, 0])):
        fcurves.write_curve(channels, path, index, [1, 11, 21], values, "Arm", interpolation=BEZIER)
    clip = exported(tmp_path / "out.bvh")
    assert clip.fps == 24
    assert len(clip) == 21
    expected = []
    for frame in range(1, 22):
        bpy.context.scene.frame_set(frame)
        matrix = obj.pose.bones["Hand"].head - obj.pose.bones["Arm"].head
        expected.append(matrix)
    arm, hand = clip.skeleton.index("Arm"), clip.skeleton.index("Hand")
    positions = clip_positions(turned(clip, Y_UP_TO_Z_UP))
    np.testing.assert_allclose(positions[:, hand] - positions[:, arm], expected, atol=1e-5)


def test_muted_and_missing_curves_leave_the_current_value(bvh, tmp_path):
    obj = imported(bvh, set_scene_fps=True)
    bpy.context.scene.frame_set(4)
    for curve in action.assigned_channels(obj).fcurves:
        curve.mute = curve.group.name == "Arm"
    obj.pose.bones["Arm"].rotation_quaternion = (0.8, 0, 0.6, 0)
    clip = exported(tmp_path / "out.bvh")
    bpy.context.scene.frame_set(9)
    arm, hand = clip.skeleton.index("Arm"), clip.skeleton.index("Hand")
    positions = clip_positions(turned(clip, Y_UP_TO_Z_UP))[8]
    expected = obj.pose.bones["Hand"].head - obj.pose.bones["Arm"].head
    np.testing.assert_allclose(positions[hand] - positions[arm], expected, atol=1e-5)


def test_an_armature_of_another_importer(bvh, tmp_path):
    bpy.ops.import_anim.bvh(filepath=str(bvh), update_scene_fps=True, use_fps_scale=False)
    obj = bpy.context.object
    obj.scale = (2, 2, 2)
    bpy.context.view_layer.update()
    clip = exported(tmp_path / "out.bvh")
    frames = range(1, 25)
    scene = head_positions(obj, frames, NAMES)
    found = clip_positions(turned(clip, Y_UP_TO_Z_UP)) / clip.unit
    order = [clip.skeleton.index(name) for name in NAMES]
    np.testing.assert_allclose(found[:, order], scene, atol=1e-4 * np.abs(scene).max())


def test_exporting_changes_nothing_in_the_scene(bvh, tmp_path):
    obj = imported(bvh)
    before = data_names()
    curves = [fcurves.read_points(curve).tobytes() for curve in action.assigned_channels(obj).fcurves]
    bpy.context.scene.frame_set(7)
    exported(tmp_path / "out.csv")
    assert data_names() == before
    assert curves == [fcurves.read_points(curve).tobytes() for curve in action.assigned_channels(obj).fcurves]
    assert bpy.context.scene.frame_current == 7


def test_nothing_to_export_is_said(tmp_path):
    with pytest.raises(RuntimeError, match="poll"):
        bpy.ops.mocap_mender.export_motion(filepath=str(tmp_path / "out.bvh"))


def test_name_and_format_agree_in_the_file_browser():
    assert [suffix for suffix, _, _ in export_motion.FORMAT_ITEMS] == list(formats.WRITABLE)
    agreed = export_motion.agreed
    assert agreed("/a.b/walk.bvh", ".bvh", ".bvh") == ("/a.b/walk.bvh", ".bvh")
    assert agreed("/a.b/walk.bvh", ".csv", ".bvh") == ("/a.b/walk.csv", ".csv"), "another format was chosen"
    assert agreed("/a.b/walk.CSV", ".bvh", ".bvh") == ("/a.b/walk.CSV", ".csv"), "another name was typed"
    assert agreed("/a.b/walk.v2", ".npy", ".npy") == ("/a.b/walk.v2.npy", ".npy")
