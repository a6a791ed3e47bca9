"""A plain armature in the place of a rig of controls: a bone a joint, which does what is seen of the rig.

It is no part of the scene: for what reads keys, and knows of no constraints.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import bpy
import numpy as np

from ..core.clip import Clip
from ..core.rigs.canonical import matched_parent
from ..core.rigs.joint_map import ROOT, JointMap
from ..core.rotation import Array, conjugate, continuous, multiply, rotate
from ..core.skeleton import EndSite, Skeleton
from . import armature, motion
from .action import ActionError
from .controls import rest_rotations
from .fcurves import Floats
from .frames import frame_kept, go_to
from .steps import Steps, part
from .tracks import ArmatureObject

_STILL = 1e-4  # of the rig's extent: a joint that moves less against the one above does not


def stand_in(
    scene: bpy.types.Scene, obj: ArmatureObject, joints: JointMap, frames: Floats, fps: float
) -> Steps[ArmatureObject]:
    """A new armature object, with an action keyed at `frames` (T,), whose bones bear the joints' names.

    joints: with the bones that show them (`seen_of`). Raises ActionError where the pelvis is not among them, and where
    what is seen is no pose.
    """
    if ROOT not in joints.seen_of:
        raise ActionError(f"No bone shows the pelvis of {obj.name}: choose the bone of Hips under Rig Map.")
    skeleton = _skeleton(obj, joints)
    seen = [joints.seen_of[joint] for joint in skeleton.names]
    heads, turns = yield from part(_seen(scene, obj, seen, frames), 0.0, 0.9)
    turned = multiply(turns, conjugate(rest_rotations(obj, seen)))
    local, moved = turned.copy(), {}
    for joint, parent in enumerate(skeleton.parents[1:], 1):
        back = conjugate(turned[:, parent])
        local[:, joint] = multiply(back, turned[:, joint])
        place = rotate(back, heads[:, joint] - heads[:, parent])
        if np.abs(place - skeleton.offsets[joint]).max() > _STILL * np.ptp(heads[0], axis=0).max():
            moved[joint] = place
    clip = Clip(skeleton, fps, heads[:, 0], continuous(local).astype(np.float32), moved)
    with _selection_kept():
        made, names = armature.build(skeleton, f"{obj.name} as seen", tuple(moved))
        made.matrix_world = obj.matrix_world
        for collection in made.users_collection:
            collection.objects.unlink(made)
    motion.write_clip(made, clip, dict(enumerate(names)), frames, made.name)
    return made


def remove(made: ArmatureObject) -> None:
    """Take it away, with its action, and its armature where nothing else uses that by now."""
    with suppress(ReferenceError):  # an undo has taken it away already
        own, bones = made.animation_data.action, made.data
        bpy.data.objects.remove(made)
        bpy.data.actions.remove(own)
        if not bones.users:
            bpy.data.armatures.remove(bones)


def _skeleton(obj: ArmatureObject, joints: JointMap) -> Skeleton:
    """The joints that are seen, the pelvis first, with the rest pose of the bones that show them."""
    names = [ROOT, *(joint for joint in joints.bone_of if joint in joints.seen_of and joint != ROOT)]
    bones = [obj.data.bones[joints.seen_of[joint]] for joint in names]
    heads = np.array([bone.head_local for bone in bones], dtype=np.float64)
    above = [matched_parent(joint, names) for joint in names]
    parents = [names.index(joint) if joint in names else -1 if place == 0 else 0 for place, joint in enumerate(above)]
    ends = [joint for joint in range(len(names)) if joint not in parents]
    return Skeleton(
        names=tuple(names),
        parents=tuple(parents),
        offsets=np.array([heads[j] - (heads[p] if p >= 0 else 0) for j, p in enumerate(parents)]),
        end_sites=tuple(EndSite(joint, tuple(bones[joint].tail_local - bones[joint].head_local)) for joint in ends),
    )


def _seen(
    scene: bpy.types.Scene, obj: ArmatureObject, bones: Sequence[str], frames: Floats
) -> Steps[tuple[Array, Array]]:
    """(T, N, 3) where bones begin in the armature, and (T, N, 4) how they are turned, as they are seen."""
    heads, turns = (np.empty((len(frames), len(bones), count)) for count in (3, 4))
    with frame_kept(scene):
        for row, frame in enumerate(frames.tolist()):
            go_to(scene, frame)
            matrices = [obj.pose.bones[bone].matrix for bone in bones]
            heads[row] = [matrix.translation for matrix in matrices]
            turns[row] = [matrix.to_quaternion() for matrix in matrices]
            if not (np.isfinite(heads[row]).all() and np.isfinite(turns[row]).all()):
                raise ActionError(
                    f"At frame {frame:g} {obj.name} shows no pose: a key of its controls is no number: delete that key."
                )
            yield row / len(frames)
    return heads, turns


@contextmanager
def _selection_kept() -> Iterator[None]:
    """Afterwards the same objects are selected, and the active one is in the mode in which it was."""
    context: Any = bpy.context
    active, selected = context.view_layer.objects.active, list(context.selected_objects)
    mode: Any = active.mode if active else "OBJECT"
    try:
        yield
    finally:
        for obj in context.selected_objects:
            obj.select_set(False)
        for obj in selected:
            obj.select_set(True)
        context.view_layer.objects.active = active
        if active and active.mode != mode:
            bpy.ops.object.mode_set(mode=mode)
