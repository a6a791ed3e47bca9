"""Rigs whose keyed bones are controls that move others through constraints, such as Rigify's.

What is seen is read from the evaluated pose, frame by frame. Which control turns which bone is found by trying: each
one is turned a little at one frame. What the controls must do for another pose to be seen is solved at every frame,
against the evaluated pose. The scene is left at the frame, and the bones in the pose, in which they were.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np
from mathutils import Quaternion
from numpy.typing import NDArray

from ..core.rigs.joint_map import ROOT
from ..core.rotation import Array, conjugate, exp, from_matrix, log, multiply
from ..core.rotation_mode import property_of
from .fcurves import Floats
from .frames import frame_kept, go_to
from .steps import Steps
from .tracks import ArmatureObject, Track

_TRIED = 0.1  # radians by which a control is turned to see what follows
_FOLLOWS = 0.5  # share of its turn that the bone which shows a control's joint makes at least
_CARRIED = 0.1  # share of a turn that counts as being carried along
_CLOSE = np.radians(0.01)  # how near the pose that is seen comes to the one that is wanted, where the rig allows it
_MOST_ROUNDS = 6


@dataclass(frozen=True, eq=False)
class Controls:
    """N controls of joints, and the bones that show what they do.

    joints: (N,) the joint of each, the pelvis' among them where it is known; parents come first. tracks: (N,) their
    rotations. seen: (N,) the bones that show them. rests: (N, 4) these bones' rest orientations.
    solved: (M,) which of the N take a change. shares: (M, M) how much of control j's turn the seen bone i makes.
    """

    scene: bpy.types.Scene
    obj: ArmatureObject
    joints: tuple[str, ...]
    tracks: tuple[Track, ...]
    seen: tuple[str, ...]
    rests: Array
    solved: tuple[int, ...]
    shares: Array


def find_shares(
    scene: bpy.types.Scene, obj: ArmatureObject, controls: Sequence[str], seen: Sequence[str], frame: float
) -> Steps[Array]:
    """(N, N) how much of a small turn of control j (of N) the seen bone i (of N) makes at a frame, 1 for all of it."""
    shares = np.zeros((len(seen), len(controls)))
    with _as_it_was(scene, obj, controls):
        go_to(scene, frame)
        still, frames = _rotations(obj, seen), _rotations(obj, controls)
        for place, name in enumerate(controls):
            bone = obj.pose.bones[name]
            own = _own_rotation(bone)
            for axis in np.eye(3):
                _turn(bone, multiply(own, exp(axis * _TRIED)))
                bpy.context.view_layer.update()  # type: ignore[union-attr]
                moved = log(multiply(_rotations(obj, seen), conjugate(still)))
                asked = log(multiply(multiply(frames[place], exp(axis * _TRIED)), conjugate(frames[place])))
                shares[:, place] += moved @ asked / (3 * _TRIED**2)
            _turn(bone, own)
            yield place / len(controls)
    return shares


def useful(
    joints: Sequence[str], controls: Sequence[str], seen: Sequence[str], shares: Array, keyed: Sequence[bool]
) -> tuple[list[int], dict[str, str]]:
    """Which keyed controls (of N) can take a change, and joint -> why its keyed control cannot.

    A control must turn what shows its joint. One that carries the pelvis along, as the lowest of a Rigify spine does,
    needs a control of the pelvis that turns it back.
    """
    moves = [keyed[place] and shares[place, place] >= _FOLLOWS for place in range(len(joints))]
    root = joints.index(ROOT) if ROOT in joints else None
    left_out: dict[str, str] = {}
    for place, joint in enumerate(joints):
        if keyed[place] and not moves[place]:
            left_out[joint] = f"{controls[place]} does not turn {seen[place]} here: a constraint such as IK does"
        elif moves[place] and root is not None and not moves[root] and shares[root, place] > _CARRIED:
            left_out[joint] = f"{controls[place]} turns {seen[root]} too, and {controls[root]} has no keys to hold it"
    return [place for place, joint in enumerate(joints) if moves[place] and joint not in left_out], left_out


def rest_rotations(obj: ArmatureObject, bones: Sequence[str]) -> Array:
    """(N, 4) the bones' rest orientations in the armature."""
    matrices = [obj.data.bones[bone].matrix_local.to_3x3() for bone in bones]
    return from_matrix(np.array(matrices, dtype=np.float64).reshape(-1, 3, 3))


def seen_rotations(controls: Controls, frames: Floats) -> Steps[Array]:
    """(T, N, 4) how the seen bones are turned against their rest, in armature axes, at `frames` (T,)."""
    result = np.empty((len(frames), len(controls.seen), 4))
    with _as_it_was(controls.scene, controls.obj, ()):
        for row, frame in enumerate(frames.tolist()):
            go_to(controls.scene, frame)
            result[row] = multiply(_rotations(controls.obj, controls.seen), conjugate(controls.rests))
            yield row / len(frames)
    return result


