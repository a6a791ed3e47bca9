"""Rigs of every family are read, however their names are written; doubtful bones are listed."""

import numpy as np
import pytest

from addon.core.rigs.canonical import BODY_JOINTS, FINGER_JOINTS, LIMB_JOINTS, PARENTS, RARE_JOINTS, matched_parent
from addon.core.rigs.cmu import SKELETON
from addon.core.rigs.families import FAMILIES, biped, mixamo, rigify, unreal, vrm
from addon.core.rigs.family import spread
from addon.core.rigs.match import BY_STRUCTURE, match
from addon.core.rigs.matching import match_rig
from addon.core.rigs.names import read


def rig_of(family, rename=str):
    """Names and parents of a complete rig of the family, with the bones that tell it from others."""
    bones = family.bones()
    names = [rename(bone) for bone in bones.values()]
    parents = [list(bones).index(above) if (above := matched_parent(joint, bones)) else -1 for joint in bones]
    order = sorted(range(len(names)), key=lambda i: list(PARENTS).index(list(bones)[i]))
    place = {bone: i for i, bone in enumerate(order)}
    extra = [rename(mark) for mark in family.marks if rename(mark) not in names]
    return (
        [names[i] for i in order] + extra,
        [place[parents[i]] if parents[i] >= 0 else -1 for i in order] + [-1] * len(extra),
    )


def body(skeleton=SKELETON):
    return list(skeleton.names), list(skeleton.parents), skeleton.rest_positions()


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_a_family_is_read_as_its_dictionary_says(family):
    found = match(*rig_of(family))
    assert found.family == family.name
    assert dict(found.bones) == family.bones()
    assert not found.doubtful
    assert set(LIMB_JOINTS) <= set(found.bones)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
@pytest.mark.parametrize("prefix", ["Anna:", "char_"])
def test_a_prefix_does_not_matter(family, prefix):
    found = match(*rig_of(family, lambda name: prefix + name))
    assert dict(found.bones) == {joint: prefix + bone for joint, bone in family.bones().items()}


# In capitals alone "LTHIGH" does not say where the side ends.
@pytest.mark.parametrize(
    "family",
    [family for family in FAMILIES if not (family.sided_form == "{side}{bone}" and len(family.side_words[0]) == 1)],
    ids=lambda family: family.name,
)
def test_case_does_not_matter(family):
    found = match(*rig_of(family, str.upper))
    expected = {joint: bone.upper() for joint, bone in family.bones().items() if joint not in RARE_JOINTS}
    assert {joint: bone for joint, bone in found.bones.items() if joint not in RARE_JOINTS} == expected


@pytest.mark.parametrize("prefix", ["mixamorig:", "mixamorig_", "mixamorig", "mixamorig7:", "mixamorig12_", ""])
def test_every_mixamo_prefix(prefix):
    family = mixamo.FAMILY
    found = match(*rig_of(family, lambda name: name.replace("mixamorig:", prefix)))
    assert found.bones["LowerBack"] == f"{prefix}Spine"
    assert len(found.bones) == len(family.bones())


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("LeftThigh", "RightThigh"),
        ("thigh_l", "thigh_r"),
        ("Thigh.L", "Thigh.R"),
        ("l_thigh", "r_thigh"),
        ("lThigh", "rThigh"),
        ("Lft_Thigh", "Rgt_Thigh"),
        ("thigh-left", "thigh-right"),
        ("Bip01 L Thigh", "Bip01 R Thigh"),
        ("leftthigh", "rightthigh"),
        ("ThighL", "ThighR"),
        ("rig:LT_thigh", "rig:RT_thigh"),
    ],
)
def test_sides_in_every_spelling(left, right):
    names = [read(name, ("bip", "01")) for name in (left, right)]
    assert [name.side for name in names] == ["Left", "Right"]
    assert {name.stem for name in names} == {"thigh"}


def test_words_that_only_begin_like_a_side_are_none():
    assert [read(name).side for name in ("LowerBack", "root", "ring_01", "Rib", "lowerarm")] == [""] * 5


def test_bipeds_zero_tells_fingers_apart():
    found = match(*rig_of(biped.FAMILY, lambda name: name.replace("Bip01 ", "Bip001_").replace(" ", "_")))
    assert found.bones["LeftThumb2"] == "Bip001_L_Finger01"
    assert found.bones["LeftIndex1"] == "Bip001_L_Finger1"


