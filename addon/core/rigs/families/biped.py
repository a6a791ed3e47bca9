"""3ds Max Biped (Character Studio): "Bip01 L Thigh", also Bip001, and with underscores in game exports.

Source: Autodesk, 3ds Max help, "Biped bone names"; saturday06/VRM-Addon-for-Blender,
common/human_bone_mapper/biped_mapping.py. Fingers are numbered from the thumb, 0 to 4; a second digit counts its bones,
so "Finger01" is the thumb's second bone and "Finger1" the index finger's first.
"""

from __future__ import annotations

from ..canonical import FINGERS
from ..family import Family

FAMILY = Family(
    name="Biped",
    centre={"Hips": "Pelvis", "Head": "Head"},
    spine=("Spine", "Spine1", "Spine2", "Spine3", "Spine4"),
    neck=("Neck", "Neck1", "Neck2"),
    sides={
        "UpLeg": "Thigh",
        "Leg": "Calf",
        "Foot": "Foot",
        "ToeBase": "Toe0",
        "Shoulder": "Clavicle",
        "Arm": "UpperArm",
        "ForeArm": "Forearm",
        "Hand": "Hand",
        **{
            f"{finger}{place}": f"Finger{number}{digit}"
            for number, finger in enumerate(FINGERS)
            for place, digit in enumerate(("", "1", "2"), 1)
        },
    },
    side_words=("L", "R"),
    sided_form="Bip01 {side} {bone}",
    centre_form="Bip01 {bone}",
)
