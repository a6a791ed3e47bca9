"""VRM 0 and 1: the humanoid bones of the two specifications, and the names that VRoid Studio gives its bones.

Sources: vrm-c/vrm-specification, specification/0.0 (humanoid) and specification/VRMC_vrm-1.0/humanoid.md;
saturday06/VRM-Addon-for-Blender, common/human_bone_mapper/vroid_mapping.py. VRM 0 calls the thumb's metacarpal
"ThumbProximal", VRM 1 "ThumbMetacarpal" and the next bone "ThumbProximal".
"""

from __future__ import annotations

from ..canonical import FINGERS
from ..family import Family, fingers
from .unity import FAMILY as UNITY

VRM0 = Family(
    name="VRM 0",
    centre={"Hips": "hips", "Head": "head"},
    spine=("spine", "chest", "upperChest"),
    neck=("neck",),
    sides=UNITY.sides,
    side_words=("left", "right"),
)
VRM1 = Family(
    name="VRM 1",
    centre=VRM0.centre,
    spine=VRM0.spine,
    neck=VRM0.neck,
    sides={**UNITY.sides, "Thumb1": "ThumbMetacarpal", "Thumb2": "ThumbProximal", "Thumb3": "ThumbDistal"},
    side_words=("left", "right"),
    marks=("leftThumbMetacarpal",),
)
VROID = Family(
    name="VRM (VRoid)",
    centre={"Hips": "Hips", "Head": "Head"},
    spine=("Spine", "Chest", "UpperChest"),
    neck=("Neck",),
    sides={
        **{part: bone for part, bone in UNITY.sides.items() if not part[-1].isdigit()},
        "ToeBase": "ToeBase",
        **fingers("{finger}{place}", (*FINGERS[:4], "Little"), "123"),
    },
    side_words=("L", "R"),
    sided_form="J_Bip_{side}_{bone}",
    centre_form="J_Bip_C_{bone}",
)
