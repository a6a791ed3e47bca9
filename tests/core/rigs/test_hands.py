"""Fingers of every family are found from the knuckles out, on whole rigs and on hands alone."""

import json
import os
import struct
from itertools import pairwise
from pathlib import Path

import pytest

from addon.core.formats import bvh
from addon.core.rigs.canonical import FINGERS, SIDES
from addon.core.rigs.families import FAMILIES, biped, cmu, daz, hik, metahuman, mixamo, rigify, rokoko, unreal, vrm
from addon.core.rigs.hands import FingerBones, HandBones, find_hands
from tests.core.rigs.test_match import rig_of

DATA = Path(os.environ.get("MOCAP_DATA", Path(__file__).resolve().parents[4] / "shared" / "data"))
WITH_FINGERS = [family for family in FAMILIES if "Index1" in family.sides]


def tree(**children):
    """Names and parents of a rig given as bone -> the bones that hang on it."""
    names = list(dict.fromkeys([*children, *(bone for below in children.values() for bone in below)]))
    parent = {bone: above for above, below in children.items() for bone in below}
    return names, [names.index(parent[name]) if name in parent else -1 for name in names]


def chain(*bones):
    return {above: [below] for above, below in pairwise(bones)}


@pytest.mark.parametrize("family", WITH_FINGERS, ids=lambda family: family.name)
def test_every_familys_fingers_are_those_of_its_dictionary(family):
    hands = find_hands(*rig_of(family))
    bones = family.bones()
    assert set(hands) == set(SIDES)
    for side, hand in hands.items():
        assert hand.hand == bones[f"{side}Hand"]
        assert hand.linked
        for finger in FINGERS:
            wanted = [bones[f"{side}{finger}{i}"] for i in (1, 2, 3) if f"{side}{finger}{i}" in bones]
            assert list(hand.fingers[finger].bones) == wanted


@pytest.mark.parametrize("family", [mixamo.FAMILY, unreal.UE4, biped.FAMILY], ids=lambda family: family.name)
def test_whatever_hangs_on_the_last_bone_is_its_tip(family):
    names, parents = rig_of(family)
    last = family.bones()["LeftIndex3"]
    hands = find_hands([*names, f"{last}_end"], [*parents, names.index(last)])
    assert hands["Left"].fingers["Index"].tip == f"{last}_end"
    assert hands["Left"].fingers["Middle"].tip == ""


