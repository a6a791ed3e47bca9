"""The pose of an armature as one vector of numbers: read and written in bulk, and where in it a curve's value stands.

For B bones it holds, one property after the other as in `PROPERTIES`, the numbers of all bones in the pose's order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from ..core.rotation import Array
from ..core.rotation_mode import from_quaternion, has_rotation, property_of, to_quaternion
from . import fcurves
from .action import ActionError
from .fcurves import Floats

PROPERTIES = {
    "location": 3,
    "rotation_quaternion": 4,
    "rotation_euler": 3,
    "rotation_axis_angle": 4,
    "scale": 3,
}
"""What places a bone against its rest, and how many numbers each has."""

Places = NDArray[np.intp]


def read(obj: Any) -> Floats:
    """(17·B,) the pose of the armature object, as its properties stand now."""
    bones = obj.pose.bones
    parts = []
    for name, width in PROPERTIES.items():
        part = np.empty(len(bones) * width, dtype=np.float32)
        bones.foreach_get(name, part)
        parts.append(part)
    return np.concatenate(parts)


def write(obj: Any, pose: Floats) -> bool:
    """Give the armature object the pose (17·B,). Says whether anything changed; where nothing does, nothing is told."""
    bones, start, present = obj.pose.bones, 0, read(obj)
    changed = False
    for name, width in PROPERTIES.items():
        part = slice(start, start + len(bones) * width)
        if not np.array_equal(pose[part], present[part], equal_nan=True):
            bones.foreach_set(name, pose[part])
            changed = True
        start = part.stop
    if changed:
        obj.update_tag(refresh={"DATA"})
    return changed


@dataclass(frozen=True, eq=False)
class Rotations:
    """Where the rotations of some bones stand in the pose, by rotation mode.

    count: how many bones. groups: for each mode which of the bones have it (n,), and where their numbers are (n, k).
    """

    count: int
    groups: tuple[tuple[str, Places, Places], ...]

    @property
    def places(self) -> Places:
        """(C,) all of the places."""
        return np.concatenate([table.ravel() for _, _, table in self.groups])

    def compact(self) -> Rotations:
        """The same for poses of which only `places` are there."""
        groups, start = [], 0
        for mode, own, table in self.groups:
            groups.append((mode, own, start + np.arange(table.size).reshape(table.shape)))
            start += table.size
        return Rotations(self.count, tuple(groups))


@dataclass(frozen=True, eq=False)
class Rig:
    """What stays the same of an armature from frame to frame, without any reference into Blender's data.

    names, modes: of all B bones in the pose's order. place_of: a curve's data path and index -> place in the pose.
    """

    names: tuple[str, ...]
    modes: tuple[str, ...]
    place_of: Mapping[tuple[str, int], int]

    def places(self, bones: Sequence[str], name: str) -> Places:
        """(len(bones), n) where the property `name` of `bones` stands in the pose."""
        row = {bone: row for row, bone in enumerate(self.names)}
        return _places([row[bone] for bone in bones], name, len(self.names))


@lru_cache(maxsize=64)
def rotations_of(rig: Rig, bones: tuple[str, ...]) -> Rotations:
    """Where the rotations of `bones` stand in the rig's pose."""
    mode_of = dict(zip(rig.names, rig.modes, strict=True))
    groups = []
    for mode in dict.fromkeys(mode_of[bone] for bone in bones):
        own = [i for i, bone in enumerate(bones) if mode_of[bone] == mode]
        table = rig.places([bones[i] for i in own], property_of(mode))
        groups.append((mode, np.array(own, dtype=np.intp), table))
    return Rotations(len(bones), tuple(groups))


def rig_of(obj: Any) -> Rig:
    """The armature object as it is now."""
    names = tuple(bone.name for bone in obj.pose.bones)
    return Rig(names, tuple(bone.rotation_mode for bone in obj.pose.bones), _place_by_path(names))


@lru_cache(maxsize=16)
def at_rest(rig: Rig) -> Floats:
    """(17·B,) the pose in which every bone rests."""
    pose = np.zeros(sum(PROPERTIES.values()) * len(rig.names), dtype=np.float32)
    pose[rig.places(rig.names, "scale")] = 1
    pose[rig.places(rig.names, "rotation_quaternion")[:, 0]] = 1
    pose[rig.places(rig.names, "rotation_axis_angle")[:, 2]] = 1  # Blender's axis where nothing turns: Y
    return pose


def animated(curves: Mapping[tuple[str, int], bpy.types.FCurve], rig: Rig) -> dict[int, bpy.types.FCurve]:
    """Place in the pose -> curve, for all curves (by path and index) that move the pose and are not muted."""
    found = {}
    for path, curve in curves.items():
        place = rig.place_of.get(path)
        if place is not None and not fcurves.is_muted(curve):
            found[place] = curve
    return found


@dataclass(frozen=True, eq=False)
class Part:
    """One property of one bone, and the places (n,) of its numbers in the pose."""

    bone: str
    name: str
    places: Places


@lru_cache(maxsize=16)
def parts_of(rig: Rig, wanted: frozenset[int]) -> tuple[Part, ...]:
    """The properties that have a number at one of the places `wanted`, in the pose's order."""
    found = []
    for name in PROPERTIES:
        for bone, places in zip(rig.names, rig.places(rig.names, name), strict=True):
            if not wanted.isdisjoint(places.tolist()):
                found.append(Part(bone, name, places))
    return tuple(found)


def quaternions(poses: Floats, rotations: Rotations) -> Array:
    """(T, count, 4) the bones' rotations in poses (T, 17·B). Raises ActionError where one is none."""
    result = np.empty((len(poses), rotations.count, 4), dtype=np.float32)
    for mode, own, table in rotations.groups:
        values = poses[:, table]
        if not has_rotation(values, mode).all():
            raise ActionError("A bone has no valid rotation: mend or delete its keys, or clear its rotation.")
        result[:, own] = to_quaternion(values, mode)
    return result


def put_quaternions(pose: Floats, rotations: Rotations, q: Array) -> None:
    """Put rotations (count, 4) into a pose (17·B,), in the turns and signs nearest to what stands there."""
    for mode, own, table in rotations.groups:
        pose[table] = from_quaternion(q[own], mode, pose[table])


def _places(rows: Sequence[int], name: str, count: int) -> Places:
    start = 0
    for other, width in PROPERTIES.items():
        if other == name:
            break
        start += count * width
    return start + np.array(rows, dtype=np.intp)[:, None] * PROPERTIES[name] + np.arange(PROPERTIES[name])


def _place_by_path(names: Sequence[str]) -> dict[tuple[str, int], int]:
    found = {}
    for name in PROPERTIES:
        for bone, places in zip(names, _places(range(len(names)), name, len(names)).tolist(), strict=True):
            path = fcurves.bone_path(bone, name)
            found.update({(path, index): place for index, place in enumerate(places)})
    return found


def is_used(part: Part, mode: str) -> bool:
    """Whether a bone in this rotation mode goes by the property at all."""
    return not part.name.startswith("rotation") or part.name == property_of(mode)
