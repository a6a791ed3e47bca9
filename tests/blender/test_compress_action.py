"""Actions into files and back, in Blender: keys where they were, the tolerance kept as played, bad files refused."""

from __future__ import annotations

import shutil

import bpy
import numpy as np
import pytest

from addon.blender import action, fcurves, recorded
from addon.core import formats
from addon.core.compression import archive
from addon.core.rigs import cmu
from addon.core.rotation import angle_between
from addon.core.rotation_mode import from_quaternions, property_of, to_quaternion
from addon.operators import pose_codes

from .takes import FIGURE, take

MODES = ("QUATERNION", "XYZ", "ZXY", "AXIS_ANGLE")


@pytest.fixture
def rig(tmp_path):
    """A figure that moves, its bones in several rotation modes."""
    return imported(tmp_path, FIGURE)


def imported(folder, skeleton, frames=60, fps=120.0):
    path = folder / "walk.bvh"
    formats.write(take(skeleton, frames, fps), path)
    bpy.ops.mocap_mender.import_motion(filepath=str(path))
    return bpy.context.object


def in_several_modes(obj):
    """Bake each bone's rotation into a mode of its own, keys at the same frames."""
    curves = action.assigned_channels(obj).fcurves
    for number, bone in enumerate(obj.pose.bones):
        mode = MODES[number % len(MODES)]
        path = fcurves.bone_path(bone.name, "rotation_quaternion")
        own = [curve for curve in curves if curve.data_path == path]
        points = [fcurves.read_points(curve) for curve in sorted(own, key=lambda curve: curve.array_index)]
        q = to_quaternion(np.stack([point[:, 1] for point in points], axis=-1), "QUATERNION")
        for curve in own:
            curves.remove(curve)
        bone.rotation_mode = mode
        values = from_quaternions(q, mode)
        for index in range(values.shape[1]):
            fcurves.write_curve(
                action.assigned_channels(obj),
                fcurves.bone_path(bone.name, property_of(mode)),
                index,
                points[0][:, 0],
                values[:, index],
                bone.name,
            )


def curves_of(obj):
    return {
        (curve.data_path, curve.array_index): recorded.read_curve(curve)
        for curve in action.assigned_channels(obj).fcurves
    }


def poses(obj, frames):
    """(T, J, 4) and (T, J, 3): what Blender plays, bone by bone in its own space."""
    turned, moved = [], []
    for frame in frames:
        bpy.context.scene.frame_set(int(frame))
        turned.append([bone.matrix_basis.to_quaternion() for bone in obj.pose.bones])
        moved.append([bone.matrix_basis.to_translation() for bone in obj.pose.bones])
    return np.array(turned), np.array(moved)


def compress(path, **settings):
    return bpy.ops.mocap_mender.compress_action(filepath=str(path), **settings)


def restore(path, **settings):
    return bpy.ops.mocap_mender.restore_action(filepath=str(path), **settings)


def played_apart(obj, before, frames):
    turned, moved = poses(obj, frames)
    angles = np.degrees(angle_between(before[0], turned))
    return angles.max(), np.linalg.norm(before[1] - moved, axis=-1).max()


@pytest.mark.parametrize("degrees", [0.2, 1.0, 5.0])
def test_an_action_comes_back_within_the_tolerances_as_played(degrees, rig, tmp_path):
    in_several_modes(rig)
    bpy.context.view_layer.update()
    was, frames = curves_of(rig), range(20)
    before, original = poses(rig, frames), rig.animation_data.action
    assert compress(tmp_path / "walk.mmz", degrees=degrees, millimetres=2.0) == {"FINISHED"}
    assert rig.animation_data.action == original
    assert restore(tmp_path / "walk.mmz") == {"FINISHED"}
    assert rig.animation_data.action != original
    angle, distance = played_apart(rig, before, frames)
    assert 0 < angle <= degrees
    assert 0 < distance <= 0.002
    now = curves_of(rig)
    assert now.keys() == was.keys()
    for key, curve in was.items():
        np.testing.assert_array_equal(now[key].points[:, 0], curve.points[:, 0])  # sub-frames, bit for bit
        np.testing.assert_array_equal(now[key].styles, curve.styles)
        assert (now[key].group, now[key].settings) == (curve.group, curve.settings)
    assert original.use_fake_user


