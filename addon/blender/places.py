"""Where an armature's bones stand in a model's pose: the turns between a bone's own rotation and its joint's."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.compression.plan import Place
from ..core.rigs.alignment import align
from ..core.rigs.joint_map import JointMap
from ..core.rotation import Array, conjugate, from_matrix, multiply
from ..core.skeleton import Skeleton


def places(obj: Any, joints: JointMap, skeleton: Skeleton, reference: Array) -> dict[str, Place]:
    """Bone -> its place, for the bones of an armature object that `joints` names.

    skeleton, reference: the model's joints and (J, 4) its reference. Bones between two joints are taken to be at rest.
    """
    bones = [obj.data.bones.get(joints.bone_of.get(name, "")) for name in skeleton.names]
    present = np.array([bone is not None for bone in bones])
    if not present.any():
        return {}
    heads = np.array([bone.head_local if bone else (0, 0, 0) for bone in bones])
    tips = np.array([_tip(bone) if bone else (np.nan,) * 3 for bone in bones])
    alignment = align(skeleton, reference, present, heads, tips)
    found = {}
    for joint, bone in enumerate(bones):
        if bone is not None:
            rest = from_matrix(np.array(bone.matrix_local.to_3x3(), dtype=np.float64))
            left, right = multiply(alignment.left[joint], rest), multiply(conjugate(rest), alignment.right[joint])
            found[bone.name] = Place(joint, left, right)
    return found


def _tip(bone: Any) -> tuple[float, float, float]:
    """Where the only child begins; of a bone with another number of children nothing tells where it points."""
    return tuple(bone.children[0].head_local) if len(bone.children) == 1 else (np.nan, np.nan, np.nan)
