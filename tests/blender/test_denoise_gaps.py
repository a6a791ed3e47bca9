"""Gaps: empty stretches and marked frames are made up by a model that sees time, with keys of their own."""

from __future__ import annotations

from dataclasses import replace

import bpy
import numpy as np

from addon.blender import action, fcurves, motion
from addon.core.metrics import geodesic_degrees
from addon.core.rotation import exp
from tests.blender.figure import figure_rotations, key_rotations, make_armature, make_model
from tests.blender.test_denoise_action import changes_nothing
from tests.blender.test_denoise_over_time import MODEL, error, imported, noisy, swinging

HOLE = (41, 60)  # first and last frame without a key


def channels_of(obj):
    return action.assigned_channels(obj)


def rotation_curves(obj, bone=""):
    return [
        curve
        for curve in channels_of(obj).fcurves
        if "rotation" in curve.data_path and (not bone or f'"{bone}"' in curve.data_path)
    ]


def cut_out(obj, hole=HOLE, bone=""):
    """Take the keys in the hole away, of one bone or of all."""
    for curve in rotation_curves(obj, bone):
        keys = curve.keyframe_points
        for place in range(len(keys) - 1, -1, -1):
            if hole[0] <= keys[place].co.x <= hole[1]:
                keys.remove(keys[place], fast=True)
        curve.update()


def spoil(obj, hole=HOLE, bone=""):
    """Put nonsense into the hole's keys."""
    rng = np.random.default_rng(4)
    for curve in rotation_curves(obj, bone):
        points = fcurves.read_points(curve)
        inside = (points[:, 0] >= hole[0]) & (points[:, 0] <= hole[1])
        fcurves.write_values(curve, np.where(inside, rng.normal(size=len(points)), points[:, 1]))


def denoise(**options):
    return bpy.ops.mocap_mender.denoise_action(model=MODEL, **options)


def in_hole(obj, clean):
    return error(obj, clean)[HOLE[0] - 1 : HOLE[1]]


def test_an_empty_stretch_gets_keys_of_its_own(tmp_path):
    clean = swinging(30.0)
    obj = imported(clean, tmp_path)
    cut_out(obj)
    denoise(fill_gaps="EMPTY")
    for curve in rotation_curves(obj):
        if '"Hips"' in curve.data_path:
            continue
        keys = fcurves.read_keys(curve)
        np.testing.assert_array_equal(keys.frames, np.arange(1, len(clean) + 1))
        made_up = (keys.frames >= HOLE[0]) & (keys.frames <= HOLE[1])
        np.testing.assert_array_equal(keys.kind == fcurves.GENERATED, made_up)
    assert in_hole(obj, clean).mean() < 4
    assert " new · " in bpy.context.scene.mocap_mender.done_line


def test_a_gap_stays_unless_it_shall_be_filled_or_is_too_short(tmp_path):
    obj = imported(swinging(30.0), tmp_path)
    cut_out(obj)
    left = len(rotation_curves(obj, "Spine")[0].keyframe_points)
    denoise()
    assert len(rotation_curves(obj, "Spine")[0].keyframe_points) == left
    denoise(fill_gaps="EMPTY", gap_frames=30)
    assert len(rotation_curves(obj, "Spine")[0].keyframe_points) == left


def test_one_bones_gap_is_filled_from_what_the_others_do(tmp_path):
    clean = swinging(30.0)
    obj = imported(clean, tmp_path)
    cut_out(obj, bone="LeftUpLeg")
    denoise(fill_gaps="EMPTY", bones="ALL")
    counts = {bone: len(rotation_curves(obj, bone)[0].keyframe_points) for bone in ("LeftUpLeg", "RightUpLeg")}
    assert counts == {"LeftUpLeg": len(clean), "RightUpLeg": len(clean)}
    kinds = fcurves.read_keys(rotation_curves(obj, "RightUpLeg")[0]).kind
    assert (kinds == fcurves.KEYFRAME).all()


