"""Strength by part of the body, and the root, which is smoothed on its own only where it is asked for."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

from addon.blender import action, fcurves
from addon.core.rotation import angle_between, exp, multiply
from addon.core.rotation_mode import to_quaternion
from tests.blender.figure import JOINTS, figure_rotations, key_rotations, make_armature, make_model, wobble
from tests.blender.test_denoise_action import denoise, rotations_of, snapshot
from tests.blender.test_denoise_over_time import MODEL, imported, noisy, swinging

FRAMES = np.arange(1, 81, dtype=np.float32)
LEGS, ARMS = ("LeftUpLeg", "LeftLeg"), ("LeftArm", "LeftForeArm")
SPINE = ("LowerBack", "Spine", "Head")


@pytest.fixture(autouse=True)
def card(model_folder):
    return make_model(model_folder, 0.4)


@pytest.fixture
def figure():
    obj = make_armature()
    key_rotations(obj, FRAMES, figure_rotations(FRAMES))
    return obj


def channels_of(obj):
    return action.assigned_channels(obj)


def changed_bones(before, after):
    return {path.split('"')[1] for path, index in before if before[path, index] != after[path, index]}


@pytest.mark.parametrize(("part", "bones"), [("spine", SPINE), ("arms", ARMS), ("legs", LEGS)])
def test_a_part_without_strength_stays_bit_for_bit(figure, part, bones):
    before = snapshot(channels_of(figure))
    denoise(result="IN_PLACE", **{f"strength_{part}": 0.0})
    assert changed_bones(before, snapshot(channels_of(figure))) == set(JOINTS) - set(bones)


def test_a_part_goes_part_of_the_way(figure):
    rotations = figure_rotations(FRAMES)
    denoise(plant_feet=False)
    whole = {bone: rotations_of(channels_of(figure), figure, bone) for bone in JOINTS}
    obj = make_armature("Second")
    key_rotations(obj, FRAMES, rotations, name="Other")
    denoise(plant_feet=False, strength=0.8, strength_arms=0.5)
    for bone, share in (("LeftArm", 0.4), ("Head", 0.8)):
        way = angle_between(rotations[bone], rotations_of(channels_of(obj), obj, bone))
        np.testing.assert_allclose(way, share * angle_between(rotations[bone], whole[bone]), atol=1e-4)


def keyed_root(obj, path="location", noise=0.02, bone="Hips"):
    """Trembling location keys on the object ("") or on a bone, and what they tremble about."""
    channels, clean = channels_of(obj), np.stack([0.02 * FRAMES, np.sin(FRAMES / 9), 0.1 * np.cos(FRAMES / 5)], axis=-1)
    noisy = clean + noise * np.random.default_rng(3).normal(size=clean.shape)
    for index in range(3):
        fcurves.write_curve(channels, path, index, FRAMES, noisy[:, index], bone or "Object")
    return clean, noisy


def read(obj, path, count):
    curves = fcurves.by_path(channels_of(obj))
    return np.stack([fcurves.read_points(curves[path, index])[:, 1] for index in range(count)], axis=-1)


@pytest.mark.parametrize("bone", ["Hips", ""])
def test_the_roots_path_is_smoothed_where_it_is(figure, bone):
    path = fcurves.bone_path(bone, "location") if bone else "location"
    clean, noisy = keyed_root(figure, path, bone=bone)
    denoise(strength_root=1.0)
    found = read(figure, path, 3)
    assert np.sqrt(np.mean((found - clean) ** 2)) < 0.6 * np.sqrt(np.mean((noisy - clean) ** 2))


def test_the_root_stays_unless_it_is_asked_for(figure):
    path = fcurves.bone_path("Hips", "location")
    _, noisy = keyed_root(figure, path)
    denoise()
    np.testing.assert_array_equal(read(figure, path, 3), noisy.astype(np.float32))


def test_half_of_the_roots_smoothing(figure):
    path = fcurves.bone_path("Hips", "location")
    _, noisy = keyed_root(figure, path)
    denoise(strength_root=1.0, result="COPY")
    whole = read(figure, path, 3) - noisy
    figure.animation_data.action = bpy.data.actions["Take"]
    if hasattr(figure.animation_data, "action_slot"):
        figure.animation_data.action_slot = bpy.data.actions["Take"].slots[0]
    denoise(strength_root=0.5)
    np.testing.assert_allclose(read(figure, path, 3) - noisy, 0.5 * whole, atol=1e-5)


@pytest.mark.parametrize("mode", ["QUATERNION", "XYZ"])
@pytest.mark.parametrize("turned", [False, True])
def test_the_roots_heading_is_smoothed_and_its_lean_stays(figure, mode, turned):
    """Whatever way the bone rests and the object stands, what is up in the scene counts."""
    if turned:
        figure.rotation_euler = (np.pi / 2, 0, 0)
        bpy.context.view_layer.update()
    figure.pose.bones["Hips"].rotation_mode = mode
    up = np.array(
        (figure.matrix_world.to_3x3() @ figure.data.bones["Hips"].matrix_local.to_3x3()).inverted() @ bpy_up()
    )
    shake = 0.03 * np.random.default_rng(1).normal(size=len(FRAMES))
    clean = wobble(FRAMES / 4, 50, 0.4)
    noisy = multiply(exp(shake[:, None] * up), clean)
    key_rotations(figure, FRAMES, {**figure_rotations(FRAMES), "Hips": noisy}, name="Turning")
    before = snapshot(channels_of(figure))
    denoise(strength_root=1.0, result="IN_PLACE", strength=0.0)
    assert changed_bones(before, snapshot(channels_of(figure))) == {"Hips"}
    found = rotations_of_hips(figure, mode)
    assert angle_between(found, clean).mean() < 0.5 * angle_between(noisy, clean).mean()


def bpy_up():
    from mathutils import Vector

    return Vector((0, 0, 1))


def rotations_of_hips(obj, mode):
    path = fcurves.bone_path("Hips", "rotation_quaternion" if mode == "QUATERNION" else "rotation_euler")
    return to_quaternion(read(obj, path, 4 if mode == "QUATERNION" else 3), mode)


def test_the_objects_heading_is_smoothed(figure):
    shake = 0.05 * np.random.default_rng(1).normal(size=len(FRAMES))
    clean = np.stack([0 * FRAMES, 0 * FRAMES, FRAMES / 20], axis=-1)
    for index in range(3):
        noisy = clean[:, index] + (shake if index == 2 else 0)
        fcurves.write_curve(channels_of(figure), "rotation_euler", index, FRAMES, noisy, "Object")
    denoise(strength_root=1.0)
    assert np.abs(read(figure, "rotation_euler", 3) - clean).mean() < 0.5 * np.abs(shake).mean() / 3


def test_a_locked_root_is_refused_before_anything_changes(figure):
    path = fcurves.bone_path("Hips", "location")
    keyed_root(figure, path)
    fcurves.by_path(channels_of(figure))[path, 1].lock = True
    before, count = snapshot(channels_of(figure)), len(bpy.data.actions)
    with pytest.raises(RuntimeError, match="root's curves"):
        denoise(strength_root=1.0)
    assert snapshot(channels_of(figure)) == before
    assert len(bpy.data.actions) == count


def test_selected_bones_leave_the_root_alone(figure):
    path = fcurves.bone_path("Hips", "location")
    _, noisy = keyed_root(figure, path)
    for bone in figure.pose.bones:
        (bone if bpy.app.version >= (5, 0, 0) else bone.bone).select = bone.name == "LeftArm"
    denoise(strength_root=1.0, bones="SELECTED")
    np.testing.assert_array_equal(read(figure, path, 3), noisy.astype(np.float32))


def test_fingers_go_with_the_hands_and_what_hangs_on_nothing_goes_its_own_way(tmp_path, monkeypatch):
    """Bones that are none of the model's joints belong to the part of the body that carries them."""
    monkeypatch.undo()
    clean = swinging(30.0)
    obj = imported(noisy(clean), tmp_path)
    bpy.ops.object.mode_set(mode="EDIT")
    for name, parent in (("finger", "LeftHand"), ("hair", "Head"), ("sword", None)):
        bone = obj.data.edit_bones.new(name)
        bone.head, bone.tail = (0, 0, 1), (0, 0, 1.1)
        bone.parent = obj.data.edit_bones[parent] if parent else None
    bpy.ops.object.mode_set(mode="OBJECT")
    frames = np.arange(1, len(clean) + 1, dtype=np.float32)
    for seed, name in enumerate(("finger", "hair", "sword")):
        path = fcurves.bone_path(name, "rotation_quaternion")
        shaken = multiply(wobble(frames, seed), exp(0.05 * np.random.default_rng(seed).normal(size=(len(frames), 3))))
        for index in range(4):
            fcurves.write_curve(channels_of(obj), path, index, frames, shaken[:, index], name)
    before = snapshot(channels_of(obj))
    bpy.ops.mocap_mender.denoise_action(model=MODEL, strength_hands=0.0, result="IN_PLACE")
    changed = changed_bones(before, snapshot(channels_of(obj)))
    assert not changed & {"finger", "LeftHand", "LThumb", "Hips"}
    assert changed >= {"hair", "sword", "LeftForeArm", "Head"}
