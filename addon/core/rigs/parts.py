"""Parts of the body that a person sets a strength for: spine, arms, legs and hands, and which joints belong to each."""

from __future__ import annotations

from types import MappingProxyType

from .canonical import BODY_JOINTS, FINGER_JOINTS, LEG_PARTS, MITTEN_PARTS, SIDES, sided

SPINE, ARMS, LEGS, HANDS = PARTS = ("spine", "arms", "legs", "hands")

_ARM_PARTS = ("Shoulder", "Arm", "ForeArm")
_HAND_PARTS = ("Hand", *MITTEN_PARTS)


def _parts() -> dict[str, str]:
    parts = dict.fromkeys(BODY_JOINTS, SPINE) | dict.fromkeys(FINGER_JOINTS, HANDS)
    for side in SIDES:
        for part, names in ((LEGS, LEG_PARTS), (ARMS, _ARM_PARTS), (HANDS, _HAND_PARTS)):
            parts |= dict.fromkeys((sided(name, side) for name in names), part)
    return parts


PART_OF = MappingProxyType(_parts())
"""Canonical joint -> its part. Neck and head belong to the spine, the wrist to the hand, the collar bone to the arm."""
