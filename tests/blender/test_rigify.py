"""A generated Rigify rig: its controls' keys are denoised by what is seen of the bones that they move."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import addon_utils
import bpy
import numpy as np
import pytest
from mathutils import Quaternion

from addon.blender import action, fcurves, figures, retarget
from addon.blender.edits import edits, write_edits
from addon.blender.steps import finish
from addon.blender.tracks import KeyRange
from addon.core.rigs.alignment import align
from addon.core.rigs.canonical import SIDES, sided
from addon.core.rigs.families import cmu
from addon.core.rotation import angle_between, conjugate, exp, multiply
from addon.operators.compare import MOCAP_MENDER_OT_compare
from addon.operators.compare_settings import comparison_of
from addon.operators.rig import joints_of
from addon.preferences import model_folders
from tests.blender.figure import key_rotations, wobble
from tests.blender.test_rigs import BODY, MODEL, SHARED, bake, make_rig, write_pulling_model

FRAMES = np.arange(1, 9, dtype=np.float32)
CONTROL = {
    "Hips": "spine_fk",
    "LowerBack": "spine_fk.001",
    "Spine": "spine_fk.002",
    "Spine1": "spine_fk.003",
    "Neck": "neck",
    "Head": "head",
} | {
    sided(part, side): f"{bone}.{side[0]}"
    for side in SIDES
    for part, bone in {
        "UpLeg": "thigh_fk",
        "Leg": "shin_fk",
        "Foot": "foot_fk",
        "ToeBase": "toe_fk",
        "Shoulder": "shoulder",
        "Arm": "upper_arm_fk",
        "ForeArm": "forearm_fk",
        "Hand": "hand_fk",
    }.items()
}
SPINE = ("LowerBack", "Spine", "Spine1")
SEEN = {
    joint: CONTROL[joint] if joint in SPINE else f"ORG-{bone.replace('_fk', '')}" for joint, bone in CONTROL.items()
} | {"Neck": "ORG-spine.004", "Head": "ORG-spine.006"}


@pytest.fixture(autouse=True)
def model(model_folder):
    """A model that pulls every pose by a third towards a pose of its own."""
    return write_pulling_model(model_folder)


def turned(obj, bones):
    """(T, J, 4) how the bones are turned against their rest, in armature axes, measured in the evaluated scene."""
    result = []
    for frame in FRAMES:
        bpy.context.scene.frame_set(int(frame))
        now = [obj.pose.bones[bone] for bone in bones]
        result.append([b.matrix.to_quaternion() @ b.bone.matrix_local.to_quaternion().inverted() for b in now])
    return np.array(result)


def body_motion():
    """Joint -> (T, 4) the motion that `test_rigs.bake` gives the other rigs."""
    return {joint: wobble(FRAMES, seed, 0.5).astype(float) for seed, joint in enumerate(BODY.names)}


def bake_seen(obj):
    """Key the controls so that the bones which are seen do the body's motion; returns (T, J, 4) what they shall do."""
    heads = np.zeros((len(MODEL), 3))
    for joint, name in enumerate(MODEL.names):
        heads[joint] = obj.data.bones[SEEN[name]].head_local
    found = align(MODEL, np.tile([1.0, 0, 0, 0], (len(MODEL), 1)), np.ones(len(MODEL), bool), heads)
    local = body_motion()
    axes = found.left[MODEL.index("LowerBack")]  # it rests as the model's does: only the axes differ
    wanted = {"Hips": multiply(multiply(conjugate(axes), local["Hips"]), axes)}
    for joint, name in enumerate(MODEL.names):
        parent = MODEL.parents[joint]
        own = multiply(multiply(conjugate(found.left[joint]), local[name]), conjugate(found.right[joint]))
        wanted[name] = multiply(wanted[MODEL.names[parent] if parent >= 0 else "Hips"], own)
    keyed = {joint: [] for joint in CONTROL}
    for row, _ in enumerate(FRAMES):
        for _ in range(4):
            for joint in CONTROL:
                seen, control = obj.pose.bones[SEEN[joint]], obj.pose.bones[CONTROL[joint]]
                bpy.context.view_layer.update()
                target = Quaternion(wanted[joint][row]) @ seen.bone.matrix_local.to_quaternion()
                missing = target @ seen.matrix.to_quaternion().inverted()
                place = control.matrix.to_quaternion()
                control.rotation_mode = "QUATERNION"
                control.rotation_quaternion = control.rotation_quaternion @ (place.inverted() @ missing @ place)
        for joint, name in CONTROL.items():
            keyed[joint].append(np.array(obj.pose.bones[name].rotation_quaternion.normalized()))
    key_rotations(obj, FRAMES, {CONTROL[joint]: np.array(q, dtype=np.float32) for joint, q in keyed.items()})
    return np.stack([wanted[joint] for joint in ("Hips", *MODEL.names)], axis=1)


