"""Bones that are no joint of the model, fingers, tails and props, are denoised each on its own, and the root is not."""

from __future__ import annotations

from dataclasses import replace

import bpy
import numpy as np
import pytest

from addon.blender import action, fcurves, retarget
from addon.blender.armature import build
from addon.blender.edits import edits, write_edits
from addon.blender.steps import finish
from addon.blender.tracks import KeyRange
from addon.core.rigs.cmu import POSE_JOINTS, SKELETON
from addon.core.rigs.joint_map import JointMap
from addon.core.rotation import angle_between, exp, multiply
from addon.core.rotation_mode import property_of, to_quaternion
from addon.operators.rig import possible_joints, warnings
from tests.blender.figure import BONES, JOINTS, key_rotations, make_armature, make_model, wobble

FRAMES = np.arange(1, 121, dtype=np.float32)
TAIL = {
    "Tail": ("Hips", (0, 0.1, 1.0), 0.4),
    "Tail2": ("Tail", (0, 0.3, 1.0), 1.4),
    "Prop": (None, (1, 0, 0), 0.0),
}
SIGMA = 0.03


def rotations_of(obj, bone):
    mode = obj.pose.bones[bone].rotation_mode
    curves = fcurves.by_path(action.assigned_channels(obj))
    path = fcurves.bone_path(bone, property_of(mode))
    count = 3 if property_of(mode) == "rotation_euler" else 4
    return to_quaternion(np.stack([fcurves.read_points(curves[path, i])[:, 1] for i in range(count)], axis=-1), mode)


def slow(bones):
    return {bone: wobble(FRAMES / 4, seed) for seed, bone in enumerate(bones)}


def noisy(rotations):
    rng = np.random.default_rng(0)
    return {
        bone: multiply(q, exp(rng.normal(0, SIGMA, (len(q), 3)))).astype(np.float32) for bone, q in rotations.items()
    }


def errors(obj, clean):
    return {bone: np.degrees(angle_between(rotations_of(obj, bone), q).mean()) for bone, q in clean.items()}


@pytest.fixture
def take():
    """The figure with a tail and a prop, all moving, noise on everything: (object, what it was without)."""
    obj = make_armature(bones=BONES | TAIL)
    obj.pose.bones["Tail2"].rotation_mode = "XYZ"
    clean = slow((*JOINTS, "Hips", *TAIL))
    key_rotations(obj, FRAMES, noisy(clean))
    return obj, clean


def test_tails_and_props_are_denoised_and_the_root_is_not(take):
    obj, clean = take
    before = errors(obj, clean)
    root = rotations_of(obj, "Hips")
    assert bpy.ops.mocap_mender.denoise_action() == {"FINISHED"}
    after = errors(obj, clean)
    for bone in TAIL:
        assert after[bone] < 0.6 * before[bone], bone
    np.testing.assert_array_equal(rotations_of(obj, "Hips"), root)


def test_a_model_of_single_poses_leaves_them_alone(take, model_folder):
    make_model(model_folder, name="poses")
    obj, _ = take
    before = {bone: rotations_of(obj, bone) for bone in (*TAIL, "Head")}
    bpy.ops.mocap_mender.denoise_action(model="poses")
    assert (rotations_of(obj, "Head") != before.pop("Head")).any()
    for bone, rotations in before.items():
        np.testing.assert_array_equal(rotations_of(obj, bone), rotations)


def test_only_what_is_selected_changes(take):
    obj, clean = take
    for bone in obj.pose.bones:
        (bone if bpy.app.version >= (5, 0, 0) else bone.bone).select = bone.name == "Tail2"
    before = {bone: rotations_of(obj, bone) for bone in clean}
    bpy.ops.mocap_mender.denoise_action(bones="SELECTED")
    changed = {bone for bone, rotations in before.items() if (rotations_of(obj, bone) != rotations).any()}
    assert changed == {"Tail2"}


def test_a_rig_without_any_joint_is_denoised_bone_by_bone():
    obj = make_armature(bones={"Root": (None, (0, 0, 0), 0.2), "Arm.001": ("Root", (0, 0, 1), 0.1)})
    clean = slow(("Root", "Arm.001"))
    key_rotations(obj, FRAMES, noisy(clean))
    before = errors(obj, clean)
    assert bpy.ops.mocap_mender.denoise_action() == {"FINISHED"}
    after = errors(obj, clean)
    assert all(after[bone] < 0.6 * before[bone] for bone in clean)


