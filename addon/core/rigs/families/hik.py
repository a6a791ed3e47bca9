"""MotionBuilder and Maya HumanIK: the names of the character definition, with its longer spine and neck.

Source: Autodesk, "HumanIK character structure" (Maya help); node list of `setCharacterObject` in HIK scripts.
"""

from __future__ import annotations

from ..family import Family
from .mixamo import FAMILY as MIXAMO

FAMILY = Family(
    name="MotionBuilder / HIK",
    centre=MIXAMO.centre,
    spine=("Spine", *(f"Spine{i}" for i in range(1, 10))),
    neck=("Neck", *(f"Neck{i}" for i in range(1, 10))),
    sides=MIXAMO.sides,
    sided_form="Character1_{side}{bone}",
    centre_form="Character1_{bone}",
    marks=("Character1_Hips", "Character1_Reference", "LeftInHandIndex", "LeafLeftArmRoll1"),
)
