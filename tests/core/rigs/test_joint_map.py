"""Maps of joints to bones: edited by hand, refused where they cannot be, and kept as text."""

import numpy as np
import pytest

from addon.core.rigs.canonical import BODY_JOINTS, LIMB_JOINTS
from addon.core.rigs.cmu import SKELETON
from addon.core.rigs.families import unreal
from addon.core.rigs.joint_map import BY_HAND, JointMap, JointMapError, edited, from_json, require_possible, to_json
from addon.core.rigs.matching import match_rig
from tests.core.rigs.test_match import rig_of

NAMES = ["pelvis", "back", "chest", "arm_a", "arm_b", "hand", "tail"]
PARENTS = [-1, 0, 1, 2, 3, 4, 0]
FOUND = JointMap({"Hips": "pelvis", "LowerBack": "back", "Spine1": "chest"}, {"LeftArm": "unsure"}, "Some family")


def edit(overrides, found=FOUND):
    return edited(found, overrides, NAMES, PARENTS)


def test_a_joint_gets_another_bone_and_stands_in_order():
    after = edit({"LeftForeArm": "arm_b", "LeftArm": "arm_a"})
    assert list(after.bone_of.items())[-2:] == [("LeftArm", "arm_a"), ("LeftForeArm", "arm_b")]
    assert after.left_out == {}
    assert after.family == "Some family"
    assert FOUND.bone_of.keys() == {"Hips", "LowerBack", "Spine1"}, "the map that was found stays"


def test_a_joint_is_left_out_and_says_so():
    after = edit({"Spine1": None})
    assert "Spine1" not in after.bone_of
    assert after.left_out == {"Spine1": "left out by hand", "LeftArm": "unsure"}


def test_a_map_of_bones_that_a_person_named_is_of_no_family():
    assert edit({"LowerBack": "back"}, JointMap({})).family == BY_HAND
    assert edited(JointMap({}), {"Head": "Head"}, ["Head"], [-1]).family == ""


def test_bones_that_swap_joints_are_possible():
    names, parents = ["root", "a", "b"], [-1, 0, 0]
    found = JointMap({"LeftArm": "a", "RightArm": "b"})
    after = edited(found, {"LeftArm": "b", "RightArm": "a"}, names, parents)
    assert dict(after.bone_of) == {"LeftArm": "b", "RightArm": "a"}


@pytest.mark.parametrize(
    ("overrides", "sentence"),
    [
        ({"LeftArm": "chest"}, "chest cannot be both Spine1 and LeftArm: choose another bone for one."),
        ({"LeftArm": "nothing"}, "The rig has no bone called nothing, which shall be LeftArm: choose another bone."),
        ({"LeftUpLeg": "arm_a"}, "arm_a cannot be LeftUpLeg: it hangs on back, which is LowerBack"),
        ({"LeftArm": "tail"}, "tail cannot be LeftArm: it does not hang on back, which is LowerBack"),
        (
            {"LeftArm": "arm_b", "LeftForeArm": "arm_a"},
            "arm_b cannot be LeftArm: it hangs on arm_a, which is",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(overrides, sentence):
    with pytest.raises(JointMapError) as refused:
        edit(overrides)
    assert str(refused.value).startswith(sentence)
    assert str(refused.value).endswith(".")


def test_controls_may_hang_anywhere_because_others_are_seen():
    found = JointMap({"LowerBack": "back"}, seen_of={"LowerBack": "shown"})
    assert edit({"Hips": "tail"}, found).bone_of["Hips"] == "tail"


def test_a_kept_map_comes_back_whole():
    found = JointMap({"Hips": "Hüfte"}, {"Head": "why"}, "Family", {"Head": "skull"}, {"Hips": "DEF-spine"}, "root")
    assert from_json(to_json(found)) == found


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", "[" * 100_000, '{"bones": {"Hips": 3}}', to_json(FOUND).replace('"pelvis"', "7")],
    ids=["empty", "list", "nothing in it", "deep", "no words", "a number for a bone"],
)
def test_other_text_is_refused(text):
    with pytest.raises(JointMapError, match="no map of joints and bones"):
        from_json(text)


def test_a_map_of_another_rig_is_refused():
    with pytest.raises(JointMapError, match="no bone called pelvis"):
        require_possible(FOUND, ["a", "b"], [-1, 0])


def test_a_structure_is_suggested_and_taken_when_a_person_confirms():
    names = [f"bone{i}" for i in range(len(SKELETON))]
    found = match_rig(names, SKELETON.parents, SKELETON.rest_positions(), BODY_JOINTS, [])
    assert not found.bone_of
    assert set(found.suggested) == set(found.left_out) >= set(LIMB_JOINTS), "a guess is listed and never taken"
    after = edited(found, found.suggested, names, SKELETON.parents)
    assert after.bone_of["LeftForeArm"] == names[SKELETON.index("LeftForeArm")]
    assert not after.left_out
    assert not after.suggested
    assert after.family == BY_HAND


def test_a_doubtful_bone_is_suggested_only_if_it_can_be_taken():
    names, parents = rig_of(unreal.UE4)
    two = match_rig([*names, "Head"], [*parents, 0], np.zeros((len(names) + 1, 3)), BODY_JOINTS, [])
    assert two.suggested == {"Head": "head"}
    assert edited(two, two.suggested, [*names, "Head"], [*parents, 0]).bone_of["Head"] == "head"
    parents[names.index("upperarm_l")] = names.index("pelvis")
    off = match_rig(names, parents, np.zeros((len(names), 3)), BODY_JOINTS, [])
    assert "LeftArm" in off.left_out
    assert "LeftArm" not in off.suggested
