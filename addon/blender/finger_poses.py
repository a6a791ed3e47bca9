"""The fingers as they stand now, read and set without a key, and one pose of them kept as an asset."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import bpy
import numpy as np

from ..core.rotation import Array
from ..core.rotation_mode import from_quaternion, property_of, to_quaternion
from . import action
from .action import ActionError
from .hands import RiggedHand
from .tracks import ArmatureObject

ASSET_TAG = "Mocap Mender hand"


def standing(obj: ArmatureObject, hand: RiggedHand) -> Array:
    """(B, 4) how the hand's bones are turned now, keyed or not."""
    own = []
    for track in hand.tracks:
        values = np.array(getattr(obj.pose.bones[track.bone], property_of(track.mode)), dtype=np.float64)
        own.append(to_quaternion(values, track.mode))
    return np.stack(own)


def put_pose(
    obj: ArmatureObject, hands: Sequence[RiggedHand], pose: Array, bones: Collection[str], frame: float
) -> None:
    """Turn `bones` at `frame` as the angles `pose` (2, 20) say. No key is written."""
    at = np.array([frame], dtype=np.float32)
    for hand in hands:
        turned = hand.own_rotations(hand.rig.rotations(pose[hand.side])[None], at)[0]
        put_rotations(obj, hand, turned, bones)


def put_rotations(obj: ArmatureObject, hand: RiggedHand, rotations: Array, bones: Collection[str]) -> None:
    """Turn those of the hand's bones that are in `bones` as `rotations` (B, 4) say. No key is written."""
    for track, rotation in zip(hand.tracks, rotations, strict=True):
        if track.bone in bones:
            bone, name = obj.pose.bones[track.bone], property_of(track.mode)
            near = np.array(getattr(bone, name), dtype=np.float64)
            setattr(bone, name, from_quaternion(rotation[None], track.mode, near[None])[0].tolist())
    obj.update_tag(refresh={"DATA"})


def save_asset(obj: ArmatureObject, hands: Sequence[RiggedHand], name: str) -> bpy.types.Action:
    """Keep the fingers' pose as an action of one frame that is marked as an asset, for Blender's asset browser."""
    made, _, channels = action.loose_action(name, obj.name)
    for hand in hands:
        for track in hand.tracks:
            values = np.array(getattr(obj.pose.bones[track.bone], property_of(track.mode)), dtype=np.float32)
            for index, value in enumerate(values.tolist()):
                action.write_curve(channels, track.data_path, index, [1.0], [value], track.bone)
    made.asset_mark()
    data: Any = made.asset_data
    data.tags.new(ASSET_TAG, skip_if_exists=True)
    data.description = "A pose of the fingers"
    return made


def saved_assets() -> list[bpy.types.Action]:
    """The poses of fingers that this file has as assets."""
    return [a for a in bpy.data.actions if a.asset_data is not None and ASSET_TAG in a.asset_data.tags]


def apply_asset(obj: ArmatureObject, made: bpy.types.Action, bones: Collection[str]) -> int:
    """Turn `bones` as a kept pose has them, without a key; returns how many. Raises ActionError for none."""
    channels = action.only_channels(made)
    turned = 0
    curves = action.by_path(channels)
    for bone in bones:
        pose_bone = obj.pose.bones[bone]
        name = property_of(pose_bone.rotation_mode)
        path = action.bone_path(bone, name)
        values = [curves[path, i].evaluate(1.0) for i in range(len(getattr(pose_bone, name))) if (path, i) in curves]
        if len(values) == len(getattr(pose_bone, name)):
            setattr(pose_bone, name, values)
            turned += 1
    if not turned:
        raise ActionError(
            f"The pose {made.name} has none of the chosen finger bones of {obj.name}, or in another rotation mode: "
            "choose a pose that was kept from this rig."
        )
    obj.update_tag(refresh={"DATA"})
    return turned
