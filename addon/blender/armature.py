"""Armatures and skeletons: a skeleton built as an armature object, an armature's rest pose read as a skeleton.

A bone's rest orientation B (3×3, or its quaternion) leads from the bone's own axes, Y along the bone, to those of the
armature. A clip's local rotation R in armature axes and the pose bone's rotation b are the same turn: R = B·b·B⁻¹.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np
from mathutils import Vector

from ..core.axes import Y_UP_TO_Z_UP
from ..core.errors import MenderError
from ..core.rotation import AXES, IDENTITY, Array, conjugate, from_matrix
from ..core.skeleton import DEFAULT_ROTATION_ORDER, EndSite, Skeleton

_SHORTEST = 0.01  # of the skeleton's extent: shorter bones cannot be picked, and Blender deletes those without length
_NOTHING = 1e-5  # of the extent: a joint this near to its parent sits on it
_UNIT, _UP_AXIS, _ORDER = "mocap_mender_unit", "mocap_mender_up_axis", "mocap_mender_rotation_order"
_FRONT, _UP = (0.0, -1.0, 0.0), (0.0, 0.0, 1.0)


class ArmatureError(MenderError):
    """The object is no armature that motion can be read from or put on."""


@dataclass(frozen=True, eq=False)
class RestPose:
    """An armature at rest, in its own axes and length unit.

    skeleton: its bones as joints; joint 0 is the bone without parent that carries most others.
    turns: (J, 4) float64, the bones' rest orientations B.
    """

    skeleton: Skeleton
    turns: Array


def require_armature(obj: bpy.types.Object | None) -> bpy.types.Object:
    """The object, if it is an armature with bones that is not being edited. Raises ArmatureError."""
    if obj is None or obj.type != "ARMATURE":
        raise ArmatureError("No armature is active: click the armature that you mean first.")
    armature: Any = obj.data
    if obj.mode == "EDIT":
        raise ArmatureError(f"{obj.name} is being edited: leave edit mode with Tab first.")
    if not len(armature.bones):
        raise ArmatureError(f"{obj.name} has no bones: choose an armature that has some.")
    return obj


def rest_pose(obj: bpy.types.Object) -> RestPose:
    """The rest pose of an armature object, whatever pose it is in. Raises ArmatureError."""
    armature: Any = require_armature(obj).data
    trees: dict[str, list[Any]] = {}
    tree_of: dict[str, list[Any]] = {}
    for bone in armature.bones:  # Blender lists a bone before those that hang on it
        tree = tree_of[bone.parent.name] if bone.parent else trees.setdefault(bone.name, [])
        tree.append(bone)
        tree_of[bone.name] = tree
    bones = [bone for tree in sorted(trees.values(), key=len, reverse=True) for bone in tree]
    place = {bone.name: i for i, bone in enumerate(bones)}
    matrices = np.array([bone.matrix_local for bone in bones])
    heads, parents = matrices[:, :3, 3], [place[bone.parent.name] if bone.parent else -1 for bone in bones]
    return RestPose(
        skeleton=Skeleton(
            names=tuple(bone.name for bone in bones),
            parents=tuple(parents),
            offsets=np.array([head - (heads[p] if p >= 0 else 0) for head, p in zip(heads, parents, strict=True)]),
            end_sites=tuple(
                EndSite(i, tuple(bone.tail_local - bone.head_local))
                for i, bone in enumerate(bones)
                if not bone.children
            ),
            rotation_orders=tuple(_remembered_order(bone) for bone in bones),
        ),
        turns=from_matrix(matrices[:, :3, :3]),
    )


def turn_from(up_axis: str, obj: bpy.types.Object | None) -> Array:
    """Quaternion (4,) from the axes of a file whose `up_axis` is "Y" or "Z" to those of an armature object.

    An armature whose own Y points up in the scene (as other importers make them, with the object turned) is Y up too;
    any other, and a new one (None), is Z up.
    """
    scene_up = obj.matrix_world.to_3x3().inverted_safe() @ Vector(_UP) if obj else Vector(_UP)
    y_up = abs(scene_up.y) > abs(scene_up.z)
    if y_up == (up_axis == "Y"):
        return IDENTITY
    return conjugate(Y_UP_TO_Z_UP) if y_up else Y_UP_TO_Z_UP


def remember_file(obj: bpy.types.Object, unit: float, up_axis: str) -> None:
    """Keep with a new armature, which is in metres, how the file was: metres per unit, and "Y" or "Z" up."""
    obj[_UNIT], obj[_UP_AXIS] = unit, up_axis


def remembered_file(obj: bpy.types.Object) -> tuple[float | None, str]:
    """Unit and up axis of the file that the armature came from; for any other None and "Y", the usual one."""
    unit, up_axis = obj.get(_UNIT), obj.get(_UP_AXIS)
    return unit if isinstance(unit, float) and unit > 0 else None, "Z" if up_axis == "Z" else "Y"


def _remembered_order(bone: Any) -> str:
    order = bone.get(_ORDER)
    return order if isinstance(order, str) and sorted(order) == sorted(AXES) else DEFAULT_ROTATION_ORDER


def build(skeleton: Skeleton, name: str, moving: Sequence[int] = ()) -> tuple[bpy.types.Object, tuple[str, ...]]:
    """A new armature object in the scene, active and selected, its rest pose that of `skeleton` (Z up, front -Y).

    moving: joints that move against their parent, whose bones therefore are not connected to it.
    Returns the object and the J bone names, which differ from the joints' where Blender had to shorten them.
    """
    armature: Any = bpy.data.armatures.new(name)
    obj = bpy.data.objects.new(name, armature)
    _make_active(obj)
    heads, tails = skeleton.rest_positions(), bone_tails(skeleton)
    bpy.ops.object.mode_set(mode="EDIT")
    bones: list[Any] = []
    for joint, parent in enumerate(skeleton.parents):
        bone = armature.edit_bones.new(skeleton.names[joint])
        bone.head, bone.tail = heads[joint], tails[joint]
        along_front = abs(bone.y_axis.y) > 0.8
        bone.align_roll(_UP if along_front else _FRONT)
        if parent >= 0:
            bone.parent = bones[parent]
            bone.use_connect = joint not in moving and np.array_equal(heads[joint], tails[parent])
        bones.append(bone)
    names = tuple(bone.name for bone in bones)
    bpy.ops.object.mode_set(mode="OBJECT")
    for bone_name, order in zip(names, skeleton.rotation_orders, strict=True):
        if order != DEFAULT_ROTATION_ORDER:
            armature.bones[bone_name][_ORDER] = order
    return obj, names


def _make_active(obj: bpy.types.Object) -> None:
    context: Any = bpy.context
    if context.object is not None and context.object.mode != "OBJECT":
        bpy.ops.object.mode_set(mode="OBJECT")
    context.collection.objects.link(obj)
    if not obj.visible_get():
        # The active collection is hidden, and there is no edit mode for what cannot be seen.
        context.scene.collection.objects.link(obj)
    for other in context.selected_objects:
        other.select_set(False)
    obj.select_set(True)
    context.view_layer.objects.active = obj


def bone_tails(skeleton: Skeleton) -> Array:
    """(J, 3) where each joint's bone ends: at its child, or at its tip.

    With several children it ends between them, nearer to those that carry more joints; a child that sits on the joint
    itself stands for its own children. A bone without anywhere to go continues its parent's line.
    """
    heads = skeleton.rest_positions().astype(np.float64)
    tips = [(site.parent, heads[site.parent] + site.offset) for site in skeleton.end_sites]
    extent = float(np.ptp([*heads, *(tip for _, tip in tips)], axis=0).max()) or 1.0
    goals: list[list[tuple[Array, int]]] = [[] for _ in skeleton.names]
    for joint, tip in tips:
        if np.linalg.norm(tip - heads[joint]) > _NOTHING * extent:
            goals[joint].append((tip, 1))
    carried = [1] * len(skeleton)
    for joint in reversed(range(len(skeleton))):
        parent = skeleton.parents[joint]
        if parent >= 0:
            carried[parent] += carried[joint]
            apart = np.linalg.norm(skeleton.offsets[joint]) > _NOTHING * extent
            goals[parent] += [(heads[joint], carried[joint])] if apart else goals[joint]

    tails = np.empty_like(heads)
    for joint, parent in enumerate(skeleton.parents):
        along = np.zeros(3)
        if goals[joint]:
            points, weights = zip(*goals[joint], strict=True)
            along = np.average(points, axis=0, weights=weights) - heads[joint]
        # One goal is met exactly, however near; several may lie around the joint and cancel out.
        if not goals[joint] or (len(goals[joint]) > 1 and np.linalg.norm(along) < _SHORTEST * extent):
            line = heads[joint] - heads[parent] if parent >= 0 else np.array(_UP)
            half = float(np.linalg.norm(line)) / 2
            if half < _NOTHING * extent:
                line, half = tails[parent] - heads[parent], 0.0
            along = line / np.linalg.norm(line) * max(_SHORTEST * extent, half if parent >= 0 else 0.0)
        tails[joint] = heads[joint] + along
    return tails.astype(np.float32)
