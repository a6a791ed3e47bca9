"""Armatures from skeletons and back: where bones are, how long, which way they face."""

from __future__ import annotations

from dataclasses import replace

import bpy
import numpy as np
import pytest

from addon.blender import armature
from addon.blender.armature import ArmatureError, bone_tails
from addon.core.axes import Y_UP_TO_Z_UP, turned
from addon.core.rigs import cmu
from addon.core.rotation import rotate
from addon.core.skeleton import Skeleton
from tests.blender.takes import FIGURE, NAMES, take

UPRIGHT = turned(take(), Y_UP_TO_Z_UP).skeleton
CMU = turned(take(cmu.SKELETON), Y_UP_TO_Z_UP).skeleton


@pytest.mark.parametrize("skeleton", [UPRIGHT, CMU], ids=["small", "CMU"])
def test_built_and_read_again(skeleton):
    obj, names = armature.build(skeleton, "Figure")
    assert names == skeleton.names
    assert bpy.context.object == obj
    found = armature.rest_pose(obj).skeleton
    assert found.names == skeleton.names
    assert found.parents == skeleton.parents
    assert found.rotation_orders == skeleton.rotation_orders
    np.testing.assert_allclose(found.offsets, skeleton.offsets, atol=1e-6)
    tips = {site.parent: site.offset for site in found.end_sites}
    for site in skeleton.end_sites:
        np.testing.assert_allclose(tips[site.parent], site.offset, atol=1e-6)


def test_bones_run_to_their_children_and_have_a_length():
    obj, _ = armature.build(CMU, "Figure")
    bones = obj.data.bones
    heads = dict(zip(CMU.names, CMU.rest_positions(), strict=True))
    ends = {"LeftLeg": "LeftFoot", "LHipJoint": "LeftUpLeg", "Spine": "Spine1", "LeftArm": "LeftForeArm"}
    for bone, end in ends.items():
        np.testing.assert_allclose(bones[bone].tail_local, heads[end], atol=1e-6)
    size = np.ptp(CMU.rest_positions(), axis=0).max()
    assert all(bone.length > 0.005 * size for bone in bones)
    for up in ("Hips", "Spine1", "Head"):
        assert (bones[up].tail_local - bones[up].head_local).normalized().z > 0.8
    assert bones["LeftLeg"].use_connect
    assert not bones["RHipJoint"].use_connect


def test_bones_face_the_front_or_up():
    obj, _ = armature.build(CMU, "Figure")
    for bone in obj.data.bones:
        matrix = np.array(bone.matrix_local.to_3x3())
        front = -matrix[1, 2]
        assert front > 0.1 or matrix[2, 2] > 0.1, bone.name
    left, right = (np.array(obj.data.bones[f"{side}Leg"].matrix_local.to_3x3()) for side in ("Left", "Right"))
    np.testing.assert_allclose(left[:, 2], right[:, 2] * [-1, 1, 1], atol=0.05)


def test_moving_joints_are_not_connected():
    obj, _ = armature.build(CMU, "Figure", [CMU.index("LeftLeg")])
    assert not obj.data.bones["LeftLeg"].use_connect
    assert obj.data.bones["RightLeg"].use_connect


def test_a_skeleton_of_one_point_and_a_leaf_without_a_tip():
    point = Skeleton(("Prop",), (-1,), np.array([[0.1, 0.2, 0.3]]))
    obj, _ = armature.build(point, "Prop")
    np.testing.assert_allclose(obj.data.bones["Prop"].head_local, [0.1, 0.2, 0.3], atol=1e-7)
    assert obj.data.bones["Prop"].length > 0
    chain = Skeleton(("A", "B", "C"), (-1, 0, 1), np.array([[0, 0, 0], [0, 0, 1], [0, 0, 0]]))
    tails = bone_tails(chain)
    np.testing.assert_allclose(tails[0], [0, 0, 1])
    assert (tails[1:, 2] > 1).all()


def test_long_and_equal_names_are_given_in_order():
    long = tuple(f"{'x' * 300}{i}" for i in range(3))
    skeleton = Skeleton(long, (-1, 0, 1), np.array([[0, 0, 0], [0, 0, 1], [0, 0, 1]]))
    obj, names = armature.build(skeleton, "Long")
    assert len(set(names)) == 3
    assert [obj.data.bones[name].head_local.z for name in names] == [0, 1, 2]


def test_the_bone_that_carries_most_is_the_root():
    obj, _ = armature.build(UPRIGHT, "Figure")
    bpy.ops.object.mode_set(mode="EDIT")
    edit = obj.data.edit_bones
    for name in ("AAA control", "zzz control"):
        control = edit.new(name)
        control.tail = (0, 0, 1)
    edit.remove(edit["Neck"])
    with pytest.raises(ArmatureError, match="leave edit mode"):
        armature.rest_pose(obj)
    bpy.ops.object.mode_set(mode="OBJECT")
    rest = armature.rest_pose(obj)
    assert rest.skeleton.names[0] == "Hips"
    assert set(rest.skeleton.names) == {*NAMES, "AAA control", "zzz control"} - {"Neck"}
    assert rest.skeleton.parents.count(-1) == 3


def test_rest_orientations_lead_to_the_armatures_axes():
    obj, _ = armature.build(replace(FIGURE), "Figure")
    obj.pose.bones["Arm"].rotation_quaternion = (0.5, 0.5, 0.5, 0.5)
    bpy.context.view_layer.update()
    rest = armature.rest_pose(obj)
    for turn, name in zip(rest.turns, rest.skeleton.names, strict=True):
        bone = obj.data.bones[name]
        along = (bone.tail_local - bone.head_local).normalized()
        np.testing.assert_allclose(rotate(turn, np.array([0.0, 1.0, 0.0])), along, atol=1e-6)


def test_what_is_no_armature_is_said():
    with pytest.raises(ArmatureError, match="No armature is active"):
        armature.require_armature(None)
    empty = bpy.data.objects.new("Empty", None)
    with pytest.raises(ArmatureError, match="No armature is active"):
        armature.require_armature(empty)
    bare = bpy.data.objects.new("Bare", bpy.data.armatures.new("Bare"))
    with pytest.raises(ArmatureError, match="Bare has no bones"):
        armature.rest_pose(bare)
