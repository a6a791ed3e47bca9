"""The root of an armature's motion smoothed on its own: path and heading of the pelvis, what carries it, the object."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import bpy
import numpy as np
from mathutils import Matrix, Vector

from ..core.root_motion import heading_correction, smoothed
from ..core.rotation import Array, conjugate, exp, multiply, rotate
from . import action
from .action import ActionError, Floats
from .edits import Edit
from .job import Steps, part, threaded
from .limbs import Curves, Moved, object_track
from .tracks import ArmatureObject, KeyRange, Track, rotation, track_of


@dataclass(frozen=True, eq=False)
class Carrier:
    """A bone, or the armature object as `OBJECT`, whose keys carry the body.

    track: its rotation. up: (3,) what is up in the scene, in the axes that it turns in. location: index -> curve.
    """

    track: Track
    up: Array
    location_path: str
    location: Mapping[int, bpy.types.FCurve]


def carriers(obj: ArmatureObject, curves: Curves, pelvis: str, joints: Collection[str]) -> list[Carrier]:
    """What is keyed of the object, the pelvis and the bones above it.

    pelvis: its bone, or "" where it is not known: then the bones that carry all bones in `joints` count.
    """
    up = _up_seen_from(obj.matrix_world)
    above = _up_seen_from(obj.matrix_world @ obj.matrix_basis.inverted_safe())
    found = [Carrier(object_track(obj, curves), above, "location", _location(curves, "location"))]
    for bone in _carrying(obj, pelvis, joints):
        path = action.bone_path(bone, "location")
        connected = obj.data.bones[bone].use_connect
        found.append(Carrier(track_of(obj, curves, bone), up, path, {} if connected else _location(curves, path)))
    return [carrier for carrier in found if carrier.track.curves or carrier.location]


def is_editable(carrier: Carrier) -> bool:
    """Whether its curves are neither locked nor samples."""
    curves = [*carrier.track.curves.values(), *carrier.location.values()]
    return not any(action.is_locked(curve) or action.is_baked(curve) for curve in curves)


def require_editable(found: Sequence[Carrier], obj: ArmatureObject) -> None:
    """Raises ActionError where a carrier's curves are locked, or consist of samples."""
    for carrier in found:
        if not is_editable(carrier):
            raise ActionError(
                f"The root's curves ({carrier.track.bone or obj.name}) are locked or baked to samples: unlock "
                "them, turn them into keys, or leave the root as it is."
            )


def smooth(found: Sequence[Carrier], frames: Floats, strength: float) -> Steps[Moved]:
    """What smoothing the root by `strength`, 0 to 1, changes at even `frames` (T,)."""
    turned, places = [], []
    for done, carrier in enumerate(found):
        yield 0.5 * done / len(found)
        turned.append(rotation(carrier.track, frames))
        places.append({index: action.evaluate(curve, frames) for index, curve in carrier.location.items()})
    return (yield from part(threaded(_smoothed, found, turned, places, strength), 0.5, 1.0))


def _smoothed(
    found: Sequence[Carrier],
    turned: Sequence[Array],
    places: Sequence[Mapping[int, Array]],
    strength: float,
    progress: Callable[[float], None],
) -> Moved:
    turns, moves = {}, {}
    for done, (carrier, own, place) in enumerate(zip(found, turned, places, strict=True)):
        progress(done / len(found))
        if carrier.track.curves:
            turns[carrier.track.bone] = _turn(carrier, own.astype(np.float64), strength)
        if place:
            move = np.zeros((len(next(iter(place.values()))), 3))
            for index, values in place.items():
                move[:, index] = strength * (smoothed(values) - values)
            moves[carrier.track.bone] = move
    return Moved(turns, moves)


def _turn(carrier: Carrier, own: Array, strength: float) -> Array:
    """(T, 4) the turn about what is up, in the carrier's own space after its rotations (T, 4)."""
    rest = carrier.track.rest.astype(np.float64)
    against_rest = multiply(multiply(rest, own), conjugate(rest))
    angle = strength * heading_correction(against_rest, carrier.up)
    about = rotate(conjugate(multiply(rest, own)), np.broadcast_to(carrier.up, (len(own), 3)))
    return exp(angle[:, None] * about).astype(np.float32)


def location_edits(found: Sequence[Carrier], frames: Floats, moves: Mapping[str, Array], keys: KeyRange) -> list[Edit]:
    """New values for the location keys that are meant: `moves`, bone -> (T, 3) at `frames` (T,), added to them."""
    changes = []
    for carrier in found:
        if carrier.track.bone not in moves:
            continue
        move = moves[carrier.track.bone]
        for index, curve in carrier.location.items():
            points = action.read_points(curve)
            values = points[:, 1].copy()
            meant = keys.mask(curve, points)
            values[meant] += np.interp(points[meant, 0], frames, move[:, index]).astype(np.float32)
            changes.append(Edit(carrier.location_path, index, points, values))
    return changes


def _up_seen_from(matrix: Matrix) -> Array:
    return np.array(matrix.to_quaternion().inverted() @ Vector((0.0, 0.0, 1.0)))


def _carrying(obj: ArmatureObject, pelvis: str, joints: Collection[str]) -> list[str]:
    bones = obj.data.bones
    if pelvis in bones:
        return [pelvis, *(parent.name for parent in bones[pelvis].parent_recursive)]
    above = [{parent.name for parent in bones[bone].parent_recursive} for bone in joints]
    tops = [names for names in above if not names.intersection(joints)]
    carrying = set.intersection(*tops) if tops else set()
    return [bone.name for bone in bones if bone.name in carrying]


def _location(curves: Curves, path: str) -> dict[int, bpy.types.FCurve]:
    found = {index: curves[path, index] for index in range(3) if (path, index) in curves}
    return {index: curve for index, curve in found.items() if not action.is_muted(curve) and len(curve.keyframe_points)}
