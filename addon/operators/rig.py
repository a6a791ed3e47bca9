"""What the active armature is: its bones read as a model's joints, and what to say of those that are left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..blender import action
from ..blender.action import Channels
from ..core.errors import MenderError
from ..core.rigs.joint_map import JointMap
from ..core.rigs.matching import MOST, match_rig
from ..core.rotation_mode import property_of
from ..inference import denoiser
from ..inference.card import ModelCard

_NAMED = 3


def joints_of(obj: Any, channels: Channels, joints: Sequence[str]) -> JointMap:
    """The bones of the armature object `obj` that move a model's `joints`; those that `channels` key are preferred.

    Raises MenderError where bones are known but none hangs on the others as the model's joints do.
    """
    bones = list(obj.data.bones)
    index = {bone.name: i for i, bone in enumerate(bones)}
    paths = {path for path, _ in action.by_path(channels)}
    found = match_rig(
        [bone.name for bone in bones],
        [index[bone.parent.name] if bone.parent else -1 for bone in bones],
        np.array([bone.head_local for bone in bones], dtype=np.float64).reshape(-1, 3),
        joints,
        [bone.name for bone in obj.pose.bones if action.bone_path(bone.name, property_of(bone.rotation_mode)) in paths],
    )
    if found.family and found.left_out and not found.bone_of:
        raise MenderError(
            f"The bones of {obj.name} are known but linked through constraints ({_some(found)}): "
            "bake the motion onto a plain skeleton and denoise that."
        )
    return found


def require_known(found: JointMap, card: ModelCard) -> None:
    """Raises MenderError where a model of single poses would see a rig of another family with many joints missing.

    It takes what it does not know for noise: on such rigs it turns joints by 10 degrees and more.
    """
    if found.family and card.kind != denoiser.KIND and len(found) < MOST * len(card.joints):
        raise MenderError(
            f"{card.label} knows one skeleton only, and this is a rig of another kind ({found.family}): "
            "choose a model that sees motion over time."
        )


def warnings(found: JointMap) -> list[str]:
    """What a person should know of the match: that the rig is another, and which joints keep their motion."""
    told = []
    if found.family:
        told.append(
            f"{len(found)} joints found by their names ({found.family}). The model has learned from another skeleton: "
            "look at hands and shoulders"
        )
    if found.left_out:
        told.append(f"{len(found.left_out)} joints keep their motion: {_some(found)}")
    return told


def _some(found: JointMap) -> str:
    reasons = [f"{joint}: {reason}" for joint, reason in found.left_out.items()]
    return "; ".join(reasons[:_NAMED]) + ("; …" if len(reasons) > _NAMED else "")
