"""Every joint belongs to one part of the body, and to the same one on both sides."""

from addon.core.rigs.canonical import JOINTS, SIDES, sided
from addon.core.rigs.parts import ARMS, HANDS, LEGS, PART_OF, PARTS, SPINE


def test_every_joint_has_a_part():
    assert set(PART_OF) == set(JOINTS)
    assert set(PART_OF.values()) == set(PARTS)


def test_both_sides_are_alike():
    for part in ("UpLeg", "Foot", "HipJoint", "Shoulder", "ForeArm", "Hand", "Thumb", "Index2"):
        assert len({PART_OF[sided(part, side)] for side in SIDES}) == 1


def test_where_one_part_ends_and_the_next_begins():
    wanted = {"Head": SPINE, "LowerBack": SPINE, "LeftShoulder": ARMS, "RightForeArm": ARMS, "LeftHand": HANDS}
    wanted |= {"RThumb": HANDS, "LeftPinky3": HANDS, "LHipJoint": LEGS, "RightToeBase": LEGS}
    assert {joint: PART_OF[joint] for joint in wanted} == wanted
