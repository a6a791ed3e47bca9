"""F-curves in bulk, the same on every Blender: keys found, read, written and evaluated. No motion here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..core.interpolation import BEZIER, LINEAR, Curve, can_evaluate
from ..core.interpolation import evaluate as interpolate
from .action import ActionError, Channels

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

KEYFRAME, GENERATED = 0, 5
AUTOMATIC_HANDLES = (1, 2, 4)  # auto, vector, auto clamped

_IS_AUTOMATIC = np.isin(np.arange(256), AUTOMATIC_HANDLES)


@dataclass(frozen=True, eq=False)
class Keys:
    """The N keys of one curve, as Blender stores them.

    points: (N, 2) frame and value. left, right: (N, 2) the handles. interpolation, easing, kind: (N,) Blender's
    numbers, see `Keyframe.interpolation`, `.easing` and `.type`. back, amplitude, period: (N,) for the easing kinds.
    """

    points: Floats
    left: Floats
    right: Floats
    interpolation: Ints
    easing: Ints
    back: Floats
    amplitude: Floats
    period: Floats
    kind: Ints

    @property
    def frames(self) -> Floats:
        """(N,) frames, rising."""
        return self.points[:, 0]

    @property
    def values(self) -> Floats:
        """(N,) values."""
        return self.points[:, 1]


def bone_path(bone: str, property_name: str) -> str:
    """The data path of a pose bone's property, as F-curves name it."""
    return f'pose.bones["{bpy.utils.escape_identifier(bone)}"].{property_name}'


def by_path(channels: Channels) -> dict[tuple[str, int], bpy.types.FCurve]:
    """All curves by data path and array index: one pass, where `fcurves.find` would search anew for each."""
    return {(curve.data_path, curve.array_index): curve for curve in channels.fcurves}


def read_points(curve: bpy.types.FCurve) -> Floats:
    """(N, 2) frame and value of every key."""
    return _read(curve, "co", 2)


def read_keys(curve: bpy.types.FCurve) -> Keys:
    """Everything that decides how the curve runs between its keys."""
    return Keys(
        points=_read(curve, "co", 2),
        left=_read(curve, "handle_left", 2),
        right=_read(curve, "handle_right", 2),
        interpolation=_read_numbers(curve, "interpolation"),
        easing=_read_numbers(curve, "easing"),
        back=_read(curve, "back", 1),
        amplitude=_read(curve, "amplitude", 1),
        period=_read(curve, "period", 1),
        kind=_read_numbers(curve, "type"),
    )


def _read(curve: bpy.types.FCurve, name: str, width: int) -> Floats:
    values = np.empty(len(curve.keyframe_points) * width, dtype=np.float32)
    curve.keyframe_points.foreach_get(name, values)
    return values.reshape(-1, width) if width > 1 else values


def _read_numbers(curve: bpy.types.FCurve, name: str) -> Ints:
    # Blender keeps these as bytes: with any other type it goes key by key, fifteen times slower.
    values = np.empty(len(curve.keyframe_points), dtype=np.uint8)
    curve.keyframe_points.foreach_get(name, values)
    return values.astype(np.int32)


def _write_number(curve: bpy.types.FCurve, name: str, value: int) -> None:
    curve.keyframe_points.foreach_set(name, np.full(len(curve.keyframe_points), value, dtype=np.uint8))


def write_values(curve: bpy.types.FCurve, values: ArrayLike) -> None:
    """New values (N,) at the curve's existing keys.

    A key whose value changes takes its handles along; automatic ones Blender calculates anew. All else, handles of
    keys with an unchanged value included, stays bit for bit.
    """
    move_keys(curve, read_points(curve), values)


def move_keys(curve: bpy.types.FCurve, points: Floats, values: ArrayLike) -> None:
    """As `write_values`, for a caller who has read the curve's keys (N, 2) already."""
    written = np.asarray(values, dtype=np.float32)
    moved = written != points[:, 1]
    if not moved.any():
        return
    keys = curve.keyframe_points
    uses = _uses_handles(curve) or not np.isfinite(points).all()
    sides = ("handle_left", "handle_right") if uses else ()
    handles = {side: _read(curve, side, 2) for side in sides}
    placed = np.stack([points[:, 0], written], axis=-1)
    kept = {}
    for side in sides:
        with np.errstate(invalid="ignore"):
            handles[side][moved, 1] += (written - points[:, 1])[moved]
        nowhere = ~np.isfinite(handles[side]).all(axis=1)  # as at and beside a key that was no number
        handles[side][nowhere] = placed[nowhere]
        kept[side] = ~moved & ~nowhere
        keys.foreach_set(side, handles[side].ravel())
    keys.foreach_set("co", placed.ravel())
    if sides and (np.diff(points[:, 0]) > 0).all():  # of keys on one frame Blender would delete some
        curve.update()
        for side in sides:
            calculated = _read(curve, side, 2)
            calculated[kept[side]] = handles[side][kept[side]]
            keys.foreach_set(side, calculated.ravel())
    # Writing in bulk tells nobody: without this the pose stays as it was until something else changes.
    holder: Any = curve.id_data
    holder.update_tag(refresh={"TIME"})


