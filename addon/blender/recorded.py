"""An action's curves with all that their keys hold: read for a file, written from one. Their meaning is not asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import bpy
import numpy as np

from ..core.compression.plan import LOCATION, BoneKeys
from ..core.compression.recording import SETTINGS, STYLES, Bytes, Curve
from ..core.interpolation import BEZIER
from ..core.rotation_mode import property_of
from . import action, fcurves
from .action import ActionError, Channels
from .steps import Steps

_NUMBERS = dict(zip(STYLES, ("interpolation", "easing", "handle_left_type", "handle_right_type", "type"), strict=True))

_NO_HANDLES = np.zeros((0, 2), dtype=np.float32)


def read(obj: Any) -> Steps[tuple[list[BoneKeys], list[Curve]]]:
    """The curves of the assigned action of an armature object: those of whole rotations and locations, and all others.

    Raises ActionError for what a file cannot hold: curves with modifiers, and curves of samples instead of keys.
    """
    channels = action.assigned_channels(obj)
    curves: dict[tuple[str, int], Curve] = {}
    for done, curve in enumerate(channels.fcurves):
        _require_plain(curve)
        curves[curve.data_path, curve.array_index] = read_curve(curve)
        yield done / len(channels.fcurves)
    bones = []
    for bone in obj.pose.bones if obj.pose else ():
        modes = [LOCATION]
        if (fcurves.bone_path(bone.name, "rotation_mode"), 0) not in curves:
            modes.append(bone.rotation_mode)
        for mode in modes:
            name = "location" if mode == LOCATION else property_of(mode)
            path, count = fcurves.bone_path(bone.name, name), len(getattr(bone, name))
            if all((path, index) in curves for index in range(count)):
                bones.append(BoneKeys(bone.name, mode, tuple(curves.pop((path, index)) for index in range(count))))
    return bones, list(curves.values())


def read_curve(curve: bpy.types.FCurve) -> Curve:
    """One curve with all its keys."""
    keys = fcurves.read_keys(curve)
    styles = np.empty((len(keys.frames), len(STYLES)), dtype=np.uint8)
    for place, name in enumerate(_NUMBERS.values()):
        column = np.empty(len(styles), dtype=np.uint8)
        curve.keyframe_points.foreach_get(name, column)
        styles[:, place] = column
    settings = {name: getattr(curve, name) for name in SETTINGS}
    if len(styles) and (styles == styles[0]).all():
        styles = np.broadcast_to(styles[0].copy(), styles.shape)  # once for all keys: an hour of motion has millions
    plain = not len(styles) or _runs_straight(styles)
    return Curve(
        data_path=curve.data_path,
        index=curve.array_index,
        group=curve.group.name if curve.group else "",
        points=keys.points,
        left=_NO_HANDLES if plain else keys.left,
        right=_NO_HANDLES if plain else keys.right,
        styles=styles,
        easing=_NO_HANDLES if plain else np.stack([keys.back, keys.amplitude, keys.period], axis=-1),
        settings={name: value for name, value in settings.items() if value != SETTINGS[name]},
    )


def write(obj: bpy.types.Object, name: str, curves: Sequence[Curve]) -> Steps[bpy.types.Action]:
    """A new action with these curves, assigned to `obj` once it is complete; the former one is kept in the file.

    A curve without handles gets those that Blender calculates. Closed before its end, it leaves nothing behind.
    """
    new, slot, channels = action.loose_action(name, obj.name)
    try:
        for done, curve in enumerate(curves):
            _write_curve(channels, curve)
            yield done / len(curves)
    except BaseException:
        bpy.data.actions.remove(new)
        raise
    action.assign(obj, new, slot)
    return new


def _runs_straight(styles: Bytes) -> bool:
    """Whether handles do nothing, and Blender would calculate them anew before they ever did."""
    handles = [STYLES.index("left_type"), STYLES.index("right_type")]
    straight = styles[:, STYLES.index("interpolation")] < BEZIER
    return bool(straight.all() and np.isin(styles[:, handles], fcurves.AUTOMATIC_HANDLES).all())


def _write_curve(channels: Channels, curve: Curve) -> None:
    made = channels.fcurves.new(curve.data_path, index=curve.index)
    if curve.group:
        made.group = channels.groups.get(curve.group) or channels.groups.new(curve.group)
    keys = made.keyframe_points
    keys.add(len(curve.points))
    keys.foreach_set("co", curve.points.astype(np.float32).ravel())
    for place, name in enumerate(_NUMBERS.values()):
        keys.foreach_set(name, np.ascontiguousarray(curve.styles[:, place]))
    extras: Mapping[str, Any] = dict(zip(("back", "amplitude", "period"), curve.easing.T, strict=False))
    for name, values in extras.items() if curve.left.size else ():
        keys.foreach_set(name, np.ascontiguousarray(values, dtype=np.float32))
    for name, value in curve.settings.items():
        setattr(made, name, value)
    sides = {"handle_left": curve.left, "handle_right": curve.right} if curve.left.size else {}
    for name, handles in sides.items():
        keys.foreach_set(name, np.ascontiguousarray(handles, dtype=np.float32).ravel())
    if (np.diff(curve.points[:, 0]) > 0).all():  # of keys on one frame Blender would delete some
        made.update()
        for name, handles in sides.items():
            keys.foreach_set(name, np.ascontiguousarray(handles, dtype=np.float32).ravel())


def _require_plain(curve: bpy.types.FCurve) -> None:
    if len(curve.modifiers):
        raise ActionError(
            f"The curve {curve.data_path}[{curve.array_index}] has modifiers, which no file here holds: "
            "bake them into keys (Key > Bake in the graph editor) or remove them."
        )
    if fcurves.is_baked(curve):
        raise ActionError(
            f"The curve {curve.data_path}[{curve.array_index}] is baked to samples: turn them into keys in the graph "
            "editor (Key > Density > Samples to Keys) first."
        )
