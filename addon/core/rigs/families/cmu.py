"""CMU: the names in the BVH conversion of the CMU motion capture database, which are the canonical ones.

Source: B. Hahne, "The Daz-friendly BVH release of CMU's motion capture database" (cgspeed.com); the joints of the
database itself are in its ASF files, mocap.cs.cmu.edu.
"""

from __future__ import annotations

from ..canonical import BODY_JOINTS, SIDES, sided
from ..family import Family

_PARTS = ("UpLeg", "Leg", "Foot", "ToeBase", "Shoulder", "Arm", "ForeArm", "Hand", "FingerBase", "HandIndex1")
_SIDED = {sided(part, side) for side in SIDES for part in _PARTS}

FAMILY = Family(
    name="CMU",
    centre={joint: joint for joint in BODY_JOINTS if joint not in _SIDED},
    sides={part: part for part in _PARTS},
    marks=("LowerBack", "LHipJoint"),
)