def _uses_handles(curve: bpy.types.FCurve) -> bool:
    """Whether the handles shape the curve, or an animator has placed them.

    Automatic ones of straight and stepped keys do nothing, and Blender calculates them anew before they ever do.
    """
    if (_read_numbers(curve, "interpolation") >= BEZIER).any():
        return True
    kinds = [_read_numbers(curve, name) for name in ("handle_left_type", "handle_right_type")]
    return not _IS_AUTOMATIC[kinds].all()


def write_curve(
    channels: Channels,
    data_path: str,
    index: int,
    frames: Sequence[float] | Floats,
    values: ArrayLike,
    group: str,
    interpolation: int = LINEAR,
    kind: int = KEYFRAME,
) -> bpy.types.FCurve:
    """A new curve with keys at rising `frames` (N,), values (N,), in the group of that name (the bone's).

    Raises ActionError where the curve exists already: `remove_curve` first.
    """
    try:
        curve = channels.fcurves.new(data_path, index=index)
    except RuntimeError as error:
        raise ActionError(f"There is a curve for {data_path}[{index}] already.") from error
    curve.group = channels.groups.get(group) or channels.groups.new(group)
    points = np.empty((len(frames), 2), dtype=np.float32)
    points[:, 0], points[:, 1] = frames, values
    curve.keyframe_points.add(len(points))
    curve.keyframe_points.foreach_set("co", points.ravel())
    _write_number(curve, "interpolation", interpolation)
    if kind != KEYFRAME:
        _write_number(curve, "type", kind)
    curve.update()
    return curve


def is_baked(curve: bpy.types.FCurve) -> bool:
    """Whether the curve consists of samples and has no keys."""
    return not len(curve.keyframe_points) and len(curve.sampled_points) > 0


def is_empty(curve: bpy.types.FCurve) -> bool:
    """Whether the curve has nothing to play: neither keys, nor samples, nor modifiers."""
    return not len(curve.keyframe_points) and not len(curve.sampled_points) and not has_modifiers(curve)


def is_locked(curve: bpy.types.FCurve) -> bool:
    """Whether the curve or its group is locked against editing."""
    return curve.lock or (curve.group is not None and curve.group.lock)


def is_muted(curve: bpy.types.FCurve) -> bool:
    """Whether the curve or its group is muted, so that it moves nothing."""
    return curve.mute or (curve.group is not None and curve.group.mute)


def has_modifiers(curve: bpy.types.FCurve) -> bool:
    """Whether modifiers change what the keys say."""
    return any(not modifier.mute for modifier in curve.modifiers)


def evaluate(curve: bpy.types.FCurve, frames: Floats) -> Floats:
    """(T,) values of the curve at `frames` (T,), as Blender evaluates it: keys, samples, extrapolation, modifiers."""
    points = read_points(curve)
    if not has_modifiers(curve) and len(points):
        place = np.minimum(np.searchsorted(points[:, 0], frames), len(points) - 1)
        if np.array_equal(points[place, 0], frames):
            return points[place, 1]
        keys = read_keys(curve)
        if can_evaluate(keys.interpolation):
            run = Curve(keys.points, keys.left, keys.right, keys.interpolation, curve.extrapolation == "LINEAR")
            return interpolate(run, frames).astype(np.float32)
    return np.array([curve.evaluate(frame) for frame in frames.tolist()], dtype=np.float32)


def key_frames(curves: Sequence[bpy.types.FCurve]) -> Floats:
    """(N,) all frames at which one of the curves has a key, rising, each once."""
    found = [read_points(curve)[:, 0] for curve in curves]
    return np.unique(np.concatenate(found)) if found else np.empty(0, dtype=np.float32)