@pytest.mark.parametrize(
    ("family", "metacarpal"),
    [
        (unreal.UE5, "index_metacarpal_l"),
        (metahuman.FAMILY, "index_metacarpal_l"),
        (hik.FAMILY, "Character1_LeftInHandIndex"),
        (daz.GENESIS, "lCarpal1"),
        (rigify.DEFORM, "ORG-palm.01.L"),
        (rokoko.FAMILY, "LeftFinger2Metacarpal"),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_bones_of_the_palm_are_no_part_of_a_finger(family, metacarpal):
    names, parents = rig_of(family)
    names, parents = [*names], [*parents]
    if metacarpal not in names:
        names.append(metacarpal)
        parents.append(-1)
    bones, place = family.bones(), names.index(metacarpal)
    parents[place] = names.index(bones["LeftHand"])
    parents[names.index(bones["LeftIndex1"])] = place
    hand = find_hands(names, parents)["Left"]
    assert hand.fingers["Index"].metacarpals == (metacarpal,)
    assert hand.fingers["Index"].bones[0] == bones["LeftIndex1"]
    assert hand.hand == bones["LeftHand"]


def test_missing_fingers_and_a_missing_hand_are_just_not_there():
    names, parents = rig_of(vrm.VRM1)
    kept = [i for i, name in enumerate(names) if not name.startswith("right") or "Hand" in name]
    kept = [i for i in kept if "Ring" not in names[i] and "Distal" not in names[i]]
    hands = find_hands([names[i] for i in kept], [kept.index(parents[i]) if parents[i] in kept else -1 for i in kept])
    assert set(hands) == {"Left"}
    assert set(hands["Left"].fingers) == {"Thumb", "Index", "Middle", "Pinky"}
    assert hands["Left"].fingers["Index"].bones == ("leftIndexProximal", "leftIndexIntermediate")
    assert hands["Left"].bones[:2] == ("leftThumbMetacarpal", "leftThumbProximal")


def test_one_finger_alone_still_has_its_hand():
    names, parents = tree(hand_l=["palm_l"], palm_l=["index_01_l"], **chain("index_01_l", "index_02_l", "index_03_l"))
    assert find_hands(names, parents)["Left"].fingers["Index"] == FingerBones(
        ("index_01_l", "index_02_l", "index_03_l"), ("palm_l",), ""
    )
    assert find_hands(names, parents)["Left"].hand == "hand_l"


def test_a_bone_that_hangs_elsewhere_is_left_out():
    names, parents = rig_of(mixamo.FAMILY)
    parents[names.index("mixamorig:LeftHandIndex3")] = names.index("mixamorig:Hips")
    hand = find_hands(names, parents)["Left"]
    assert "mixamorig:LeftHandIndex3" not in hand.bones
    assert len(hand.fingers["Middle"].bones) == 3


def test_names_of_no_family_are_read_by_their_words():
    bones = {"Wrist_R": [f"{finger}_MCP_R" for finger in ("Thumb", "Pointer", "Little")]}
    for finger in ("Thumb", "Pointer", "Little"):
        bones |= chain(f"{finger}_MCP_R", f"{finger}_PIP_R", f"{finger}_DIP_R", f"{finger}_Tip_R")
    hands = find_hands(*tree(**bones))
    assert set(hands) == {"Right"}
    assert hands["Right"].hand == "Wrist_R"
    assert list(hands["Right"].fingers) == ["Thumb", "Index", "Pinky"]
    assert hands["Right"].fingers["Index"] == FingerBones(
        ("Pointer_MCP_R", "Pointer_PIP_R", "Pointer_DIP_R"), (), "Pointer_Tip_R"
    )


@pytest.mark.parametrize("names", [["Hips", "Spine", "Head"], ["thumbnail", "ring_light", "middleman", "index"], []])
def test_what_has_no_hand_has_none(names):
    found = find_hands(names, [-1] * len(names))
    assert all(len(finger.bones) == 1 for hand in found.values() for finger in hand.fingers.values())
    assert not any(name in ("thumbnail", "ring_light", "middleman") for hand in found.values() for name in hand.bones)


def test_cmus_mitten_has_no_fingers():
    assert find_hands(*rig_of(cmu.FAMILY)) == {}


def of_gltf(path):
    data = path.read_bytes()
    nodes = json.loads(data[20 : 20 + struct.unpack("<I", data[12:16])[0]])["nodes"]
    parents = [-1] * len(nodes)
    for place, node in enumerate(nodes):
        for child in node.get("children", ()):
            parents[child] = place
    return [node["name"] for node in nodes], parents


def of_bvh(path):
    skeleton = bvh.read(path).skeleton
    return skeleton.names, skeleton.parents


FILES = {
    "rigs/human-male.glb": ("hand_l", [3] * 5),
    "rigs/rig-human.glb": ("hand_l", [3] * 5),
    "rigs/basic_armature.vrm": ("hand.L", [3] * 5),
    "rigs/three-vrm_test.vrma": ("leftHand", [3] * 5),
    "rigs/upf_signon_create_db_m.bvh": ("mixamorigLeftHand", [3] * 5),
    "rigs/upf_performs_Idle.bvh": ("mixamorig_LeftHand", [3] * 5),
    "rigs/threejs_pirouette.bvh": ("lHand", [2] * 5),
}


@pytest.mark.skipif(not DATA.is_dir(), reason="the rigs are not on this machine")
@pytest.mark.parametrize("file", FILES)
def test_real_rigs(file):
    names, parents = (of_bvh if file.endswith("bvh") else of_gltf)(DATA / file)
    hands = find_hands(names, parents)
    hand, lengths = FILES[file]
    assert set(hands) == set(SIDES)
    assert hands["Left"].hand == hand
    for found in hands.values():
        assert [len(finger.bones) for finger in found.fingers.values()] == lengths
        assert len(found.fingers) == 5


@pytest.mark.skipif(not DATA.is_dir(), reason="the rigs are not on this machine")
def test_a_recorded_hand_alone_has_no_side():
    hands = find_hands(*of_bvh(DATA / "hands/manipnet/mug1/leftHand.bvh"))
    assert set(hands) == {""}
    assert hands[""].hand == "WRIST"
    assert hands[""].fingers["Thumb"].bones == ("THUMB_CMC_FE", "THUMB_CMC_AA", "THUMB_MCP_FE", "THUMB_IP_FE")
    assert hands[""].fingers["Ring"].bones == ("RING_MCP", "RING_PIP_FE", "RING_DIP_FE")


@pytest.mark.skipif(not DATA.is_dir(), reason="the rigs are not on this machine")
def test_webxr_bones_all_hang_on_one_and_are_ordered_by_their_names():
    hands = find_hands(*of_gltf(DATA / "rigs/webxr_generic_hand/left.glb"))
    hand = hands[""]
    assert isinstance(hand, HandBones)
    assert not hand.linked
    assert hand.fingers["Thumb"].bones == ("thumb-metacarpal", "thumb-phalanx-proximal", "thumb-phalanx-distal")
    assert hand.fingers["Index"].bones == tuple(
        f"index-finger-phalanx-{p}" for p in ("proximal", "intermediate", "distal")
    )
    assert hand.fingers["Index"].metacarpals == ("index-finger-metacarpal",)
    assert hand.fingers["Index"].tip == "index-finger-tip"
    assert hand.hand == "wrist"
