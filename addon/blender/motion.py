"""Motion on armatures: a clip written as the action of an armature, an action read as a clip.

Clips here are in the armature's own axes and length unit. Only what F-curves say is motion: constraints, drivers and
NLA strips are not evaluated, scale is passed over, every bone is taken to inherit its parent's rotation, and the place,
turn and motion of the armature object itself are not part of the clip.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix

from ..core.axes import rescaled, turned, turned_skeleton
from ..core.clip import Clip
from ..core.errors import MenderError
from ..core.formats.unit import guess_unit
from ..core.kinematics import global_rotations
from ..core.rigs.alignment import UP_Z_TO_Y, align
from ..core.rigs.cmu import JOINT_OF_BONE
from ..core.rotation import IDENTITY, Array, conjugate, multiply, to_matrix
from ..core.rotation_mode import from_quaternions, property_of, to_quaternion
from ..core.skeleton import Skeleton
from . import action, fcurves
from .action import Channels
from .armature import RestPose, remembered_file, rest_pose, turn_from
from .fcurves import Floats

_NO_TURN = 1e-5
_STILL = 1e-4  # of the skeleton's extent: FBX files key locations that are zero but for rounding


class MotionError(MenderError):
    """The motion and the armature do not fit together."""


def bones_by_name(clip: Clip, rest: RestPose) -> dict[int, str]:
    """Joint of the clip -> bone of the same name, or of CMU's name for a bone of its ASF/AMC files.

    Raises MotionError where there is none at all.
    """
    bones = set(rest.skeleton.names)
    names = [name if name in bones else JOINT_OF_BONE.get(name) for name in clip.skeleton.names]
    matched = {joint: name for joint, name in enumerate(names) if name in bones}
    if not matched:
        raise MotionError(
            f"No bone is named as a joint of the motion ({', '.join(clip.skeleton.names[:3])} …): "
            "choose another armature, or import onto a new one."
        )
    return matched


def size_ratio(clip: Clip, rest: RestPose, bones: Mapping[int, str]) -> float:
    """How large the armature is against the clip's skeleton: the median over the bones that both have."""
    pairs = []
    for joint, bone in bones.items():
        place = rest.skeleton.index(bone)
        parent, above = clip.skeleton.parents[joint], rest.skeleton.parents[place]
        if parent >= 0 and above >= 0 and bones.get(parent) == rest.skeleton.names[above]:
            pairs.append((clip.skeleton.offsets[joint], rest.skeleton.offsets[place]))
    own, theirs = np.linalg.norm(np.array(pairs).reshape(-1, 2, 3), axis=-1).T
    # A joint that sits on its parent has no length but rounding.
    real = (own > 1e-3 * own.max(initial=0)) & (theirs > 1e-3 * theirs.max(initial=0))
    ratio = float(np.median(theirs[real] / own[real])) if real.any() else 1.0
    return 1.0 if abs(ratio - 1) < 1e-4 else ratio


@dataclass(frozen=True, eq=False)
class BoneMotion:
    """A clip as the bones of one armature make it.

    rotations: bone -> (T, 4) quaternions, against the bone's rest, in its own axes. locations: bone -> (T, 3), as the
    bone's location property counts. still: bones without a joint above the others, which are to rest. connected: bones
    that the clip moves and that cannot move, because they are connected to their parent.
    """

    rotations: Mapping[str, Array]
    locations: Mapping[str, Array]
    still: frozenset[str]
    connected: tuple[str, ...]


def on_bones(obj: bpy.types.Object, clip: Clip, bones: Mapping[int, str]) -> BoneMotion:
    """How the armature's bones move so that it moves as `clip` does; one that rests in another pose has its bones point
    where the clip's do.

    bones: joint -> bone. A bone moves against the nearest bone above that has a joint.
    """
    rest = rest_pose(obj)
    armature: Any = obj.data
    local = _in_rest_pose(_against_matched_bone(clip, rest, bones), clip.skeleton, rest, bones)
    joints = list(bones)
    turns = np.stack([rest.turns[rest.skeleton.index(bones[joint])] for joint in joints])
    turned = turned_by(local[:, joints], conjugate(turns))
    locations, connected = {}, []
    for joint, positions in {0: clip.root_position, **clip.translations}.items():
        if joint not in bones:
            continue
        bone = armature.bones[bones[joint]]
        if bone.use_connect:
            connected.append(bone.name)
            continue
        place = rest.skeleton.index(bone.name)
        start = rest.skeleton.rest_positions()[place] if joint == 0 else rest.skeleton.offsets[place]
        locations[bone.name] = (positions - start) @ _location_axes(bone, rest.turns[place])
    above = {name for bone in bones.values() for name in _above(rest, bone)}
    return BoneMotion(
        rotations={bones[joint]: turned[:, i] for i, joint in enumerate(joints)},
        locations=locations,
        still=frozenset(above - set(bones.values())),
        connected=tuple(connected),
    )


