"""Biovision: the names of the first BVH files, after the anatomical joints, which many captures still carry.

Source: J. Lander, "Working with Motion Capture File Formats", Game Developer, January 1998; bvhtoolbox's test files.
"""

from __future__ import annotations

from ..family import Family

FAMILY = Family(
    name="Biovision BVH",
    centre={"Hips": "Hips", "Head": "Head"},
    spine=("Chest", "Chest2", "Chest3", "Chest4"),
    neck=("Neck",),
    sides={
        "UpLeg": "Hip",
        "Leg": "Knee",
        "Foot": "Ankle",
        "ToeBase": "Toe",
        "Shoulder": "Collar",
        "Arm": "Shoulder",
        "ForeArm": "Elbow",
        "Hand": "Wrist",
    },
)