def test_what_is_no_rotation_or_location_comes_back_bit_for_bit(rig, tmp_path):
    head = rig.pose.bones["Head"]
    head["mood"] = 0.5
    rng = np.random.default_rng(0)
    frames = np.sort(rng.uniform(0, 30, 12)).astype(np.float32)
    extra = {("scale", 1): [], ('["mood"]', 0): []}
    channels = action.assigned_channels(rig)
    for name, index in extra:
        path = fcurves.bone_path("Head", name) if name == "scale" else f'pose.bones["Head"]{name}'
        curve = fcurves.write_curve(channels, path, index, frames, rng.normal(size=12), "Head", interpolation=2)
        for key in curve.keyframe_points:
            key.handle_left_type = key.handle_right_type = "FREE"
            key.handle_left[1] += 0.3
        curve.keyframe_points[3].interpolation = "ELASTIC"
        curve.keyframe_points[3].amplitude = 0.7
        curve.extrapolation = "LINEAR"
        curve.mute = True
    fcurves.write_curve(channels, "location", 2, frames, frames, "Object Transforms")
    was = curves_of(rig)
    compress(tmp_path / "a.mmz")
    restore(tmp_path / "a.mmz")
    now = curves_of(rig)
    for key in was:
        if "rotation" in key[0] or key[0].endswith('"].location'):
            continue
        for part in ("points", "left", "right", "styles", "easing"):
            np.testing.assert_array_equal(getattr(now[key], part), getattr(was[key], part))
        assert now[key].settings == was[key].settings
        assert now[key].group == was[key].group
    assert len([key for key in was if key not in now]) == 0


def test_a_bone_with_keys_of_its_own_and_few_of_them_plays_within_the_tolerance(rig, tmp_path):
    channels = action.assigned_channels(rig)
    path = fcurves.bone_path("Arm", "rotation_quaternion")
    for curve in [curve for curve in channels.fcurves if curve.data_path == path]:
        channels.fcurves.remove(curve)
    rig.pose.bones["Arm"].rotation_mode = "XYZ"
    frames = np.array([1, 6, 9, 15], dtype=np.float32)
    for index, values in enumerate(np.random.default_rng(1).normal(0, 1, (3, 4))):
        fcurves.write_curve(
            channels, fcurves.bone_path("Arm", "rotation_euler"), index, frames, values, "Arm", interpolation=2
        )
    before, was = poses(rig, range(17)), curves_of(rig)
    compress(tmp_path / "a.mmz", degrees=1.0)
    restore(tmp_path / "a.mmz")
    assert played_apart(rig, before, range(17))[0] <= 1.0
    now = curves_of(rig)
    assert {key: len(curve.points) for key, curve in now.items()} == {k: len(c.points) for k, c in was.items()}


def test_cmu_bones_are_coded_by_the_model_whose_file_is_needed_again(tmp_path, monkeypatch):
    obj = imported(tmp_path, cmu.SKELETON)
    compress(tmp_path / "a.mmz", method="CODE")
    told = archive.scan(tmp_path / "a.mmz").header
    assert told.model == "pose-compress"
    assert len(told.model_hash) == 64
    assert restore(tmp_path / "a.mmz") == {"FINISHED"}

    kept, before = pose_codes.model_folders, obj.animation_data.action
    only = tmp_path / "models"
    only.mkdir()
    monkeypatch.setattr(pose_codes, "model_folders", lambda: [only])
    with pytest.raises(RuntimeError, match="pose-compress, which is not installed"):
        restore(tmp_path / "a.mmz")
    content = (kept()[0] / "pose-compress.onnx").read_bytes()
    # The same network in another file: a field that ONNX readers pass over is added.
    (only / "pose-compress.onnx").write_bytes(content + bytes([0xFA, 0x07, 0x01, 0x00]))
    with pytest.raises(RuntimeError, match="another version of the model pose-compress"):
        restore(tmp_path / "a.mmz")
    assert obj.animation_data.action == before
    shutil.copy(kept()[0] / "pose-compress.onnx", only / "renamed.onnx")
    (only / "pose-compress.onnx").unlink()
    assert restore(tmp_path / "a.mmz") == {"FINISHED"}


