"""The pose of an armature as one vector of numbers: read and written in bulk, and where in it a curve's value stands.

For B bones it holds, one property after the other as in `PROPERTIES`, the numbers of all bones in the pose's order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from ..core.rotation import Array
from ..core.rotation_mode import from_quaternion, has_rotation, property_of, to_quaternion
from . import action
from .action import Channels, Floats

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


def places(rows: Sequence[int] | Places, name: str, count: int) -> Places:
    """(len(rows), n) where the property `name` of the bones at `rows` of `count` stands in the pose."""
    start = 0
    for other, width in PROPERTIES.items():
        if other == name:
            return start + np.asarray(rows, dtype=np.intp)[:, None] * width + np.arange(width)
        start += count * width
    raise KeyError(name)


def place_by_path(names: Sequence[str]) -> dict[tuple[str, int], int]:
    """Data path and array index, as an F-curve names them -> place in the pose of the bones `names`."""
    found = {}
    for name in PROPERTIES:
        table = places(range(len(names)), name, len(names)).tolist()
        for bone, row in zip(names, table, strict=True):
            path = action.bone_path(bone, name)
            found.update({(path, index): place for index, place in enumerate(row)})
    return found


def animated(channels: Channels, place_of: Mapping[tuple[str, int], int]) -> list[tuple[int, bpy.types.FCurve]]:
    """Place in the pose and curve, for all curves that move the pose and are not muted."""
    found = []
    for curve in channels.fcurves:
        place = place_of.get((curve.data_path, curve.array_index))
        if place is not None and not action.is_muted(curve):
            found.append((place, curve))
    return found


def modes(obj: Any) -> list[str]:
    """The rotation mode of every bone."""
    return [bone.rotation_mode for bone in obj.pose.bones]


def by_mode(modes: Sequence[str], rows: Sequence[int]) -> list[tuple[str, Places, Places]]:
    """For each rotation mode among the bones at `rows`: the mode, which of `rows` (by place in it) have it, and where
    their rotations stand in the pose (len, n)."""
    found = []
    for mode in dict.fromkeys(modes[row] for row in rows):
        own = [i for i, row in enumerate(rows) if modes[row] == mode]
        table = places([rows[i] for i in own], property_of(mode), len(modes))
        found.append((mode, np.array(own, dtype=np.intp), table))
    return found


def rotations(poses: Floats, groups: Sequence[tuple[str, Places, Places]], count: int) -> Array:
    """(T, count, 4) quaternions of the bones in `groups`, of poses (T, 17·B). Raises ActionError for none."""
    result = np.empty((len(poses), count, 4), dtype=np.float32)
    for mode, own, table in groups:
        values = poses[:, table]
        if not has_rotation(values, mode).all():
            raise action.ActionError("A bone has no valid rotation: mend or delete its keys, or reset its rotation.")
        result[:, own] = to_quaternion(values, mode)
    return result


def put_rotations(pose: Floats, groups: Sequence[tuple[str, Places, Places]], q: Array) -> None:
    """Put quaternions (count, 4) into a pose (17·B,), in the turns and signs nearest to what stands there."""
    for mode, own, table in groups:
        pose[table] = from_quaternion(q[own], mode, pose[table])