ORDER = ("Hips", *MODEL.names)


@pytest.fixture(scope="module")
def rig_file(tmp_path_factory):
    """A real human rig, its limbs on FK, with the motion on its controls. That takes a while, so it is made once."""
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    addon_utils.enable("rigify", default_set=True)
    bpy.ops.object.armature_human_metarig_add()
    bpy.ops.pose.rigify_generate()
    bpy.ops.object.mode_set(mode="OBJECT")
    obj = bpy.context.object
    for limb in ("thigh", "upper_arm"):
        for side in "LR":
            obj.pose.bones[f"{limb}_parent.{side}"]["IK_FK"] = 1.0
    obj.update_tag()
    wanted = bake_seen(obj)
    assert np.degrees(angle_between(turned(obj, [SEEN[joint] for joint in ORDER]), wanted)).max() < 0.05
    path = str(tmp_path_factory.mktemp("rigify") / "rig.blend")
    bpy.data.libraries.write(path, {obj})
    return path


@pytest.fixture
def moving(rig_file):
    """The rig in the scene, moving as it should."""
    with bpy.data.libraries.load(rig_file) as (there, wanted):
        wanted.objects = there.objects
    obj = next(obj for obj in wanted.objects if obj.type == "ARMATURE")
    bpy.context.scene.collection.objects.link(obj)
    bpy.context.view_layer.objects.active = obj
    obj.select_set(True)
    bpy.context.view_layer.update()
    return obj


def test_the_same_motion_is_seen_to_denoise_like_on_a_plain_rig(moving):
    plain, bones = make_rig(cmu.FAMILY)
    bake(plain, bones, a_pose=False, frames=FRAMES)
    changes = []
    for obj, names in ((plain, bones), (moving, SEEN)):
        bpy.context.view_layer.objects.active = obj
        before = turned(obj, [names[joint] for joint in ORDER])
        assert bpy.ops.mocap_mender.denoise_action(model="tiny", plant_feet=False) == {"FINISHED"}
        after = turned(obj, [names[joint] for joint in ORDER])
        changes.append(multiply(after, conjugate(before)))
    assert np.degrees(angle_between(changes[0], np.array([1.0, 0, 0, 0]))).mean() > 1, "the model changes the motion"
    assert np.degrees(angle_between(changes[0], changes[1])).max() < 0.5


def test_what_is_seen_of_it_is_compared(moving):
    bpy.ops.object.mode_set(mode="POSE")
    bpy.context.scene.frame_set(3)
    blocks = {kind: set(getattr(bpy.data, kind)) for kind in ("objects", "armatures", "actions")}
    seen = turned(moving, [SEEN[joint] for joint in ORDER])
    places = [heads_of(moving, [SEEN[joint] for joint in ORDER], frame) for frame in (1, 5, 8)]
    bpy.context.scene.frame_set(3)
    assert bpy.ops.mocap_mender.compare(models="tiny") == {"FINISHED"}
    assert bpy.context.scene.frame_current == 3
    assert (bpy.context.object, bpy.context.mode, bpy.context.selected_objects) == (moving, "POSE", [moving])
    original, mended = figures.armatures()
    assert not [obj for obj in bpy.data.objects if obj not in blocks["objects"] and not obj.users_scene]
    assert np.degrees(angle_between(turned(original, ORDER), seen)).max() < 0.05
    for frame, there in zip((1, 5, 8), places, strict=True):
        apart = heads_of(original, ORDER, frame) - there
        assert np.linalg.norm(apart - apart[0], axis=-1).max() < 1e-3
        assert np.abs(apart[0] - [comparison_of(bpy.context.scene).spacing, 0, 0]).max() < 1e-4
    found = turned(mended, ORDER)
    (mean,) = (row.mean for row in comparison_of(bpy.context.scene).rows)
    bpy.ops.mocap_mender.remove_comparison()
    assert {kind: set(getattr(bpy.data, kind)) for kind in blocks} == blocks
    assert bpy.ops.mocap_mender.denoise_action(model="tiny", plant_feet=False) == {"FINISHED"}
    denoised = turned(moving, [SEEN[joint] for joint in ORDER])
    changed = np.degrees(angle_between(denoised, seen))
    assert changed.mean() > 1, "the model changes the motion"
    assert np.degrees(angle_between(found, denoised)).max() < 0.5
    assert mean > 1