def write_clip(obj: bpy.types.Object, clip: Clip, bones: Mapping[int, str], frames: Floats, name: str) -> list[str]:
    """Make `clip` a new action of the armature, keyed at `frames` (T,), each bone in its own rotation mode.

    bones: joint -> bone, see `on_bones`. Bones above without a joint are put at rest, and what the former action left
    on the others (scale, location) is taken off.
    The former action is kept in the file. Returns the bones whose location keys Blender would ignore (connected ones)
    and that therefore got none.
    """
    found = on_bones(obj, clip, bones)
    pose_bones: Any = obj.pose.bones if obj.pose else ()
    channels = action.new_action(obj, name)
    for bone in (*found.rotations, *found.still):
        pose_bones[bone].matrix_basis = Matrix.Identity(4)
    by_mode: dict[str, list[str]] = {}
    for bone in found.rotations:
        by_mode.setdefault(pose_bones[bone].rotation_mode, []).append(bone)
    for mode, names in by_mode.items():  # many bones at once: Euler angles go frame by frame
        values = from_quaternions(np.stack([found.rotations[bone] for bone in names], axis=1), mode)
        for i, bone in enumerate(names):
            _write(channels, bone, property_of(mode), frames, values[:, i])
    for bone, positions in found.locations.items():
        _write(channels, bone, "location", frames, positions)
    return list(found.connected)


def _write(channels: action.Channels, bone: str, name: str, frames: Floats, values: Array) -> None:
    path = fcurves.bone_path(bone, name)
    for index in range(values.shape[1]):
        fcurves.write_curve(channels, path, index, frames, values[:, index], bone)


def turned_by(q: Array, turns: Array) -> Array:
    """Rotations `q` (T, J, 4) seen from axes turned by `turns` (J, 4): D·q·D⁻¹, joint by joint."""
    result = q.copy()
    for joint, matrix in enumerate(to_matrix(turns).astype(q.dtype)):
        result[:, joint, 1:] = q[:, joint, 1:] @ matrix.T
    return result


def _against_matched_bone(clip: Clip, rest: RestPose, bones: Mapping[int, str]) -> Array:
    """(T, J, 4) rotations of the matched joints against the joint of the nearest bone above that has one."""
    joints = {bone: joint for joint, bone in bones.items()}
    above = {}
    for joint, bone in bones.items():
        above[joint] = next((joints[name] for name in _above(rest, bone) if name in joints), -1)
    different = [joint for joint, parent in above.items() if parent != clip.skeleton.parents[joint]]
    if not different:
        return clip.rotations
    result, turned = clip.rotations.copy(), global_rotations(clip.rotations, clip.skeleton.parents)
    for joint in different:
        own, parent = turned[:, joint], above[joint]
        result[:, joint] = own if parent < 0 else multiply(conjugate(turned[:, parent]), own)
    return result


def _in_rest_pose(local: Array, skeleton: Skeleton, rest: RestPose, bones: Mapping[int, str]) -> Array:
    """Rotations (T, J, 4) such that bones point where the clip's do, although the armature rests in another pose."""
    tips, joints = np.full((len(skeleton), 3), np.nan), {bone: joint for joint, bone in bones.items()}
    heads, present = np.zeros((len(skeleton), 3)), np.zeros(len(skeleton), dtype=bool)
    positions = rest.skeleton.rest_positions()
    for place, bone in enumerate(rest.skeleton.names):
        if bone in joints:
            present[joints[bone]], heads[joints[bone]] = True, positions[place]
    for site in rest.skeleton.end_sites:
        if (joint := joints.get(rest.skeleton.names[site.parent])) is not None:
            tips[joint] = heads[joint] + site.offset
    # Alignment expects the motion's skeleton to be Y up, where too few bones tell how the axes lie.
    no_turns = np.tile(IDENTITY, (len(skeleton), 1))
    alignment = align(turned_skeleton(skeleton, UP_Z_TO_Y), no_turns, present, heads, tips)
    up = UP_Z_TO_Y.astype(np.float32)
    left = multiply(conjugate(alignment.left), up)
    right = multiply(conjugate(up), conjugate(alignment.right))
    other = [j for j in bones if max(np.abs(left[j][1:]).max(), np.abs(right[j][1:]).max()) > _NO_TURN]
    if not other:
        return local
    result = local.copy()
    result[:, other] = multiply(multiply(left[other], local[:, other]), right[other])
    return result


