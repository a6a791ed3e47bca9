"""Bones by the joints' names, with one prefix or none."""

from addon.core.rigs.matching import match_by_name

JOINTS = ("Hips", "Spine", "Spine1", "Head")


def test_names_match_as_they_are():
    assert match_by_name(["Head", "Spine", "Tail", "Spine1"], JOINTS).bone_of == {
        "Spine": "Spine",
        "Spine1": "Spine1",
        "Head": "Head",
    }


def test_one_prefix_is_taken_off():
    joints = ("Hips", "Spine", "Spine1", "Neck", "Head", "LeftArm", "RightArm")
    bones = [*(f"Neo_{joint}" for joint in joints if joint != "Neck"), "Prop_Head"]
    found = match_by_name(bones, joints).bone_of
    assert found == {joint: f"Neo_{joint}" for joint in joints if joint != "Neck"}


def test_a_prefix_of_few_bones_is_chance_or_another_rig():
    assert len(match_by_name(["X_Head", "X_Spine", "Root"], JOINTS)) == 0
    assert match_by_name(["X_Head", "X_Spine", "Spine"], JOINTS).bone_of == {"Spine": "Spine"}
    assert len(match_by_name(["head", "hip", "chest"], JOINTS)) == 0


def test_bare_names_win_over_prefixes_that_find_no_more():
    assert match_by_name(["Head", "X_Head"], JOINTS).bone_of == {"Head": "Head"}


def test_nothing_matches_nothing():
    assert len(match_by_name(["Bone", "Bone.001"], JOINTS)) == 0
    assert len(match_by_name([], JOINTS)) == 0