def test_a_body_that_only_its_shape_tells_is_denoised_bone_by_bone_until_a_person_confirms():
    nameless = replace(SKELETON, names=tuple(f"bone{i:02}" for i in range(len(SKELETON))))
    obj, bones = build(nameless, "Nameless")
    clean = slow(bones)
    key_rotations(obj, FRAMES, noisy(clean))
    found = possible_joints(obj, action.assigned_channels(obj), POSE_JOINTS)
    assert not found.bone_of
    assert any("bones' names say nothing" in line and "Rig Map" in line for line in warnings(found))
    before, root = errors(obj, clean), rotations_of(obj, bones[0])
    assert bpy.ops.mocap_mender.denoise_action() == {"FINISHED"}
    after = errors(obj, clean)
    assert np.mean([after[bone] / before[bone] for bone in bones[1:]]) < 0.6
    np.testing.assert_array_equal(rotations_of(obj, bones[0]), root)


def test_keys_beyond_the_bodys_are_seen_too(take):
    obj, _ = take
    late = np.arange(1, 161, dtype=np.float32)
    rotations = {bone: wobble(FRAMES / 4, seed) for seed, bone in enumerate(JOINTS)}
    channels = key_rotations(obj, FRAMES, rotations, name="Longer")
    tail = wobble(late / 4, 9)
    dirty = noisy({"Tail": tail})["Tail"]
    for index in range(4):
        path = fcurves.bone_path("Tail", "rotation_quaternion")
        fcurves.write_curve(channels, path, index, late, dirty[:, index], "Tail")
    bpy.ops.mocap_mender.denoise_action()
    apart = angle_between(rotations_of(obj, "Tail"), tail)[130:].mean()
    assert apart < 0.6 * angle_between(dirty, tail)[130:].mean()


def test_a_bone_between_joints_turns_and_the_joint_below_ends_as_the_model_has_it():
    """The back has one more bone: both change, and the whole back ends where the model wants it."""
    bones = {
        "Hips": (None, (0, 0, 1.0), 0.3),
        "LowerBack": ("Hips", (0, 0, 1.1), 1.1),
        "Middle": ("LowerBack", (0, 0, 1.2), 0.5),
        "Upper": ("Middle", (0, 0, 1.25), 0.9),
        "Spine": ("Upper", (0, 0, 1.3), -0.4),
        "Head": ("Spine", (0, 0.02, 1.6), 0.2),
    }
    obj = make_armature(bones=bones)
    key_rotations(obj, FRAMES, {bone: wobble(FRAMES, seed) for seed, bone in enumerate(bones)})
    skeleton = SKELETON.subset(("LowerBack", "Spine", "Head"))
    found = JointMap({joint: joint for joint in skeleton.names}, root="Hips")
    channels = action.assigned_channels(obj)
    still = np.tile([1.0, 0, 0, 0], (3, 1))

    def bound():
        return finish(retarget.bind(obj, channels, found, skeleton, still, {"Middle", "Spine", "LowerBack", "Head"}))

    binding = bound()
    assert [track.bone for track in binding.free] == ["Middle"]
    motion = finish(retarget.sample(binding, FRAMES))
    rng = np.random.default_rng(1)
    body = multiply(motion.body, exp(rng.normal(0, 0.2, (len(FRAMES), 3, 3)))).astype(np.float32)
    free = multiply(motion.free, exp(rng.normal(0, 0.2, (len(FRAMES), 1, 3)))).astype(np.float32)
    clean = replace(motion, body=body, free=free)
    turns = finish(retarget.turns(binding, FRAMES, motion, clean))
    changes, _ = finish(edits(binding.read, FRAMES, turns, KeyRange(), dict.fromkeys(turns, 1.0)))
    write_edits(channels, changes)
    after = finish(retarget.sample(bound(), FRAMES))
    assert np.degrees(angle_between(after.body, body)).max() < 0.01
    assert np.degrees(angle_between(after.free, free)).max() < 0.01
    assert np.degrees(angle_between(rotations_of(obj, "Upper"), wobble(FRAMES, 3))).max() < 0.01


def test_the_identity_through_the_whole_mapping(take):
    obj, clean = take
    before = {bone: rotations_of(obj, bone) for bone in clean}
    found = JointMap({joint: joint for joint in JOINTS}, root="Hips")
    skeleton = SKELETON.subset(JOINTS)
    channels = action.assigned_channels(obj)
    reference = np.tile([1.0, 0, 0, 0], (len(JOINTS), 1))
    binding = finish(retarget.bind(obj, channels, found, skeleton, reference, set(TAIL)))
    motion = finish(retarget.sample(binding, FRAMES))
    turns = finish(retarget.turns(binding, FRAMES, motion, motion))
    changes, degrees = finish(edits(binding.read, FRAMES, turns, KeyRange(), dict.fromkeys(turns, 1.0)))
    assert len(changes) == 4 * (len(JOINTS) + 2) + 3
    write_edits(channels, changes)
    assert degrees < 0.01
    for bone, rotations in before.items():
        assert np.degrees(angle_between(rotations_of(obj, bone), rotations)).max() < 0.01, bone
