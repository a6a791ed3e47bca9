"""MetaHuman: the body of the UE5 mannequin with corrective bones and a face of its own.

Source: Epic Games, MetaHuman documentation, "Skeleton hierarchy"; joint names in the MetaHuman DNA files
(`FACIAL_C_FacialRoot`, `thigh_correctiveRoot_l`, `clavicle_pec_l`).
"""

from __future__ import annotations

from ..family import Family
from .unreal import SIDES, UE5

FAMILY = Family(
    name="MetaHuman",
    centre=UE5.centre,
    spine=UE5.spine,
    neck=UE5.neck,
    sides=SIDES,
    side_words=UE5.side_words,
    sided_form=UE5.sided_form,
    marks=("spine_04", "FACIAL_C_FacialRoot", "clavicle_pec_l", "thigh_correctiveRoot_l", "bigtoe_01_l"),
)
