"""SMPL, SMPL-H and SMPL-X: statistical body models, whose joints are named after the anatomical joint they turn about.

Sources: vchoutas/smplx, smplx/joint_names.py; meshcapade.wiki/SMPL. Files of the first models carry a prefix,
"m_avg_" or "f_avg_".
"""

from __future__ import annotations

from ..canonical import FINGERS
from ..family import Family, fingers

_LIMBS = {
    "UpLeg": "hip",
    "Leg": "knee",
    "Foot": "ankle",
    "ToeBase": "foot",
    "Shoulder": "collar",
    "Arm": "shoulder",
    "ForeArm": "elbow",
    "Hand": "wrist",
}
_NAMES = tuple(finger.lower() for finger in FINGERS)

SMPLX = Family(
    name="SMPL-X",
    centre={"Hips": "pelvis", "Head": "head"},
    spine=("spine1", "spine2", "spine3"),
    neck=("neck",),
    sides={**_LIMBS, **fingers("{finger}{place}", _NAMES, "123")},
    side_words=("left", "right"),
    sided_form="{side}_{bone}",
)
SMPL = Family(
    name="SMPL",
    centre={"Hips": "Pelvis", "Head": "Head"},
    spine=("Spine1", "Spine2", "Spine3"),
    neck=("Neck",),
    sides={part: bone.capitalize() for part, bone in _LIMBS.items()} | fingers("{finger}{place}", _NAMES, "012"),
    side_words=("L", "R"),
    sided_form="{side}_{bone}",
    marks=("L_Hip", "L_Collar"),
)
