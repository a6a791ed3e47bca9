"""Fewer keys after denoising: what Blender plays stays within the tolerance, and what was not asked for stays."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

from addon.blender import action, fcurves
from addon.core.interpolation import BEZIER, LINEAR
from addon.core.rotation import angle_between, exp, multiply
from addon.core.rotation_mode import property_of, to_quaternion
from tests.blender.figure import JOINTS, figure_rotations, key_rotations, make_armature, make_model, wobble
from tests.blender.test_denoise_action import changes_nothing, denoise, select_keys, snapshot

FRAMES = np.arange(1, 121, dtype=np.float32)
MODES = ["QUATERNION", "AXIS_ANGLE", "XYZ", "ZYX"]


@pytest.fixture(autouse=True)
def card(model_folder):
    return make_model(model_folder, 0.4)


@pytest.fixture
def figure():
    obj = make_armature()
    key_rotations(obj, FRAMES, figure_rotations(FRAMES))
    return obj


def channels_of(obj):
    return action.assigned_channels(obj)


def curves_of(obj, bone):
    path = fcurves.bone_path(bone, property_of(obj.pose.bones[bone].rotation_mode))
    curves = fcurves.by_path(channels_of(obj))
    return [curves[path, index] for index in range(4) if (path, index) in curves]


def played(obj, bone, frames=FRAMES):
    """(T, 4) the bone's rotation as Blender's own evaluation plays it."""
    values = np.array([[curve.evaluate(frame) for curve in curves_of(obj, bone)] for frame in frames.tolist()])
    return to_quaternion(values, obj.pose.bones[bone].rotation_mode)


def denoised_twice(obj, degrees=0.5, **options):
    """bone -> (T, 4) what plays after denoising with every key, and with few of them; the latter stays assigned."""
    original, slot = obj.animation_data.action, getattr(obj.animation_data, "action_slot", None)
    denoise(**options)
    whole = {bone: played(obj, bone) for bone in JOINTS}
    action.assign(obj, original, slot)
    denoise(reduce_keys=True, reduce_degrees=degrees, **options)
    return whole, {bone: played(obj, bone) for bone in JOINTS}


def keys_of(obj, bone):
    return len(curves_of(obj, bone)[0].keyframe_points)


@pytest.mark.parametrize("interpolation", [LINEAR, BEZIER])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("degrees", [0.1, 1.0])
def test_what_plays_is_off_by_no_more_than_the_tolerance(mode, degrees, interpolation):
    obj = make_armature()
    for bone in JOINTS:
        obj.pose.bones[bone].rotation_mode = mode
    key_rotations(obj, FRAMES, figure_rotations(FRAMES), interpolation)
    whole, few = denoised_twice(obj, degrees)
    for bone in JOINTS:
        assert np.degrees(angle_between(whole[bone], few[bone]).max()) <= degrees, bone
        frames = [fcurves.read_points(curve)[:, 0] for curve in curves_of(obj, bone)]
        if degrees == 1.0 and mode != "AXIS_ANGLE":  # an axis that turns round as its angle passes zero needs its keys
            assert len(frames[0]) <= len(FRAMES) / 3
        assert all(np.array_equal(frames[0], other) for other in frames)


def test_it_stays_within_the_tolerance_when_blender_calculates_handles_again(figure):
    whole, few = denoised_twice(figure)
    for curve in channels_of(figure).fcurves:
        curve.update()
    for bone in JOINTS:
        np.testing.assert_allclose(played(figure, bone), few[bone], atol=1e-6)
        assert np.degrees(angle_between(whole[bone], played(figure, bone)).max()) <= 0.5


def test_nothing_is_taken_out_unless_asked(figure):
    denoise()
    assert keys_of(figure, "Head") == len(FRAMES)


def test_without_strength_keys_can_still_be_reduced(figure):
    before = {bone: played(figure, bone) for bone in JOINTS}
    denoise(strength=0.0, reduce_keys=True, reduce_degrees=0.5)
    for bone in JOINTS:
        assert np.degrees(angle_between(before[bone], played(figure, bone)).max()) <= 0.5
        assert keys_of(figure, bone) < len(FRAMES) / 3


@pytest.mark.parametrize("interpolation", [LINEAR, BEZIER])
@pytest.mark.parametrize("frame_range", ["CUSTOM", "SELECTED_KEYS"])
def test_keys_outside_the_range_stay_bit_for_bit(frame_range, interpolation):
    obj = make_armature()
    key_rotations(obj, FRAMES, figure_rotations(FRAMES), interpolation)
    select_keys(obj, 40, 90)
    before = {key: fcurves.read_keys(curve) for key, curve in fcurves.by_path(channels_of(obj)).items()}
    denoise(frame_range=frame_range, frame_start=40, frame_end=90, reduce_keys=True, reduce_degrees=0.5)
    for key, curve in fcurves.by_path(channels_of(obj)).items():
        after = fcurves.read_keys(curve)
        kept = [np.flatnonzero((keys.frames < 40) | (keys.frames > 90)) for keys in (before[key], after)]
        for name in after.__dataclass_fields__:
            np.testing.assert_array_equal(getattr(after, name)[kept[1]], getattr(before[key], name)[kept[0]], name)
        assert len(after.frames) < 0.75 * len(FRAMES)
        assert {40, 90} <= set(after.frames.tolist())


def test_keys_keep_their_kind_and_easing(figure):
    for curve in curves_of(figure, "Head"):
        for point in curve.keyframe_points:
            point.type = "EXTREME"
    denoise(reduce_keys=True)
    assert {point.type for curve in curves_of(figure, "Head") for point in curve.keyframe_points} == {"EXTREME"}


def test_sparse_keys_are_left_alone_and_named(figure, capfd):
    path = fcurves.bone_path("Head", "rotation_quaternion")
    key_rotations(
        figure, FRAMES, {bone: q for bone, q in figure_rotations(FRAMES).items() if bone != "Head"}, name="Mixed"
    )
    sparse = FRAMES[::5]
    for index in range(4):
        values = figure_rotations(sparse)["Head"][:, index]
        fcurves.write_curve(channels_of(figure), path, index, sparse, values, "Head", BEZIER)
    denoise(reduce_keys=True)
    assert keys_of(figure, "Head") == len(sparse)
    assert keys_of(figure, "Spine") < len(FRAMES) / 3
    assert "1 bones keep all their keys" in "".join(capfd.readouterr())


def test_flipped_signs_cost_no_keys(figure):
    for curve in curves_of(figure, "Spine"):
        values = fcurves.read_points(curve)[:, 1].copy()
        values[60:] *= -1
        fcurves.write_values(curve, values)
    before = {bone: played(figure, bone) for bone in JOINTS}
    denoise(strength=0.0, reduce_keys=True)
    assert np.degrees(angle_between(before["Spine"], played(figure, "Spine")).max()) <= 0.5
    assert keys_of(figure, "Spine") < len(FRAMES) / 3


def test_the_pelvis_is_reduced_with_the_body(figure):
    rotations = {**figure_rotations(FRAMES), "Hips": wobble(FRAMES, 70)}
    key_rotations(figure, FRAMES, rotations, name="With hips")
    denoise(reduce_keys=True)
    assert keys_of(figure, "Hips") < len(FRAMES) / 3
    assert np.degrees(angle_between(rotations["Hips"], played(figure, "Hips")).max()) <= 0.5


def test_other_channels_stay_bit_for_bit(figure):
    fcurves.write_curve(channels_of(figure), fcurves.bone_path("Hips", "location"), 0, FRAMES, np.sin(FRAMES), "Hips")
    before = snapshot(channels_of(figure))
    denoise(reduce_keys=True)
    path = fcurves.bone_path("Hips", "location")
    assert snapshot(channels_of(figure))[path, 0] == before[path, 0]


def test_what_was_done_is_told(figure):
    denoise(reduce_keys=True)
    assert " gone · " in bpy.context.scene.mocap_mender.done_line


def test_one_and_two_keys_stay():
    for count in (1, 2):
        obj = make_armature(f"Figure {count}")
        key_rotations(obj, FRAMES[:count], figure_rotations(FRAMES[:count]), name=f"Take {count}")
        assert denoise(reduce_keys=True) == {"FINISHED"}
        assert keys_of(obj, "Head") == count


def test_noise_keeps_the_keys_that_it_needs(figure):
    rng = np.random.default_rng(2)
    shaken = {
        bone: multiply(q, exp(0.02 * rng.normal(size=(len(q), 3)))) for bone, q in figure_rotations(FRAMES).items()
    }
    key_rotations(figure, FRAMES, shaken, name="Shaken")
    denoise(strength=0.0, reduce_keys=True, reduce_degrees=0.1)
    assert keys_of(figure, "Head") > 0.5 * len(FRAMES)
    assert np.degrees(angle_between(shaken["Head"], played(figure, "Head")).max()) <= 0.1


@pytest.mark.parametrize("value", [np.nan, 0.0])
def test_a_pelvis_key_that_is_no_rotation_is_refused(figure, value):
    rotations = {**figure_rotations(FRAMES), "Hips": wobble(FRAMES, 70)}
    rotations["Hips"][6] = value
    key_rotations(figure, FRAMES, rotations, name="Broken")
    changes_nothing(figure, "bone Hips has no valid rotation at frame 7", reduce_keys=True)
