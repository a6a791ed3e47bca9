"""The CMU skeleton: what the tutorial's layout and the shipped models count on."""

import numpy as np
import pytest

from addon.core.rigs import cmu


def test_a_pose_is_the_tutorials_120_numbers():
    assert len(cmu.SKELETON) == 31
    assert cmu.SKELETON.names[0] == "Hips"
    assert len(cmu.POSE_JOINTS) * 4 == 120
    assert "Hips" not in cmu.POSE_JOINTS


def test_the_skeleton_is_a_grown_person_standing():
    positions = cmu.SKELETON.rest_positions()
    head = positions[cmu.SKELETON.index("Head")]
    toes = positions[cmu.SKELETON.index("LeftToeBase")]
    assert 1.2 < head[1] - toes[1] < 1.8
    assert positions[cmu.SKELETON.index("LeftHand"), 0] > 0.5


def test_left_and_right_mirror_each_other_in_structure():
    names = cmu.SKELETON.names
    for name, parent in zip(names, cmu.SKELETON.parents, strict=True):
        if not name.startswith("L") or name == "LowerBack":
            continue
        mirrored = names.index(name.replace("Left", "Right") if name.startswith("Left") else "R" + name[1:])
        parent_name, other = names[parent], names[cmu.SKELETON.parents[mirrored]]
        assert other in (parent_name, parent_name.replace("Left", "Right"), "R" + parent_name[1:])


def test_every_joint_has_its_bone_in_asf_files():
    assert tuple(cmu.JOINT_OF_BONE.values()) == cmu.SKELETON.names
    assert cmu.JOINT_OF_BONE["lfemur"] == "LeftUpLeg"


def test_the_unit_is_the_one_of_the_asf_files():
    assert pytest.approx(0.0254 / 0.45, rel=1e-4) == cmu.UNIT


def test_tips_hang_on_joints_without_children():
    tips = {site.parent for site in cmu.SKELETON.end_sites}
    assert tips == {joint for joint in range(31) if not cmu.SKELETON.children(joint)}
    assert all(np.linalg.norm(site.offset) > 0.02 for site in cmu.SKELETON.end_sites)
