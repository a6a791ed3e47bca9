"""One motion on rigs of many families denoises to one and the same pose, however their bones are called and rest."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

from addon.blender import action, fcurves
from addon.core.rigs.canonical import SIDES, sided
from addon.core.rigs.cmu import SKELETON
from addon.core.rigs.families import biped, cmu, hik, metahuman, mixamo, rigify, rokoko, smpl, unity, unreal, vrm
from addon.core.rotation import angle_between, exp, from_matrix, multiply, normalize, rotate
from tests.blender.figure import key_rotations, wobble
from tests.blender.mapping import assert_changes_nothing
from tests.inference.tiny_model import make_card, pull, write_model

PARTS = ("UpLeg", "Leg", "Foot", "ToeBase", "Shoulder", "Arm", "ForeArm", "Hand")
CHAINS = ("LowerBack", "Spine", "Spine1", "Neck", "Head")
SHARED = tuple(
    joint for joint in SKELETON.names if joint in CHAINS or joint in {sided(p, side) for p in PARTS for side in SIDES}
)
BODY = SKELETON.subset(("Hips", *SHARED))
MODEL = BODY.subset(SHARED)
FAMILIES = (
    *(cmu.FAMILY, mixamo.FAMILY, unreal.UE4, unreal.UE5, vrm.VRM0, vrm.VRM1, vrm.VROID, rigify.METARIG),
    *(metahuman.FAMILY, rokoko.FAMILY, smpl.SMPLX, smpl.SMPL, unity.FAMILY, biped.FAMILY, hik.FAMILY),
)
FRAMES = np.arange(1, 21, dtype=np.float32)
ARMS_DOWN = 0.8  # radians: an A-pose


@pytest.fixture(autouse=True)
def model(model_folder):
    write_pulling_model(model_folder)


def write_pulling_model(folder):
    """A model that pulls every pose by a third towards a pose of its own."""
    rng = np.random.default_rng(3)
    reference = normalize(np.concatenate([np.ones((len(MODEL), 1)), rng.normal(0, 0.1, (len(MODEL), 3))], axis=-1))
    offsets = np.array([BODY.offsets[BODY.index(joint)] for joint in SHARED])
    card = make_card(SHARED, MODEL.parents, name="tiny", offsets=offsets, reference=reference)
    write_model(folder / "tiny.onnx", card, *pull(card, 0.33))


def rest_turns(a_pose):
    """Joint -> (4,) how its rest pose is turned against the T-pose, Y up: in an A-pose the arms hang."""
    turns = {joint: np.array([1.0, 0, 0, 0]) for joint in BODY.names}
    for side, sign in (("Left", -1), ("Right", 1)) if a_pose else ():
        for part in ("Arm", "ForeArm", "Hand"):
            turns[sided(part, side)] = exp(np.array([0, 0, sign * ARMS_DOWN]))
    return turns


def to_blender(vector):
    x, y, z = (float(value) for value in vector)
    return x, -z, y


def make_rig(family, *, a_pose=False, seed=0, tails="along"):
    """The CMU body with the family's names, at rest as asked, with random rolls; joint -> bone name."""
    bones = {joint: family.bones()[joint] for joint in BODY.names}
    turns = rest_turns(a_pose)
    places = np.zeros((len(BODY), 3))
    for joint, parent in enumerate(BODY.parents):
        if parent >= 0:
            places[joint] = places[parent] + rotate(turns[BODY.names[parent]], BODY.offsets[joint])
    rng = np.random.default_rng(seed)
    obj = bpy.data.objects.new("Rig", bpy.data.armatures.new("Rig"))
    bpy.context.scene.collection.objects.link(obj)
    bpy.context.view_layer.objects.active = obj
    obj.select_set(True)
    bpy.ops.object.mode_set(mode="EDIT")
    for joint, name in enumerate(BODY.names):
        bone = obj.data.edit_bones.new(bones[name])
        bone.head = to_blender(places[joint])
        children = [child for child in BODY.children(joint) if np.linalg.norm(BODY.offsets[child]) > 1e-3]
        along = places[children[0]] - places[joint] if children else np.array([0, 0.1, 0])
        direction = along if tails == "along" else rng.normal(0, 0.1, 3)
        bone.tail = np.add(bone.head, to_blender(direction))
        bone.roll = rng.uniform(-3, 3)
        if BODY.parents[joint] >= 0:
            bone.parent = obj.data.edit_bones[bones[BODY.names[BODY.parents[joint]]]]
    bpy.ops.object.mode_set(mode="OBJECT")
    obj.scale = (2, 2, 2) if seed % 2 else (1, 1, 1)
    obj.rotation_euler = (0.3 * seed, 0, 0.5 * seed)
    return obj, bones


def rest_of(obj, bone):
    """(4,) the bone's rest orientation, Y up."""
    matrix = np.array(obj.data.bones[bone].matrix_local.to_3x3())
    return from_matrix(np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]], dtype=float) @ matrix)


