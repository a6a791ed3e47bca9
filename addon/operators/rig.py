"""What the active armature is: its bones read as a model's joints, and what to say of those that are left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..blender import action, fcurves
from ..blender.action import Channels
from ..core.errors import MenderError
from ..core.rigs.canonical import BODY_JOINTS, FINGER_JOINTS
from ..core.rigs.joint_map import ROOT, JointMap, require_possible
from ..core.rigs.matching import MOST, match_rig
from ..core.rotation_mode import property_of
from ..inference import denoiser
from ..inference.card import ModelCard
from ..rig_properties import bone_tree, stored_map

_NAMED = 3


def possible_joints(obj: Any, channels: Channels, joints: Sequence[str]) -> JointMap:
    """The bones of the armature object `obj` that move a model's `joints`: those of its rig map, or else found now.

    Of several sets of bones the one that `channels` key is found. There may be none, or some that are only suggested.
    Raises JointMapError where the rig map no longer fits the bones.
    """
    stored = stored_map(obj)
    if stored is None:
        return _match(obj, channels, joints)
    require_possible(stored, *bone_tree(obj))
    return of_joints(stored, joints)


def joints_of(obj: Any, channels: Channels, joints: Sequence[str]) -> JointMap:
    """As `possible_joints`, for what cannot do without any.

    Raises MenderError where bones are known but none hangs on the others as the joints do, and where only the rig's
    shape tells its joints, which a person has to confirm.
    """
    found = possible_joints(obj, channels, joints)
    if found.family and found.left_out and not found.bone_of:
        raise MenderError(
            f"The bones of {obj.name} are known but linked through constraints ({_some(found)}): "
            "bake the motion onto a plain skeleton and denoise that."
        )
    if found.suggested and not found.bone_of:
        raise MenderError(
            f"The names of {obj.name}'s bones say nothing; {len(found.suggested)} joints show by their places: "
            "look at them under Rig Map (Find Joints), and press Use This Map there."
        )
    return found


def find_joints(obj: Any) -> JointMap:
    """All joints of body and fingers that can be found on an armature object, whatever its rig map says."""
    data = obj.animation_data
    try:
        channels = action.assigned_channels(obj) if data and data.action else None
    except action.ActionError:
        channels = None
    body, fingers = (_match(obj, channels, joints) for joints in (BODY_JOINTS, FINGER_JOINTS))
    taken = {*body.bone_of.values(), *body.suggested.values()}

    def with_fingers(of_body: Mapping[str, str], of_fingers: Mapping[str, str]) -> dict[str, str]:
        return dict(of_body) | {joint: bone for joint, bone in of_fingers.items() if bone not in taken}

    return replace(
        body,
        bone_of=with_fingers(body.bone_of, fingers.bone_of),
        left_out={**body.left_out, **fingers.left_out},
        suggested=with_fingers(body.suggested, fingers.suggested),
        seen_of=with_fingers(body.seen_of, fingers.seen_of),
    )


def of_joints(found: JointMap, joints: Sequence[str]) -> JointMap:
    """The part of a map that is about some of its joints."""

    def part(named: Mapping[str, str]) -> dict[str, str]:
        return {joint: text for joint, text in named.items() if joint in joints}

    return replace(
        found,
        bone_of=part(found.bone_of),
        left_out=part(found.left_out),
        suggested=part(found.suggested),
        seen_of={joint: bone for joint, bone in found.seen_of.items() if joint in joints or joint == ROOT},
    )


def _match(obj: Any, channels: Channels | None, joints: Sequence[str]) -> JointMap:
    names, parents = bone_tree(obj)
    paths = {path for path, _ in fcurves.by_path(channels)} if channels is not None else set()
    return match_rig(
        names,
        parents,
        np.array([bone.head_local for bone in obj.data.bones], dtype=np.float64).reshape(-1, 3),
        joints,
        [
            bone.name
            for bone in obj.pose.bones
            if fcurves.bone_path(bone.name, property_of(bone.rotation_mode)) in paths
        ],
    )


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
    """What a person should know of the match: that the rig is another, and which joints are left out."""
    told = []
    if found.family:
        told.append(
            f"{len(found)} joints found by their names ({found.family}), on another skeleton than the model's: if one "
            "comes out wrong, look under Rig Map which bone it is"
        )
    if found.suggested and not found.bone_of:
        told.append(
            f"The bones' names say nothing, so each bone was denoised on its own. {len(found.suggested)} joints show "
            "by their places: look at them under Rig Map and use that map, and the whole body helps each joint"
        )
    elif found.left_out:
        told.append(f"{len(found.left_out)} joints are left out: {_some(found)}")
    return told


def _some(found: JointMap) -> str:
    reasons = [f"{joint}: {reason}" for joint, reason in found.left_out.items()]
    return "; ".join(reasons[:_NAMED]) + ("; …" if len(reasons) > _NAMED else "")
