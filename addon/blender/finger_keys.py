"""Generated keys of finger bones: put between the animator's, which stay bit for bit, and taken away again."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from ..core.interpolation import BEZIER
from ..core.rotation import Array
from ..core.rotation_mode import from_quaternion, property_of
from . import fcurves, rekey
from .action import Channels
from .fcurves import GENERATED, Floats
from .rekey import NewKeys
from .rigged_hand import Turned
from .steps import Steps
from .tracks import ArmatureObject, Track, own_frames, union

_HANDLES = ("handle_left_type", "handle_right_type")


@dataclass(frozen=True, eq=False)
class BoneKeys:
    """New keys of one property of a bone.

    still: (n,) the pose's own numbers, which hold where there is no curve. own: (K,) rising, the animator's frames.
    frames: (N,) rising, none of them the animator's. values: (N, n). span: first and last frame between which keys
    that were generated before give way. kind: Blender's number for the type of key.
    """

    bone: str
    data_path: str
    still: Floats
    own: Floats
    frames: Floats
    values: Floats
    span: tuple[float, float]
    kind: int = GENERATED


def keys_of(
    turned: Turned,
    frames: Floats,
    new: NDArray[np.bool_],
    span: tuple[float, float],
    curves: Mapping[tuple[str, int], bpy.types.FCurve],
    kind: int = GENERATED,
) -> list[BoneKeys]:
    """Keys of a bone at those of `frames` (T,) that are `new` (T,) and that the animator has not keyed."""
    track = turned.track
    own = own_frames(track)
    free = new & ~np.isin(frames, own)
    values = _values(track, frames[free], turned.rotations[free])
    keys = [BoneKeys(track.bone, track.data_path, track.still, own, frames[free], values, span, kind)]
    if turned.places is not None:
        path = fcurves.bone_path(track.bone, "location")
        keyed = [curves[path, index] for index in range(3) if (path, index) in curves]
        own = union([rekey.own_key_frames(curve) for curve in keyed])
        free = new & ~np.isin(frames, own)
        places = turned.places[free].astype(np.float32)
        keys.append(BoneKeys(track.bone, path, np.zeros(3, np.float32), own, frames[free], places, span, kind))
    return keys


def write(channels: Channels, keys: Sequence[BoneKeys]) -> Steps[int]:
    """Write the keys; returns how many frames got some, over all bones.

    A bone's curve that is new stands still at the animator's frames, so that poses there stay what they were.
    Closed before the end, all curves are as before.
    """
    curves = fcurves.by_path(channels)
    before: dict[tuple[str, int], rekey.Table | None] = {}
    written = 0
    try:
        for done, bone in enumerate(keys):
            yield done / len(keys)
            still = _still_frames(bone)
            for index in range(bone.values.shape[1]):
                place = (bone.data_path, index)
                curve = curves.get(place)
                before[place] = rekey.read_table(curve) if curve else None
                _write_one(channels, curve, bone, index, still)
            written += len(bone.frames)
    except GeneratorExit:
        _take_back(channels, before)
        raise
    finally:
        _tell(channels)
    return written


def clear(channels: Channels, obj: ArmatureObject, bones: Collection[str], span: tuple[float, float]) -> int:
    """Take away the generated keys of `bones` in a span of frames; returns how many frames lost some.

    A curve that had no other keys goes as a whole, and what it moved goes back to where it was.
    """
    bone_of = {
        fcurves.bone_path(bone, name): (bone, name)
        for bone in bones
        for name in (property_of(obj.pose.bones[bone].rotation_mode), "location")
    }
    gone: set[tuple[str, float]] = set()
    removed: list[tuple[str, int, rekey.Table]] = []
    for curve in [curve for curve in channels.fcurves if curve.data_path in bone_of]:
        table = rekey.read_table(curve)
        ours = _generated(table, span)
        gone |= {(curve.data_path, frame) for frame in table["co"][ours, 0].tolist()}
        if ours.all():
            removed.append((curve.data_path, curve.array_index, table))
            channels.fcurves.remove(curve)
        elif ours.any():
            rekey.write_table(curve, {name: values[~ours] for name, values in table.items()})
            curve.update()
    left = {curve.data_path: rekey.read_table(curve)["co"][:, 0] for curve in channels.fcurves}
    for path, index, table in removed:
        bone, name = bone_of[path]
        _put_back(obj.pose.bones[bone], name, index, table, left.get(path, np.empty(0)))
    _tell(channels)
    return len(gone)


def _put_back(bone: bpy.types.PoseBone, name: str, index: int, table: rekey.Table, own: Floats) -> None:
    """One number of a property whose curve is gone: what it was at the animator's frames `own` (N,), or at rest.

    Where another number of the property was keyed, the curve stood there as it was before (see `write`).
    """
    there = np.isin(table["co"][:, 0], own)
    rest: Any = bone.bl_rna.properties[name]
    getattr(bone, name)[index] = float(table["co"][there, 1][0]) if there.any() else rest.default_array[index]


def _values(track: Track, frames: Floats, rotations: Array) -> Floats:
    """(N, n) numbers in the bone's rotation mode, without a jump from what stands before."""
    near = track.still.astype(np.float64)
    rows = []
    own = [(frame, index, value) for index, points in track.points.items() for frame, value in points.tolist()]
    own.sort()
    place = 0
    for frame, rotation in zip(frames.tolist(), rotations, strict=True):
        while place < len(own) and own[place][0] <= frame:
            near[own[place][1]] = own[place][2]
            place += 1
        near = from_quaternion(rotation[None], track.mode, near[None])[0].astype(np.float64)
        rows.append(near.copy())
    return np.array(rows).reshape(len(rows), len(track.still)).astype(np.float32)