def inverse(q):
    return q * np.array([1, -1, -1, -1])


def bake(obj, bones, a_pose, frames=FRAMES, alone=()):
    """Key the motion: each bone's world rotation is the body's, times the turn from its rest pose to the T-pose."""
    turns = rest_turns(a_pose)
    local = {joint: wobble(frames, seed, 0.5).astype(float) for seed, joint in enumerate(BODY.names)}
    world, keyed = {}, {}
    for joint, parent in zip(BODY.names, BODY.parents, strict=True):
        above = world[BODY.names[parent]] if parent >= 0 else np.array([1.0, 0, 0, 0])
        world[joint] = multiply(above, local[joint])
    seen = {joint: multiply(world[joint], inverse(turns[joint])) for joint in BODY.names}
    for joint, parent in zip(BODY.names, BODY.parents, strict=True):
        above = seen[BODY.names[parent]] if parent >= 0 and joint not in alone else np.array([1.0, 0, 0, 0])
        rest = rest_of(obj, bones[joint])
        keyed[bones[joint]] = multiply(multiply(inverse(rest), multiply(inverse(above), seen[joint])), rest)
    key_rotations(obj, frames, {bone: q.astype(np.float32) for bone, q in keyed.items()})


def world_poses(obj, bones, a_pose):
    """(T, J, 4) what is seen: rotations of the body's limbs against the T-pose, measured in the evaluated scene."""
    turns = rest_turns(a_pose)
    poses = []
    for frame in FRAMES:
        bpy.context.scene.frame_set(int(frame))
        pose = []
        for joint in BODY.names:
            bone = obj.pose.bones[bones[joint]]
            matrix = np.array((bone.matrix @ bone.bone.matrix_local.inverted()).to_3x3())
            up = np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]], dtype=float)
            pose.append(multiply(from_matrix(up @ matrix @ up.T), turns[joint]))
        poses.append(pose)
    return np.array(poses)


def rotation_values(obj):
    return [fcurves.read_points(c)[:, 1].copy() for c in fcurves.by_path(action.assigned_channels(obj)).values()]


def denoise():
    """Without planted feet: where those stand depends on which way is up, and these objects lie at any angle."""
    return bpy.ops.mocap_mender.denoise_action(model="tiny", plant_feet=False)


@pytest.fixture
def wanted():
    obj, bones = make_rig(cmu.FAMILY)
    bake(obj, bones, a_pose=False)
    noisy = world_poses(obj, bones, a_pose=False)
    assert denoise() == {"FINISHED"}
    denoised = world_poses(obj, bones, a_pose=False)
    assert np.degrees(angle_between(noisy, denoised)).mean() > 1, "the model changes the motion"
    return denoised


@pytest.mark.parametrize("a_pose", [False, True], ids=["T-pose", "A-pose"])
@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_the_same_motion_denoises_to_the_same_pose(family, a_pose, wanted):
    obj, bones = make_rig(family, a_pose=a_pose, seed=1 + FAMILIES.index(family))
    bake(obj, bones, a_pose)
    denoise()
    apart = np.degrees(angle_between(world_poses(obj, bones, a_pose), wanted))
    assert apart.max() < 0.5


def test_bones_that_point_anywhere_make_no_difference(wanted):
    obj, bones = make_rig(unreal.UE4, seed=5, tails="anywhere")
    bake(obj, bones, a_pose=False)
    denoise()
    assert np.degrees(angle_between(world_poses(obj, bones, a_pose=False), wanted)).max() < 0.5


def test_bones_that_do_not_turn_with_their_parents_make_no_difference(wanted):
    obj, bones = make_rig(mixamo.FAMILY, seed=4)
    alone = ("Head", "LeftArm", "RightUpLeg")
    for joint in alone:
        obj.data.bones[bones[joint]].use_inherit_rotation = False
    bake(obj, bones, a_pose=False, alone=alone)
    denoise()
    assert np.degrees(angle_between(world_poses(obj, bones, a_pose=False), wanted)).max() < 0.5


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_strength_zero_changes_nothing(family):
    obj, bones = make_rig(family, a_pose=True, seed=2)
    bake(obj, bones, a_pose=True)
    before = world_poses(obj, bones, a_pose=True)
    bpy.ops.mocap_mender.denoise_action(model="tiny", strength=0.0)
    assert np.degrees(angle_between(world_poses(obj, bones, a_pose=True), before)).max() < 0.01


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_the_mapping_by_itself_changes_nothing(family):
    """Strength 0 writes nothing at all: here all is read, mapped there and back, and written."""
    obj, bones = make_rig(family, a_pose=True, seed=2, tails="anywhere")
    bake(obj, bones, a_pose=True)
    assert_changes_nothing(obj, FRAMES, FRAMES[::5], fewest=len(SHARED))
