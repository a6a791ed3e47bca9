"""The rotation of one bone over time: its curves, the keys that are meant, and what lies between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from ..core.rotation import Array, from_matrix
from ..core.rotation_mode import has_rotation, property_of, to_quaternion
from . import fcurves, rekey
from .action import ActionError
from .fcurves import Floats

ArmatureObject = Any  # bpy.types.Object, of which the type alone does not say that it has bones


@dataclass(frozen=True)
class KeyRange:
    """Which keys are meant: those at frames `start` to `end`, both included; with `selected`, only selected ones."""

    start: float = -np.inf
    end: float = np.inf
    selected: bool = False

    def mask(self, curve: bpy.types.FCurve, points: Floats) -> NDArray[np.bool_]:
        """(N,) whether each key of the curve is meant."""
        chosen = np.ones(len(points), dtype=bool)
        if np.isfinite([self.start, self.end]).any():
            chosen = (points[:, 0] >= self.start) & (points[:, 0] <= self.end)
        if self.selected:
            marks = np.empty(len(points), dtype=bool)
            curve.keyframe_points.foreach_get("select_control_point", marks)
            chosen &= marks
        return chosen


@dataclass(frozen=True, eq=False)
class Track:
    """The rotation of one bone over time.

    rest: (4,) the bone's rest orientation in the armature. still: (n,) the pose's own numbers, which hold where there
    is no curve. curves: array index -> curve. points: array index -> (N, 2) frame and value of its keys. sound: frames
    (K,) and numbers (K, n) of its keys that say a rotation, the last of which holds where others do not; None where
    those are refused.
    """

    bone: str
    mode: str
    rest: Array
    still: Array
    curves: Mapping[int, bpy.types.FCurve]
    points: Mapping[int, Floats]
    sound: tuple[Floats, Array] | None = None

    @property
    def data_path(self) -> str:
        """The curves' data path: that of the armature object itself where no bone is named."""
        name = property_of(self.mode)
        return fcurves.bone_path(self.bone, name) if self.bone else name


def track_of(obj: ArmatureObject, curves: Mapping[tuple[str, int], bpy.types.FCurve], name: str) -> Track:
    """The bone's rotation in the mode that it has. Raises ActionError where the mode itself is keyed."""
    bone = obj.pose.bones[name]
    if (fcurves.bone_path(name, "rotation_mode"), 0) in curves:
        raise ActionError(f"The bone {name} changes its rotation mode over time: bake it to one mode first.")
    mode = bone.rotation_mode
    path = fcurves.bone_path(name, property_of(mode))
    still = np.array(getattr(bone, property_of(mode)), dtype=np.float32)
    own = {index: curves[path, index] for index in range(len(still)) if (path, index) in curves}
    own = {index: curve for index, curve in own.items() if not fcurves.is_muted(curve) and not fcurves.is_empty(curve)}
    return Track(
        bone=name,
        mode=mode,
        rest=from_matrix(np.array(bone.bone.matrix_local.to_3x3(), dtype=np.float64)).astype(np.float32),
        still=still,
        curves=own,
        points={index: fcurves.read_points(curve) for index, curve in own.items()},
    )


def frames_of(track: Track, keys: KeyRange) -> list[Floats]:
    """The frames of the keys that are meant, one array a curve."""
    found = []
    for index, curve in track.curves.items():
        frames, meant = track.points[index][:, 0], keys.mask(curve, track.points[index])
        found.append(frames if meant.all() else frames[meant])
    return found


def own_frames(track: Track) -> Floats:
    """(K,) rising: the frames at which the animator keyed the bone's rotation: all but those of our keys."""
    return union([rekey.own_key_frames(curve) for curve in track.curves.values()])


def union(found: list[Floats]) -> Floats:
    """All frames of several rising lists, each once. Curves of a take mostly share theirs: equal ones are skipped."""
    distinct: list[Floats] = []
    for frames in found:
        if len(frames) and not any(np.array_equal(frames, other) for other in distinct[-4:]):
            distinct.append(frames)
    if len(distinct) == 1 and (np.diff(distinct[0]) > 0).all():
        return distinct[0]
    return np.unique(np.concatenate(distinct)) if distinct else np.empty(0, dtype=np.float32)


def rotation(track: Track, frames: Floats) -> Array:
    """(T, 4) the bone's own rotation at `frames`, as Blender plays it; (4,) where nothing moves it.

    Raises ActionError where the curves say no rotation.
    """
    if not track.curves:
        return to_quaternion(track.still, track.mode)
    columns = [
        _values(track.curves[index], track.points[index], frames) if index in track.curves else still
        for index, still in enumerate(track.still)
    ]
    values = np.stack(np.broadcast_arrays(*columns), axis=-1).astype(np.float32)
    return to_quaternion(_sound(track, frames, values), track.mode)


def keyed(track: Track, frames: Floats) -> Array:
    """(T, n) the bone's own numbers at `frames`, its keys' where it has some there.

    Raises ActionError where they say no rotation.
    """
    return _sound(track, frames, _keyed(track, frames))


def past_broken_keys(track: Track) -> tuple[Track, Floats]:
    """The track read as if keys that are no rotation were not there, and (N,) the frames of these keys.

    Where it has no others it stays, and is refused when it is read.
    """
    frames = union(frames_of(track, KeyRange()))
    values = _keyed(track, frames)
    valid = has_rotation(values, track.mode)
    if not valid.any():
        return track, frames[:0]
    return replace(track, sound=(frames[valid], values[valid])), frames[~valid]


def require_rotations(track: Track, frames: Floats, values: Array) -> None:
    """Raises ActionError where numbers (T, n) of the bone at `frames` (T,) are no rotation."""
    valid = has_rotation(values, track.mode)
    if not valid.all():
        frame = frames[~valid][0]
        raise ActionError(
            f"The bone {track.bone} has no valid rotation at frame {frame:g}: mend or delete its key there, or let "
            "Denoise fill it (Gaps)."
        )


def _keyed(track: Track, frames: Floats) -> Array:
    columns = [
        _keyed_numbers(track.curves[index], track.points[index], frames)
        if index in track.curves
        else np.full(len(frames), number)
        for index, number in enumerate(track.still)
    ]
    return np.stack(columns, axis=-1)


def _keyed_numbers(curve: bpy.types.FCurve, points: Floats, frames: Floats) -> Floats:
    if np.array_equal(points[:, 0], frames):
        return points[:, 1]
    values = fcurves.evaluate(curve, frames)
    place = np.minimum(np.searchsorted(points[:, 0], frames), len(points) - 1)
    return np.where(points[place, 0] == frames, points[place, 1], values)


def _sound(track: Track, frames: Floats, values: Array) -> Array:
    """Numbers (T, n) that say rotations; raises ActionError where there are none."""
    if track.sound is not None:
        broken = ~has_rotation(values, track.mode)
        if broken.any():
            own, numbers = track.sound
            values = values.copy()
            values[broken] = numbers[np.maximum(np.searchsorted(own, frames[broken], side="right") - 1, 0)]
    require_rotations(track, frames, values)
    return values


def _values(curve: bpy.types.FCurve, points: Floats, frames: Floats) -> Floats:
    if np.array_equal(points[:, 0], frames) and not fcurves.has_modifiers(curve):
        return points[:, 1]
    return fcurves.evaluate(curve, frames)
