"""Where bones are in the scene, beside what Blender itself makes of the same keys."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

from addon.blender import action, fcurves
from addon.blender.limbs import OBJECT, Moved, in_scene, read
from addon.blender.steps import finish
from addon.core.rotation import angle_between, exp, multiply
from tests.blender.figure import figure_rotations, key_rotations, make_armature, wobble

FRAMES = np.arange(1, 13, dtype=np.float32)
BONES = ("Hips", "LeftUpLeg", "LeftLeg", "Head")


@pytest.fixture(params=["plain", "turned and scaled", "keyed object", "parent", "axis angle"])
def figure(request):
    obj = make_armature()
    channels = key_rotations(obj, FRAMES, {**figure_rotations(FRAMES), "Hips": wobble(FRAMES, 77)})
    for index in range(3):
        path = fcurves.bone_path("Hips", "location")
        fcurves.write_curve(channels, path, index, FRAMES, np.sin(FRAMES + index), "Hips")
    obj.data.bones["Hips"].use_local_location = request.param != "plain"
    if request.param == "turned and scaled":
        obj.location, obj.rotation_euler, obj.scale = (1, 2, 3), (0.3, 0.2, 0.5), (2, 2, 2)
    if request.param == "axis angle":
        obj.rotation_mode = "AXIS_ANGLE"
        obj.rotation_axis_angle = (0.7, 1, 1, 0)
    if request.param == "keyed object":
        obj.scale = (0.01, 0.01, 0.01)
        for index in range(3):
            fcurves.write_curve(channels, "location", index, FRAMES, np.cos(FRAMES + index), "Object")
            fcurves.write_curve(channels, "rotation_euler", index, FRAMES, 0.1 * FRAMES * index, "Object")
    if request.param == "parent":
        above = bpy.data.objects.new("Above", None)
        bpy.context.scene.collection.objects.link(above)
        above.location, above.rotation_euler, above.scale = (0, 1, 0), (0.1, 0, 0.4), (3, 3, 3)
        obj.parent = above
        obj.delta_location = (0.5, 0, 0)
    bpy.context.view_layer.update()
    return obj


def evaluated(obj):
    """bone -> (T, 3) heads, tails and (T, 4) rotations in the scene, as Blender shows them."""
    result = {bone: ([], [], []) for bone in BONES}
    for frame in FRAMES:
        bpy.context.scene.frame_set(int(frame))
        for bone, (heads, tails, turns) in result.items():
            pose = obj.pose.bones[bone]
            heads.append(obj.matrix_world @ pose.head)
            tails.append(obj.matrix_world @ pose.tail)
            turns.append((obj.matrix_world @ pose.matrix).to_quaternion())
    bpy.context.scene.frame_set(1)
    return {bone: tuple(np.array(part) for part in parts) for bone, parts in result.items()}


def assert_as_shown(obj, placed):
    for bone, (heads, tails, turns) in evaluated(obj).items():
        np.testing.assert_allclose(placed.heads[bone], heads, atol=2e-5)
        np.testing.assert_allclose(placed.tails[bone], tails, atol=2e-5)
        assert np.degrees(angle_between(placed.turns[bone], turns).max()) < 0.01


def limbs_of(obj):
    return finish(read(obj, fcurves.by_path(action.assigned_channels(obj)), ["LeftLeg", "Head"], FRAMES))


def test_bones_are_where_blender_shows_them(figure):
    assert_as_shown(figure, in_scene(limbs_of(figure)))


def test_changes_move_them_as_the_same_keys_would(figure):
    turn = exp(np.array([0.2, -0.1, 0.3]) * np.sin(FRAMES)[:, None]).astype(np.float32)
    move = np.stack([0.1 * np.cos(FRAMES), 0 * FRAMES, 0.2 * np.sin(FRAMES)], axis=-1)
    placed = in_scene(limbs_of(figure), Moved({"LeftUpLeg": turn, "Hips": turn}, {"Hips": move}))
    curves = fcurves.by_path(action.assigned_channels(figure))
    for bone in ("LeftUpLeg", "Hips"):
        own = [curves[fcurves.bone_path(bone, "rotation_quaternion"), i] for i in range(4)]
        values = multiply(np.stack([fcurves.read_points(curve)[:, 1] for curve in own], axis=-1), turn)
        for curve, column in zip(own, values.T, strict=True):
            fcurves.write_values(curve, column)
    for index in range(3):
        curve = curves[fcurves.bone_path("Hips", "location"), index]
        fcurves.write_values(curve, fcurves.read_points(curve)[:, 1] + move[:, index])
    assert_as_shown(figure, placed)


def test_the_object_itself_can_move(figure):
    move = np.stack([np.cos(FRAMES), 0 * FRAMES, np.sin(FRAMES)], axis=-1)
    placed = in_scene(limbs_of(figure), Moved({}, {OBJECT: move}))
    channels = action.assigned_channels(figure)
    for index in range(3):
        curve = fcurves.by_path(channels).get(("location", index))
        if curve is None:
            still = np.full(len(FRAMES), figure.location[index])
            curve = fcurves.write_curve(channels, "location", index, FRAMES, still, "Object")
        fcurves.write_values(curve, fcurves.read_points(curve)[:, 1] + move[:, index])
    assert_as_shown(figure, placed)
