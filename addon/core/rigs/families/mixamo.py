"""Mixamo: the auto-rigger's skeleton; the prefix is "mixamorig:", "mixamorig7:", "mixamorig_" or none.

Source: saturday06/VRM-Addon-for-Blender, common/human_bone_mapper/mixamo_mapping.py; files exported from mixamo.com.
"""

from __future__ import annotations

from ..canonical import FINGERS
from ..family import Family, fingers

FAMILY = Family(
    name="Mixamo",
    centre={"Hips": "Hips", "Head": "Head"},
    spine=("Spine", "Spine1", "Spine2"),
    neck=("Neck",),
    sides={
        "UpLeg": "UpLeg",
        "Leg": "Leg",
        "Foot": "Foot",
        "ToeBase": "ToeBase",
        "Shoulder": "Shoulder",
        "Arm": "Arm",
        "ForeArm": "ForeArm",
        "Hand": "Hand",
        **fingers("Hand{finger}{place}", FINGERS, "123"),
    },
    sided_form="mixamorig:{side}{bone}",
    centre_form="mixamorig:{bone}",
)
