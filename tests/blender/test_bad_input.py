"""Actions that are broken or odd: the result changes nothing that it should not, or one sentence says why not."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

from addon.blender import action, fcurves
from addon.core.rotation import angle_between, exp, normalize
from tests.blender.figure import BONES, JOINTS, figure_rotations, key_rotations, make_armature, wobble
from tests.blender.test_denoise_action import snapshot

TAIL = {"Tail": ("Hips", (0, 0.1, 1.0), 0.4)}
FRAMES = np.arange(1, 61, dtype=np.float32)


def make_take(frames=FRAMES, speed=0.25):
    obj = make_armature(bones=BONES | TAIL)
    rotations = figure_rotations(frames * speed) | {"Tail": wobble(frames * speed, 9)}
    key_rotations(obj, frames, rotations)
    return obj


def channels_of(obj):
    return action.assigned_channels(obj)


def curves_of(obj, bone):
    curves = fcurves.by_path(channels_of(obj))
    return [curves[fcurves.bone_path(bone, "rotation_quaternion"), i] for i in range(4)]


def values_of(obj, bone):
    return np.stack([fcurves.read_points(curve)[:, 1] for curve in curves_of(obj, bone)], axis=-1)


def put(obj, bone, values):
    for curve, column in zip(curves_of(obj, bone), np.asarray(values, dtype=np.float32).T, strict=True):
        fcurves.write_values(curve, column)


def denoise(obj, **options):
    """Denoise a copy; the original has to stay bit for bit, and the result has to be rotations at the same frames."""
    original = obj.animation_data.action
    before = snapshot(channels_of(obj))
    frames = {key: np.frombuffer(kept["points"], np.float32)[::2].copy() for key, kept in before.items()}
    assert bpy.ops.mocap_mender.denoise_action(**options) == {"FINISHED"}
    copy = obj.animation_data.action
    assert copy != original
    for key, curve in fcurves.by_path(channels_of(obj)).items():
        points = fcurves.read_points(curve)
        np.testing.assert_array_equal(points[:, 0], frames[key])
        assert np.isfinite(points).all()
    obj.animation_data.action = original
    if hasattr(obj.animation_data, "action_slot"):
        obj.animation_data.action_slot = original.slots[0]
    assert snapshot(channels_of(obj)) == before
    obj.animation_data.action = copy
    if hasattr(obj.animation_data, "action_slot"):
        obj.animation_data.action_slot = copy.slots[0]


def refused(obj, sentence, **options):
    """One sentence, and nothing is changed: no other action, no other key, the same frame."""
    before, actions, frame = snapshot(channels_of(obj)), len(bpy.data.actions), bpy.context.scene.frame_current
    with pytest.raises(RuntimeError, match=sentence) as error:
        bpy.ops.mocap_mender.denoise_action(**options)
    assert str(error.value).strip().endswith(".")
    assert "Traceback" not in str(error.value)
    assert snapshot(channels_of(obj)) == before
    assert len(bpy.data.actions) == actions
    assert bpy.context.scene.frame_current == frame


@pytest.mark.parametrize("bone", ["Head", "Tail"])
@pytest.mark.parametrize("value", [0.0, np.nan, np.inf])
def test_a_key_that_is_no_rotation_is_named(bone, value):
    obj = make_take()
    values = values_of(obj, bone)
    values[6] = value
    put(obj, bone, values)
    refused(obj, f"bone {bone} has no valid rotation at frame 7: mend or delete its key there, or let Denoise fill it")


@pytest.mark.parametrize("interpolation", ["LINEAR", "BEZIER"])
@pytest.mark.parametrize("bone", ["Head", "Tail"])
@pytest.mark.parametrize("value", [0.0, np.nan, np.inf])
def test_a_key_that_is_no_rotation_is_filled_where_gaps_are(bone, value, interpolation):
    obj = make_take()
    wanted = values_of(obj, bone)
    put(obj, bone, np.where(np.isin(FRAMES, (1, 7, 8, 30))[:, None], value, wanted))
    for curve in channels_of(obj).fcurves:
        for key in curve.keyframe_points:
            key.interpolation = interpolation
        curve.update()
    denoise(obj, fill_gaps="EMPTY", strength=0.0)
    found = values_of(obj, bone)
    assert np.degrees(angle_between(found, wanted).max()) < 10
    sound = ~np.isin(FRAMES, (1, 7, 8, 30))
    np.testing.assert_array_equal(found[sound], wanted[sound])
    for curve in curves_of(obj, bone):
        assert np.isfinite([(*key.handle_left, *key.handle_right) for key in curve.keyframe_points]).all()


def test_a_broken_key_is_filled_inside_the_marked_frames_and_refused_outside():
    obj = make_take()
    values = values_of(obj, "Head")
    values[6] = np.nan
    put(obj, "Head", values)
    refused(obj, "bone Head has no valid rotation at frame 7", fill_gaps="MARKED", gap_start=20, gap_end=30)
    denoise(obj, fill_gaps="MARKED", gap_start=5, gap_end=10)
    assert np.isfinite(values_of(obj, "Head")).all()


def test_a_bone_without_any_sound_key_is_refused():
    obj = make_take()
    put(obj, "Head", np.full((len(FRAMES), 4), np.nan))
    refused(obj, "bone Head has no valid rotation at frame 1", fill_gaps="EMPTY")


def test_a_key_that_is_no_rotation_does_not_matter_where_it_is_neither_seen_nor_asked():
    obj = make_take()
    values = values_of(obj, "Tail")
    values[6] = np.nan
    put(obj, "Tail", values)
    for bone in obj.pose.bones:
        (bone if bpy.app.version >= (5, 0, 0) else bone.bone).select = bone.name == "Head"
    assert bpy.ops.mocap_mender.denoise_action(bones="SELECTED") == {"FINISHED"}


@pytest.mark.parametrize("mode", ["XYZ", "AXIS_ANGLE"])
def test_other_rotation_modes_are_checked_too(mode):
    obj = make_armature()
    obj.pose.bones["Head"].rotation_mode = mode
    key_rotations(obj, FRAMES, figure_rotations(FRAMES))
    path = fcurves.bone_path("Head", "rotation_euler" if mode == "XYZ" else "rotation_axis_angle")
    curve = fcurves.by_path(channels_of(obj))[path, 1]
    values = fcurves.read_points(curve)[:, 1]
    values[10] = np.nan
    fcurves.write_values(curve, values)
    refused(obj, "bone Head has no valid rotation at frame 11")


@pytest.mark.parametrize("size", [1e-3, 0.2, 3.0, 1e4])
def test_lengths_other_than_one_are_the_same_rotations(size):
    obj, other = make_take(), make_take()
    bpy.context.view_layer.objects.active = obj
    denoise(obj)
    wanted = values_of(obj, "Head")
    put(other, "Head", size * values_of(other, "Head"))
    bpy.context.view_layer.objects.active = other
    denoise(other)
    assert np.degrees(angle_between(normalize(values_of(other, "Head")), wanted).max()) < 0.01


@pytest.mark.parametrize("count", [1, 2])
def test_one_or_two_keys_say_nothing_about_noise(count):
    obj = make_take(FRAMES[:count])
    before = {bone: values_of(obj, bone) for bone in (*JOINTS, "Tail")}
    denoise(obj)
    for bone, values in before.items():
        np.testing.assert_allclose(values_of(obj, bone), values, atol=1e-6)


@pytest.mark.parametrize("count", [3, 5, 16])
def test_a_clip_shorter_than_a_window_stays_near_itself(count):
    obj = make_take(FRAMES[:count])
    before = {bone: values_of(obj, bone) for bone in (*JOINTS, "Tail")}
    denoise(obj)
    for bone, values in before.items():
        assert np.degrees(angle_between(values_of(obj, bone), values).max()) < 5, bone


def test_two_keys_far_apart_stay_as_they_are():
    obj = make_take(np.array([1, 1000], dtype=np.float32), speed=0.01)
    before = {bone: values_of(obj, bone) for bone in (*JOINTS, "Tail")}
    denoise(obj)
    for bone, values in before.items():
        assert np.degrees(angle_between(values_of(obj, bone), values).max()) < 1, bone


def test_a_stray_key_far_away_is_named():
    obj = make_take(np.array([1, 2, 3, 9e6], dtype=np.float32))
    refused(obj, "keys reach from frame 1 to 9,000,000, .* delete the keys that went astray")


def test_constant_curves_stay_constant():
    obj = make_armature(bones=BONES | TAIL)
    still = {
        bone: np.repeat(wobble(FRAMES[:1], seed), len(FRAMES), axis=0) for seed, bone in enumerate((*JOINTS, "Tail"))
    }
    key_rotations(obj, FRAMES, still)
    denoise(obj)
    for bone, rotations in still.items():
        assert np.degrees(angle_between(values_of(obj, bone), rotations).max()) < 0.01, bone


def test_a_still_pose_that_is_keyed_once_at_each_end_stays():
    obj = make_armature()
    ends = np.array([1, 200], dtype=np.float32)
    key_rotations(obj, ends, {bone: np.repeat(wobble(ends[:1], seed), 2, axis=0) for seed, bone in enumerate(JOINTS)})
    before = {bone: values_of(obj, bone) for bone in JOINTS}
    denoise(obj)
    for bone, values in before.items():
        assert np.degrees(angle_between(values_of(obj, bone), values).max()) < 0.01, bone


@pytest.mark.parametrize("interpolation", ["LINEAR", "BEZIER", "CONSTANT"])
def test_keys_at_equal_frames_are_kept(interpolation):
    frames = FRAMES.copy()
    frames[20] = frames[21]
    frames[40:43] = frames[40]
    obj = make_take()
    for curve in channels_of(obj).fcurves:
        points = fcurves.read_points(curve)
        points[:, 0] = frames
        curve.keyframe_points.foreach_set("co", points.ravel())  # without update, which would merge them
        for key in curve.keyframe_points:
            key.interpolation = interpolation
    assert len(curves_of(obj, "Head")[0].keyframe_points) == len(FRAMES)
    denoise(obj)


def test_keys_out_of_order_are_refused_or_kept():
    obj = make_take()
    for curve in channels_of(obj).fcurves:
        points = fcurves.read_points(curve)
        points[[10, 30], 0] = points[[30, 10], 0]
        curve.keyframe_points.foreach_set("co", points.ravel())
    before = snapshot(channels_of(obj))
    original = obj.animation_data.action
    try:
        bpy.ops.mocap_mender.denoise_action()
    except RuntimeError as error:
        assert str(error).strip().endswith(".")  # noqa: PT017 - either is right
    obj.animation_data.action = original
    if hasattr(obj.animation_data, "action_slot"):
        obj.animation_data.action_slot = original.slots[0]
    assert snapshot(channels_of(obj)) == before


def noisy(obj):
    """Put noise on all bones; returns what they were."""
    rng = np.random.default_rng(0)
    clean = {bone: values_of(obj, bone) for bone in (*JOINTS, "Tail")}
    for bone, values in clean.items():
        put(obj, bone, normalize(values + rng.normal(0, 0.01, values.shape)))
    return clean


def error(obj, clean):
    return np.mean([angle_between(values_of(obj, bone), values).mean() for bone, values in clean.items()])


@pytest.mark.parametrize("fps", [1, 1000])
def test_any_rate_of_the_scene(fps):
    bpy.context.scene.render.fps = fps
    obj = make_take(np.arange(1, 301, dtype=np.float32), speed=0.02)
    clean = noisy(obj)
    before = error(obj, clean)
    denoise(obj)
    assert error(obj, clean) < 0.7 * before


def test_keys_a_thousand_times_a_second():
    obj = make_take((1 + np.arange(2000) / 1000 * 24).astype(np.float32))
    clean = noisy(obj)
    before = error(obj, clean)
    denoise(obj)
    assert error(obj, clean) < 0.5 * before


def test_curves_that_miss_components_and_frames():
    obj = make_take()
    channels = channels_of(obj)
    channels.fcurves.remove(curves_of(obj, "Spine")[2])
    curve = curves_of(obj, "LeftArm")[1]
    for place in range(50, 4, -1):
        curve.keyframe_points.remove(curve.keyframe_points[place])
    denoise(obj)


def test_curves_without_any_key():
    obj = make_take()
    curve = curves_of(obj, "Head")[1]
    for place in range(len(curve.keyframe_points) - 1, -1, -1):
        curve.keyframe_points.remove(curve.keyframe_points[place])
    denoise(obj)


def test_angles_of_many_turns():
    obj = make_armature()
    obj.pose.bones["Head"].rotation_mode = "XYZ"
    key_rotations(obj, FRAMES, figure_rotations(FRAMES * 0.25))
    path = fcurves.bone_path("Head", "rotation_euler")
    curves = [fcurves.by_path(channels_of(obj))[path, i] for i in range(3)]
    before = [fcurves.read_points(curve)[:, 1] for curve in curves]
    for curve, values in zip(curves, before, strict=True):
        fcurves.write_values(curve, values + 200 * np.pi)
    denoise(obj)
    after = [fcurves.read_points(fcurves.by_path(channels_of(obj))[path, i])[:, 1] for i in range(3)]
    for values, new in zip(before, after, strict=True):
        assert np.abs(new - values - 200 * np.pi).max() < 0.5


def test_noise_beyond_all_measure_gives_rotations_still():
    obj = make_take()
    rng = np.random.default_rng(0)
    for bone in (*JOINTS, "Tail"):
        put(obj, bone, exp(rng.normal(0, 2, (len(FRAMES), 3))))
    denoise(obj)
    for bone in (*JOINTS, "Tail"):
        np.testing.assert_allclose(np.linalg.norm(values_of(obj, bone), axis=-1), 1, atol=1e-5)
