"""Planted feet on an armature: in the scene, with its own bones, scale and root."""

from __future__ import annotations

from dataclasses import replace

import bpy
import numpy as np
import pytest

from addon.blender import action, fcurves, motion
from addon.core import feet, formats
from addon.core.clip import Clip
from addon.core.kinematics import clip_positions
from addon.core.metrics import geodesic_degrees
from addon.core.rigs.cmu import SKELETON, UNIT
from addon.core.rotation import exp, multiply
from addon.inference.model_file import installed_models
from addon.preferences import SHIPPED_MODELS
from tests.blender.test_denoise_over_time import noisy

MODEL = "denoise"
FPS, SECONDS = 30.0, 5.0
UP = np.array([0.0, 0.0, 1.0])
FEET = ("LeftFoot", "LeftToeBase", "RightFoot", "RightToeBase")
TIMES = np.arange(round(FPS * SECONDS)) / FPS


def standing():
    """Somebody who stands with bent knees, and waves: legs still, hips high enough that the feet touch the ground."""
    card = next(entry.card for entry in installed_models([SHIPPED_MODELS]) if entry.name == MODEL)
    waving = np.isin(card.joints, ("LeftArm", "RightArm", "Spine", "Head"))
    swing = 0.3 * waving * np.sin(2 * np.pi * 0.5 * TIMES[:, None] + np.cumsum(waving))
    poses = multiply(card.reference[None], exp(swing[..., None] * np.array([1.0, 0, 0])))
    rotations = np.concatenate([np.tile([1.0, 0, 0, 0], (len(TIMES), 1, 1)), poses], axis=1)
    clip = Clip(SKELETON, FPS, np.zeros((len(TIMES), 3)), rotations, unit=UNIT)
    lowest = clip_positions(clip)[..., 1].min()
    return replace(clip, root_position=np.tile([0, -lowest, 0], (len(TIMES), 1)))


def imported(clip, folder):
    path = folder / "take.bvh"
    formats.write(clip, path)
    bpy.ops.mocap_mender.import_motion(filepath=str(path), set_scene_fps=True)
    return bpy.context.object


def feet_in_scene(obj):
    """(T, P, 3) where ankles and toes are, as Blender shows them."""
    bones = [bone for bone in FEET if bone in obj.pose.bones]
    found = []
    for frame in range(1, len(TIMES) + 1):
        bpy.context.scene.frame_set(frame)
        found.append([obj.matrix_world @ obj.pose.bones[bone].head for bone in bones])
    bpy.context.scene.frame_set(1)
    return np.array(found)


def slide(points):
    """Metres a second of feet that ought to stand."""
    way, seconds = feet.slide(points, np.ones(points.shape[:2], dtype=bool), TIMES, UP)
    return way / seconds


def both_ways(obj, **options):
    """Without and with planting: (T, P, 3) the feet in the scene, and the motion."""
    original = obj.animation_data.action
    slot = getattr(obj.animation_data, "action_slot", None)
    results = []
    for plant in (False, True):
        bpy.ops.mocap_mender.denoise_action(model=MODEL, plant_feet=plant, **options)
        results.append((feet_in_scene(obj), motion.read_clip(obj, np.arange(1, len(TIMES) + 1, dtype=np.float32), FPS)))
        action.assign(obj, original, slot)
    return results


@pytest.mark.parametrize("size", [1.0, 0.01])
def test_feet_stand_in_the_scene(tmp_path, size):
    clean = standing()
    obj = imported(noisy(clean), tmp_path)
    obj.scale = (size,) * 3
    obj.rotation_euler, obj.location = (0, 0, 1.0), (3, 1, 0.5)
    bpy.context.view_layer.update()
    before = slide(feet_in_scene(obj))
    (loose, _), (planted, _) = both_ways(obj)
    assert slide(loose) < before
    assert slide(planted) < 0.35 * slide(loose)


def test_joints_come_no_farther_from_the_clean_take(tmp_path):
    obj = imported(noisy(standing()), tmp_path)
    (_, loose), (_, planted) = both_ways(obj)
    clean = motion.read_clip(imported(standing(), tmp_path), np.arange(1, len(TIMES) + 1, dtype=np.float32), FPS)
    errors = [geodesic_degrees(found.rotations, clean.rotations).mean() for found in (loose, planted)]
    assert errors[1] <= errors[0]


