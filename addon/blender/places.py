"""Where an armature's bones stand in a model's pose: the turns between a bone's own rotation and its joint's."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.compression.plan import Place
from ..core.rigs.joint_map import JointMap
from ..core.rotation import Array, conjugate, from_matrix, multiply
from ..core.skeleton import Skeleton
from .bones import alignment_of


def places(obj: Any, joints: JointMap, skeleton: Skeleton, reference: Array) -> dict[str, Place]:
    """Bone -> its place, for the bones of an armature object that `joints` names.

    skeleton, reference: the model's joints and (J, 4) its reference. Bones between two joints are taken to be at rest.
    """
    named = [joints.bone_of.get(name, "") for name in skeleton.names]
    bones = [bone if bone in obj.data.bones else None for bone in named]
    if not any(bones):
        return {}
    alignment = alignment_of(obj, bones, skeleton, reference)
    found = {}
    for joint, bone in enumerate(bones):
        if bone is not None:
            rest = from_matrix(np.array(obj.data.bones[bone].matrix_local.to_3x3(), dtype=np.float64))
            left, right = multiply(alignment.left[joint], rest), multiply(conjugate(rest), alignment.right[joint])
            found[bone] = Place(joint, left, right)
    return found
