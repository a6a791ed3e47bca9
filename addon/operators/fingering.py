"""Fingers put together: what the animator has set, as angles; what a model makes of the rest; and the keys for it.

Everything is read and worked out here before anything is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..blender import action, fcurves, frames, hands, tracks
from ..blender.action import Channels
from ..blender.fcurves import GENERATED, KEYFRAME, Floats
from ..blender.finger_keys import BoneKeys, keys_of
from ..blender.finger_poses import standing
from ..blender.hands import HandsError
from ..blender.rigged_hand import RiggedHand, moving_with
from ..blender.steps import Steps, part, threaded
from ..blender.tracks import KeyRange
from ..core.finger_crossing import uncrossed
from ..core.hand import FINGERS, SIDES
from ..core.rotation import Array, exp, log, multiply
from ..core.rotation_mode import property_of
from ..inference import fingers
from ..inference.session import Model
from ..rig_properties import chosen_by_hand

_JOINTS_A_FINGER = 3
_MODES: dict[str, Any] = {"LIKELY": "likely", "AVERAGE": "average", "SAMPLE": "sample"}
_ORDERS: dict[str, Any] = {
    "BEST": "best",
    "ANATOMICAL": "anatomical",
    "RANDOM": "random",
    "LOWEST_ENTROPY": "lowest entropy",
    "HIGHEST_ENTROPY": "highest entropy",
    "VARIANCE": "variance",
}


@dataclass(frozen=True)
class Drawing:
    """How a model draws: its mode, order, seed and temperature, as `inference.fingers` names them."""

    mode: Any
    order: Any
    seed: int
    temperature: float


@dataclass(frozen=True, eq=False)
class Fingers:
    """Keys to be written, and what a person should know."""

    keys: Sequence[BoneKeys]
    told: list[str]


def drawing_of(options: Any, seed: int) -> Drawing:
    """What an operator's or the panel's options say of it."""
    return Drawing(_MODES[options.mode], _ORDERS[options.order], seed, options.temperature)


def pose_channels(obj: Any) -> Channels | None:
    """The armature's curves; None where it has no action, or one that says nothing of it yet."""
    data = obj.animation_data
    return action.assigned_channels(obj) if data and data.action else None


def hands_with_map(obj: Any, channels: Channels | None) -> list[RiggedHand]:
    """The armature's hands as its rig map has them, or as they are found. Raises as `hands.hands_of` does."""
    return hands.hands_of(obj, channels, chosen_by_hand(obj))


def chosen_sides(options: Any) -> tuple[int, ...]:
    """The chosen hands, as places in `core.hand.SIDES`."""
    return tuple(range(len(SIDES))) if options.side == "BOTH" else (SIDES.index(options.side.lower()),)


