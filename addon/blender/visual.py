"""The pose that is seen, baked: what constraints, IK and drivers make of bones, as keys of their own."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import bpy
import numpy as np

from ..core.interpolation import LINEAR
from ..core.progress import Progress
from ..core.rotation import Array, from_matrix
from ..core.rotation_mode import from_quaternions, property_of
from . import fcurves
from .action import Channels
from .constraints import WhatMoves
from .fcurves import GENERATED, Floats
from .frames import frame_kept, go_to
from .steps import Steps, part, threaded
from .tracks import ArmatureObject

_STILL = 1e-4  # a scale this near to 1 is none


@dataclass(frozen=True, eq=False)
class Baked:
    """frames: (T,) rising. values: bone -> property -> (T, n) what makes the bone stand where it is seen."""

    frames: Floats
    values: Mapping[str, Mapping[str, Array]]


@dataclass(frozen=True)
class Muted:
    """How many constraints and drivers were taken off the bones, so that their keys are what is seen."""

    constraints: int
    drivers: int


def moved_together(moves: WhatMoves, bones: Collection[str]) -> list[str]:
    """Those of `bones` that more than keys moves, and all that the same constraints move along: they go together."""
    wanted = {bone for bone in bones if bone in moves.moved}
    ends = {moves.chains[bone] for bone in wanted if bone in moves.chains} | (wanted & set(moves.chains.values()))
    wanted |= ends | {bone for bone, end in moves.chains.items() if end in ends}
    return sorted(wanted)


def bake(scene: bpy.types.Scene, obj: ArmatureObject, bones: Collection[str], frames: Floats) -> Steps[Baked]:
    """What the `bones` do at `frames` (T,), against their parents as these are seen. The scene keeps its frame."""
    matrices = {name: np.empty((len(frames), 4, 4)) for name in bones}
    with frame_kept(scene):
        for row, frame in enumerate(frames.tolist()):
            go_to(scene, frame)
            for name, place in matrices.items():
                bone = obj.pose.bones[name]
                place[row] = obj.convert_space(pose_bone=bone, matrix=bone.matrix, from_space="POSE", to_space="LOCAL")
            yield 0.9 * row / len(frames)
    modes = {name: obj.pose.bones[name].rotation_mode for name in bones}
    connected = frozenset(name for name in bones if obj.data.bones[name].use_connect)
    return Baked(frames, (yield from part(threaded(_values, matrices, modes, connected), 0.9, 1.0)))


def write(channels: Channels, baked: Baked) -> Steps[int]:
    """Key what was baked, a key a frame, in place of the curves that moved the bones; returns how many keys."""
    written = 0
    paths = {fcurves.bone_path(bone, name) for bone, values in baked.values.items() for name in values}
    for curve in [curve for curve in channels.fcurves if curve.data_path in paths]:
        channels.fcurves.remove(curve)
    for done, (bone, properties) in enumerate(baked.values.items()):
        yield done / len(baked.values)
        for name, values in properties.items():
            for index, column in enumerate(values.T):
                path = fcurves.bone_path(bone, name)
                fcurves.write_curve(channels, path, index, baked.frames, column, bone, LINEAR, GENERATED)
            written += values.size
    return written


def mute_movers(obj: ArmatureObject, moves: WhatMoves, bones: Collection[str]) -> Muted:
    """Switch off the constraints on `bones` that act, and the drivers of their transforms."""
    constraints = drivers = 0
    for name in bones:
        for constraint in moves.constraints.get(name, ()):
            obj.pose.bones[name].constraints[constraint].mute = True
            constraints += 1
    paths = {fcurves.bone_path(bone, name) for bone in bones for name in moves.drivers.get(bone, ())}
    for driver in obj.animation_data.drivers:
        if driver.data_path in paths and not driver.mute:
            driver.mute = True
            drivers += 1
    return Muted(constraints, drivers)


def _values(
    matrices: Mapping[str, Array],
    modes: Mapping[str, str],
    connected: Collection[str],
    progress: Progress,
) -> dict[str, dict[str, Array]]:
    """Bone -> property -> (T, n) of local matrices (T, 4, 4); a connected bone has no place of its own."""
    result = {}
    for done, (name, local) in enumerate(matrices.items()):
        progress(done / len(matrices))
        scale = np.linalg.norm(local[:, :3, :3], axis=1)
        if (np.linalg.det(local[:, :3, :3]) < 0).any():
            scale[np.linalg.det(local[:, :3, :3]) < 0] *= -1
        turns = from_matrix(local[:, :3, :3] / np.where(scale == 0, 1, scale)[:, None, :])
        values = {property_of(modes[name]): from_quaternions(turns[:, None], modes[name])[:, 0]}
        if name not in connected:
            values["location"] = local[:, :3, 3]
        if np.abs(scale - 1).max() > _STILL:
            values["scale"] = scale
        result[name] = values
    return result
