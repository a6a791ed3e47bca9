"""The root of an armature's motion: path and heading of the pelvis, of what carries it, and of the object.

No model sees it. It is smoothed on its own, and led on smoothly where it is missing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import bpy
import numpy as np
from mathutils import Matrix, Vector
from numpy.typing import NDArray

from ..core.gaps import led_on, led_on_rotations
from ..core.progress import Progress
from ..core.root_motion import heading_correction, smoothed
from ..core.rotation import IDENTITY, Array, conjugate, exp, multiply, rotate
from . import fcurves
from .action import ActionError
from .bones import above, carrying
from .edits import Edit
from .fcurves import Floats
from .gaps import Gaps
from .limbs import Curves, Moved, finite, object_track
from .rekey import NewKeys
from .steps import Steps, part, threaded
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
    object_up = _up_seen_from(obj.matrix_world @ obj.matrix_basis.inverted_safe())
    found = [Carrier(object_track(obj, curves), object_up, "location", _location(curves, "location"))]
    for bone in _carrying(obj, pelvis, joints):
        path = fcurves.bone_path(bone, "location")
        connected = obj.data.bones[bone].use_connect
        found.append(Carrier(track_of(obj, curves, bone), up, path, {} if connected else _location(curves, path)))
    return [carrier for carrier in found if carrier.track.curves or carrier.location]


def is_editable(carrier: Carrier) -> bool:
    """Whether its curves are neither locked nor samples."""
    curves = [*carrier.track.curves.values(), *carrier.location.values()]
    return not any(fcurves.is_locked(curve) or fcurves.is_baked(curve) for curve in curves)


def require_editable(found: Sequence[Carrier], obj: ArmatureObject) -> None:
    """Raises ActionError where a carrier's curves are locked, or consist of samples."""
    for carrier in found:
        if not is_editable(carrier):
            raise ActionError(
                f"The root's curves ({carrier.track.bone or obj.name}) are locked or baked to samples: unlock "
                "them, turn them into keys, or leave the root as it is."
            )


def require_numbers(found: Sequence[Carrier], obj: ArmatureObject) -> None:
    """Raises ActionError where a location key of a carrier is no number."""
    for carrier in found:
        for curve in carrier.location.values():
            points = fcurves.read_points(curve)
            broken = points[~np.isfinite(points[:, 1]), 0]
            if len(broken):
                raise ActionError(
                    f"The location of {carrier.track.bone or obj.name} is no number at frame {broken[0]:g}: mend or "
                    "delete its key there, or let Denoise fill it (Gaps)."
                )


@dataclass(frozen=True, eq=False)
class _Path:
    """A carrier at T frames: its rotations (T, 4), index -> (T,) its location, and what of both is missing (T,)."""

    carrier: Carrier
    own: Array
    place: Mapping[int, Array]
    turned_missing: NDArray[np.bool_]
    place_missing: Mapping[int, NDArray[np.bool_]]


def mended(found: Sequence[Carrier], frames: Floats, strength: float, holes: Gaps) -> Steps[Moved]:
    """What smoothing the root by `strength`, 0 to 1, and leading it on over `holes` changes at even `frames` (T,).

    It is led on over location keys, too, that are no numbers.
    """
    paths = []
    for done, carrier in enumerate(found):
        yield 0.5 * done / len(found)
        lost = holes.missing(carrier.track.bone, frames)
        played = {index: fcurves.evaluate(curve, frames) for index, curve in carrier.location.items()}
        missing = {index: lost | ~np.isfinite(values) for index, values in played.items()}
        if strength or lost.any() or any(where.any() for where in missing.values()):
            place = {index: finite(carrier.location[index], frames, values) for index, values in played.items()}
            paths.append(_Path(carrier, rotation(carrier.track, frames), place, lost, missing))
    return (yield from part(threaded(_mended, paths, strength), 0.5, 1.0))


