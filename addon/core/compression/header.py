"""What the keys of a compressed action mean, as bytes: JSON, deflated with the words that are likely in it.

What is all zeros is left away, and `right` where it is the opposite of `left`, as on a rig that rests like the model's.
Reading takes nothing for granted: the bytes may be a stranger's.
"""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from ..rotation_mode import MODES
from .coder import CodingError
from .recording import ArchiveError, Group, Header, RotationTrack, checked_settings

MOST_TRACKS = 1 << 12
"""Bones of one group: their keys are decoded together, so a header must not promise any number of them."""

_LARGEST = 1 << 22  # bytes of JSON, more than ten thousand bones need
_LARGEST_NUMBER = 1 << 15  # of a joint, and of the steps of a turn, which are 127 in half a turn
_TURNS = ("left", "right", "axes")
# What headers are likely to say, the likeliest last (RFC 1950, preset dictionary). A change needs a new version.
_WORDS = (
    b"mixamorig:LeftHandThumbIndexMiddleRingPinky1234LeftToe_EndRightToe_EndHeadTop_Endupperarm_lforearmthighshinfoot"
    b"clavicle_lspine_01pelvishandspineneckheadROOTAXIS_ANGLE"
    b'"],[]],"locations":["Hips"],"settings":{}}],"XYZ","ZYX","QUATERNION",'
    b'["LHipJoint","LeftUpLeg","LeftLeg","LeftFoot","LeftToeBase","RHipJoint","RightUpLeg","RightLeg","RightFoot",'
    b'"RightToeBase","LowerBack","Spine","Spine1","Spine2","Neck","Neck1","Head","LeftShoulder","LeftArm",'
    b'"LeftForeArm","LeftHand","LeftFingerBase","LeftHandIndex1","LThumb","RightShoulder","RightArm","RightForeArm",'
    b'"RightHand","RightFingerBase","RightHandIndex1","RThumb"],"modes":"QUATERNION","joints":[-1,0,1,2,3,4,5,6,7,8,9,'
    b"10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29],"
    b'"left":[],"right":[],"axes":[]}],"model":"pose-compress","model_hash":"","code_step":0.0349,"fps":24.0,"fps":30.0,'
    b'"degrees":1.0,"length":0.001,"groups":[{"bones":["Hips",'
    b'{"action":"","armature":"'
)


def header_bytes(header: Header) -> bytes:
    """The header as `read_header` reads it. Raises ArchiveError for more bones than it reads."""
    if any(len(group.rotations) + len(group.locations) > MOST_TRACKS for group in header.groups):
        raise ArchiveError(f"More than {MOST_TRACKS} bones are keyed at the same frames: divide the action.")
    content = asdict(replace(header, groups=()))
    del content["groups"]  # they come last, where the dictionary has them
    content["groups"] = [_told(group) for group in header.groups]
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    if len(text) > _LARGEST:
        raise ArchiveError("The action has more bones than one file holds: divide the action.")
    deflater = zlib.compressobj(9, zdict=_WORDS)
    return deflater.compress(text) + deflater.flush()


def read_header(content: bytes) -> Header:
    """The header of these bytes. Raises CodingError where they are none that was ever written."""
    try:
        return _header(json.loads(zlib.decompressobj(zdict=_WORDS).decompress(content, _LARGEST)))
    except (zlib.error, ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        raise CodingError("a header of another kind") from error


def _told(group: Group) -> dict[str, Any]:
    tracks = group.rotations
    modes = [track.mode for track in tracks]
    entry: dict[str, Any] = {
        "bones": [track.bone for track in tracks],
        "modes": modes[0] if len(set(modes)) == 1 else modes,
    }
    if group.uses_poses:
        entry["joints"] = [track.joint for track in tracks]
    for name in _TURNS:
        steps = [step for track in tracks for step in getattr(track, name)]
        if steps != _usual(name, entry, len(tracks)):
            entry[name] = steps
    entry["locations"] = list(group.locations)
    if group.share != 1:
        entry["share"] = group.share
    if group.settings:
        entry["settings"] = {str(place): dict(changed) for place, changed in group.settings.items()}
    return entry


def _usual(name: str, entry: Mapping[str, Any], tracks: int) -> list[int]:
    """The steps of the turns `name` that are not told: nothing, or the opposite of what is told of the left."""
    nothing = [0] * (3 * tracks)
    return [-step for step in entry.get("left", nothing)] if name == "right" else nothing


def _header(told: dict[str, Any]) -> Header:
    groups = tuple(_group(entry) for entry in _exactly(list, told["groups"]))
    action, armature, model, model_hash = (
        _exactly(str, told[key]) for key in ("action", "armature", "model", "model_hash")
    )
    fps, degrees, length, code_step = (_size(told[key]) for key in ("fps", "degrees", "length", "code_step"))
    if not fps:
        raise ValueError("a rate of nothing")
    return Header(action, armature, fps, degrees, length, groups, model, model_hash, code_step)


def _group(entry: dict[str, Any]) -> Group:
    bones, locations = ([_exactly(str, name) for name in _exactly(list, entry[key])] for key in ("bones", "locations"))
    count = len(bones)
    modes = entry["modes"] if isinstance(entry["modes"], list) else [entry["modes"]] * count
    joints = _whole_numbers(entry.get("joints", [-1] * count))
    if not 0 < count + len(locations) <= MOST_TRACKS or not set(modes) <= set(MODES) or min(joints, default=0) < -1:
        raise ValueError("a group of another kind")
    turns = []
    for name in _TURNS:
        steps = _whole_numbers(entry.get(name, _usual(name, entry, count)))
        turns.append(list(zip(steps[::3], steps[1::3], steps[2::3], strict=True)))
    tracks = tuple(RotationTrack(*row) for row in zip(bones, modes, joints, *turns, strict=True))
    settings = {int(place): checked_settings(changed) for place, changed in entry.get("settings", {}).items()}
    return Group(tracks, tuple(locations), settings, _size(entry.get("share", 1)))


def _exactly(kind: type, value: Any) -> Any:
    """The value, if it is of this kind and no other. Raises TypeError."""
    if type(value) is not kind:
        raise TypeError(f"expected a {kind.__name__}, found {type(value).__name__}")
    return value


def _whole_numbers(values: Any) -> list[int]:
    numbers = [_exactly(int, value) for value in _exactly(list, values)]
    if any(abs(number) > _LARGEST_NUMBER for number in numbers):
        raise ValueError("a number out of range")
    return numbers


def _size(value: Any) -> float:
    number = float(value)
    if not (math.isfinite(number) and number >= 0):
        raise ValueError("expected a number from 0 on")
    return number
