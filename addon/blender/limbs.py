"""Where some of an armature's bones are in the scene over time, as their keys say: forward kinematics in bulk.

Only what keys and rest pose say counts: constraints and drivers are not evaluated, scale of bones is passed over, and
every bone is taken to inherit its parent's rotation. The armature object's own keys and its place in the scene count.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import bpy
import numpy as np
from mathutils import Euler, Matrix, Quaternion

from ..core.rotation import Array, conjugate, from_matrix, multiply, rotate
from ..core.rotation_mode import property_of, to_quaternion
from . import fcurves
from .fcurves import Floats
from .steps import Steps
from .tracks import ArmatureObject, Track, rotation, track_of

OBJECT = ""
"""The name under which an armature object's own motion goes, where others go by their bones'."""

NO_TRACKS: Mapping[str, Track] = MappingProxyType({})

Curves = Mapping[tuple[str, int], bpy.types.FCurve]


@dataclass(frozen=True, eq=False)
class Moved:
    """Changes at T frames. turns: bone -> (T, 4) in its own space after its rotation. moves: bone -> (T, 3) added to
    its location. The armature object's own go by `OBJECT`."""

    turns: Mapping[str, Array]
    moves: Mapping[str, Array]


@dataclass(frozen=True, eq=False)
class Limbs:
    """B bones over `count` frames T, parents first: names, and each one's parent's place or -1.

    rotations: their own, (T, 4) or (4,). locations: their own, (T, 3) or (3,); local_location: whether in the bone's
    axes or in the armature's. rests: (B, 4, 4) their rest matrices in the armature. lengths: (B,). place: the object's.
    """

    count: int
    bones: tuple[str, ...]
    parents: tuple[int, ...]
    rotations: tuple[Array, ...]
    locations: tuple[Array, ...]
    local_location: tuple[bool, ...]
    rests: Array
    lengths: Array
    place: ObjectPlace


@dataclass(frozen=True, eq=False)
class Placed:
    """Bones in the scene: where they begin and end, bone -> (T, 3), and how they are turned, bone -> (T, 4)."""

    heads: Mapping[str, Array]
    tails: Mapping[str, Array]
    turns: Mapping[str, Array]


@dataclass(frozen=True, eq=False)
class ObjectPlace:
    """An armature object over time: parent (4, 4) the way from its own transformation to the scene, then location
    (T, 3) or (3,), rotation (T, 4) or (4,) and scale (3,)."""

    parent: Array
    location: Array
    rotation: Array
    scale: Array


def read(
    obj: ArmatureObject, curves: Curves, bones: Sequence[str], frames: Floats, tracks: Mapping[str, Track] = NO_TRACKS
) -> Steps[Limbs]:
    """The `bones` and all that carry them, at `frames` (T,). tracks: bone -> its track, where it has been read already.

    Raises ActionError where a curve says no rotation.
    """
    carried = {name for bone in bones for name in (bone, *(p.name for p in obj.data.bones[bone].parent_recursive))}
    ordered = [bone for bone in obj.data.bones if bone.name in carried]  # Blender lists parents first
    place = {bone.name: i for i, bone in enumerate(ordered)}
    rotations, locations = [], []
    for done, bone in enumerate(ordered):
        yield done / len(ordered)
        rotations.append(rotation(tracks.get(bone.name) or track_of(obj, curves, bone.name), frames))
        path = fcurves.bone_path(bone.name, "location")
        still = np.array(obj.pose.bones[bone.name].location, dtype=np.float32)
        locations.append(numbers(curves, path, still, frames) if not bone.use_connect else np.zeros(3))
    return Limbs(
        len(frames),
        tuple(place),
        tuple(place[bone.parent.name] if bone.parent else -1 for bone in ordered),
        tuple(rotations),
        tuple(locations),
        tuple(bone.use_local_location for bone in ordered),
        np.array([bone.matrix_local for bone in ordered], dtype=np.float64),
        np.array([bone.length for bone in ordered], dtype=np.float64),
        _place(obj, curves, frames),
    )