def test_only_legs_turn(tmp_path):
    obj = imported(noisy(standing()), tmp_path)
    (_, loose), (_, planted) = both_ways(obj)
    apart = geodesic_degrees(loose.rotations, planted.rotations).max(axis=0)
    legs = {loose.skeleton.index(side + part) for side in ("Left", "Right") for part in ("UpLeg", "Leg", "Foot")}
    assert all((apart[joint] > 0.01) == (joint in legs) for joint in range(len(apart)))
    assert apart.max() < 9


def test_a_root_on_the_object_counts(tmp_path):
    """The hips' keys lie still, the object carries the body: feet that stand in the scene move in the armature."""
    clean = standing()
    sway = 0.05 * np.sin(2 * np.pi * 0.4 * TIMES)
    shaken = noisy(clean)
    obj = imported(
        replace(shaken, root_position=shaken.root_position + np.stack([-sway, 0 * sway, 0 * sway], -1)), tmp_path
    )
    channels = action.assigned_channels(obj)
    frames = np.arange(1, len(TIMES) + 1, dtype=np.float32)
    fcurves.write_curve(channels, "location", 0, frames, sway, "Object")
    (loose, _), (planted, _) = both_ways(obj)
    assert slide(planted) < 0.35 * slide(loose)


def test_a_rig_without_toes_stands_on_its_foot_bones(tmp_path):
    clean = noisy(standing())
    names = [name for name in SKELETON.names if "Toe" not in name]
    kept = [SKELETON.index(name) for name in names]
    bare = replace(clean, skeleton=SKELETON.subset(names), rotations=clean.rotations[:, kept])
    obj = imported(bare, tmp_path)
    (loose, _), (planted, _) = both_ways(obj)
    assert slide(planted) < 0.4 * slide(loose)


def test_legs_that_are_not_selected_stay(tmp_path):
    obj = imported(noisy(standing()), tmp_path)
    for bone in obj.pose.bones:
        (bone if bpy.app.version >= (5, 0, 0) else bone.bone).select = bone.name in ("Spine", "LeftUpLeg")
    (_, loose), (_, planted) = both_ways(obj, bones="SELECTED")
    np.testing.assert_array_equal(loose.rotations, planted.rotations)


@pytest.mark.parametrize("reason", ["constraint", "no keys"])
def test_a_leg_that_keys_do_not_decide_stays(tmp_path, reason, capfd):
    obj = imported(noisy(standing()), tmp_path)
    if reason == "constraint":
        constraint = obj.pose.bones["LeftLeg"].constraints.new("IK")
        constraint.target, constraint.chain_count = bpy.data.objects.new("Goal", None), 2
        bpy.context.scene.collection.objects.link(constraint.target)
    else:
        channels = action.assigned_channels(obj)
        for curve in [curve for curve in channels.fcurves if '"LeftFoot"' in curve.data_path]:
            channels.fcurves.remove(curve)
    (_, loose), (_, planted) = both_ways(obj)
    told = "Feet that stand are not kept in place: LeftUpLeg is moved by the IK of LeftLeg" in capfd.readouterr().out
    assert told == (reason == "constraint")
    left, right = (loose.skeleton.index(f"{side}UpLeg") for side in ("Left", "Right"))
    np.testing.assert_array_equal(loose.rotations[:, left], planted.rotations[:, left])
    assert geodesic_degrees(loose.rotations, planted.rotations)[:, right].max() > 0.01


def test_a_leg_whose_keys_are_broken_is_filled_and_planted(tmp_path):
    obj = imported(noisy(standing()), tmp_path)
    for curve in action.assigned_channels(obj).fcurves:
        if '"LeftLeg"].rotation' in curve.data_path:
            values = fcurves.read_points(curve)[:, 1]
            values[20:25] = np.nan
            fcurves.write_values(curve, values)
    bpy.ops.mocap_mender.denoise_action(fill_gaps="EMPTY")
    for curve in action.assigned_channels(obj).fcurves:
        assert np.isfinite(fcurves.read_points(curve)).all()
    assert np.abs(np.diff(feet_in_scene(obj), axis=0)).max() < 0.02