def chosen_hands(obj: Any, channels: Channels | None, options: Any) -> tuple[list[RiggedHand], set[str]]:
    """All hands of the armature, and the bones of chosen hands and fingers. Raises HandsError where none is chosen."""
    found = hands_with_map(obj, channels)
    sides = chosen_sides(options)
    wanted = {finger for finger in FINGERS if getattr(options, finger)}
    bones = {
        bone
        for hand in found
        if hand.side in sides
        for bone, joint in zip(hand.rig.bones, hand.rig.joint, strict=True)
        if FINGERS[joint // _JOINTS_A_FINGER] in wanted
    }
    if not bones:
        raise HandsError(f"{obj.name} has no bones of the chosen hands and fingers: choose others.")
    hands.require_editable(obj, channels, found, moving_with(found, bones))
    return found, bones


def posed_bones(obj: Any, found: Sequence[RiggedHand], posed: str, selected: set[str], frame: float) -> set[str]:
    """The finger bones that tell the pose at `frame`: 'KEYED' there by the animator, or 'SELECTED'."""
    all_tracks = [track for hand in found for track in hand.tracks]
    if posed == "SELECTED":
        given = {track.bone for track in all_tracks} & selected
        if not given:
            raise HandsError(f"No finger bone of {obj.name} is selected: select the ones that you have posed.")
        return given
    given = {track.bone for track in all_tracks if np.isin(np.float32(frame), tracks.own_frames(track)).any()}
    if not given:
        raise HandsError(
            f"No finger bone of {obj.name} has a key at frame {frame:g}: key the ones that you have posed, or let the "
            "selected ones tell the pose."
        )
    return given


def known_pose(obj: Any, found: Sequence[RiggedHand], given: set[str]) -> Array:
    """(2, 20) the angles of the bones in `given`, as they stand now; NaN for all others."""
    result = np.full((len(SIDES), len(found[0].rig.usable)), np.nan)
    for hand in found:
        angles = hand.rig.dof(standing(obj, hand))
        told = [i for i, bone in enumerate(hand.rig.bones) if bone in given]
        joints = set(hand.rig.joint[told]) | {hand.rig.joint[i] + 1 for i in told if hand.rig.doubled[i]}
        meant = np.isin(hand.rig.hand.joint, list(joints)) & hand.rig.usable
        result[hand.side, meant] = angles[meant]
    return result


def completed_pose(model: Model, known: Array, found: Sequence[RiggedHand], drawing: Drawing) -> Array:
    """(2, 20) the whole pose. A hand that the armature lacks is not asked for."""
    sides = [hand.side for hand in found]
    asked = known if len(sides) == len(SIDES) else known[sides[0]]
    pose = fingers.complete_pose(model, asked, drawing.mode, drawing.seed, drawing.temperature, drawing.order)
    result = np.full(known.shape, np.nan)
    result[sides] = pose if pose.ndim == len(SIDES) else pose[None]
    return uncrossed(result, np.isfinite(known))


def pose_keys(
    obj: Any, found: Sequence[RiggedHand], pose: Array, bones: set[str], given: set[str], frame: float
) -> Fingers:
    """Keys at `frame`: the completed pose for `bones`, generated, and for the given ones their own if they lack one."""
    at, every = np.array([frame], dtype=np.float32), np.ones(1, dtype=bool)
    keys, unkeyed = [], 0
    for hand in found:
        joined, own = hand.rig.rotations(pose[hand.side]), standing(obj, hand)
        told_by = [place for place, track in enumerate(hand.tracks) if track.bone in given]
        joined[told_by] = own[told_by]
        for turned in hand.turned(joined[None], hand.around(at), bones | given):
            posed = turned.track.bone in given
            made = keys_of(turned, at, every, (frame, frame), hand.curves, KEYFRAME if posed else GENERATED)
            keys += [key for key in made if len(key.frames)]
            unkeyed += posed and bool(len(made[0].frames))
    told = [f"{unkeyed} posed bones had no key at frame {frame:g} and got one of their own"] if unkeyed else []
    return Fingers(keys, told)


def filled_motion(
    scene: Any,
    obj: Any,
    channels: Channels,
    model: Model,
    found: Sequence[RiggedHand],
    bones: set[str],
    at: Floats,
    drawing: Drawing,
) -> Steps[Fingers]:
    """Keys of `bones` at the frames `at` (N,), between and beside the animator's, which are met.

    Raises HandsError where there is nothing to put, MenderError where the network gives no finite numbers.
    """
    if not len(at):
        raise HandsError("No frame lies in the range: widen it, or choose other frames.")
    every = tracks.union([at, *(hand.frames() for hand in found)])
    wrists = yield from part(hands.wrists(scene, obj, channels, found, every), 0.0, 0.3)
    keyed = np.full((len(every), len(SIDES), len(found[0].rig.usable)), np.nan)
    for hand in found:
        angles = hand.rig.dof(hand.rotations(every))
        keyed[:, hand.side] = np.where(hand.known(every), angles, np.nan)
    yield 0.3
    fps = frames.scene_fps(scene)
    arguments = (model, every, keyed, wrists, fps, drawing.mode, drawing.seed, drawing.temperature)
    angles = yield from part(threaded(fingers.fill, *arguments), 0.3, 1.0)
    angles = uncrossed(angles, np.isfinite(keyed).any(axis=0))
    span = (float(at[0]), float(at[-1]))
    new = np.isin(every, at)
    keys: list[BoneKeys] = []
    for hand in found:
        joined = multiply(hand.rig.rotations(angles[:, hand.side]), _beside(hand, every))
        for turned in hand.turned(joined, hand.around(every), bones):
            keys += keys_of(turned, every, new, span, hand.curves)
    if not any(len(bone.frames) for bone in keys):
        raise HandsError("Every frame that was meant has keys of your own: choose more frames, or delete some keys.")
    outside = _outside_limits(model, found, keyed)
    return Fingers(keys, outside)


def frames_to_key(
    scene: Any, obj: Any, channels: Channels, found: Sequence[RiggedHand], options: Any, keys: KeyRange
) -> Floats:
    """(N,) rising: the frames that get keys. Between keys, those from the animator's first finger key to the last.

    Raises HandsError where no finger is keyed between which keys could be filled.
    """
    curves = [c for c in channels.fcurves if c.data_path.startswith("pose.bones") and not fcurves.is_muted(c)]
    first, last = frames.frame_span(curves, keys)
    if options.task == "FILL":
        own = tracks.union([hand.frames() for hand in found])
        if len(own) < len(SIDES):
            raise HandsError(
                f"The fingers of {obj.name} have fewer than two keys to fill between: key them at two frames at least, "
                "or generate them from the motion."
            )
        first, last = max(first, float(own[0])), min(last, float(own[-1]))
    if options.frames == "SELECTED_KEYS":
        at = frames.selected_frames(curves)
    elif options.frames == "WRIST":
        carriers = {fcurves.bone_path(h.rig.carrier, _rotation(obj, h.rig.carrier)) for h in found if h.rig.carrier}
        at = fcurves.key_frames([curve for curve in curves if curve.data_path in carriers])
    else:
        at = np.arange(np.ceil(first), last + 1e-3, options.step).astype(np.float32)
    return at[(at >= first) & (at <= last)]


def _rotation(obj: Any, bone: str) -> str:
    return property_of(obj.pose.bones[bone].rotation_mode)


def _beside(hand: RiggedHand, every: Floats) -> Array:
    """(T, B, 4) what the animator's keys hold beside the angles, such as a twist, carried from key to key."""
    result = np.zeros((len(every), len(hand.tracks), 4))
    result[..., 0] = 1
    at_keys: dict[bytes, Array] = {}  # mostly a hand's bones are keyed together
    for place, track in enumerate(hand.tracks):
        own = tracks.own_frames(track)
        if len(own):
            if own.tobytes() not in at_keys:
                at_keys[own.tobytes()] = log(hand.rig.beside(hand.rotations(own)))
            left = at_keys[own.tobytes()][:, place]
            result[:, place] = exp(np.stack([np.interp(every, own, left[:, axis]) for axis in range(3)], axis=-1))
    return result


def _outside_limits(model: Model, found: Sequence[RiggedHand], keyed: Array) -> list[str]:
    low, high = fingers.joint_limits(model)
    sides = [hand.side for hand in found]
    with np.errstate(invalid="ignore"):
        beyond = (keyed[:, sides] < low - 1e-3) | (keyed[:, sides] > high + 1e-3)
    count = int(beyond.any(axis=(1, 2)).sum())
    return (
        [f"{count} of your keyed frames bend a finger farther than the recordings do; they stay as they are"]
        if count
        else []
    )