def in_scene(limbs: Limbs, moved: Moved | None = None) -> Placed:
    """The bones in the scene, with changes."""
    turns, moves = (moved.turns, moved.moves) if moved else ({}, {})
    rests = from_matrix(limbs.rests[:, :3, :3])
    heads: list[Array] = []
    turned: list[Array] = []
    for i, (bone, parent) in enumerate(zip(limbs.bones, limbs.parents, strict=True)):
        own = multiply(limbs.rotations[i], turns[bone]) if bone in turns else limbs.rotations[i]
        location: Array = limbs.locations[i] + moves.get(bone, np.zeros(3))
        if limbs.local_location[i]:
            location = rotate(rests[i], location)
        if parent < 0:
            heads.append(limbs.rests[i, :3, 3] + location)
            turned.append(multiply(rests[i], own))
            continue
        above = multiply(turned[parent], conjugate(rests[parent]))
        offset = limbs.rests[i, :3, 3] - limbs.rests[parent, :3, 3] + location
        heads.append(heads[parent] + rotate(above, offset))
        turned.append(multiply(multiply(above, rests[i]), own))
    tails = [
        head + rotate(turn, np.array([0.0, float(length), 0.0]))
        for head, turn, length in zip(heads, turned, limbs.lengths, strict=True)
    ]
    object_turn, to_scene = _object_motion(limbs.place, turns, moves)

    def at_all_frames(values: list[Array], width: int) -> dict[str, Array]:
        shape = (limbs.count, width)
        return {bone: np.broadcast_to(value, shape) for bone, value in zip(limbs.bones, values, strict=True)}

    return Placed(
        at_all_frames([to_scene(head) for head in heads], 3),
        at_all_frames([to_scene(tail) for tail in tails], 3),
        at_all_frames([multiply(object_turn, turn) for turn in turned], 4),
    )


def numbers(curves: Curves, data_path: str, still: Array, frames: Floats) -> Array:
    """(T, n) numbers of a property at `frames` (T,), or (n,) where no curve moves them; `still` (n,) holds without."""
    own = {index: curves[data_path, index] for index in range(len(still)) if (data_path, index) in curves}
    own = {index: curve for index, curve in own.items() if not fcurves.is_muted(curve)}
    if not own:
        return still
    result = np.tile(still, (len(frames), 1))
    for index, curve in own.items():
        result[:, index] = finite(curve, frames, fcurves.evaluate(curve, frames))
    return result


def finite(curve: bpy.types.FCurve, frames: Floats, values: Floats) -> Floats:
    """The values (T,) of a curve at `frames` (T,), with straight lines from key to key where they are no numbers."""
    broken = ~np.isfinite(values)
    points = fcurves.read_points(curve) if broken.any() else np.empty((0, 2))
    points = points[np.isfinite(points).all(axis=1)]
    return np.where(broken, np.interp(frames, *points.T), values) if len(points) else values


def object_track(obj: ArmatureObject, curves: Curves) -> Track:
    """The armature object's own rotation, as if it were a bone's called `OBJECT` that rests unturned."""
    path = property_of(obj.rotation_mode)
    still = np.array(getattr(obj, path), dtype=np.float32)
    own = {index: curves[path, index] for index in range(len(still)) if (path, index) in curves}
    own = {index: curve for index, curve in own.items() if not fcurves.is_muted(curve)}
    points = {index: fcurves.read_points(curve) for index, curve in own.items()}
    return Track(OBJECT, obj.rotation_mode, np.array([1, 0, 0, 0], dtype=np.float32), still, own, points)


def _place(obj: ArmatureObject, curves: Curves, frames: Floats) -> ObjectPlace:
    scale = numbers(curves, "scale", np.array(obj.scale, dtype=np.float32), frames)
    location = numbers(curves, "location", np.array(obj.location, dtype=np.float32), frames)
    # What is above the object, its parent and its deltas, is taken as it is now.
    own = Matrix.LocRotScale(obj.location, _rotation_now(obj), obj.scale)
    above = np.array(obj.matrix_world @ own.inverted_safe(), dtype=np.float64)
    turn = rotation(object_track(obj, curves), frames)
    return ObjectPlace(above, location, turn, np.median(np.atleast_2d(scale), axis=0))


def _rotation_now(obj: ArmatureObject) -> Any:
    if obj.rotation_mode == "QUATERNION":
        return obj.rotation_quaternion
    if obj.rotation_mode == "AXIS_ANGLE":
        return Quaternion(to_quaternion(np.array(obj.rotation_axis_angle, dtype=np.float64), "AXIS_ANGLE").tolist())
    return Euler(obj.rotation_euler, obj.rotation_mode)


def _object_motion(
    place: ObjectPlace, turns: Mapping[str, Array], moves: Mapping[str, Array]
) -> tuple[Array, Callable[[Array], Array]]:
    """How the armature is turned in the scene, and a function from its own points to the scene's."""
    turn = multiply(place.rotation, turns[OBJECT]) if OBJECT in turns else place.rotation
    location = place.location + moves.get(OBJECT, np.zeros(3))
    linear, shift = place.parent[:3, :3], place.parent[:3, 3]
    size = np.cbrt(abs(np.linalg.det(linear))) or 1.0
    above = from_matrix(linear / size)

    def to_scene(points: Array) -> Array:
        return (rotate(turn, points * place.scale) + location) @ linear.T + shift

    return multiply(above, turn), to_scene