def test_marked_frames_count_for_nothing(tmp_path):
    clean = swinging(30.0)
    obj = imported(noisy(clean), tmp_path)
    spoil(obj)
    before = in_hole(obj, clean).mean()
    denoise(fill_gaps="MARKED", gap_start=HOLE[0], gap_end=HOLE[1])
    assert before > 30
    assert in_hole(obj, clean).mean() < 12
    assert len(rotation_curves(obj, "Spine")[0].keyframe_points) == len(clean)


def test_marked_frames_without_keys_get_some(tmp_path):
    clean = swinging(120.0)
    obj = imported(clean, tmp_path)
    cut_out(obj, (100, 160))
    denoise(fill_gaps="MARKED", gap_start=100, gap_end=160)
    np.testing.assert_array_equal(
        fcurves.read_points(rotation_curves(obj, "Spine")[0])[:, 0], np.arange(1, len(clean) + 1)
    )


def test_what_is_made_up_is_taken_whole_whatever_the_strength(tmp_path):
    clean = swinging(30.0)
    obj = imported(clean, tmp_path)
    spoil(obj)
    denoise(fill_gaps="MARKED", gap_start=HOLE[0], gap_end=HOLE[1], strength=0.0)
    assert in_hole(obj, clean).mean() < 12
    outside = np.delete(error(obj, clean), np.arange(HOLE[0] - 1, HOLE[1]), axis=0)
    assert outside.max() < 0.01


def test_keys_beside_a_gap_keep_their_values_and_a_filled_gap_can_be_reduced(tmp_path):
    obj = imported(swinging(30.0), tmp_path)
    cut_out(obj)
    before = fcurves.read_points(rotation_curves(obj, "Spine")[1])
    denoise(fill_gaps="EMPTY", strength=0.0, result="IN_PLACE")
    after = fcurves.read_points(rotation_curves(obj, "Spine")[1])
    kept = np.isin(after[:, 0], before[:, 0])
    np.testing.assert_array_equal(after[kept], before)
    denoise(reduce_keys=True, strength=0.0)
    assert len(rotation_curves(obj, "Spine")[0].keyframe_points) < len(after) / 3


def test_selected_bones_alone_are_filled(tmp_path):
    obj = imported(swinging(30.0), tmp_path)
    cut_out(obj)
    for bone in obj.pose.bones:
        (bone if bpy.app.version >= (5, 0, 0) else bone.bone).select = bone.name == "LeftArm"
    left = len(rotation_curves(obj, "Spine")[0].keyframe_points)
    denoise(fill_gaps="EMPTY", bones="SELECTED")
    assert len(rotation_curves(obj, "Spine")[0].keyframe_points) == left
    assert len(rotation_curves(obj, "LeftArm")[0].keyframe_points) == left + HOLE[1] - HOLE[0] + 1


def test_missing_frames_that_end_before_they_start_are_refused(tmp_path):
    obj = imported(swinging(30.0), tmp_path)
    changes_nothing(obj, "let them end after their start", model=MODEL, fill_gaps="MARKED", gap_start=9, gap_end=3)


def test_a_model_of_single_poses_fills_nothing(model_folder):
    make_model(model_folder, 0.4)
    obj = make_armature()
    frames = np.concatenate([np.arange(1, 20), np.arange(40, 60)]).astype(np.float32)
    key_rotations(obj, frames, figure_rotations(frames))
    changes_nothing(obj, "cannot fill gaps", fill_gaps="EMPTY")


def walking_round():
    """Swinging limbs on a body that walks in a circle, and heads where it goes."""
    clip = swinging(30.0)
    turned = 0.6 * np.arange(len(clip)) / clip.fps
    rotations = clip.rotations.copy()
    rotations[:, 0] = exp(turned[:, None] * np.array([0.0, 1.0, 0.0]))
    path = np.stack([2 * np.cos(turned), np.full(len(clip), 0.9), -2 * np.sin(turned)], axis=-1)
    return replace(clip, root_position=path, rotations=rotations)


