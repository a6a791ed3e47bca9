"""Takes that Blender's own importers bring in denoise like ours, whatever way their bones rest and roll."""

from __future__ import annotations

import os
from pathlib import Path

import addon_utils
import bpy
import numpy as np
import pytest

from addon.blender import action, fcurves, retarget
from addon.blender.steps import finish
from addon.blender.tracks import KeyRange
from addon.core.rigs.cmu import POSE_JOINTS
from addon.core.rigs.matching import match_by_name
from addon.core.rotation import IDENTITY, angle_between
from addon.core.rotation_mode import property_of, to_quaternion
from addon.operators.rig import joints_of
from tests.blender.figure import figure_rotations, key_rotations, make_armature, make_model

FRAMES = np.arange(1, 31, dtype=np.float32)
DATA = Path(os.environ.get("MOCAP_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))


@pytest.fixture
def card(model_folder):
    return make_model(model_folder, 0.3)


@pytest.fixture
def figure():
    """A take that starts in the rest pose, which is what files without a mesh keep of it."""
    obj = make_armature()
    rotations = figure_rotations(FRAMES)
    for q in rotations.values():
        q[0] = IDENTITY
    key_rotations(obj, FRAMES, rotations)
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1, len(FRAMES)
    scene.frame_set(1)
    return obj


def import_fbx(path):
    addon_utils.enable("io_scene_fbx", default_set=True)
    bpy.ops.import_scene.fbx(filepath=str(path))
    return imported_armature()


def import_bvh(path, mode):
    addon_utils.enable("io_anim_bvh", default_set=True)
    bpy.ops.import_anim.bvh(filepath=str(path), rotate_mode=mode)
    return imported_armature()


def imported_armature():
    obj = next(obj for obj in bpy.context.selected_objects if obj.type == "ARMATURE")
    bpy.context.view_layer.objects.active = obj
    return obj


def seen(obj, card):
    """(T, J, 4) what the model sees of the object's action."""
    joints = match_by_name(obj.data.bones.keys(), card.joints)
    binding = finish(retarget.bind(obj, action.assigned_channels(obj), joints, card.skeleton, card.reference))
    frames = retarget.key_frames(binding.read, set(joints.bone_of.values()), KeyRange())
    return finish(retarget.sample(binding, frames)).body


def test_an_fbx_take_looks_to_the_model_as_it_was(tmp_path, card, figure):
    path = tmp_path / "take.fbx"
    addon_utils.enable("io_scene_fbx", default_set=True)
    bpy.ops.export_scene.fbx(
        filepath=str(path), object_types={"ARMATURE"}, bake_anim_simplify_factor=0, add_leaf_bones=False
    )
    before = seen(figure, card)
    bpy.ops.mocap_mender.denoise_action()
    wanted = seen(figure, card)
    other = import_fbx(path)
    assert other is not figure
    assert np.degrees(angle_between(seen(other, card), before).max()) < 0.05
    bpy.ops.mocap_mender.denoise_action()
    assert other.animation_data.action.name.endswith(" denoised")
    assert np.degrees(angle_between(seen(other, card), wanted).max()) < 0.05


@pytest.mark.parametrize("mode", ["NATIVE", "QUATERNION", "ZXY"])
def test_a_bvh_take_by_blenders_importer_denoises_in_its_own_mode(tmp_path, card, figure, mode):
    path = tmp_path / "take.bvh"
    addon_utils.enable("io_anim_bvh", default_set=True)
    bpy.ops.export_anim.bvh(filepath=str(path), frame_start=1, frame_end=len(FRAMES), rotate_mode="XYZ")
    bpy.ops.mocap_mender.denoise_action()
    wanted = seen(figure, card)
    other = import_bvh(path, mode)
    modes = {bone.name: bone.rotation_mode for bone in other.pose.bones}
    times = {key: fcurves.read_points(curve)[:, 0] for key, curve in curves_of(other).items()}
    bpy.ops.mocap_mender.denoise_action()
    assert {bone.name: bone.rotation_mode for bone in other.pose.bones} == modes
    assert curves_of(other).keys() == times.keys()
    for key, curve in curves_of(other).items():
        np.testing.assert_array_equal(fcurves.read_points(curve)[:, 0], times[key])
    found = seen(other, card)
    assert len(found) >= len(FRAMES) - 1, "some of Blender's importers drop the first frame"
    assert np.degrees(angle_between(found, wanted[-len(found) :]).max()) < 0.05


def curves_of(obj):
    return fcurves.by_path(action.assigned_channels(obj))


def rotation_curves(obj):
    """Bone -> its rotation curves by index, of the joints that the models know and that move."""
    curves = curves_of(obj)
    for bone in joints_of(obj, action.assigned_channels(obj), POSE_JOINTS).bone_of.values():
        path = fcurves.bone_path(bone, property_of(obj.pose.bones[bone].rotation_mode))
        own = {i: curves[path, i] for i in range(4) if (path, i) in curves}
        if own and len(own[min(own)].keyframe_points) > 2:  # the importer leaves two keys of what stands still
            yield bone, own


def rotations_of(obj):
    """(T, N, 4) at every frame; importers thin out what stands still, so the curves' keys differ."""
    frames = fcurves.key_frames([curve for _, own in rotation_curves(obj) for curve in own.values()])
    found = []
    for bone, own in rotation_curves(obj):
        values = np.stack([fcurves.evaluate(curve, frames) for curve in own.values()], axis=-1)
        found.append(to_quaternion(values, obj.pose.bones[bone].rotation_mode))
    return np.stack(found, axis=1)


def add_noise(obj, sigma):
    """Noise on what the curves hold: angles get twice that of quaternions, which are sines of half the angle."""
    rng = np.random.default_rng(1)
    for bone, own in rotation_curves(obj):
        size = sigma if obj.pose.bones[bone].rotation_mode == "QUATERNION" else 2 * sigma
        for curve in own.values():
            values = fcurves.read_points(curve)[:, 1]
            fcurves.write_values(curve, rng.normal(values, size))


@pytest.mark.skipif(not (DATA / "cmu").is_dir(), reason="the CMU takes are not on this machine")
@pytest.mark.parametrize(
    "take",
    [
        "fbx/07_01_cmu.fbx",
        "bvh/08_01.bvh",
        "fbx/91_48.fbx",  # names and proportions of Poser's, 30 frames a second
        "fbx/135_01.fbx",  # it rests in a frame of its motion, arms hanging and elbows bent, in no pose to align with
    ],
)
def test_the_shipped_model_takes_noise_off_real_takes(take):
    path = DATA / "cmu" / take
    obj = import_fbx(path) if take.endswith("fbx") else import_bvh(path, "NATIVE")
    clean = rotations_of(obj)
    add_noise(obj, 0.02)
    noisy = angle_between(rotations_of(obj), clean).mean()
    bpy.ops.mocap_mender.denoise_action()
    denoised = angle_between(rotations_of(obj), clean).mean()
    assert denoised < 0.6 * noisy