def _above(rest: RestPose, bone: str) -> list[str]:
    """The bones on which `bone` hangs, the nearest first."""
    result, place = [], rest.skeleton.parents[rest.skeleton.index(bone)]
    while place >= 0:
        result.append(rest.skeleton.names[place])
        place = rest.skeleton.parents[place]
    return result


def _location_axes(bone: bpy.types.Bone, turn: Array) -> Array:
    """(3, 3) B: armature axes of a bone's location. A row vector in armature axes times B is in the bone's axes."""
    return to_matrix(turn) if bone.use_local_location else np.eye(3)


def read_clip(obj: bpy.types.Object, frames: Floats, fps: float, channels: Channels | None = None) -> Clip:
    """What the armature's assigned action, or that of `channels`, does at `frames` (T,), evenly spaced at `fps`.

    A property without a curve, or with a muted one, has its current value. All bones are joints of the clip, with
    `translations` for those that move against their parent. Raises ArmatureError and ActionError.
    """
    rest = rest_pose(obj)
    curves = fcurves.by_path(channels or action.assigned_channels(obj))
    pose_bones: Any = obj.pose.bones if obj.pose else ()
    skeleton = rest.skeleton
    q = np.empty((len(frames), len(skeleton), 4), dtype=np.float32)
    still = _STILL * float(np.ptp(skeleton.rest_positions(), axis=0).max())
    root = np.broadcast_to(skeleton.offsets[0], (len(frames), 3))
    translations = {}
    for joint, name in enumerate(skeleton.names):
        pose_bone = pose_bones[name]
        mode = pose_bone.rotation_mode
        q[:, joint] = to_quaternion(_values(curves, pose_bone, property_of(mode), frames), mode)
        if pose_bone.bone.use_connect:
            continue
        location = _values(curves, pose_bone, "location", frames)
        moved = skeleton.offsets[joint] + location @ _location_axes(pose_bone.bone, rest.turns[joint]).T
        if joint == 0:
            root = moved
        elif np.abs(location).max(initial=0) > still:
            translations[joint] = moved
    return Clip(skeleton, fps, root, turned_by(q, rest.turns), translations)


def pose_curves(obj: bpy.types.Object, channels: Channels | None = None) -> list[bpy.types.FCurve]:
    """The curves of the assigned action, or of `channels`, that place and turn the armature's bones.

    Raises ActionError.
    """
    pose_bones: Any = obj.pose.bones if obj.pose else ()
    names = ((bone.name, name) for bone in pose_bones for name in ("location", property_of(bone.rotation_mode)))
    paths = {fcurves.bone_path(bone, name) for bone, name in names}
    return [curve for curve in (channels or action.assigned_channels(obj)).fcurves if curve.data_path in paths]


def for_file(obj: bpy.types.Object, clip: Clip) -> Clip:
    """A clip of `read_clip` in the axes and the unit of a file: those of the one that the armature came from.

    Any other armature is written Y up, with lengths as they are in the scene.
    """
    unit, up_axis = remembered_file(obj)
    in_scene = rescaled(turned(clip, conjugate(turn_from(up_axis, obj))), _mean_scale(obj))
    if unit is not None:
        return replace(in_scene, unit=unit)
    guessed, _ = guess_unit(in_scene.skeleton)
    return replace(rescaled(in_scene, guessed), unit=guessed)


def _mean_scale(obj: bpy.types.Object) -> float:
    scale = float(np.abs(obj.matrix_world.to_scale()[:]).mean())
    return 1.0 if abs(scale - 1) < 1e-6 or scale == 0 else scale


def _values(curves: Mapping[tuple[str, int], bpy.types.FCurve], pose_bone: Any, name: str, frames: Floats) -> Array:
    """(T, n) values of a pose bone's property: its curves, or else what it is now."""
    current = np.array(getattr(pose_bone, name)[:], dtype=np.float32)
    result = np.tile(current, (len(frames), 1))
    for index in range(len(current)):
        curve = curves.get((fcurves.bone_path(pose_bone.name, name), index))
        if curve is not None and not fcurves.is_muted(curve):
            result[:, index] = fcurves.evaluate(curve, frames)
    return result
