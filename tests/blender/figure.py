"""A small figure for tests: CMU bone names on an armature with arbitrary bone rolls, and a model that knows them."""

from __future__ import annotations

import bpy
import numpy as np

from addon.blender import action, fcurves
from addon.core.interpolation import LINEAR
from addon.core.rotation import Array, exp, from_matrix, normalize
from addon.core.rotation_mode import from_quaternion, property_of
from tests.inference.tiny_model import make_card, pull, write_model

# bone: parent, head in Blender's axes, roll
BONES = {
    "Hips": (None, (0, 0, 1.0), 0.3),
    "LeftUpLeg": ("Hips", (0.1, 0, 0.9), -0.8),
    "LeftLeg": ("LeftUpLeg", (0.1, 0, 0.5), 0.1),
    "LowerBack": ("Hips", (0, 0, 1.1), 1.1),
    "Spine": ("LowerBack", (0, 0, 1.3), -0.4),
    "LeftArm": ("Spine", (0.2, 0, 1.5), 2.0),
    "LeftForeArm": ("LeftArm", (0.5, 0, 1.5), 0.7),
    "Head": ("Spine", (0, 0.02, 1.6), 0.2),
}
JOINTS = ("LeftUpLeg", "LeftLeg", "LowerBack", "Spine", "LeftArm", "LeftForeArm", "Head")
PARENTS = (-1, 0, -1, 2, 3, 4, 3)
TIP = {"LeftLeg": (0.1, -0.05, 0.05), "LeftForeArm": (0.8, 0, 1.5), "Head": (0, 0, 1.8)}


def make_armature(name="Figure", bones=BONES, rename=str):
    obj = bpy.data.objects.new(name, bpy.data.armatures.new(name))
    bpy.context.scene.collection.objects.link(obj)
    bpy.context.view_layer.objects.active = obj
    obj.select_set(True)
    bpy.ops.object.mode_set(mode="EDIT")
    for bone, (parent, head, roll) in bones.items():
        edit = obj.data.edit_bones.new(rename(bone))
        edit.head = head
        children = [place for above, place, _ in bones.values() if above == bone]
        edit.tail = children[0] if children else TIP.get(bone, np.add(head, (0, 0, 0.1)))
        edit.roll = roll
        if parent:
            edit.parent = obj.data.edit_bones[rename(parent)]
    bpy.ops.object.mode_set(mode="OBJECT")
    return obj


def key_rotations(obj, frames, rotations, interpolation=LINEAR, name="Take"):
    """Give `obj` an action with keys at `frames` (T,): bone name -> (T, 4) rotations, each in the bone's own mode."""
    channels = action.new_action(obj, name)
    for bone, q in rotations.items():
        mode = obj.pose.bones[bone].rotation_mode
        still = np.tile([0.0, 0, 1, 0] if mode == "AXIS_ANGLE" else [1.0, 0, 0, 0], (len(q), 1))
        values = from_quaternion(q, mode, still if mode in ("AXIS_ANGLE", "QUATERNION") else np.zeros((len(q), 3)))
        path = fcurves.bone_path(bone, property_of(mode))
        for index in range(values.shape[1]):
            fcurves.write_curve(channels, path, index, frames, values[:, index], bone, interpolation)
    return channels


def wobble(frames, seed, size=0.6):
    """(T, 4) a smooth random turning at `frames` (T,)."""
    rng = np.random.default_rng(seed)
    phase, speed = rng.uniform(0, 6, (2, 3)), rng.uniform(0.05, 0.4, 3)
    return exp(size * np.sin(np.asarray(frames)[:, None] * speed + phase[0]) * np.sin(phase[1])).astype(np.float32)


def figure_rotations(frames, bones=JOINTS):
    return {bone: wobble(frames, seed) for seed, bone in enumerate(bones)}


def model_offsets():
    """(J, 3) the same rest pose in a motion file's axes, Y up."""
    heads = {bone: np.array([x, z, -y]) for bone, (_, (x, y, z), _) in BONES.items()}
    parents = ["Hips" if parent < 0 else JOINTS[parent] for parent in PARENTS]
    return np.array([heads[joint] - heads[parent] for joint, parent in zip(JOINTS, parents, strict=True)])


def make_model(folder, share=0.4, name="denoise", **changes):
    """A model file that pulls every pose by `share` towards a reference pose, and its card."""
    rng = np.random.default_rng(7)
    reference = normalize(np.concatenate([np.ones((7, 1)), rng.normal(scale=0.2, size=(7, 3))], axis=-1))
    card = make_card(JOINTS, PARENTS, name=name, label=name, offsets=model_offsets(), reference=reference, **changes)
    write_model(folder / f"{name}.onnx", card, *pull(card, share))
    return card


def rest_of(obj, bone) -> Array:
    """(4,) the bone's rest orientation in a motion file's axes, Y up."""
    matrix = np.array(obj.data.bones[bone].matrix_local.to_3x3())
    return from_matrix(np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]]) @ matrix)
