"""Finger bones as angles, on hands built from a plain shape: any bone axes, three bones or two, fingers missing."""

import numpy as np
import pytest

from addon.core.hand import DOF, HandShapeError
from addon.core.rigs.finger_rig import finger_rig, side_of
from addon.core.rigs.hands import FingerBones, HandBones
from addon.core.rotation import conjugate, multiply, normalize, rotate

KNUCKLES = {"Index": 0.03, "Middle": 0.01, "Ring": -0.01, "Pinky": -0.03}
LENGTHS = (0.045, 0.03, 0.02)


def build(right=True, bones=3, fingers=("Thumb", *KNUCKLES), seed=0):
    """A flat hand that points along X, its back up (Z), with random bone axes: bones, heads, tails, rests."""
    rng = np.random.default_rng(seed)
    outwards = 1.0 if right else -1.0  # thumb's side: +Y for a right hand that points along X with its back up
    heads, tails, chains = {"Hand": np.zeros(3)}, {"Hand": np.array([0.05, 0, 0])}, {}
    for finger in fingers:
        if finger == "Thumb":
            root, way = np.array([0.02, outwards * 0.03, 0]), np.array([1.0, outwards, 0]) / np.sqrt(2)
        else:
            root, way = np.array([0.09, outwards * KNUCKLES[finger], 0]), np.array([1.0, 0, 0])
        names = tuple(f"{finger}{i + 1}" for i in range(bones))
        for name, length in zip(names, LENGTHS, strict=False):
            heads[name], tails[name] = root.copy(), root + way * length
            root = tails[name]
        heads[f"{finger}Tip"] = root
        chains[finger] = FingerBones(names, tip=f"{finger}Tip")
    rests = {name: normalize(rng.normal(size=4)) for name in heads}
    return HandBones("Hand", chains), heads, tails, rests


def posed_tip(rig, bones, heads, rests, finger, dof):
    """Where a fingertip is after forward kinematics through the bones' own rotations."""
    own = dict(zip(rig.bones, rig.rotations(dof), strict=True))
    chain = bones.fingers[finger].bones
    turn, place = np.array([1.0, 0, 0, 0]), heads[chain[0]]
    for bone, after in zip(chain, (*chain[1:], bones.fingers[finger].tip), strict=True):
        local = multiply(multiply(rests[bone], own[bone]), conjugate(rests[bone]))
        turn = multiply(turn, local)
        place = place + rotate(turn, heads[after] - heads[bone])
    return place


@pytest.mark.parametrize("right", [True, False])
@pytest.mark.parametrize("bones", [3, 2])
def test_flexion_closes_the_hand_whatever_the_bones_axes_are(right, bones):
    hand, heads, tails, rests = build(right, bones)
    rig = finger_rig(hand, right, heads, tails, rests)
    fist = np.array([1.2 if "MCP flexion" in name or "PIP" in name or "DIP" in name else 0.0 for name in DOF])
    for finger in KNUCKLES:
        tip = posed_tip(rig, hand, heads, rests, finger, fist)
        assert tip[2] < -0.01  # towards the palm, which looks down
        assert tip[0] < heads[f"{finger}1"][0]  # and back to the wrist


def test_a_closed_thumb_crosses_the_palm():
    for right in (True, False):
        hand, heads, tails, rests = build(right)
        rig = finger_rig(hand, right, heads, tails, rests)
        dof = rig.rest_dof()
        dof[DOF.index("thumb CMC flexion")] += 0.7
        before = posed_tip(rig, hand, heads, rests, "Thumb", rig.rest_dof())
        after = posed_tip(rig, hand, heads, rests, "Thumb", dof)
        outwards = 1.0 if right else -1.0
        assert (after - before)[1] * outwards < -0.01
        lifted = rig.rest_dof()
        lifted[DOF.index("thumb CMC abduction")] += 0.5
        assert posed_tip(rig, hand, heads, rests, "Thumb", lifted)[2] < before[2] - 0.005


@pytest.mark.parametrize("right", [True, False])
def test_positive_abduction_leans_a_finger_to_the_thumb(right):
    hand, heads, tails, rests = build(right)
    rig = finger_rig(hand, right, heads, tails, rests)
    dof = rig.rest_dof()
    dof[DOF.index("index MCP abduction")] += 0.3
    shift = posed_tip(rig, hand, heads, rests, "Index", dof) - posed_tip(
        rig, hand, heads, rests, "Index", rig.rest_dof()
    )
    assert shift[1] * (1 if right else -1) > 0.01


def test_angles_come_back_from_the_rotations_they_make():
    hand, heads, tails, rests = build()
    rig = finger_rig(hand, True, heads, tails, rests)
    dof = np.random.default_rng(1).uniform(-0.3, 1.2, (40, len(DOF)))
    np.testing.assert_allclose(rig.dof(rig.rotations(dof)), dof, atol=1e-9)
    np.testing.assert_allclose(np.abs(rig.beside(rig.rotations(dof))[..., 0]), 1, atol=1e-9)


def test_a_twist_that_no_angle_makes_is_told_apart():
    hand, heads, tails, rests = build()
    rig = finger_rig(hand, True, heads, tails, rests)
    rotations = normalize(np.random.default_rng(2).normal((6, 0, 0, 0), size=(5, len(rig.bones), 4)))
    again = multiply(rig.rotations(rig.dof(rotations)), rig.beside(rotations))
    np.testing.assert_allclose(np.abs(np.sum(again * rotations, axis=-1)), 1, atol=1e-9)


def test_the_second_of_two_bones_bends_for_both_outer_joints():
    hand, heads, tails, rests = build(bones=2)
    rig = finger_rig(hand, True, heads, tails, rests)
    dof = rig.rest_dof()
    dof[DOF.index("ring PIP")], dof[DOF.index("ring DIP")] = 0.8, 0.4
    np.testing.assert_allclose(rig.dof(rig.rotations(dof)), dof, atol=1e-9)
    assert rig.usable.all()


def test_missing_fingers_have_no_angles():
    hand, heads, tails, rests = build(fingers=("Thumb", "Index", "Pinky"))
    rig = finger_rig(hand, True, heads, tails, rests)
    assert len(rig.bones) == 9
    assert np.isnan(rig.dof(rig.rotations(np.zeros(len(DOF))))).sum() == 8


def test_a_hand_whose_palm_cannot_be_told_is_refused():
    hand, heads, tails, rests = build(fingers=("Thumb", "Index"))
    with pytest.raises(HandShapeError, match="two fingers"):
        finger_rig(hand, True, heads, tails, rests)


@pytest.mark.parametrize("right", [True, False])
def test_a_hand_that_no_name_tells_is_left_or_right_as_its_fingers_bend(right):
    hand, heads, tails, rests = build(right)
    assert side_of(hand, heads, tails) == ""
    rig = finger_rig(hand, right, heads, tails, rests)
    bent = np.array([0.2 if "PIP" in name or "MCP flexion" in name else 0.0 for name in DOF])
    for finger in KNUCKLES:
        heads[f"{finger}3"] = posed_tip(rig, hand, heads, rests, finger, bent)
    assert side_of(hand, heads, tails) == ("Right" if right else "Left")
