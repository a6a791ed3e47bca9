"""The live preview: what it shows at a frame, that it writes no key, and that switching off gives everything back."""

from __future__ import annotations

import os

import bpy
import numpy as np
import pytest

from addon.blender import action, fcurves, pose
from addon.core import formats
from addon.core.metrics import geodesic_degrees
from addon.core.noise import component_noise
from addon.core.rigs.fit import joint_rotations
from addon.core.rotation import IDENTITY
from addon.operators import preview_handler, previewing
from addon.operators.preview_settings import preview_of
from tests.blender.figure import JOINTS, figure_rotations, key_rotations, make_armature, make_model
from tests.blender.takes import head_positions, in_scene, take

FRAMES = np.arange(1, 41, dtype=np.float32)


@pytest.fixture
def card(model_folder):
    return make_model(model_folder, 0.4)


@pytest.fixture
def figure(card):
    obj = make_armature()
    key_rotations(obj, FRAMES, figure_rotations(FRAMES))
    return obj


def at(frame):
    whole = int(np.floor(frame))
    bpy.context.scene.frame_set(whole, subframe=float(frame) - whole)
    return pose.read(bpy.context.object)


def keys(obj):
    return [(c.data_path, c.array_index, fcurves.read_points(c)) for c in action.assigned_channels(obj).fcurves]


def same(first, second):
    return all(a[:2] == b[:2] and np.array_equal(a[2], b[2]) for a, b in zip(first, second, strict=True))


def rotation(obj, bone):
    return np.array(obj.pose.bones[bone].rotation_quaternion)


def test_it_shows_what_denoising_writes(figure):
    settings = preview_of(figure)
    settings.strength, settings.enabled = 0.7, True
    shown = {frame: at(frame) for frame in (3, 17, 40)}
    settings.enabled = False
    bpy.ops.mocap_mender.denoise_action(strength=0.7)
    for frame, expected in shown.items():
        assert np.abs(at(frame) - expected).max() < 2e-6


def test_no_key_is_written_and_switching_off_gives_the_pose_back_bit_for_bit(figure):
    before, there = keys(figure), {frame: at(frame) for frame in (1, 12.25, 33)}
    name = figure.animation_data.action.name
    at(20)
    bpy.ops.mocap_mender.live_preview()
    preview_of(figure).noise = 0.05
    assert all(not np.array_equal(at(frame), there[frame]) for frame in there)
    for frame, expected in there.items():
        at(frame)
        preview_of(figure).enabled = True
        bpy.ops.mocap_mender.live_preview(switch="OFF")
        assert np.array_equal(pose.read(figure), expected)
        bpy.context.view_layer.update()
        assert np.array_equal(pose.read(figure), expected)
    assert same(keys(figure), before)
    assert figure.animation_data.action.name == name
    assert len(bpy.data.actions) == 1


def test_bones_without_keys_come_back_too(figure):
    channels = action.assigned_channels(figure)
    for curve in [c for c in channels.fcurves if "Head" in c.data_path or ("LeftArm" in c.data_path)]:
        channels.fcurves.remove(curve)
    figure.pose.bones["Head"].rotation_quaternion = (0.8, 0.1, 0.3, -0.2)
    figure.pose.bones["LeftArm"].rotation_mode = "XYZ"
    figure.pose.bones["LeftArm"].rotation_euler = (0.3, -0.2, 7.0)
    there = at(5)
    settings = preview_of(figure)
    settings.enabled = True
    assert not np.array_equal(rotation(figure, "Head"), (0.8, 0.1, 0.3, -0.2))
    first, again = at(9), [at(frame) for frame in (30, 2, 9)][-1]
    assert np.array_equal(first, again), "what was shown before must not tell in what is shown"
    at(5)
    settings.enabled = False
    assert np.array_equal(pose.read(figure), there)


