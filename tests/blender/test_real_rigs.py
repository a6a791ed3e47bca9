"""Characters that other tools made: the mapping changes nothing by itself, and one motion denoises alike on all."""

from __future__ import annotations

import json
import os
import shutil
import struct
from pathlib import Path

import addon_utils
import bpy
import numpy as np
import pytest
from mathutils import Vector

from addon.blender import action, fcurves
from addon.core.rigs.alignment import align
from addon.core.rigs.cmu import POSE_JOINTS, SKELETON
from addon.core.rigs.families import cmu
from addon.core.rotation import angle_between, conjugate, exp, multiply
from addon.operators.rig import find_joints
from tests.blender.figure import key_rotations, wobble
from tests.blender.mapping import NO_TURN, assert_changes_nothing
from tests.blender.test_rigs import SHARED, make_rig

DATA = Path(os.environ.get("MOCAP_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
MIXAMO, UNREAL, VRM = "rigs/upf_signon_create_db_m.bvh", "rigs/human-male.glb", "rigs/basic_armature.vrm"
STILL = ("rigs/rig-human.glb", UNREAL, VRM)
MOVING = (
    *("rigs/upf_performs_Idle.bvh", MIXAMO, "rigs/threejs_pirouette.bvh", "rigs/test_mocapbank.bvh"),
    *("cmu/fbx/07_01_cmu.fbx", "cmu/fbx/91_48.fbx", "cmu/fbx/135_01.fbx", "cmu/bvh/08_01.bvh"),
    *("cmu/asfamc/07/07_01.amc", "cmu/asfamc/35/35_01.amc"),
)
FRAMES = np.arange(1, 61, dtype=np.float32)
WHOLE = SKELETON.subset(POSE_JOINTS)
MODEL = SKELETON.subset(SHARED)

pytestmark = pytest.mark.skipif(not (DATA / "rigs").is_dir(), reason="the rigs are not on this machine")


def brought_in(file, folder):
    """The armature object of a file, imported as an animator would and active."""
    path = DATA / file
    if path.suffix in (".glb", ".vrm"):
        addon_utils.enable("io_scene_gltf2", default_set=True)
        renamed = shutil.copy(path, folder / f"{path.stem}.glb")  # a VRM is a glTF file of another name
        bpy.ops.import_scene.gltf(filepath=str(renamed))
    elif path.suffix == ".fbx":
        addon_utils.enable("io_scene_fbx", default_set=True)
        bpy.ops.import_scene.fbx(filepath=str(path))
    else:
        bpy.ops.mocap_mender.import_motion(filepath=str(path))
    obj = next((obj for obj in bpy.data.objects if obj.type == "ARMATURE"), None) or armature_of_nodes(path)
    bpy.context.view_layer.objects.active = obj
    bpy.context.view_layer.update()
    return obj


def armature_of_nodes(path):
    """An armature of a glTF file's nodes: Blender's importer makes bones only where a mesh hangs on them."""
    data = path.read_bytes()
    nodes = json.loads(data[20 : 20 + struct.unpack("<I", data[12:16])[0]])["nodes"]
    above = {child: place for place, node in enumerate(nodes) for child in node.get("children", ())}

    def head(place):
        own = Vector(nodes[place].get("translation", (0, 0, 0)))
        return own + head(above[place]) if place in above else own

    obj = bpy.data.objects.new(path.stem, bpy.data.armatures.new(path.stem))
    bpy.context.scene.collection.objects.link(obj)
    bpy.context.view_layer.objects.active = obj
    bpy.ops.object.mode_set(mode="EDIT")
    bones = [obj.data.edit_bones.new(node["name"]) for node in nodes]
    for place, bone in enumerate(bones):
        x, y, z = head(place)
        bone.head = (x, -z, y)
        bone.tail = bone.head + Vector((0, 0.02, 0.05))
        bone.parent = bones[above[place]] if place in above else None
    bpy.ops.object.mode_set(mode="OBJECT")
    return obj


@pytest.mark.parametrize("file", [*STILL, *MOVING])
def test_the_mapping_by_itself_changes_nothing(file, tmp_path):
    obj = brought_in(file, tmp_path)
    if file in STILL:
        key_rotations(obj, FRAMES, {bone.name: wobble(FRAMES, i, 0.4) for i, bone in enumerate(obj.pose.bones)})
    channels = action.assigned_channels(obj)
    rotations = [curve for curve in channels.fcurves if "rotation" in curve.data_path]
    frames = fcurves.key_frames(rotations)
    assert_changes_nothing(obj, frames, frames[:: max(len(frames) // 8, 1)], fewest=12)


class Character:
    """A rig whose bones are known, and how its pose is the model's: G = A·S·A⁻¹·C, joint by joint."""

    def __init__(self, obj, bone_of, root):
        self.obj, self.bone_of, self.root = obj, bone_of, root
        heads, tips = np.zeros((len(WHOLE), 3)), np.full((len(WHOLE), 3), np.nan)
        present = np.array([name in bone_of for name in WHOLE.names])
        for joint in np.flatnonzero(present):
            bone = obj.data.bones[bone_of[WHOLE.names[joint]]]
            heads[joint] = bone.head_local
            if len(bone.children) == 1:
                tips[joint] = bone.children[0].head_local
        found = align(WHOLE, np.tile(NO_TURN, (len(WHOLE), 1)), present, heads, tips)
        self.axes = found.left[WHOLE.index("LowerBack")].astype(float)
        self.turns = {name: multiply(self.axes, found.right[WHOLE.index(name)].astype(float)) for name in bone_of}

    def bake(self, pose):
        """Key the model's global rotations "Hips" and joints -> (T, 4)."""
        seen = {self.root: multiply(multiply(conjugate(self.axes), pose["Hips"]), self.axes)}
        for name, bone in self.bone_of.items():
            turned = multiply(pose[name], conjugate(self.turns[name]))
            seen[bone] = multiply(multiply(conjugate(self.axes), turned), self.axes)
        keyed = {}
        for bone, own in seen.items():
            carrying = next((b.name for b in self.obj.data.bones[bone].parent_recursive if b.name in seen), None)
            rest = np.array(self.obj.data.bones[bone].matrix_local.to_quaternion())
            local = own if carrying is None else multiply(conjugate(seen[carrying]), own)
            keyed[bone] = multiply(multiply(conjugate(rest), local), rest).astype(np.float32)
            self.obj.pose.bones[bone].rotation_mode = "QUATERNION"
        key_rotations(self.obj, FRAMES, keyed)

    def pose(self):
        """Joint -> (T, 4) the model's global rotations, measured in the evaluated scene."""
        result = {name: [] for name in self.bone_of}
        for frame in FRAMES.tolist():
            bpy.context.scene.frame_set(int(frame))
            for name, bone in self.bone_of.items():
                own = self.obj.pose.bones[bone]
                result[name].append(own.matrix.to_quaternion() @ own.bone.matrix_local.to_quaternion().inverted())
        return {name: multiply(self.in_model(np.array(q)), self.turns[name]) for name, q in result.items()}

    def in_model(self, turned):
        """Rotations in the armature's axes in the model's."""
        return multiply(multiply(self.axes, turned), conjugate(self.axes))


def character(file, folder, without):
    """The rig of a file, or of the CMU database itself with some of its joints under other names."""
    if file == "CMU":
        obj, bones = make_rig(cmu.FAMILY)
        for joint in without:
            obj.data.bones[bones[joint]].name = f"no {joint}"
        return Character(obj, {name: bones[name] for name in SHARED if name not in without}, bones["Hips"])
    obj = brought_in(file, folder)
    found = find_joints(obj)
    return Character(obj, {name: bone for name, bone in found.bone_of.items() if name in SHARED}, found.root)


def take(deviation=0.03):
    """Joint -> (T, 4), the pelvis too: a take of the CMU database with noise, at 30 frames a second, globally."""
    with np.load(DATA / "cmu" / "test.npz") as kept:
        names = [str(name) for name in kept["joints"]]
        rotations = kept["q_38_01"][::4][: len(FRAMES)].astype(float)
    rng = np.random.default_rng(5)
    pose = {"Hips": rotations[:, names.index("Hips")]}
    for joint, name in enumerate(MODEL.names):
        above = pose[MODEL.names[MODEL.parents[joint]] if MODEL.parents[joint] >= 0 else "Hips"]
        noise = exp(rng.normal(0, deviation, (len(FRAMES), 3)))
        pose[name] = multiply(above, multiply(rotations[:, names.index(name)], noise))
    return pose


def denoised(file, folder, without=()):
    """Joint -> (T, 4) the take on that rig after denoising, measured in the scene."""
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    bpy.context.scene.render.fps = 30
    rig, pose = character(file, folder, without), take()
    rig.bake(pose)
    before = rig.pose()
    assert max(np.degrees(angle_between(before[name], pose[name])).max() for name in before) < 0.01
    bpy.context.view_layer.objects.active = rig.obj
    # Where feet are planted depends on the length of the legs, which no two of these characters share.
    assert bpy.ops.mocap_mender.denoise_action(plant_feet=False) == {"FINISHED"}
    after = rig.pose()
    assert np.mean([np.degrees(angle_between(after[name], before[name])) for name in before]) > 1
    return after


@pytest.mark.parametrize("file", [MIXAMO, UNREAL, VRM])
def test_the_same_take_denoises_to_the_same_pose(file, tmp_path):
    found = denoised(file, tmp_path)
    # The VRM has one spine bone less, so that it is compared with a CMU rig without that joint.
    wanted = denoised("CMU", tmp_path, without=set(SHARED) - set(found))
    assert len(found) >= len(SHARED) - 1
    apart = {name: np.degrees(angle_between(found[name], wanted[name])).max() for name in found}
    assert max(apart.values()) < 0.5, apart


def test_a_spine_of_fewer_bones_denoises_nearly_as_well(tmp_path):
    """Two of CMU's spine joints are one bone here, with the noise of both: it cannot come out quite the same."""
    whole, fewer, clean = denoised("CMU", tmp_path), denoised(VRM, tmp_path), take(deviation=0)
    assert "Spine" in whole
    assert "Spine" not in fewer
    apart = {name: np.degrees(angle_between(fewer[name], whole[name])).max() for name in fewer}
    assert max(apart.values()) < 1.5, apart
    error = {
        name: [np.degrees(angle_between(rig[name], clean[name])).mean() for rig in (fewer, whole)] for name in fewer
    }
    assert error["Spine1"][0] < 1.3 * error["Spine1"][1], error
