"""An armature's action as the rotations of a model's joints, and corrections of these back to the action's keys.

Nothing is written here: `edits` gives the new values, and `write_edits` puts them into an action's curves.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from ..core.errors import MenderError
from ..core.rigs.alignment import Alignment, align
from ..core.rigs.matching import JointMap
from ..core.rotation import Array, conjugate, dot, exp, from_matrix, log, multiply, normalize
from ..core.rotation_mode import from_quaternion, has_rotation, property_of, to_quaternion
from ..core.skeleton import Skeleton
from . import action
from .action import Channels, Floats

ArmatureObject = Any  # bpy.types.Object, of which the type alone does not say that it has bones


class RetargetError(MenderError):
    """The action's rotations cannot be read as a model's joints."""


@dataclass(frozen=True)
class KeyRange:
    """Which keys are meant: those at frames `start` to `end`, both included; with `selected`, only selected ones."""

    start: float = -np.inf
    end: float = np.inf
    selected: bool = False

    def mask(self, curve: bpy.types.FCurve, points: Floats) -> NDArray[np.bool_]:
        """(N,) whether each key of the curve is meant."""
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
    is no curve. curves: array index -> curve. points: array index -> (N, 2) frame and value of its keys.
    """

    bone: str
    mode: str
    rest: Array
    still: Array
    curves: Mapping[int, bpy.types.FCurve]
    points: Mapping[int, Floats]

    @property
    def data_path(self) -> str:
        """The curves' data path."""
        return action.bone_path(self.bone, property_of(self.mode))


@dataclass(frozen=True, eq=False)
class Binding:
    """An action that a model can see: for each joint its track (None where the rig lacks the joint), the tracks of
    the bones between it and the next joint above, and the alignment of the rest poses."""

    tracks: tuple[Track | None, ...]
    between: tuple[tuple[Track, ...], ...]
    alignment: Alignment
    reference: Array

    @property
    def matched(self) -> list[Track]:
        """The tracks of the joints that the rig has."""
        return [track for track in self.tracks if track is not None]


@dataclass(frozen=True, eq=False)
class Edit:
    """New values (N,) for one curve's keys, whose frames and values were `points` (N, 2)."""

    data_path: str
    index: int
    points: Floats
    values: Floats

    @property
    def changed(self) -> int:
        """How many keys have another value."""
        return int(np.count_nonzero(self.values != self.points[:, 1]))


def bind(obj: ArmatureObject, channels: Channels, joints: JointMap, skeleton: Skeleton, reference: Array) -> Binding:
    """Read the rotation curves of the bones in `joints` and of those between them.

    skeleton, reference: the model's joints and (J, 4) the rotations that stand in for those that the rig lacks.
    Raises RetargetError where the rig has none of them, or a bone's curves cannot be read as one rotation mode.
    """
    if not joints.bone_of:
        raise RetargetError(
            f"No bone of {obj.name} bears the name of a joint that the model knows (such as "
            f"{', '.join(skeleton.names[:3])}): rename its bones, or choose another armature or model."
        )
    curves = action.by_path(channels)
    bones = [joints.bone_of.get(name) for name in skeleton.names]
    heads = np.array([obj.data.bones[bone].head_local if bone else (0, 0, 0) for bone in bones])
    tips = np.array([_tip(obj, bone) if bone else (np.nan,) * 3 for bone in bones])
    alignment = align(skeleton, reference, np.array([bone is not None for bone in bones]), heads, tips)
    chains = _chains(obj, [bone for bone in bones if bone])
    return Binding(
        tracks=tuple(_track(obj, curves, bone) if bone else None for bone in bones),
        between=tuple(tuple(_track(obj, curves, b) for b in chains[bone]) if bone else () for bone in bones),
        alignment=alignment,
        reference=reference.astype(np.float32),
    )


def require_editable_curves(binding: Binding, asked: Collection[str]) -> None:
    """Raises RetargetError where a rotation curve of a bone in `asked` is locked or has samples instead of keys."""
    for track in binding.matched:
        for curve in track.curves.values() if track.bone in asked else ():
            if action.is_locked(curve):
                raise RetargetError(
                    f"The rotation curves of the bone {track.bone} are locked: unlock them in the graph editor, or "
                    "select other bones only."
                )
            if action.is_baked(curve):
                raise RetargetError(
                    f"The rotation curves of the bone {track.bone} are baked to samples: turn them into keys in the "
                    "graph editor (Key > Density > Samples to Keys) first."
                )


