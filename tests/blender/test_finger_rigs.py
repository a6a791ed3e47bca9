"""A fist, a point, a pinch and a spread on rigs that other tools made: fingertips point as the source hand's do."""

from __future__ import annotations

import addon_utils
import bpy
import numpy as np
import pytest

from addon.blender.finger_poses import put_pose, standing
from addon.blender.hands import hands_of
from addon.core.hand import DOF, FINGERS, hand_from_rest
from addon.core.rigs.families.mixamo import FAMILY
from addon.core.rotation import conjugate, from_matrix, multiply, rotate
from addon.operators.curl_test import CLOSED
from tests.blender.test_real_rigs import DATA, MIXAMO, UNREAL, VRM, brought_in
from tests.blender.test_rigs import make_rig

FLAT = np.zeros(len(DOF))


def with_angles(base, **degrees):
    pose = base.copy()
    for name, value in degrees.items():
        pose[DOF.index(name.replace("_", " "))] = np.radians(value)
    return pose


POSES = {
    "fist": CLOSED,
    "point": np.where([name.startswith("index") for name in DOF], 0.0, CLOSED),
    "pinch": with_angles(
        FLAT,
        thumb_CMC_flexion=25,
        thumb_CMC_abduction=35,
        thumb_MCP=20,
        thumb_IP=30,
        index_MCP_flexion=45,
        index_PIP=50,
        index_DIP=25,
    ),
    "spread": with_angles(
        FLAT, thumb_CMC_abduction=10, index_MCP_abduction=18, ring_MCP_abduction=-12, pinky_MCP_abduction=-22
    ),
}
RIGS = (MIXAMO, UNREAL, VRM, "rigify", "cmu")
HINGES = [i for i, name in enumerate(DOF) if "MCP" not in name or name.startswith("thumb MCP")]


def source_directions(pose):
    """(5, 3) where the last bones of a right hand point, in the hand's axes: flat, with fingers side by side."""
    points = np.zeros((5, 4, 3))
    for finger, across in zip(range(1, 5), (0.03, 0.01, -0.01, -0.03), strict=True):
        points[finger] = [[across, 0, 0.09 + reach] for reach in (0, 0.045, 0.075, 0.095)]
    points[0] = [[0.02 + reach, 0, 0.02 + reach] for reach in (0, 0.03, 0.055, 0.075)]
    hand = hand_from_rest(points, right=True)
    turns = hand.rotations(pose)
    directions = []
    for finger in range(5):
        turn = multiply(multiply(turns[3 * finger], turns[3 * finger + 1]), turns[3 * finger + 2])
        directions.append(rotate(turn, np.array(points[finger, 3] - points[finger, 2])))
    directions = rotate(conjugate(hand.frame), np.array(directions))
    return directions / np.linalg.norm(directions, axis=-1, keepdims=True)


def seen_directions(obj, hand, tips):
    """(5, 3) the same of a rig, measured in the scene; a left hand's in the mirror. NaN for a finger it has not."""
    bpy.context.view_layer.update()
    evaluated = obj.evaluated_get(bpy.context.evaluated_depsgraph_get())
    carrier = evaluated.pose.bones[hand.rig.carrier]
    world = obj.matrix_world @ carrier.matrix
    turn = multiply(from_matrix(np.array(world.to_3x3().normalized())), conjugate(hand.rig.carrier_rest))
    frame = multiply(turn, hand.rig.hand.frame)
    result = np.full((5, 3), np.nan)
    for finger, (bone, before, tip) in tips.items():
        rest = obj.data.bones[bone]
        # Tails of last bones mean nothing in many files: without a tip the bone goes on as the one before it.
        along = np.array(
            obj.data.bones[tip].head_local - rest.head_local if tip else rest.head_local - before.head_local
        )
        turned = from_matrix(np.array((obj.matrix_world @ evaluated.pose.bones[bone].matrix).to_3x3().normalized()))
        at_rest = from_matrix(np.array(rest.matrix_local.to_3x3()))
        direction = rotate(multiply(turned, conjugate(at_rest)), along / np.linalg.norm(along))
        result[finger] = rotate(conjugate(frame), direction)
    return result * ([-1, 1, 1] if hand.side == 0 else [1, 1, 1])