def test_a_bone_that_is_posed_by_hand_meanwhile_keeps_that(figure):
    channels = action.assigned_channels(figure)
    for curve in [c for c in channels.fcurves if "Head" in c.data_path]:
        channels.fcurves.remove(curve)
    preview_of(figure).enabled = True
    at(4)
    figure.pose.bones["Head"].rotation_quaternion = (0.5, 0.5, 0.5, 0.5)
    at(7)
    assert not np.array_equal(rotation(figure, "Head"), (0.5, 0.5, 0.5, 0.5))
    preview_of(figure).enabled = False
    assert np.array_equal(rotation(figure, "Head"), (0.5, 0.5, 0.5, 0.5))


def test_what_is_held_survives_saving(figure, tmp_path):
    channels = action.assigned_channels(figure)
    for curve in [c for c in channels.fcurves if "Head" in c.data_path]:
        channels.fcurves.remove(curve)
    figure.pose.bones["Head"].rotation_quaternion = (0.8, 0.1, 0.3, -0.2)
    there = at(6)
    preview_of(figure).enabled = True
    shown = at(6)
    path = str(tmp_path / "scene.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    assert not working()
    bpy.ops.wm.open_mainfile(filepath=path)
    assert working()
    assert np.array_equal(pose.read(bpy.context.object), shown)
    at(2)
    assert np.array_equal(at(6), shown)
    preview_of(bpy.context.object).enabled = False
    assert np.array_equal(pose.read(bpy.context.object), there)


def working():
    """Names of our handlers that work at every frame or change."""
    lists = (bpy.app.handlers.frame_change_post, bpy.app.handlers.depsgraph_update_post)
    return [handler.__name__ for found in lists for handler in found if "preview_handler" in handler.__module__]


def test_handlers_are_there_only_while_they_are_needed(figure):
    assert not working()
    other = make_armature("Other")
    preview_of(figure).enabled = preview_of(other).enabled = True
    assert working() == ["_on_frame", "_on_change"]
    preview_of(figure).enabled = False
    assert working() == ["_on_frame", "_on_change"]
    preview_of(other).enabled = False
    assert not working()


def test_another_file_takes_them_away(figure):
    preview_of(figure).enabled = True
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    assert not working()


@pytest.mark.skipif(bool(bpy.app.binary_path), reason="in the application the extension stays enabled")
def test_unregistering_takes_all_handlers_away_and_gives_the_pose_back(figure):
    import addon

    there = at(8)
    preview_of(figure).enabled = True
    addon.unregister()
    try:
        every = [handler for name in dir(bpy.app.handlers) for handler in as_list(getattr(bpy.app.handlers, name))]
        assert not [handler for handler in every if "preview_handler" in getattr(handler, "__module__", "")]
        assert np.array_equal(pose.read(figure), there)
    finally:
        addon.register()
    assert preview_of(figure).enabled
    assert working()
    assert not np.array_equal(at(8), there)


def as_list(value):
    return value if isinstance(value, list) else []


def test_the_noise_is_that_of_the_frame(figure, card):
    settings = preview_of(figure)
    clean = joints(figure, card, 14)
    settings.noise, settings.autoencode, settings.enabled = 0.03, False, True
    found = joints(figure, card, 14, shown=True)
    expected = component_noise(clean[None], 0.03, first_frame=14)[0]
    assert geodesic_degrees(found, expected).max() < 0.01
    at(3)
    assert np.array_equal(joints(figure, card, 14, shown=True), found)


def joints(obj, card, frame, shown=False):
    """(J, 4) the model's joints as they are, or as the preview shows them."""
    now = at(frame)
    settings = preview_of(obj)
    enabled = settings.enabled
    settings.enabled = True
    found = previewing.read(bpy.context.scene, obj, settings, pose.read(obj))
    settings.enabled = enabled
    rig = previewing.rig_of(obj)
    if not shown:
        now = found.source.whole_pose(frame, now)
    q = pose.quaternions(now[None], pose.rotations_of(rig, found.fit.bones))
    return joint_rotations(found.fit, q)[0]


def test_the_noise_can_be_animated(figure):
    settings = preview_of(figure)
    settings.autoencode, settings.enabled = False, True
    there = at(5), at(35)
    for frame, sigma in ((1, 0.0), (10, 0.0), (30, 0.1)):
        settings.noise = sigma
        settings.keyframe_insert("noise", frame=frame)
    assert np.array_equal(at(5), there[0])
    assert np.abs(at(35) - there[1]).max() > 0.02
    settings.enabled = False
    assert np.array_equal(at(35), there[1])


def test_strength_nought_and_no_model_leave_the_motion(figure):
    there = at(11)
    settings = preview_of(figure)
    settings.strength, settings.enabled = 0.0, True
    assert np.abs(at(11) - there).max() < 1e-6
    settings.autoencode = False
    assert np.array_equal(at(11), there)


def test_several_armatures_at_once_each_as_it_is_set(figure):
    other = make_armature("Other")
    key_rotations(other, FRAMES, figure_rotations(FRAMES), name="Other take")
    there = at(10)
    preview_of(figure).enabled = True
    bpy.context.view_layer.objects.active = figure
    alone = at(10)
    preview_of(other).noise, preview_of(other).autoencode, preview_of(other).enabled = 0.05, False, True
    assert np.array_equal(at(10), alone)
    assert not np.array_equal(pose.read(other), there)
    assert not np.array_equal(pose.read(other), alone)


def test_the_own_action_later_and_faster(figure):
    key_location(figure)
    expected = at(1 + 2 * (8 - 1) + 3)
    settings = preview_of(figure)
    settings.autoencode, settings.speed, settings.offset, settings.enabled = False, 2.0, 3.0, True
    assert np.array_equal(at(8), expected)
    there = figure.pose.bones["Hips"].location.x
    settings.speed, settings.offset = 1.0, 0.0
    assert figure.pose.bones["Hips"].location.x != there
    assert figure.pose.bones["Hips"].location.x == pytest.approx(8.0)


def key_location(obj):
    channels = action.assigned_channels(obj)
    fcurves.write_curve(channels, fcurves.bone_path("Hips", "location"), 0, FRAMES, FRAMES, "Hips")


def file_of(clip, folder, name="take.bvh"):
    path = folder / name
    formats.write(clip, path)
    return path


def test_a_file_plays_as_it_is_imported(tmp_path, model_folder, card):
    """On an armature with the file's own skeleton, which has no action and rests otherwise in between."""
    clip = take(fps=float(bpy.context.scene.render.fps), unit=1.0)
    path = file_of(clip, tmp_path)
    bpy.ops.mocap_mender.import_motion(filepath=str(path))
    obj = bpy.context.object
    bones = clip.skeleton.names
    expected = head_positions(obj, (1, 7, 7.5, 20), bones)
    obj.animation_data_clear()
    for bone in obj.pose.bones:
        bone.rotation_quaternion, bone.location, bone.scale = IDENTITY, (0, 0, 0), (1, 1, 1)
    make_model_for_takes(model_folder)
    settings = preview_of(obj)
    settings.source, settings.filepath, settings.autoencode = "FILE", str(path), False
    settings.enabled = True
    assert preview_handler.problem_of(obj) == ""
    found = head_positions(obj, (1, 7, 7.5, 20), bones)
    assert np.abs(found - expected)[[0, 1, 3]].max() < 2e-4
    assert np.abs(found - expected)[2].max() < 0.05, "between two frames"
    settings.enabled = False
    assert np.array_equal(obj.pose.bones["Hips"].location, (0, 0, 0))
    assert np.abs(head_positions(obj, (7,), bones) - in_scene(clip.skeleton.rest_positions())).max() < 1e-4


def make_model_for_takes(folder):
    """A default model whose joints the takes' skeleton has."""
    from addon.core.rotation import normalize
    from tests.inference.tiny_model import make_card, pull, write_model

    names = ("Spine", "Neck", "Head", "Arm", "Hand")
    reference = normalize(np.ones((5, 4)) * np.array([4.0, 1, 0, 0]))
    card = make_card(names, (-1, 0, 1, 0, 3), name="denoise", label="denoise", reference=reference)
    (folder / "denoise.onnx").unlink(missing_ok=True)
    write_model(folder / "denoise.onnx", card, *pull(card, 0.4))
    previewing.forget()


def test_a_file_that_changes_is_read_again(tmp_path, model_folder, card):
    clip = take(fps=24.0, unit=1.0)
    path = file_of(clip, tmp_path)
    bpy.ops.mocap_mender.import_motion(filepath=str(path))
    obj = bpy.context.object
    make_model_for_takes(model_folder)
    settings = preview_of(obj)
    settings.source, settings.filepath, settings.enabled = "FILE", str(path), True
    before = at(9)
    file_of(take(fps=24.0, unit=1.0, seed=5), tmp_path)
    os.utime(path, ns=(1, 1))
    at(2)
    assert not np.array_equal(at(9), before)
    file_of(clip, tmp_path)
    assert np.abs(at(9) - before).max() < 1e-6


def test_a_missing_file_says_so_and_leaves_the_pose_alone(figure, tmp_path):
    there = at(9)
    settings = preview_of(figure)
    settings.source, settings.filepath, settings.enabled = "FILE", str(tmp_path / "gone.bvh"), True
    assert "gone.bvh" in preview_handler.problem_of(figure)
    assert np.array_equal(at(9), there)
    settings.filepath = ""
    assert "choose" in preview_handler.problem_of(figure)
    assert np.array_equal(at(9), there)


def test_a_missing_model_says_so_and_leaves_the_pose_alone_until_it_is_back(figure, model_folder):
    there = at(9)
    preview_of(figure).enabled = True
    shown = at(9)
    (model_folder / "denoise.onnx").rename(model_folder / "away")
    assert np.array_equal(at(9), there)
    assert "denoise" in preview_handler.problem_of(figure)
    (model_folder / "away").rename(model_folder / "denoise.onnx")
    assert np.array_equal(at(9), shown)
    assert preview_handler.problem_of(figure) == ""


def test_an_armature_without_an_action_says_so(card):
    obj = make_armature()
    preview_of(obj).enabled = True
    assert "has no action" in preview_handler.problem_of(obj)


def test_edited_keys_are_seen_while_the_frame_stays(figure):
    at(9)
    settings = preview_of(figure)
    settings.enabled = True
    before = pose.read(figure)
    curve = next(c for c in action.assigned_channels(figure).fcurves if "Spine" in c.data_path and c.array_index == 1)
    fcurves.write_values(curve, fcurves.read_points(curve)[:, 1] + 0.3)
    bpy.context.view_layer.update()
    edited = pose.read(figure)
    assert not np.array_equal(edited, before)
    at(2)
    assert np.array_equal(at(9), edited)


def test_undo_and_redo_of_the_switch(figure):
    there = at(9)
    bpy.ops.ed.undo_push(message="Before")
    preview_of(figure).enabled = True
    bpy.ops.ed.undo_push(message="On")
    shown = pose.read(bpy.context.object)
    for _ in range(3):
        bpy.ops.ed.undo()
        assert not preview_of(bpy.context.object).enabled
        assert not working()
        assert np.array_equal(at(9), there)
        bpy.ops.ed.redo()
        assert working()
        assert np.array_equal(at(9), shown)


def test_all_rotation_modes_show_the_same(card):
    shown = []
    for mode in ("QUATERNION", "XYZ", "AXIS_ANGLE"):
        obj = make_armature(mode)
        for bone in obj.pose.bones:
            bone.rotation_mode = mode
        key_rotations(obj, FRAMES, figure_rotations(FRAMES))
        preview_of(obj).enabled = True
        bpy.context.scene.frame_set(15)
        bpy.context.view_layer.update()
        shown.append(np.array([obj.pose.bones[joint].matrix for joint in JOINTS]))
    assert np.abs(shown[1] - shown[0]).max() < 1e-4
    assert np.abs(shown[2] - shown[0]).max() < 1e-4