def key_frames(binding: Binding, asked: Collection[str], keys: KeyRange) -> Floats:
    """(T,) the frames, rising, at which a bone in `asked` has a key in the range."""
    return _union([frames for track in binding.matched if track.bone in asked for frames in _frames(track, keys)])


def model_frames(keys: Floats, scene_fps: float, model_fps: float | None) -> Floats:
    """(T,) frames of the scene at which a model of `model_fps` sees the stretch of the keys' frames (N,), N at least 1.

    A model without a rate of its own sees single poses: those at the keys.
    """
    if model_fps is None:
        return keys
    step = scene_fps / model_fps
    count = int(np.ceil((keys[-1] - keys[0]) / step - 1e-4)) + 1
    return (keys[0] + step * np.arange(count)).astype(np.float32)


def sample(binding: Binding, frames: Floats) -> Array:
    """(T, J, 4) local rotations of the model's joints at `frames` (T,). Absent joints hold the reference."""
    result = np.empty((len(frames), len(binding.tracks), 4), dtype=np.float32)
    for joint, track in enumerate(binding.tracks):
        if track is None:
            result[:, joint] = binding.reference[joint]
            continue
        rest = track.rest
        left = binding.alignment.left[joint]
        for bone in binding.between[joint]:
            turned = multiply(multiply(bone.rest, _rotation(bone, frames)), conjugate(bone.rest))
            left = multiply(left, turned)
        right = multiply(conjugate(rest), binding.alignment.right[joint])
        result[:, joint] = multiply(multiply(multiply(left, rest), _rotation(track, frames)), right)
    return result


def edits(
    binding: Binding,
    frames: Floats,
    corrections: Array,
    asked: Collection[str],
    keys: KeyRange,
    strength: float = 1.0,
) -> tuple[list[Edit], float]:
    """New values for the keys of the bones in `asked`, and the mean angle in degrees by which these bones turn.

    corrections: (T, J, 4) at `frames` (T,), turns of the model's joints after their local rotations. A key between
    two frames takes what lies between their corrections, so that its own detail stays. A curve's keys outside
    the range keep their values. Raises RetargetError where a key in the range is no rotation.
    """
    changes: list[Edit] = []
    angles: list[Array] = []
    if strength == 0:
        return changes, 0.0
    for joint, track in enumerate(binding.tracks):
        if track is None or track.bone not in asked or not track.curves:
            continue
        times = _union(_frames(track, keys))
        if not len(times):
            continue
        values = np.stack([_keyed(track, index, times) for index in range(len(track.still))], axis=-1)
        _require_rotations(track, times, values)
        right = multiply(conjugate(track.rest), binding.alignment.right[joint])
        turn = multiply(multiply(right, _at(frames, corrections[:, joint], times)), conjugate(right))
        if strength != 1:
            turn = exp(np.float32(strength) * log(turn))
        angles.append(2 * np.arctan2(np.sqrt(dot(turn[:, 1:], turn[:, 1:])), np.abs(turn[:, 0])))
        turned = from_quaternion(multiply(to_quaternion(values, track.mode), turn), track.mode, values)
        for index, curve in track.curves.items():
            points = track.points[index]
            meant = keys.mask(curve, points)
            new = points[:, 1].copy()
            new[meant] = turned[_places(times, points[meant, 0]), index]
            changes.append(Edit(track.data_path, index, points, new))
    mean = float(np.degrees(np.concatenate(angles).mean(dtype=np.float64))) if angles else 0.0
    return changes, mean


def write_edits(channels: Channels, changes: list[Edit]) -> None:
    """Put the new values into the curves of an action: the one that was read, or a copy of it."""
    curves = action.by_path(channels)
    for change in changes:
        action.move_keys(curves[change.data_path, change.index], change.points, change.values)


def _track(obj: ArmatureObject, curves: Mapping[tuple[str, int], bpy.types.FCurve], name: str) -> Track:
    bone = obj.pose.bones[name]
    if (action.bone_path(name, "rotation_mode"), 0) in curves:
        raise RetargetError(f"The bone {name} changes its rotation mode over time: bake it to one mode first.")
    mode = bone.rotation_mode
    path = action.bone_path(name, property_of(mode))
    still = np.array(getattr(bone, property_of(mode)), dtype=np.float32)
    own = {index: curves[path, index] for index in range(len(still)) if (path, index) in curves}
    own = {index: curve for index, curve in own.items() if not action.is_muted(curve)}
    return Track(
        bone=name,
        mode=mode,
        rest=from_matrix(np.array(bone.bone.matrix_local.to_3x3(), dtype=np.float64)).astype(np.float32),
        still=still,
        curves=own,
        points={index: action.read_points(curve) for index, curve in own.items()},
    )


