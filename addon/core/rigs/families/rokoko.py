"""Rokoko: the Newton skeleton of Smartsuit and Smartgloves recordings, as Rokoko Studio exports it.

Source: Rokoko Studio's FBX and BVH exports (Newton); node names in Rokoko/rokoko-studio-live-* plug-ins.
Fingers are numbered from the thumb, 1 to 5.
"""

from __future__ import annotations

from ..family import Family

_FINGERS = {
    "Thumb1": "Finger1Metacarpal",
    "Thumb2": "Finger1Proximal",
    "Thumb3": "Finger1Distal",
    **{
        f"{finger}{place}": f"Finger{number}{bone}"
        for number, finger in enumerate(("Index", "Middle", "Ring", "Pinky"), 2)
        for place, bone in enumerate(("Proximal", "Medial", "Distal"), 1)
    },
}

FAMILY = Family(
    name="Rokoko",
    centre={"Hips": "Hips", "Head": "Head"},
    spine=("Spine1", "Spine2", "Spine3", "Spine4"),
    neck=("Neck",),
    sides={
        "UpLeg": "Thigh",
        "Leg": "Shin",
        "Foot": "Foot",
        "ToeBase": "Toe",
        "Shoulder": "Shoulder",
        "Arm": "Arm",
        "ForeArm": "ForeArm",
        "Hand": "Hand",
        **_FINGERS,
    },
)