def root_error(obj, clip):
    """(T,) metres and degrees by which the root is off."""
    found = motion.read_clip(obj, np.arange(1, len(clip) + 1, dtype=np.float32), clip.fps)
    hips = found.skeleton.index("Hips")
    apart = geodesic_degrees(found.rotations[:, [hips]], clip.rotations[:, :1])[:, 0]
    return np.linalg.norm(found.root_position - clip.root_position, axis=-1), apart


def root_curves(obj):
    return [curve for curve in channels_of(obj).fcurves if '"Hips"' in curve.data_path]


def test_the_root_goes_on_smoothly_over_an_empty_stretch(tmp_path):
    clean = walking_round()
    obj = imported(clean, tmp_path)
    for curve in channels_of(obj).fcurves:
        keys = curve.keyframe_points
        for place in range(len(keys) - 1, -1, -1):
            if HOLE[0] <= keys[place].co.x <= HOLE[1]:
                keys.remove(keys[place], fast=True)
        curve.update()
    straight = root_error(obj, clean)
    denoise(fill_gaps="EMPTY")
    way, heading = root_error(obj, clean)
    assert straight[0].max() > 0.03
    assert way.max() < 0.01
    assert heading.max() < 1
    for curve in root_curves(obj):
        keys = fcurves.read_keys(curve)
        np.testing.assert_array_equal(keys.frames, np.arange(1, len(clean) + 1))
        assert (keys.kind[HOLE[0] - 1 : HOLE[1]] == fcurves.GENERATED).all()


def test_a_marked_root_is_made_up_too_and_beside_it_stays_bit_for_bit(tmp_path):
    clean = walking_round()
    obj = imported(clean, tmp_path)
    spoil(obj)
    for curve in root_curves(obj):
        if "location" in curve.data_path:
            points = fcurves.read_points(curve)
            inside = (points[:, 0] >= HOLE[0]) & (points[:, 0] <= HOLE[1])
            fcurves.write_values(curve, points[:, 1] + 3 * inside)
    before = [fcurves.read_points(curve) for curve in root_curves(obj)]
    denoise(fill_gaps="MARKED", gap_start=HOLE[0], gap_end=HOLE[1])
    way, heading = root_error(obj, clean)
    assert way.max() < 0.01
    assert heading.max() < 1
    for curve, points in zip(root_curves(obj), before, strict=True):
        outside = (points[:, 0] < HOLE[0]) | (points[:, 0] > HOLE[1])
        np.testing.assert_array_equal(fcurves.read_points(curve)[outside], points[outside])


def test_a_root_that_is_not_asked_for_stays_in_a_gap(tmp_path):
    obj = imported(walking_round(), tmp_path)
    for bone in obj.pose.bones:
        (bone if bpy.app.version >= (5, 0, 0) else bone.bone).select = bone.name != "Hips"
    before = [fcurves.read_points(curve) for curve in root_curves(obj)]
    denoise(fill_gaps="MARKED", gap_start=HOLE[0], gap_end=HOLE[1], bones="SELECTED")
    for curve, points in zip(root_curves(obj), before, strict=True):
        np.testing.assert_array_equal(fcurves.read_points(curve), points)


def without_numbers(tmp_path):
    """A walk in a circle whose root's location is no number in the hole."""
    clean = walking_round()
    obj = imported(clean, tmp_path)
    for curve in root_curves(obj):
        if "location" in curve.data_path:
            points = fcurves.read_points(curve)
            inside = (points[:, 0] >= HOLE[0]) & (points[:, 0] <= HOLE[1])
            fcurves.write_values(curve, np.where(inside, np.nan, points[:, 1]))
    return obj, clean


def test_a_root_whose_location_is_no_number_is_filled(tmp_path):
    obj, clean = without_numbers(tmp_path)
    denoise(fill_gaps="EMPTY")
    way, _ = root_error(obj, clean)
    assert way.max() < 0.01


def test_a_root_whose_location_is_no_number_is_refused_where_it_counts(tmp_path):
    obj, _ = without_numbers(tmp_path)
    changes_nothing(obj, f"location of Hips is no number at frame {HOLE[0]}", model=MODEL)
    assert denoise(plant_feet=False) == {"FINISHED"}