def test_the_models_code_is_refused_for_a_rig_that_it_does_not_know(rig, tmp_path):
    with pytest.raises(RuntimeError, match="Curves Alone"):
        compress(tmp_path / "a.mmz", method="CODE")
    assert [path.name for path in tmp_path.iterdir()] == ["walk.bvh"]
    assert compress(tmp_path / "a.mmz", method="SMALLEST") == {"FINISHED"}


def test_other_rotation_modes_than_the_files_are_kept(rig, tmp_path):
    before = poses(rig, range(16))
    compress(tmp_path / "a.mmz")
    rig.pose.bones["Arm"].rotation_mode = "ZYX"
    restore(tmp_path / "a.mmz")
    assert rig.pose.bones["Arm"].rotation_mode == "ZYX"
    assert played_apart(rig, before, range(16))[0] <= 1.0


def test_a_damaged_file_is_refused_and_recovered_when_asked(tmp_path):
    obj = imported(tmp_path, FIGURE, frames=1600)
    path, before = tmp_path / "a.mmz", obj.animation_data.action
    compress(path)
    found = archive.scan(path)
    content = bytearray(path.read_bytes())
    content[found.chunks[1].start + 40] ^= 4
    path.write_bytes(content)
    with pytest.raises(RuntimeError, match="Recover"):
        restore(path)
    assert obj.animation_data.action == before
    assert restore(path, recover=True) == {"FINISHED"}
    frames = curves_of(obj)[fcurves.bone_path("Head", "rotation_quaternion"), 0].points[:, 0]
    assert len(frames) == 1600 - archive.LONGEST_RUN


@pytest.mark.parametrize("content", [b"", b"no motion", b"\x89MMZ\r\n\x1a\n\x01\x00"])
def test_foreign_and_empty_files_leave_everything_as_it_was(content, rig, tmp_path):
    path, before = tmp_path / "a.mmz", rig.animation_data.action
    path.write_bytes(content)
    actions = len(bpy.data.actions)
    with pytest.raises(RuntimeError, match=r"a\.mmz"):
        restore(path)
    with pytest.raises(RuntimeError, match="cannot be read"):
        restore(tmp_path / "none.mmz")
    assert (rig.animation_data.action, len(bpy.data.actions)) == (before, actions)


def test_modifiers_and_samples_are_refused_with_a_sentence(rig, tmp_path):
    curve = action.assigned_channels(rig).fcurves[5]
    modifier = curve.modifiers.new("NOISE")
    with pytest.raises(RuntimeError, match="modifiers"):
        compress(tmp_path / "a.mmz")
    curve.modifiers.remove(modifier)
    curve.convert_to_samples(0, 10)
    with pytest.raises(RuntimeError, match="samples"):
        compress(tmp_path / "a.mmz")
    assert [path.name for path in tmp_path.iterdir()] == ["walk.bvh"]


def test_a_file_that_cannot_be_written_is_a_sentence(rig, tmp_path):
    with pytest.raises(RuntimeError, match="cannot be written"):
        compress(tmp_path / "no" / "such" / "folder.mmz")


def test_the_bound_is_in_the_scenes_millimetres(rig, tmp_path):
    rig.scale = (0.01, 0.01, 0.01)
    bpy.context.view_layer.update()
    compress(tmp_path / "a.mmz", millimetres=1.0)
    assert archive.scan(tmp_path / "a.mmz").header.length == pytest.approx(0.1)


def test_a_bone_with_idle_curves_of_another_mode_is_restored_in_that_mode(rig, tmp_path):
    """Old Euler curves of a bone that turns by quaternions must not stand beside the restored ones."""
    bone = rig.pose.bones[1]
    bone.rotation_mode = "QUATERNION"
    frames = np.array([1.0, 60.0], dtype=np.float32)
    for index in range(3):
        path = fcurves.bone_path(bone.name, "rotation_euler")
        fcurves.write_curve(action.assigned_channels(rig), path, index, frames, frames * 0, bone.name)
    before = poses(rig, range(1, 61))[0]
    bpy.ops.mocap_mender.compress_action(filepath=str(tmp_path / "a.mmz"), degrees=0.5, method="CURVES")
    bone.rotation_mode = "XYZ"
    assert bpy.ops.mocap_mender.restore_action(filepath=str(tmp_path / "a.mmz")) == {"FINISHED"}
    assert np.degrees(angle_between(poses(rig, range(1, 61))[0], before)).max() <= 0.501