def _write_one(channels: Channels, curve: bpy.types.FCurve | None, bone: BoneKeys, index: int, still: Floats) -> None:
    values = bone.values[:, index]
    if curve is not None:
        table = rekey.read_table(curve)
        ours = _generated(table, bone.span)
        if ours.any():
            rekey.write_table(curve, {name: column[~ours] for name, column in table.items()})
        if not ours.all():
            free = ~np.isin(bone.frames, table["co"][~ours, 0])
            if free.any():
                rekey.insert(curve, NewKeys(bone.data_path, index, bone.frames[free], values[free]), bone.kind)
                rekey.mark_ours(curve, bone.frames[free])
            return
    elif len(bone.frames):
        curve = fcurves.write_curve(channels, bone.data_path, index, [], [], bone.bone)
    if curve is not None:
        frames = np.concatenate([bone.frames, still])
        numbers = np.concatenate([values, np.full(len(still), bone.still[index], dtype=np.float32)])
        order = np.argsort(frames, kind="stable")
        _fill(curve, frames[order], numbers[order], bone.kind)
        rekey.mark_ours(curve, frames)


def _fill(curve: bpy.types.FCurve, frames: Floats, values: Floats, kind: int) -> None:
    """Give an empty curve its keys, smooth and auto-clamped."""
    keys = curve.keyframe_points
    keys.add(len(frames))
    keys.foreach_set("co", np.stack([frames, values], axis=-1).astype(np.float32).ravel())
    kinds = {"interpolation": BEZIER, "type": kind, **dict.fromkeys(_HANDLES, rekey.AUTO_CLAMPED)}
    for name, number in kinds.items():
        keys.foreach_set(name, np.full(len(frames), number, dtype=np.uint8))
    curve.update()


def _still_frames(bone: BoneKeys) -> Floats:
    """The animator's frames of any number of the rotation, at which a curve that is new has to leave it as it was."""
    return np.setdiff1d(bone.own, bone.frames)


def _generated(table: rekey.Table, span: tuple[float, float]) -> Any:
    frames = table["co"][:, 0]
    return rekey.is_ours(table) & (frames >= span[0]) & (frames <= span[1])


def _take_back(channels: Channels, before: dict[tuple[str, int], rekey.Table | None]) -> None:
    curves = fcurves.by_path(channels)
    for (path, index), table in before.items():
        curve = curves.get((path, index))
        if curve is not None and table is None:
            channels.fcurves.remove(curve)
        elif curve is not None and table is not None:
            rekey.write_table(curve, table)


def _tell(channels: Channels) -> None:
    # Writing in bulk tells nobody: without this the pose stays as it was until something else changes.
    holder: Any = channels.id_data
    holder.update_tag(refresh={"TIME"})