@pytest.mark.parametrize("share", [0.1, 0.29, 0.35, 0.8])
def test_a_comparison_of_it_that_is_cancelled_leaves_nothing(moving, share):
    blocks = {kind: set(getattr(bpy.data, kind)) for kind in ("objects", "armatures", "actions", "collections")}
    told = SimpleNamespace(models="tiny", noise=0.02, layout="OVERLAY", report=print, begin_writing=lambda: None)
    told._compared = MOCAP_MENDER_OT_compare._compared.__get__(told)
    steps = MOCAP_MENDER_OT_compare.steps(told, bpy.context)
    while next(steps) < share:
        pass
    steps.close()
    assert {kind: set(getattr(bpy.data, kind)) for kind in blocks} == blocks
    assert (bpy.context.object, bpy.context.selected_objects) == (moving, [moving])


def heads_of(obj, bones, frame):
    bpy.context.scene.frame_set(frame)
    bpy.context.view_layer.update()
    return np.array([obj.matrix_world @ obj.pose.bones[bone].head for bone in bones])


def bound(obj):
    joints = joints_of(obj, action.assigned_channels(obj), SHARED)
    reference = np.tile([1.0, 0, 0, 0], (len(MODEL), 1))
    return finish(retarget.bind(obj, action.assigned_channels(obj), joints, MODEL, reference))


def apply(obj, change):
    """Turn every joint of the model by (T, J, 4) `change` after its rotation, the whole way through."""
    binding = bound(obj)
    motion = finish(retarget.sample(binding, FRAMES))
    clean = replace(motion, body=multiply(motion.body, change.astype(np.float32)))
    turns = finish(retarget.turns(binding, FRAMES, motion, clean))
    changes, _ = finish(edits(binding.read, FRAMES, turns, KeyRange(), dict.fromkeys(turns, 1.0)))
    write_edits(action.assigned_channels(obj), changes)
    return turns


def test_no_change_is_the_identity_and_a_change_taken_back_too(moving):
    names = [SEEN[joint] for joint in ORDER]
    before = turned(moving, names)
    still = np.tile([1.0, 0, 0, 0], (len(FRAMES), len(MODEL), 1))
    apply(moving, still)
    assert np.degrees(angle_between(turned(moving, names), before)).max() < 0.01
    change = exp(np.random.default_rng(2).normal(0, 0.05, (len(FRAMES), len(MODEL), 3)))
    apply(moving, change)
    assert np.degrees(angle_between(turned(moving, names), before)).mean() > 1
    apply(moving, conjugate(change))
    assert np.degrees(angle_between(turned(moving, names), before)).max() < 0.03


def test_the_scene_and_what_is_posed_by_hand_stay(moving):
    scene = bpy.context.scene
    scene.frame_set(7, subframe=0.25)
    torso = moving.pose.bones["torso"]
    torso.rotation_quaternion = (0.8, 0.6, 0, 0)
    head = moving.pose.bones["head"].rotation_quaternion.copy()
    apply(moving, np.tile([1.0, 0, 0, 0], (len(FRAMES), len(MODEL), 1)))
    assert (scene.frame_current, scene.frame_subframe) == (7, 0.25)
    np.testing.assert_allclose(torso.rotation_quaternion, (0.8, 0.6, 0, 0), atol=1e-6)
    np.testing.assert_allclose(moving.pose.bones["head"].rotation_quaternion, head, atol=1e-6)


def values(obj, bone):
    curves = fcurves.by_path(action.assigned_channels(obj))
    return [fcurves.read_points(curves[fcurves.bone_path(bone, "rotation_quaternion"), i]).tolist() for i in range(4)]


