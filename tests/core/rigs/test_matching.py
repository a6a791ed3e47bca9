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
    bones = ["Neo_Hips", "Neo_Spine", "Neo_Head", "Prop_Head"]
    assert match_by_name(bones, JOINTS).bone_of == {"Hips": "Neo_Hips", "Spine": "Neo_Spine", "Head": "Neo_Head"}


def test_bare_names_win_over_prefixes_that_find_no_more():
    assert match_by_name(["Head", "X_Head"], JOINTS).bone_of == {"Head": "Head"}


def test_nothing_matches_nothing():
    assert len(match_by_name(["Bone", "Bone.001"], JOINTS)) == 0
    assert len(match_by_name([], JOINTS)) == 0
