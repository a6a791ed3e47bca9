"""The fingers as they stand now, read and set without a key, and one pose of them kept as an asset."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import bpy
import numpy as np

from ..core.rotation import Array
from ..core.rotation_mode import from_quaternion, property_of
from . import action, fcurves
from .action import ActionError
from .rigged_hand import RiggedHand, standing_rotation
from .tracks import ArmatureObject

ASSET_TAG = "Mocap Mender hand"


def standing(obj: ArmatureObject, hand: RiggedHand) -> Array:
    """(B, 4) how the hand's bones are turned now, keyed or not, as `RiggedHand.joined` means it."""
    own = np.stack([standing_rotation(obj, track) for track in hand.tracks])
    return hand.joined(own, hand.around_now(obj))


def put_pose(obj: ArmatureObject, hands: Sequence[RiggedHand], pose: Array, bones: Collection[str]) -> None:
    """Turn `bones` as the angles `pose` (2, 20) say. No key is written."""
    for hand in hands:
        put_rotations(obj, hand, hand.rig.rotations(pose[hand.side]), bones)


def put_rotations(obj: ArmatureObject, hand: RiggedHand, joined: Array, bones: Collection[str]) -> None:
    """Turn those of the hand's bones that are in `bones` as `joined` (B, 4) says. No key is written."""
    meant = np.array([bone in bones for bone in hand.rig.bones])
    whole = np.where(meant[:, None], joined, standing(obj, hand))
    for turned in hand.turned(whole, hand.around_now(obj), bones):
        bone, name = obj.pose.bones[turned.track.bone], property_of(turned.track.mode)
        near = np.array(getattr(bone, name), dtype=np.float64)
        setattr(bone, name, from_quaternion(turned.rotations[None], turned.track.mode, near[None])[0].tolist())
        if turned.places is not None:
            bone.location = turned.places.tolist()
    obj.update_tag(refresh={"DATA"})


def numbers(obj: ArmatureObject, hands: Sequence[RiggedHand]) -> dict[tuple[str, str], list[float]]:
    """(bone, property) -> the numbers that it has now, of all bones that a pose of these hands may move."""
    tracks = [track for hand in hands for track in (*hand.tracks, *hand.followers)]
    places = {(track.bone, name) for track in tracks for name in (property_of(track.mode), "location")}
    return {(bone, name): list(getattr(obj.pose.bones[bone], name)) for bone, name in places}


def put_numbers(obj: ArmatureObject, kept: Mapping[tuple[str, str], Sequence[float]]) -> None:
    """Give bones the numbers back that they had. No key is written."""
    for (bone, name), own in kept.items():
        setattr(obj.pose.bones[bone], name, own)
    obj.update_tag(refresh={"DATA"})


def save_asset(obj: ArmatureObject, hands: Sequence[RiggedHand], name: str) -> bpy.types.Action:
    """Keep the fingers' pose as an action of one frame that is marked as an asset, for Blender's asset browser."""
    made, _, channels = action.loose_action(name, obj.name)
    for hand in hands:
        for track in (*hand.tracks, *hand.followers):
            for name in (property_of(track.mode), *(("location",) if hand.loose else ())):
                values = np.array(getattr(obj.pose.bones[track.bone], name), dtype=np.float32)
                path = fcurves.bone_path(track.bone, name)
                for index, value in enumerate(values.tolist()):
                    fcurves.write_curve(channels, path, index, [1.0], [value], track.bone)
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
    curves = fcurves.by_path(channels)

    def put(bone: bpy.types.PoseBone, name: str) -> bool:
        path, count = fcurves.bone_path(bone.name, name), len(getattr(bone, name))
        values = [curves[path, index].evaluate(1.0) for index in range(count) if (path, index) in curves]
        if len(values) == count:
            setattr(bone, name, values)
        return len(values) == count

    turned = 0
    for bone in [obj.pose.bones[name] for name in bones]:
        turned += put(bone, property_of(bone.rotation_mode))
        put(bone, "location")
    if not turned:
        raise ActionError(
            f"The pose {made.name} has none of the chosen finger bones of {obj.name}, or in another rotation mode: "
            "choose a pose that was kept from this rig."
        )
    obj.update_tag(refresh={"DATA"})
    return turned