@pytest.mark.parametrize(
    ("count", "expected"),
    [(1, "0"), (2, "0 1"), (3, "0 1 2"), (4, "0 1 3"), (5, "0 2 4")],
)
def test_spines_of_any_length_are_spread_by_anatomy(count, expected):
    joints = ("LowerBack", "Spine1") if count == 2 else ("LowerBack", "Spine", "Spine1")
    found = spread([str(i) for i in range(count)], [])
    assert found == dict(zip(joints, expected.split(), strict=False))


def test_where_a_rig_has_two_sets_of_bones_the_keyed_one_is_meant():
    controls, deform = rig_of(rigify.CONTROLS), rig_of(rigify.DEFORM)
    names = controls[0] + deform[0]
    parents = controls[1] + [parent + len(controls[0]) if parent >= 0 else -1 for parent in deform[1]]
    assert match(names, parents).family == rigify.CONTROLS.name
    assert match(names, parents, keyed=deform[0]).family == rigify.DEFORM.name


def test_bones_that_hang_elsewhere_are_doubtful_and_what_hangs_below_them_is_left_out():
    names, parents = rig_of(unreal.UE4)
    parents[names.index("upperarm_l")] = names.index("pelvis")
    found = match(names, parents)
    assert "upperarm_l hangs on pelvis" in found.doubtful["LeftArm"]
    used = match_rig(names, parents, np.zeros((len(names), 3)), BODY_JOINTS, [])
    assert {"LeftArm", "LeftForeArm", "LeftHand"} <= set(used.left_out)
    assert not set(used.left_out) & set(used.bone_of)
    assert used.bone_of["RightArm"] == "upperarm_r"


def test_two_bones_of_one_name_are_doubtful():
    names, parents = rig_of(unreal.UE4)
    found = match([*names, "Head"], [*parents, 0])
    assert found.bones["Head"] == "head"
    assert "Head" in found.doubtful


def test_sides_that_contradict_the_body_are_doubtful():
    names, parents, positions = body()
    arms = {"LeftArm": "RightArm", "RightArm": "LeftArm"}
    assert not match(names, parents, positions).doubtful
    swapped = [arms.get(name, name) for name in names]
    assert {"LeftArm", "RightArm"} <= set(match(swapped, parents, positions).doubtful)
    mirrored = match(names, parents, positions * [-1, 1, 1])
    assert "feet" in mirrored.doubtful["LeftUpLeg"]
    assert "Head" not in mirrored.doubtful


@pytest.mark.parametrize("turn", [np.eye(3), np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0]]), np.diag([-1, 1, -1])])
def test_nameless_bones_are_found_by_structure_whatever_axis_is_up(turn):
    names, parents, positions = body()
    found = match([f"bone{i}" for i in range(len(names))], parents, 100 * positions @ turn.T)
    assert found.family == BY_STRUCTURE
    at = {joint: names[int(bone.removeprefix("bone"))] for joint, bone in found.bones.items()}
    for joint in ("Hips", "LowerBack", "Spine", "Spine1", "Neck", *LIMB_JOINTS, "LeftToeBase", "RightShoulder"):
        assert at[joint] == joint
    assert set(found.doubtful) == set(found.bones), "a guess is never silent"


def test_limbs_without_known_names_are_added_as_doubtful():
    names, parents, positions = body()
    renamed = ["thingy" if name == "LeftForeArm" else name for name in names]
    found = match(renamed, parents, positions)
    assert found.bones["LeftForeArm"] == "thingy"
    assert "place" in found.doubtful["LeftForeArm"]


def test_what_is_no_human_is_not_matched():
    tail = [f"tail{i}" for i in range(40)]
    positions = np.stack([np.arange(40.0), np.zeros(40), np.zeros(40)], axis=1)
    found = match(tail, range(-1, 39), positions)
    assert (found.family, dict(found.bones)) == ("", {})
    assert found.unmatched_bones == tuple(tail)
    assert match([], []).bones == {}


def test_what_is_missing_is_listed_and_rare_joints_are_not():
    found = match(*rig_of(unreal.UE4))
    assert found.unmatched_joints == ("Neck1",)
    assert set(match(*body()).unmatched_joints) == set(FINGER_JOINTS)


def test_the_models_joints_on_another_family_are_bones_in_the_same_place():
    names, parents = rig_of(vrm.VRM0)
    used = match_rig(names, parents, np.zeros((len(names), 3)), ("LowerBack", "Spine", "Spine1", "Neck"), [])
    assert dict(used.bone_of) == {"LowerBack": "spine", "Spine": "chest", "Spine1": "upperChest", "Neck": "neck"}


def test_lists_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="unique"):
        match(["a", "a"], [-1, 0])
    with pytest.raises(ValueError, match=r"\(1, 3\)"):
        match(["a"], [-1], np.zeros((2, 3)))
