"""Daz and Poser: Genesis figures, and the older Poser names that many BVH libraries carry.

Sources: Epic Games, IKRigAutoCharacterizer.cpp, template "Daz_3d"; B. Hahne's Daz-friendly CMU release (cgspeed.com).
The Poser fingers have two or three bones; "Buttock" is the fixed part of the pelvis that CMU calls LHipJoint.
"""

from __future__ import annotations

from ..family import Family, fingers

_FINGERS = fingers("{finger}{place}", ("Thumb", "Index", "Mid", "Ring", "Pinky"), "123")

GENESIS = Family(
    name="Daz Genesis",
    centre={"Hips": "hip", "Head": "head"},
    spine=("abdomenLower", "abdomenUpper", "chestLower", "chestUpper"),
    neck=("neckLower", "neckUpper"),
    sides={
        "UpLeg": "ThighBend",
        "Leg": "Shin",
        "Foot": "Foot",
        "ToeBase": "Toe",
        "Shoulder": "Collar",
        "Arm": "ShldrBend",
        "ForeArm": "ForearmBend",
        "Hand": "Hand",
        **_FINGERS,
    },
    side_words=("l", "r"),
)
POSER = Family(
    name="Daz / Poser",
    centre={"Hips": "hip", "Head": "head"},
    spine=("abdomen", "chest"),
    neck=("neck",),
    sides={
        "HipJoint": "Buttock",
        "UpLeg": "Thigh",
        "Leg": "Shin",
        "Foot": "Foot",
        "ToeBase": "Toe",
        "Shoulder": "Collar",
        "Arm": "Shldr",
        "ForeArm": "ForeArm",
        "Hand": "Hand",
        **_FINGERS,
    },
    side_words=("l", "r"),
)
