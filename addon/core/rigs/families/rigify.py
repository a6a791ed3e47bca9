"""Rigify: the human metarig, and the generated rig's deform bones (DEF-) and FK controls.

Source: Blender's own add-on, rigify/metarigs/human.py and rigify/rigs; pKrime/Expy-Kit, rig_mapping/presets.
In a generated rig the controls are what an animator keys; `spine_fk` is the pelvis, which hangs on `spine_fk.001`.
What they do shows in the original bones (ORG-), which follow as a whole where the deform bones spread a limb's twist.
The spine spreads its twist in the original bones too, so that its controls show best how it is turned.
"""

from __future__ import annotations

from ..family import Family, fingers

_FINGERS = fingers("{finger}.{place}", ("thumb", "f_index", "f_middle", "f_ring", "f_pinky"), ("01", "02", "03"))
_LIMBS = {
    "UpLeg": "thigh",
    "Leg": "shin",
    "Foot": "foot",
    "ToeBase": "toe",
    "Arm": "upper_arm",
    "ForeArm": "forearm",
    "Hand": "hand",
}

METARIG = Family(
    name="Rigify (metarig)",
    centre={"Hips": "spine", "Head": "spine.006"},
    spine=("spine.001", "spine.002", "spine.003"),
    neck=("spine.004", "spine.005"),
    sides={"Shoulder": "shoulder", **_LIMBS, **_FINGERS},
    side_words=("L", "R"),
    sided_form="{bone}.{side}",
)
DEFORM = Family(
    name="Rigify (deform bones)",
    centre=METARIG.centre,
    spine=METARIG.spine,
    neck=METARIG.neck,
    sides=METARIG.sides,
    side_words=("L", "R"),
    sided_form="DEF-{bone}.{side}",
    centre_form="DEF-{bone}",
    marks=("DEF-upper_arm.L.001",),
)
_SHOWN = Family(
    name="Rigify (original bones)",
    centre={"Hips": "ORG-spine", "Head": "ORG-spine.006"},
    spine=("spine_fk.001", "spine_fk.002", "spine_fk.003"),
    neck=("ORG-spine.004",),
    sides=METARIG.sides,
    side_words=("L", "R"),
    sided_form="ORG-{bone}.{side}",
)
CONTROLS = Family(
    name="Rigify (FK controls)",
    centre={"Hips": "spine_fk", "Head": "head"},
    spine=("spine_fk.001", "spine_fk.002", "spine_fk.003"),
    neck=("neck",),
    sides={"Shoulder": "shoulder", **{part: f"{bone}_fk" for part, bone in _LIMBS.items()}, **_FINGERS},
    side_words=("L", "R"),
    sided_form="{bone}.{side}",
    # Two marks: the controls are meant rather than the deform bones, which know one neck joint more.
    marks=("upper_arm_fk.L", "spine_fk.001", "thigh_fk.L"),
    shown=_SHOWN,
)