def solve(controls: Controls, frames: Floats, wanted: Array, given: Mapping[str, Array]) -> Steps[dict[str, Array]]:
    """Bone -> (T, 4) turns of the solved controls in their own space after their rotations, at `frames` (T,).

    wanted: (T, N, 4) how the seen bones shall be turned against their rest, in armature axes. given: bone -> (T, 4)
    rotations of other bones that change as well. At frames where a control does not bring what is seen nearer, it keeps
    its rotation: a limb may be switched to IK there.
    """
    places = list(controls.solved)
    names = [controls.tracks[place].bone for place in places]
    turned = np.empty((len(frames), len(names), 4), dtype=np.float32)
    with _as_it_was(controls.scene, controls.obj, [*names, *given]):
        for row, frame in enumerate(frames.tolist()):
            go_to(controls.scene, frame)
            for name, rotations in given.items():
                _turn(controls.obj.pose.bones[name], rotations[row])
            turned[row] = _solved(controls, names, multiply(wanted[row], controls.rests)[places])
            yield row / len(frames)
    return {name: turned[:, place] for place, name in enumerate(names)}


def _solved(controls: Controls, names: Sequence[str], wanted: Array) -> Array:
    """(M, 4) turns of the controls at the present frame after which the seen bones are turned as `wanted` (M, 4).

    Newton's method, with the shares for the derivatives: they are exact where bones follow as a whole.
    """
    bones = [controls.obj.pose.bones[name] for name in names]
    before = np.array([_own_rotation(bone) for bone in bones]).reshape(-1, 4)
    active = np.ones(len(names), dtype=bool)
    first = _distance(controls, wanted)
    rotations = _approached(controls, bones, before, wanted, active)
    left = _distance(controls, wanted)
    active = (left <= 0.5 * first) | (left < 10 * _CLOSE)
    if not active.all():
        rotations = np.where(active[:, None], rotations, before)
        rotations = _approached(controls, bones, rotations, wanted, active)
    turns = multiply(conjugate(before), rotations)
    return np.where(turns[:, :1] < 0, -turns, turns)


def _approached(
    controls: Controls, bones: Sequence[Any], rotations: Array, wanted: Array, active: NDArray[np.bool_]
) -> Array:
    """(M, 4) the rotations of the controls, of which the active ones turn until what is seen is as wanted."""
    shares = controls.shares[np.ix_(active, active)]
    for bone, rotation in zip(bones, rotations, strict=True):
        _turn(bone, rotation)
    for _ in range(_MOST_ROUNDS):
        left = _apart(controls, wanted)
        if np.linalg.norm(left[active], axis=-1).max(initial=0) < _CLOSE:
            break
        axes, step = _rotations(controls.obj, [bone.name for bone in bones]), np.zeros_like(left)
        step[active] = np.linalg.lstsq(shares, left[active], rcond=0.05)[0]
        rotations = multiply(rotations, multiply(multiply(conjugate(axes), exp(step)), axes))
        for bone, rotation in zip(bones, rotations, strict=True):
            _turn(bone, rotation)
    return rotations


def _distance(controls: Controls, wanted: Array) -> Array:
    return np.linalg.norm(_apart(controls, wanted), axis=-1)


def _apart(controls: Controls, wanted: Array) -> Array:
    """(M, 3) rotation vectors in armature axes from what is seen now to what is wanted (M, 4)."""
    bpy.context.view_layer.update()  # type: ignore[union-attr]
    return log(multiply(wanted, conjugate(_rotations(controls.obj, [controls.seen[i] for i in controls.solved]))))


def _rotations(obj: ArmatureObject, names: Sequence[str]) -> Array:
    """(N, 4) how the bones are turned in the armature now, constraints and all."""
    bones = obj.pose.bones
    return np.array([bones[name].matrix.to_quaternion() for name in names], dtype=np.float64).reshape(-1, 4)


def _own_rotation(bone: Any) -> Array:
    """(4,) the pose bone's own rotation, as its properties say it."""
    if bone.rotation_mode == "QUATERNION":
        return np.array(bone.rotation_quaternion.normalized(), dtype=np.float64)
    if bone.rotation_mode == "AXIS_ANGLE":
        angle, x, y, z = bone.rotation_axis_angle
        return np.array(Quaternion((x, y, z), angle), dtype=np.float64)
    return np.array(bone.rotation_euler.to_quaternion(), dtype=np.float64)


def _turn(bone: Any, rotation: Array) -> None:
    """Give the pose bone this rotation (4,), in its own mode."""
    quaternion = Quaternion(rotation.tolist())
    if bone.rotation_mode == "QUATERNION":
        bone.rotation_quaternion = quaternion
    elif bone.rotation_mode == "AXIS_ANGLE":
        axis, angle = quaternion.to_axis_angle()
        bone.rotation_axis_angle = (angle, axis.x, axis.y, axis.z)
    else:
        bone.rotation_euler = quaternion.to_euler(bone.rotation_mode)


@contextmanager
def _as_it_was(scene: bpy.types.Scene, obj: ArmatureObject, touched: Sequence[str]) -> Iterator[None]:
    """Afterwards the scene is at its frame again and the bones have the rotations that they had, keyed or not."""
    names = {name: property_of(obj.pose.bones[name].rotation_mode) for name in touched}
    values = {name: getattr(obj.pose.bones[name], place)[:] for name, place in names.items()}
    try:
        with frame_kept(scene):
            yield
    finally:
        for name, place in names.items():
            setattr(obj.pose.bones[name], place, values[name])
        bpy.context.view_layer.update()  # type: ignore[union-attr]