def _tip(obj: ArmatureObject, name: str) -> tuple[float, float, float]:
    """Where the bone's only child begins, such as "Head_end". Where it has none its own tail may point anywhere."""
    children = obj.data.bones[name].children
    return tuple(children[0].head_local) if len(children) == 1 else (np.nan, np.nan, np.nan)


def _chains(obj: ArmatureObject, bones: list[str]) -> dict[str, list[str]]:
    """For each bone the bones that lie, from above, between it and the next one above that is matched.

    Above the topmost matched bones, the chain ends below the bone that carries all of them: the body's root, whose
    own rotation no pose model sees.
    """
    above = {bone: [parent.name for parent in obj.data.bones[bone].parent_recursive] for bone in bones}
    matched = set(bones)
    tops = [bone for bone in bones if not matched.intersection(above[bone])]
    carrying = set.intersection(*(set(above[top]) for top in tops))
    ends = matched | carrying
    chains = {}
    for bone in bones:
        chain = []
        for name in above[bone]:
            if name in ends:
                break
            chain.append(name)
        chains[bone] = chain[::-1]
    return chains


def _require_rotations(track: Track, frames: Floats, values: Array) -> None:
    valid = has_rotation(values, track.mode)
    if not valid.all():
        raise RetargetError(
            f"The bone {track.bone} has no valid rotation at frame {frames[~valid][0]:g}: mend or delete its key there."
        )


def _frames(track: Track, keys: KeyRange) -> list[Floats]:
    return [track.points[index][keys.mask(curve, track.points[index]), 0] for index, curve in track.curves.items()]


def _union(found: list[Floats]) -> Floats:
    """All frames of several rising lists, each once. Curves of a take mostly share theirs: equal ones are skipped."""
    distinct: list[Floats] = []
    for frames in found:
        if len(frames) and not any(np.array_equal(frames, other) for other in distinct[-4:]):
            distinct.append(frames)
    if len(distinct) == 1 and (np.diff(distinct[0]) > 0).all():
        return distinct[0]
    return np.unique(np.concatenate(distinct)) if distinct else np.empty(0, dtype=np.float32)


def _places(times: Floats, frames: Floats) -> slice | NDArray[np.intp]:
    """Where `frames`, all of them among the rising `times`, stand."""
    return slice(None) if np.array_equal(times, frames) else np.searchsorted(times, frames)


def _rotation(track: Track, frames: Floats) -> Array:
    """(T, 4) the bone's own rotation at `frames`, as Blender plays it; (4,) where nothing moves it."""
    if not track.curves:
        return to_quaternion(track.still, track.mode)
    columns = [
        _values(track.curves[index], track.points[index], frames) if index in track.curves else still
        for index, still in enumerate(track.still)
    ]
    values = np.stack(np.broadcast_arrays(*columns), axis=-1).astype(np.float32)
    _require_rotations(track, frames, values)
    return to_quaternion(values, track.mode)


def _values(curve: bpy.types.FCurve, points: Floats, frames: Floats) -> Floats:
    if np.array_equal(points[:, 0], frames) and not action.has_modifiers(curve):
        return points[:, 1]
    return action.evaluate(curve, frames)


def _keyed(track: Track, index: int, frames: Floats) -> Floats:
    """Values of one curve at `frames`, its own keys' values where it has some there."""
    if index not in track.curves:
        return np.full(len(frames), track.still[index])
    points = track.points[index]
    if np.array_equal(points[:, 0], frames):
        return points[:, 1]
    values = action.evaluate(track.curves[index], frames)
    place = np.minimum(np.searchsorted(points[:, 0], frames), len(points) - 1)
    return np.where(points[place, 0] == frames, points[place, 1], values)


def _at(frames: Floats, turns: Array, times: Floats) -> Array:
    """Turns (T, 4) known at `frames` (T,), read at `times` (K,) between them."""
    if np.array_equal(frames, times):
        return turns
    after = np.clip(np.searchsorted(frames, times), 1, max(len(frames) - 1, 1))
    if len(frames) == 1:
        return np.repeat(turns, len(times), axis=0)
    before = after - 1
    share = ((times - frames[before]) / (frames[after] - frames[before]))[:, None]
    first, second = turns[before], turns[after]
    second = np.where(np.sum(first * second, axis=-1, keepdims=True) < 0, -second, second)
    # Corrections are small and the frames close: the straight way differs from the arc by less than float32 does.
    return normalize(first * (1 - share) + second * share).astype(np.float32)
