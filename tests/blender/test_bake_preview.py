"""Baking the preview: an action that holds what was shown, the preview off, and one undo step."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

from addon.blender import action, fcurves, pose
from addon.core import formats
from addon.core.rotation_mode import property_of
from addon.operators.preview_settings import preview_of
from tests.blender.figure import figure_rotations, key_rotations, make_armature, make_model
from tests.blender.takes import head_positions, take
from tests.blender.test_preview import make_model_for_takes

FRAMES = np.arange(1, 41, dtype=np.float32)


@pytest.fixture
def card(model_folder):
    return make_model(model_folder, 0.4)


@pytest.fixture
def figure(card):
    obj = make_armature()
    obj.pose.bones["LeftArm"].rotation_mode = "XYZ"
    key_rotations(obj, FRAMES, figure_rotations(FRAMES))
    fcurves.write_curve(
        action.assigned_channels(obj), fcurves.bone_path("Hips", "location"), 2, FRAMES, FRAMES * 0.1, "Hips"
    )
    bpy.context.scene.frame_start, bpy.context.scene.frame_end = 3, 30
    return obj


def matrices(obj, frames):
    found = []
    for frame in frames:
        bpy.context.scene.frame_set(frame)
        found.append([bone.matrix.copy() for bone in obj.pose.bones])
    return np.array(found)


def test_the_action_holds_what_was_shown(figure):
    original = figure.animation_data.action
    preview_of(figure).noise, preview_of(figure).enabled = 0.02, True
    shown = matrices(figure, range(3, 31))
    count = len(fcurves.read_points(action.assigned_channels(figure).fcurves[0]))
    bpy.ops.mocap_mender.bake_preview()
    assert not preview_of(figure).enabled
    assert figure.animation_data.action not in (None, original)
    assert figure.animation_data.action.name == "Take preview"
    assert np.abs(matrices(figure, range(3, 31)) - shown).max() < 1e-5
    channels = action.assigned_channels(figure)
    euler = fcurves.bone_path("LeftArm", property_of("XYZ"))
    assert np.array_equal(fcurves.read_points(channels.fcurves.find(euler, index=1))[:, 0], np.arange(3, 31))
    untouched = fcurves.read_points(channels.fcurves.find(fcurves.bone_path("Hips", "location"), index=2))
    assert count == len(FRAMES) == len(untouched)
    assert original.use_fake_user


def test_euler_curves_do_not_jump(figure):
    preview_of(figure).enabled = True
    bpy.ops.mocap_mender.bake_preview()
    path = fcurves.bone_path("LeftArm", "rotation_euler")
    for curve in action.assigned_channels(figure).fcurves:
        if curve.data_path == path:
            assert np.abs(np.diff(fcurves.read_points(curve)[:, 1])).max() < 1.0


def test_a_file_becomes_an_action_with_its_root(tmp_path, model_folder, card):
    clip = take(fps=float(bpy.context.scene.render.fps), unit=1.0)
    path = tmp_path / "take.bvh"
    formats.write(clip, path)
    bpy.ops.mocap_mender.import_motion(filepath=str(path))
    obj = bpy.context.object
    make_model_for_takes(model_folder)
    expected = head_positions(obj, (2, 9, 20), clip.skeleton.names)
    obj.animation_data_clear()
    settings = preview_of(obj)
    settings.source, settings.filepath, settings.autoencode, settings.enabled = "FILE", str(path), False, True
    bpy.ops.mocap_mender.bake_preview(whole_range=False, frame_start=1, frame_end=24)
    assert np.abs(head_positions(obj, (2, 9, 20), clip.skeleton.names) - expected).max() < 2e-4


def test_one_undo_step_takes_it_back(figure):
    preview_of(figure).enabled = True
    shown = matrices(figure, [9])
    bpy.ops.ed.undo_push(message="Before")
    bpy.ops.mocap_mender.bake_preview()
    bpy.ops.ed.undo_push(message="Bake Preview")
    bpy.ops.ed.undo()
    obj = bpy.context.object
    assert obj.animation_data.action.name == "Take"
    assert preview_of(obj).enabled
    assert [item.name for item in bpy.data.actions] == ["Take"]
    assert np.abs(matrices(obj, [9]) - shown).max() < 1e-6


def test_what_cannot_be_shown_cannot_be_baked(figure, tmp_path):
    settings = preview_of(figure)
    settings.source, settings.filepath, settings.enabled = "FILE", str(tmp_path / "gone.bvh"), True
    there = pose.read(figure)
    with pytest.raises(RuntimeError, match=r"gone\.bvh"):
        bpy.ops.mocap_mender.bake_preview()
    assert figure.animation_data.action.name == "Take"
    assert settings.enabled
    assert np.array_equal(pose.read(figure), there)
    settings.enabled = False
    with pytest.raises(RuntimeError, match="poll"):
        bpy.ops.mocap_mender.bake_preview()
    settings.source, settings.autoencode, settings.enabled = "ACTION", False, True
    with pytest.raises(RuntimeError, match="changes nothing"):
        bpy.ops.mocap_mender.bake_preview()
