"""The skeleton of the CMU motion capture database: 31 joints, the one that the tutorial and the shipped models use.

The data used in this project was obtained from mocap.cs.cmu.edu. The database was created with funding from NSF
EIA-0196217.
"""

from __future__ import annotations

import numpy as np

from ..skeleton import EndSite, Skeleton

UNIT = 0.05644
"""Metres per length unit in the database's files: (1 / 0.45) inches."""

FPS = 120.0
"""Rate of nearly every take of the database."""

# Joint, the bone that turns about it in ASF/AMC files, index of the parent, offset in the database's unit. The
# proportions are subject 07's, from its ASF file: the BVH files set the lengths of neck, shoulders and hands to zero.
_JOINTS = (
    ("Hips", "root", -1, (0.0, 0.0, 0.0)),
    ("LHipJoint", "lhipjoint", 0, (0.0, 0.0, 0.0)),
    ("LeftUpLeg", "lfemur", 1, (1.85590, -1.73949, 0.84976)),
    ("LeftLeg", "ltibia", 2, (2.36836, -6.50702, 0.0)),
    ("LeftFoot", "lfoot", 3, (2.53268, -6.95849, 0.0)),
    ("LeftToeBase", "ltoes", 4, (0.15935, -0.43781, 1.94506)),
    ("RHipJoint", "rhipjoint", 0, (0.0, 0.0, 0.0)),
    ("RightUpLeg", "rfemur", 6, (-1.68297, -1.73949, 0.84976)),
    ("RightLeg", "rtibia", 7, (-2.44709, -6.72334, 0.0)),
    ("RightFoot", "rfoot", 8, (-2.43843, -6.69953, 0.0)),
    ("RightToeBase", "rtoes", 9, (-0.20854, -0.57295, 2.02172)),
    ("LowerBack", "lowerback", 0, (0.0, 0.0, 0.0)),
    ("Spine", "upperback", 11, (-0.01560, 2.23971, -0.03712)),
    ("Spine1", "thorax", 12, (0.05490, 2.19225, -0.19086)),
    ("Neck", "lowerneck", 13, (0.06167, 2.20558, -0.17210)),
    ("Neck1", "upperneck", 14, (-0.12403, 1.43168, 0.27585)),
    ("Head", "head", 15, (0.17855, 1.46173, -0.32578)),
    ("LeftShoulder", "lclavicle", 13, (0.06167, 2.20558, -0.17210)),
    ("LeftArm", "lhumerus", 17, (3.27650, 0.85634, 0.05396)),
    ("LeftForeArm", "lradius", 18, (4.96755, 0.0, 0.0)),
    ("LeftHand", "lwrist", 19, (3.35751, 0.0, 0.0)),
    ("LeftFingerBase", "lhand", 20, (1.67876, 0.0, 0.0)),
    ("LeftHandIndex1", "lfingers", 21, (0.79697, 0.0, 0.0)),
    ("LThumb", "lthumb", 20, (1.67876, 0.0, 0.0)),
    ("RightShoulder", "rclavicle", 13, (0.06167, 2.20558, -0.17210)),
    ("RightArm", "rhumerus", 24, (-3.24434, 1.02034, 0.34688)),
    ("RightForeArm", "rradius", 25, (-5.21859, 0.0, 0.0)),
    ("RightHand", "rwrist", 26, (-3.36504, 0.0, 0.0)),
    ("RightFingerBase", "rhand", 27, (-1.68252, 0.0, 0.0)),
    ("RightHandIndex1", "rfingers", 28, (-0.62044, 0.0, 0.0)),
    ("RThumb", "rthumb", 27, (-1.68252, 0.0, 0.0)),
)
_TIPS = {
    "LeftToeBase": (0.0, 0.0, 1.00661),
    "RightToeBase": (0.0, 0.0, 1.05594),
    "Head": (0.07217, 1.51590, -0.14537),
    "LeftHandIndex1": (0.64254, 0.0, 0.0),
    "LThumb": (0.65235, 0.0, 0.65235),
    "RightHandIndex1": (-0.50022, 0.0, 0.0),
    "RThumb": (-0.50786, 0.0, 0.50786),
}

_NAMES = tuple(name for name, _, _, _ in _JOINTS)

SKELETON = Skeleton(
    names=_NAMES,
    parents=tuple(parent for _, _, parent, _ in _JOINTS),
    offsets=np.array([offset for _, _, _, offset in _JOINTS]) * UNIT,
    end_sites=tuple(EndSite(_NAMES.index(name), (x * UNIT, y * UNIT, z * UNIT)) for name, (x, y, z) in _TIPS.items()),
    rotation_orders=("ZYX",) * len(_JOINTS),
)
"""All 31 joints in metres, with the names and the order of the database's BVH files."""

POSE_JOINTS: tuple[str, ...] = SKELETON.names[1:]
"""The 30 joints of a pose, all but the root `Hips`: 120 quaternion components, the tutorial's features in order."""

JOINT_OF_BONE: dict[str, str] = {bone: joint for joint, bone, _, _ in _JOINTS}
"""The joint that each bone of the database's ASF/AMC files turns about."""
