"""Unreal Engine's mannequins: UE4 (three spine bones, one neck bone) and UE5 (five and two, metacarpals).

Source: Epic Games, IKRigAutoCharacterizer.cpp, templates "UE4 Mannequin" and "UE5 Mannequin".
"""

from __future__ import annotations

from ..family import Family, fingers

SIDES = {
    "UpLeg": "thigh",
    "Leg": "calf",
    "Foot": "foot",
    "ToeBase": "ball",
    "Shoulder": "clavicle",
    "Arm": "upperarm",
    "ForeArm": "lowerarm",
    "Hand": "hand",
    **fingers("{finger}_{place}", ("thumb", "index", "middle", "ring", "pinky"), ("01", "02", "03")),
}

UE4 = Family(
    name="Unreal (UE4 mannequin)",
    centre={"Hips": "pelvis", "Head": "head"},
    spine=("spine_01", "spine_02", "spine_03"),
    neck=("neck_01",),
    sides=SIDES,
    side_words=("l", "r"),
    sided_form="{bone}_{side}",
)
UE5 = Family(
    name="Unreal (UE5 mannequin)",
    centre=UE4.centre,
    spine=("spine_01", "spine_02", "spine_03", "spine_04", "spine_05"),
    neck=("neck_01", "neck_02"),
    sides=SIDES,
    side_words=("l", "r"),
    sided_form="{bone}_{side}",
    marks=("spine_04", "index_metacarpal_l"),
)
