"""Curves with other keys than before: keys put between those that are there, and keys taken out.

Keys that stay keep all that they have, kind, easing and selection included; only what is said changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from . import action
from .action import BEZIER, GENERATED, Channels, Floats

ALIGNED, AUTO_CLAMPED, FREE = 3, 4, 0
"""Blender's numbers for `Keyframe.handle_left_type`."""

_PAIRS = ("co", "handle_left", "handle_right")
_KINDS = ("handle_left_type", "handle_right_type", "interpolation", "easing", "type")
_NUMBERS = ("back", "amplitude", "period")
_FLAGS = ("select_control_point", "select_left_handle", "select_right_handle")

_Table = dict[str, NDArray[Any]]


@dataclass(frozen=True, eq=False)
class NewKeys:
    """Keys to be put into a curve at frames (N,), rising, where it has none, with values (N,)."""

    data_path: str
    index: int
    frames: Floats
    values: Floats


@dataclass(frozen=True, eq=False)
class FewerKeys:
    """The keys (K,) that a curve shall have from the first to the last of them, in place of those that it has there.

    frames (K,) rising, all of them keyed already. values (K,). left, right: (K, 2) handles as frame and value.
    """

    data_path: str
    index: int
    frames: Floats
    values: Floats
    left: Floats
    right: Floats


def insert(channels: Channels, changes: Sequence[NewKeys]) -> int:
    """Put new keys into curves, marked as generated and interpolated as the key before them; returns how many."""
    curves = action.by_path(channels)
    for change in changes:
        _insert(curves[change.data_path, change.index], change)
    _tell(channels)
    return sum(len(change.frames) for change in changes)


def reduce(channels: Channels, changes: Sequence[FewerKeys]) -> int:
    """Leave only some keys to curves, with Bezier handles that lie in line; returns how many keys are gone.

    Where keys stay before the first or after the last of them, its outer handle stays as it is.
    """
    curves = action.by_path(channels)
    gone = sum(_reduce(curves[change.data_path, change.index], change) for change in changes)
    _tell(channels)
    return gone


def _insert(curve: bpy.types.FCurve, change: NewKeys) -> None:
    table = _read(curve)
    frames = table["co"][:, 0]
    place = np.searchsorted(frames, change.frames)
    source = np.insert(np.arange(len(frames)), place, np.maximum(place - 1, 0))
    new = np.insert(np.zeros(len(frames), dtype=bool), place, True)
    result = {name: values[source] for name, values in table.items()}
    result["co"][new] = np.stack([change.frames, change.values], axis=-1)
    result["handle_left"][new] = result["handle_right"][new] = result["co"][new]
    result["handle_left_type"][new] = result["handle_right_type"][new] = AUTO_CLAMPED
    result["type"][new] = GENERATED
    _write(curve, result)
    curve.update()  # gives the new keys their handles
    beside = new | np.roll(new, 1) | np.roll(new, -1)
    for name in ("handle_left", "handle_right"):
        calculated = _column(curve, name)
        calculated[~beside] = result[name][~beside]
        curve.keyframe_points.foreach_set(name, calculated.ravel())


def _reduce(curve: bpy.types.FCurve, change: FewerKeys) -> int:
    table = _read(curve)
    frames = table["co"][:, 0]
    first, last = np.searchsorted(frames, change.frames[[0, -1]])
    kept = np.searchsorted(frames, change.frames)
    source = np.concatenate([np.arange(first), kept, np.arange(last + 1, len(frames))])
    result = {name: values[source] for name, values in table.items()}
    here = slice(first, first + len(kept))
    result["co"][here, 1] = change.values
    stay_before, stay_after = first > 0, last + 1 < len(frames)
    result["interpolation"][here.start : here.stop - stay_after] = BEZIER
    sides = (
        ("handle_left", change.left, here.start, stay_before),
        ("handle_right", change.right, here.stop - 1, stay_after),
    )
    for name, handles, outer, stays in sides:
        kind = f"{name}_type"
        own = result[name][outer].copy(), result[kind][outer]
        result[name][here], result[kind][here] = handles, ALIGNED
        if stays:
            result[name][outer], result[kind][outer] = own
    # There the two handles of a key need not lie in line: ours is free, or Blender would turn it.
    if stay_before:
        result["handle_right_type"][here.start] = FREE
    if stay_after:
        result["handle_left_type"][here.stop - 1] = FREE
    _write(curve, result)
    return len(frames) - len(source)


def _read(curve: bpy.types.FCurve) -> _Table:
    names = (*_PAIRS, *_KINDS, *_NUMBERS, *_FLAGS)
    return {name: _column(curve, name) for name in names}


def _column(curve: bpy.types.FCurve, name: str) -> NDArray[Any]:
    count = len(curve.keyframe_points)
    kind: Any = bool if name in _FLAGS else np.uint8 if name in _KINDS else np.float32
    values = np.empty(count * (2 if name in _PAIRS else 1), dtype=kind)
    curve.keyframe_points.foreach_get(name, values)
    return values.reshape(count, 2) if name in _PAIRS else values


def _write(curve: bpy.types.FCurve, table: Mapping[str, NDArray[Any]]) -> None:
    points = curve.keyframe_points
    points.clear()
    points.add(len(table["co"]))
    for name in (*_KINDS, *_NUMBERS, *_FLAGS, *_PAIRS):
        points.foreach_set(name, np.ascontiguousarray(table[name]).ravel())


def _tell(channels: Channels) -> None:
    # Writing in bulk tells nobody: without this the pose stays as it was until something else changes.
    holder: Any = channels.id_data
    holder.update_tag(refresh={"TIME"})