def tips_of(obj, hand, show):
    """Finger -> its last bone as it is shown, the bone before it, and one that begins at its tip, or none."""
    found = {}
    for place, (bone, joint) in enumerate(zip(hand.rig.bones, hand.rig.joint, strict=True)):
        children = obj.data.bones[bone].children
        before = obj.data.bones[hand.rig.bones[place - 1]]
        found[int(joint) // 3] = (show(bone), before, children[0].name if len(children) == 1 else "")
    return found


def made(rig, folder):
    """An armature, and which bone shows what a control does."""
    if rig == "rigify":
        addon_utils.enable("rigify", default_set=True)
        bpy.ops.object.armature_human_metarig_add()
        bpy.ops.pose.rigify_generate()
        return bpy.context.view_layer.objects.active, lambda bone: f"ORG-{bone}"
    if rig == "cmu":
        return cmu_like(), lambda bone: bone
    return brought_in(rig, folder), lambda bone: bone


def cmu_like():
    """CMU's body with fingers of Mixamo's kind on it, in an A-pose with rolls of every kind, scaled and turned."""

    obj, bones = make_rig(FAMILY, a_pose=True, seed=1)
    rng = np.random.default_rng(5)
    bpy.ops.object.mode_set(mode="EDIT")
    for side, sign in (("Left", 1.0), ("Right", -1.0)):
        wrist = obj.data.edit_bones[bones[f"{side}Hand"]]
        along = np.array(wrist.head - wrist.parent.head)
        along /= np.linalg.norm(along)
        up = np.array([0.0, 0, 1]) - along[2] * along
        up /= np.linalg.norm(up)
        front = np.cross(up, along) * sign  # to the thumb
        for finger, across in (("Thumb", 0.03), ("Index", 0.03), ("Middle", 0.01), ("Ring", -0.01), ("Pinky", -0.03)):
            way = (along + front) / np.sqrt(2) if finger == "Thumb" else along
            place = np.array(wrist.head) + front * across + along * (0.02 if finger == "Thumb" else 0.09)
            parent = wrist
            for number, length in enumerate((0.045, 0.03, 0.02, 0.01), start=1):
                bone = obj.data.edit_bones.new(f"mixamorig:{side}Hand{finger}{number}")
                bone.head, bone.tail = place, place + way * length
                bone.roll, bone.parent = rng.uniform(-3, 3), parent
                place, parent = place + way * length, bone
    bpy.ops.object.mode_set(mode="OBJECT")
    return obj


@pytest.mark.skipif(not (DATA / "rigs").is_dir(), reason="the rigs are not on this machine")
@pytest.mark.parametrize("rig", RIGS)
def test_gestures_look_alike_on_every_rig(rig, tmp_path):
    obj, show = made(rig, tmp_path)
    found = hands_of(obj, None)
    assert [hand.side for hand in found] == [0, 1]
    for name, pose in POSES.items():
        for hand in found:
            put_pose(obj, [hand], np.tile(pose, (2, 1)), set(hand.rig.bones))
            seen = seen_directions(obj, hand, tips_of(obj, hand, show))
            cosine = np.sum(seen * source_directions(pose), axis=-1)
            degrees = dict(zip(FINGERS, np.degrees(np.arccos(np.clip(cosine, -1, 1))), strict=True))
            assert max(degrees[finger] for finger in FINGERS[1:]) < 2, (name, hand.side, degrees)
            assert degrees["thumb"] < 7, (name, hand.side, degrees)
            again = hand.rig.dof(standing(obj, hand))
            np.testing.assert_allclose(again[HINGES], pose[HINGES], atol=2e-3)