def test_a_limb_on_ik_keeps_its_keys_and_is_named(moving):
    moving.pose.bones["thigh_parent.L"]["IK_FK"] = 0.0
    moving.update_tag()
    bpy.context.view_layer.update()
    assert "thigh_fk.L does not turn ORG-thigh.L here" in bound(moving).left_out["LeftUpLeg"]
    before, other = values(moving, "thigh_fk.L"), values(moving, "thigh_fk.R")
    bpy.ops.mocap_mender.denoise_action(model="tiny")
    assert values(moving, "thigh_fk.L") == before
    assert values(moving, "thigh_fk.R") != other


def test_a_limb_that_is_on_ik_for_some_frames_keeps_its_keys_there(moving):
    owner = moving.pose.bones["upper_arm_parent.R"]
    for frame, value in ((1, 1.0), (4, 1.0), (5, 0.0), (8, 0.0)):
        owner["IK_FK"] = value
        owner.keyframe_insert('["IK_FK"]', frame=frame)
    before = np.array(values(moving, "upper_arm_fk.R"))
    bpy.ops.mocap_mender.denoise_action(model="tiny")
    changed = np.abs(np.array(values(moving, "upper_arm_fk.R")) - before).max(axis=(0, 2)) > 1e-6
    assert changed[:4].all()
    assert not changed[4:].any()


def test_a_spine_that_would_turn_the_pelvis_needs_the_pelvis_keyed(moving):
    curves = fcurves.by_path(action.assigned_channels(moving))
    for index in range(4):
        path = fcurves.bone_path("spine_fk", "rotation_quaternion")
        action.assigned_channels(moving).fcurves.remove(curves[path, index])
    left_out = bound(moving).left_out
    assert list(left_out) == ["LowerBack"]
    assert "spine_fk has no keys to hold it" in left_out["LowerBack"]


def test_fingers_are_denoised_each_on_its_own_and_what_carries_the_body_is_not(moving, monkeypatch):
    monkeypatch.setattr("addon.operators.choice.model_folders", model_folders)
    channels = action.assigned_channels(moving)
    rng = np.random.default_rng(3)
    for bone in ("f_index.02.L", "torso"):
        moving.pose.bones[bone].rotation_mode = "QUATERNION"
        noisy = multiply(wobble(FRAMES / 4, 1), exp(rng.normal(0, 0.05, (len(FRAMES), 3)))).astype(np.float32)
        for index in range(4):
            path = fcurves.bone_path(bone, "rotation_quaternion")
            fcurves.write_curve(channels, path, index, FRAMES, noisy[:, index], bone)
    finger, torso = values(moving, "f_index.02.L"), values(moving, "torso")
    assert bpy.ops.mocap_mender.denoise_action() == {"FINISHED"}
    assert values(moving, "f_index.02.L") != finger
    assert values(moving, "torso") == torso


@pytest.mark.parametrize("fill", ["NONE", "EMPTY"])
def test_a_controls_key_that_is_no_rotation_is_named(moving, monkeypatch, fill):
    monkeypatch.setattr("addon.operators.choice.model_folders", model_folders)
    curves = fcurves.by_path(action.assigned_channels(moving))
    for index in range(4):
        curve = curves[fcurves.bone_path("thigh_fk.L", "rotation_quaternion"), index]
        broken = fcurves.read_points(curve)[:, 1]
        broken[3] = np.nan
        fcurves.write_values(curve, broken)
    before, actions = values(moving, "shin_fk.L"), len(bpy.data.actions)
    for asked in (lambda: bpy.ops.mocap_mender.denoise_action(fill_gaps=fill), bpy.ops.mocap_mender.compare):
        with pytest.raises(RuntimeError, match=r"thigh_fk\.L has no valid rotation at frame 4: mend or delete"):
            asked()
    assert values(moving, "shin_fk.L") == before
    assert len(bpy.data.actions) == actions


def test_where_it_shows_no_pose_there_is_nothing_to_compare(moving):
    channels = action.assigned_channels(moving)
    path = fcurves.bone_path("torso", "location")
    fcurves.write_curve(channels, path, 0, FRAMES, np.where(FRAMES == 5, np.nan, 0), "torso")
    blocks = [set(bpy.data.objects), set(bpy.data.armatures), set(bpy.data.actions)]
    with pytest.raises(RuntimeError, match="At frame 5 rig shows no pose"):
        bpy.ops.mocap_mender.compare(models="tiny")
    assert [set(bpy.data.objects), set(bpy.data.armatures), set(bpy.data.actions)] == blocks