def _mended(paths: Sequence[_Path], strength: float, progress: Progress) -> Moved:
    turns, moves = {}, {}
    for done, path in enumerate(paths):
        progress(done / len(paths))
        bone = path.carrier.track.bone
        if path.carrier.track.curves:
            turns[bone] = _turns(path.carrier, path.own.astype(np.float64), path.turned_missing, strength)
        if path.place:
            moves[bone] = np.zeros((len(path.turned_missing), 3))
            for index, values in path.place.items():
                whole = led_on(values[:, None], path.place_missing[index])[:, 0]
                smooth = whole + strength * (smoothed(whole) - whole) if strength else whole
                moves[bone][:, index] = smooth - values
    return Moved(turns, moves)


def _turns(carrier: Carrier, own: Array, missing: NDArray[np.bool_], strength: float) -> Array:
    """(T, 4) what the carrier turns in its own space after its rotations (T, 4); none where nothing changes."""
    whole = led_on_rotations(own, missing)
    turns = np.where(missing[:, None], multiply(conjugate(own), whole), IDENTITY)
    if strength:
        turns = multiply(turns, _turn(carrier, whole, strength))
    return turns.astype(np.float32)


def _turn(carrier: Carrier, own: Array, strength: float) -> Array:
    """(T, 4) the turn about what is up, in the carrier's own space after its rotations (T, 4)."""
    rest = carrier.track.rest.astype(np.float64)
    against_rest = multiply(multiply(rest, own), conjugate(rest))
    angle = strength * heading_correction(against_rest, carrier.up)
    about = rotate(conjugate(multiply(rest, own)), np.broadcast_to(carrier.up, (len(own), 3)))
    return exp(angle[:, None] * about)


def location_edits(found: Sequence[Carrier], frames: Floats, moves: Mapping[str, Array], keys: KeyRange) -> list[Edit]:
    """New values for the location keys that are meant: `moves`, bone -> (T, 3) at `frames` (T,), added to them."""
    changes = []
    for carrier in found:
        if carrier.track.bone not in moves:
            continue
        move = moves[carrier.track.bone]
        for index, curve in carrier.location.items():
            points = fcurves.read_points(curve)
            values = points[:, 1].copy()
            meant = keys.mask(curve, points)
            values[meant] = finite(curve, points[meant, 0], values[meant])
            values[meant] += np.interp(points[meant, 0], frames, move[:, index]).astype(np.float32)
            changes.append(Edit(carrier.location_path, index, points, values))
    return changes


def new_locations(found: Sequence[Carrier], frames: Floats, moves: Mapping[str, Array], holes: Gaps) -> list[NewKeys]:
    """Location keys for the frames in `holes` at which carriers get rotation keys: what plays there, and the moves."""
    result = []
    for carrier in found:
        at, move = holes.new.get(carrier.track.bone), moves.get(carrier.track.bone)
        if at is None or move is None:
            continue
        for index, curve in carrier.location.items():
            own = at[~np.isin(at, fcurves.read_points(curve)[:, 0])]
            if len(own):
                values = fcurves.evaluate(curve, own) + np.interp(own, frames, move[:, index])
                result.append(NewKeys(carrier.location_path, index, own, values.astype(np.float32)))
    return result


def _up_seen_from(matrix: Matrix) -> Array:
    return np.array(matrix.to_quaternion().inverted() @ Vector((0.0, 0.0, 1.0)))


def _carrying(obj: ArmatureObject, pelvis: str, joints: Collection[str]) -> list[str]:
    if pelvis in obj.data.bones:
        return [pelvis, *above(obj, pelvis)]
    found = carrying(obj, joints)
    return [bone.name for bone in obj.data.bones if bone.name in found]


def _location(curves: Curves, path: str) -> dict[int, bpy.types.FCurve]:
    found = {index: curves[path, index] for index in range(3) if (path, index) in curves}
    return {
        index: curve for index, curve in found.items() if not fcurves.is_muted(curve) and len(curve.keyframe_points)
    }
