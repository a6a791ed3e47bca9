"""Unity Humanoid: the bones of Mecanim's avatar, as `HumanBodyBones` names them.

Source: Unity scripting reference, enumeration HumanBodyBones. Its "ThumbProximal" is the metacarpal.
"""

from __future__ import annotations

from ..family import Family, fingers

FAMILY = Family(
    name="Unity Humanoid",
    centre={"Hips": "Hips", "Head": "Head"},
    spine=("Spine", "Chest", "UpperChest"),
    neck=("Neck",),
    sides={
        "UpLeg": "UpperLeg",
        "Leg": "LowerLeg",
        "Foot": "Foot",
        "ToeBase": "Toes",
        "Shoulder": "Shoulder",
        "Arm": "UpperArm",
        "ForeArm": "LowerArm",
        "Hand": "Hand",
        **fingers(
            "{finger}{place}",
            ("Thumb", "Index", "Middle", "Ring", "Little"),
            ("Proximal", "Intermediate", "Distal"),
        ),
    },
)
