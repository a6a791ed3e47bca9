"""Gaps: empty stretches and marked frames are made up by a model that sees time, with keys of their own."""

from __future__ import annotations

import bpy
import numpy as np

from addon.blender import action
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
        points = action.read_points(curve)
        inside = (points[:, 0] >= hole[0]) & (points[:, 0] <= hole[1])
        action.write_values(curve, np.where(inside, rng.normal(size=len(points)), points[:, 1]))


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
        keys = action.read_keys(curve)
        np.testing.assert_array_equal(keys.frames, np.arange(1, len(clean) + 1))
        made_up = (keys.frames >= HOLE[0]) & (keys.frames <= HOLE[1])
        np.testing.assert_array_equal(keys.kind == action.GENERATED, made_up)
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
    kinds = action.read_keys(rotation_curves(obj, "RightUpLeg")[0]).kind
    assert (kinds == action.KEYFRAME).all()


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
        action.read_points(rotation_curves(obj, "Spine")[0])[:, 0], np.arange(1, len(clean) + 1)
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
    before = action.read_points(rotation_curves(obj, "Spine")[1])
    denoise(fill_gaps="EMPTY", strength=0.0, result="IN_PLACE")
    after = action.read_points(rotation_curves(obj, "Spine")[1])
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


def test_a_model_of_single_poses_fills_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("addon.operators.choice.model_folders", lambda: [tmp_path])
    make_model(tmp_path, 0.4)
    obj = make_armature()
    frames = np.concatenate([np.arange(1, 20), np.arange(40, 60)]).astype(np.float32)
    key_rotations(obj, frames, figure_rotations(frames))
    changes_nothing(obj, "cannot fill gaps", fill_gaps="EMPTY")
