"""The model that sees time, through the operator: any rate, part of a body, part of a take."""

from __future__ import annotations

from dataclasses import replace

import bpy
import numpy as np
import pytest

from addon.blender import action, fcurves, motion
from addon.core import formats
from addon.core.clip import Clip
from addon.core.metrics import geodesic_degrees
from addon.core.noise import component_noise
from addon.core.rigs.cmu import SKELETON, UNIT
from addon.core.rigs.families import mixamo
from addon.core.rotation import exp, multiply
from addon.inference.model_file import installed_models
from addon.preferences import SHIPPED_MODELS

MODEL = "denoise"
SIGMA = 0.02
SWINGING = ("LeftUpLeg", "LeftLeg", "RightUpLeg", "RightLeg", "Spine", "Head", "LeftArm", "RightArm")


def swinging(fps, seconds=3.0):
    """A clip on CMU's skeleton: limbs, spine and head swing about the mean pose in a way that its joints can."""
    card = next(entry.card for entry in installed_models([SHIPPED_MODELS]) if entry.name == MODEL)
    time = np.arange(round(seconds * fps)) / fps
    moves = np.isin(card.joints, SWINGING)
    swing = 0.25 * moves * np.sin(2 * np.pi * 0.8 * time[:, None] + np.cumsum(moves))
    poses = multiply(card.reference[None], exp(swing[..., None] * np.array([1.0, 0, 0])))
    rotations = np.concatenate([np.tile([1.0, 0, 0, 0], (len(time), 1, 1)), poses], axis=1)
    return Clip(SKELETON, fps, np.tile([0, 0.9, 0], (len(time), 1)), rotations, unit=UNIT)


def noisy(clip):
    rotations = clip.rotations.copy()
    rotations[:, 1:] = component_noise(rotations[:, 1:], SIGMA)
    return clip.with_rotations(rotations)


def imported(clip, folder):
    path = folder / "take.bvh"
    formats.write(clip, path)
    bpy.ops.mocap_mender.import_motion(filepath=str(path), set_scene_fps=True, up_axis="Z")
    return bpy.context.object


def error(obj, clip, frames=None):
    """(T, J) degrees between the object's motion and the clip's, the root left out."""
    at = np.arange(1, len(clip) + 1, dtype=np.float32) if frames is None else frames
    found = motion.read_clip(obj, at, clip.fps)
    order = [found.skeleton.index(name) for name in clip.skeleton.names]
    return geodesic_degrees(found.rotations[:, order], clip.rotations[at.astype(int) - 1])[:, 1:]


@pytest.mark.parametrize("fps", [24.0, 30.0, 120.0])
def test_noise_goes_at_every_rate(tmp_path, fps):
    clean = swinging(fps)
    obj = imported(noisy(clean), tmp_path)
    before = error(obj, clean).mean()
    bpy.ops.mocap_mender.denoise_action(model=MODEL)
    assert error(obj, clean).mean() < 0.6 * before


def test_clean_motion_stays(tmp_path):
    clean = swinging(30.0)
    obj = imported(clean, tmp_path)
    bpy.ops.mocap_mender.denoise_action(model=MODEL)
    assert error(obj, clean).mean() < 0.5


def test_half_a_body_is_denoised_too(tmp_path):
    clean = swinging(30.0)
    names = [name for name in SKELETON.names if not name.startswith(("Left", "L"))]
    kept = [SKELETON.index(name) for name in names]
    half = replace(clean, skeleton=SKELETON.subset(names), rotations=clean.rotations[:, kept])
    obj = imported(noisy(half), tmp_path)
    before = error(obj, half).mean()
    bpy.ops.mocap_mender.denoise_action(model=MODEL)
    assert error(obj, half).mean() < 0.7 * before


def test_part_of_a_take_is_judged_by_all_of_it(tmp_path):
    clean = swinging(30.0)
    obj = imported(noisy(clean), tmp_path)
    bpy.ops.mocap_mender.denoise_action(model=MODEL)
    whole = motion.read_clip(obj, np.arange(1, 91, dtype=np.float32), 30.0).rotations
    other = imported(noisy(clean), tmp_path)
    raw = motion.read_clip(other, np.arange(1, 91, dtype=np.float32), 30.0).rotations
    bpy.ops.mocap_mender.denoise_action(model=MODEL, frame_range="CUSTOM", frame_start=40, frame_end=50)
    part = motion.read_clip(other, np.arange(1, 91, dtype=np.float32), 30.0).rotations
    np.testing.assert_allclose(part[39:50], whole[39:50], atol=1e-5)
    np.testing.assert_array_equal(part[:39], raw[:39])
    np.testing.assert_array_equal(part[50:], raw[50:])


def test_keys_at_uneven_times_are_mended_where_they_are(tmp_path):
    clean = swinging(30.0)
    obj = imported(noisy(clean), tmp_path)
    kept = np.array([1, 2, 3, 5, 8, 9, 10, 20, 21, 22, 30, 31, 40, 60, 61, 62, 90], dtype=np.float32)
    for curve in action.assigned_channels(obj).fcurves:
        for point in reversed(curve.keyframe_points):
            if point.co[0] not in kept:
                curve.keyframe_points.remove(point, fast=True)
        curve.update()
    bpy.ops.mocap_mender.denoise_action(model=MODEL)
    for curve in action.assigned_channels(obj).fcurves:
        np.testing.assert_array_equal(fcurves.read_points(curve)[:, 0], kept)


def test_the_action_may_be_one_key_long(tmp_path):
    clean = swinging(30.0)
    obj = imported(clean.section(0, 1), tmp_path)
    bpy.ops.mocap_mender.denoise_action(model=MODEL)
    assert error(obj, clean.section(0, 1)).max() < 1e-3


def as_mixamo(clip):
    """The clip under Mixamo's names, with the joints that such a rig has."""
    names = {joint: bone for joint, bone in mixamo.FAMILY.bones().items() if joint in clip.skeleton.names}
    kept = [clip.skeleton.index(joint) for joint in clip.skeleton.names if joint in names]
    skeleton = clip.skeleton.subset(names)
    skeleton = replace(skeleton, names=tuple(names[joint] for joint in skeleton.names))
    return replace(clip, skeleton=skeleton, rotations=clip.rotations[:, kept])


def test_a_rig_of_another_family_is_denoised_and_a_person_told_to_look(tmp_path, capfd):
    clean = as_mixamo(swinging(30.0))
    obj = imported(noisy(clean), tmp_path)
    before = error(obj, clean).mean()
    bpy.ops.mocap_mender.denoise_action(model=MODEL)
    assert error(obj, clean).mean() < 0.7 * before
    assert "joints found by their names (Mixamo), on another skeleton" in "".join(capfd.readouterr())


def test_a_model_of_single_poses_refuses_a_rig_of_another_family(tmp_path):
    obj = imported(noisy(as_mixamo(swinging(30.0))), tmp_path)
    taken = obj.animation_data.action
    with pytest.raises(RuntimeError, match="knows one skeleton only"):
        bpy.ops.mocap_mender.denoise_action(model="pose-denoise")
    assert obj.animation_data.action is taken
    assert len(bpy.data.actions) == 1
