"""Curves with other keys than before: keys put between those that are there, and keys taken out.

Keys that stay keep all that they have, kind, easing and selection included; only what is said changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from ..core.interpolation import BEZIER
from .fcurves import GENERATED, Floats

ALIGNED, AUTO_CLAMPED, FREE = 3, 4, 0
"""Blender's numbers for `Keyframe.handle_left_type`."""

_PAIRS = ("co", "handle_left", "handle_right")
_KINDS = ("handle_left_type", "handle_right_type", "interpolation", "easing", "type")
_NUMBERS = ("back", "amplitude", "period")
_FLAGS = ("select_control_point", "select_left_handle", "select_right_handle")

Table = dict[str, NDArray[Any]]
"""Name of a key's property -> its numbers over all keys of a curve."""


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


def insert(curve: bpy.types.FCurve, change: NewKeys, kind: int = GENERATED) -> None:
    """Put new keys into a curve, of a kind (see `Keyframe.type`) and interpolated as the key before them."""
    table = read_table(curve)
    frames = table["co"][:, 0]
    place = np.searchsorted(frames, change.frames)
    source = np.insert(np.arange(len(frames)), place, np.maximum(place - 1, 0))
    new = np.insert(np.zeros(len(frames), dtype=bool), place, True)
    result = {name: values[source] for name, values in table.items()}
    result["co"][new] = np.stack([change.frames, change.values], axis=-1)
    result["handle_left"][new] = result["handle_right"][new] = result["co"][new]
    result["handle_left_type"][new] = result["handle_right_type"][new] = AUTO_CLAMPED
    result["type"][new] = kind
    write_table(curve, result)
    curve.update()  # gives the new keys their handles
    beside = new | np.roll(new, 1) | np.roll(new, -1)
    for name in ("handle_left", "handle_right"):
        calculated = _column(curve, name)
        calculated[~beside] = result[name][~beside]
        curve.keyframe_points.foreach_set(name, calculated.ravel())


def reduce(curve: bpy.types.FCurve, change: FewerKeys) -> int:
    """Leave only some keys to a curve, with Bezier handles that lie in line; returns how many are gone.

    Where keys stay before the first or after the last of them, its outer handle stays as it is.
    """
    table = read_table(curve)
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
    write_table(curve, result)
    return len(frames) - len(source)


def mark_ours(curve: bpy.types.FCurve, frames: Floats) -> None:
    """Note at the keys at `frames` (N,) of a curve which value was generated there.

    It is written where only elastic easing looks: a person who keys over a generated key changes its value, but Blender
    leaves it the type Generated.
    """
    values, notes = _column(curve, "co"), _column(curve, "amplitude")
    ours = np.isin(values[:, 0], frames)
    notes[ours] = values[ours, 1]
    curve.keyframe_points.foreach_set("amplitude", notes)


def is_ours(table: Table) -> NDArray[np.bool_]:
    """(N,) which keys of a table were generated and have been left alone since."""
    return (table["type"] == GENERATED) & (table["amplitude"] == table["co"][:, 1])


def own_key_frames(curve: bpy.types.FCurve) -> Floats:
    """(K,) the frames of a curve's keys that the animator set: all that are not ours."""
    table = {name: _column(curve, name) for name in ("co", "type", "amplitude")}
    return table["co"][~is_ours(table), 0]


def read_table(curve: bpy.types.FCurve) -> Table:
    """All that a curve's keys store, by the name that Blender gives it."""
    names = (*_PAIRS, *_KINDS, *_NUMBERS, *_FLAGS)
    return {name: _column(curve, name) for name in names}


def _column(curve: bpy.types.FCurve, name: str) -> NDArray[Any]:
    count = len(curve.keyframe_points)
    kind: Any = bool if name in _FLAGS else np.uint8 if name in _KINDS else np.float32
    values = np.empty(count * (2 if name in _PAIRS else 1), dtype=kind)
    curve.keyframe_points.foreach_get(name, values)
    return values.reshape(count, 2) if name in _PAIRS else values


def write_table(curve: bpy.types.FCurve, table: Table) -> None:
    """Give a curve the keys of a table in place of its own, handles and all, bit for bit."""
    points = curve.keyframe_points
    points.clear()
    points.add(len(table["co"]))
    for name in (*_KINDS, *_NUMBERS, *_FLAGS, *_PAIRS):
        points.foreach_set(name, np.ascontiguousarray(table[name]).ravel())
