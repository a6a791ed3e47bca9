"""The one naming of joints that every rig is read into: the 31 body joints of CMU's BVH files and 15 a hand.

Body names are CMU's own, because the models are trained on them. What they mean anatomically:

Hips        the pelvis, which carries the whole body.
LowerBack   the lowest joint of the spine, at the pelvis (lumbar).
Spine       the middle of the spine, where the rib cage begins.
Spine1      the upper rib cage: the joint that carries the shoulders.
Neck, Neck1 the base and the middle of the neck; a rig with one neck bone has `Neck`.
Head        the skull.
LeftShoulder, LeftArm, LeftForeArm, LeftHand    collar bone, upper arm, forearm, hand: rotations about the inner end of
            the collar bone, the shoulder joint, the elbow and the wrist.
LHipJoint, LeftUpLeg, LeftLeg, LeftFoot, LeftToeBase    a fixed part of the pelvis (only CMU and Poser have it), thigh,
            shin, foot, toes.
LeftFingerBase, LeftHandIndex1, LThumb  CMU's mitten: all four fingers as one chain, and the thumb; no fingers.

Fingers are `LeftThumb1` … `RightPinky3`, counted from the wrist: for the thumb 1 is the metacarpal (CMC), 2 the
proximal (MCP), 3 the distal bone (IP); for the others 1 is the proximal (MCP), 2 the middle (PIP), 3 the distal bone
(DIP). They cannot be called `LeftHandIndex1` as in many rigs: that is a joint of CMU's mitten.
"""

from __future__ import annotations

from types import MappingProxyType

SIDES = ("Left", "Right")
FINGERS = ("Thumb", "Index", "Middle", "Ring", "Pinky")
FINGER_PARTS = tuple(f"{finger}{place}" for finger in FINGERS for place in (1, 2, 3))

LEG_PARTS = ("HipJoint", "UpLeg", "Leg", "Foot", "ToeBase")
ARM_PARTS = ("Shoulder", "Arm", "ForeArm", "Hand")
MITTEN_PARTS = ("FingerBase", "HandIndex1", "Thumb")

_SHORT_SIDE = ("HipJoint", "Thumb")  # CMU writes LHipJoint and LThumb


def sided(part: str, side: str) -> str:
    """The joint's name on a side: `sided("UpLeg", "Left")` is "LeftUpLeg", `sided("Thumb", "Right")` is "RThumb"."""
    return f"{side[0]}{part}" if part in _SHORT_SIDE else f"{side}{part}"


def _parents() -> dict[str, str | None]:
    parents: dict[str, str | None] = {"Hips": None}

    def chain(first_parent: str, joints: list[str]) -> None:
        for parent, joint in zip([first_parent, *joints], joints, strict=False):
            parents[joint] = parent

    for side in SIDES:
        chain("Hips", [sided(part, side) for part in LEG_PARTS])
    chain("Hips", ["LowerBack", "Spine", "Spine1", "Neck", "Neck1", "Head"])
    for side in SIDES:
        chain("Spine1", [sided(part, side) for part in ARM_PARTS])
        chain(sided("Hand", side), [sided("FingerBase", side), sided("HandIndex1", side)])
        chain(sided("Hand", side), [sided("Thumb", side)])
    for side in SIDES:
        for finger in FINGERS:
            chain(sided("Hand", side), [sided(f"{finger}{place}", side) for place in (1, 2, 3)])
    return parents


PARENTS = MappingProxyType(_parents())
"""Joint -> the joint that it hangs on (None for Hips); parents come first."""

JOINTS = tuple(PARENTS)
FINGER_JOINTS = tuple(sided(part, side) for side in SIDES for part in FINGER_PARTS)
BODY_JOINTS = tuple(joint for joint in JOINTS if joint not in FINGER_JOINTS)

RARE_JOINTS = tuple(sided(part, side) for side in SIDES for part in ("HipJoint", *MITTEN_PARTS))
"""Joints that hardly any rig but CMU's has; a rig without them lacks nothing."""

LIMB_JOINTS = tuple(sided(part, side) for side in SIDES for part in ("UpLeg", "Leg", "Foot", "Arm", "ForeArm", "Hand"))
"""Joints that every human character has."""


def matched_parent(joint: str, matched: object) -> str | None:
    """The nearest joint above `joint` that is in the container `matched`, or None.

    Raises KeyError for a name that is no canonical joint.
    """
    parent = PARENTS[joint]
    while parent is not None and parent not in matched:  # type: ignore[operator]
        parent = PARENTS[parent]
    return parent
