"""Denoising an action: what changes, what stays bit for bit, and what is refused."""

from __future__ import annotations

import sys

import bpy
import numpy as np
import pytest
from mathutils import Vector

from addon.blender import action, fcurves
from addon.core.interpolation import BEZIER, LINEAR
from addon.core.rotation import aligned, angle_between, conjugate, multiply, normalize, slerp
from addon.core.rotation_mode import property_of, to_quaternion
from tests.blender.figure import (
    JOINTS,
    figure_rotations,
    key_rotations,
    make_armature,
    make_model,
    rest_of,
    wobble,
)

SHARE = 0.4
FRAMES = np.arange(1, 41, dtype=np.float32)
MODES = ["QUATERNION", "AXIS_ANGLE", "XYZ", "XZY", "YXZ", "YZX", "ZXY", "ZYX"]


@pytest.fixture(autouse=True)
def card(model_folder):
    return make_model(model_folder, SHARE)


@pytest.fixture
def figure():
    obj = make_armature()
    key_rotations(obj, FRAMES, figure_rotations(FRAMES))
    return obj


def denoise(**options):
    return bpy.ops.mocap_mender.denoise_action(**options)


def channels_of(obj):
    return action.assigned_channels(obj)


def snapshot(channels):
    """Everything that the action's curves store, by path and index."""
    return {
        key: {name: getattr(keys, name).tobytes() for name in keys.__dataclass_fields__}
        for key, keys in ((key, fcurves.read_keys(curve)) for key, curve in fcurves.by_path(channels).items())
    }


def values_of(channels, obj, bone):
    """(T, n) the keys' values of a bone's rotation."""
    path = fcurves.bone_path(bone, property_of(obj.pose.bones[bone].rotation_mode))
    curves = fcurves.by_path(channels)
    return np.stack([fcurves.read_points(curves[path, i])[:, 1] for i in range(4) if (path, i) in curves], axis=-1)


def rotations_of(channels, obj, bone):
    return to_quaternion(values_of(channels, obj, bone), obj.pose.bones[bone].rotation_mode)


def expected(card, obj, rotations, strength=1.0):
    """What the pulling network makes of each bone, worked out by hand from the definition: bone axes, file axes."""
    result = {}
    for joint, bone in enumerate(JOINTS):
        rest = rest_of(obj, bone)
        before = aligned(multiply(multiply(rest, rotations[bone]), conjugate(rest)), card.reference[joint])
        after = normalize((1 - SHARE) * before + SHARE * card.reference[joint])
        after = multiply(multiply(conjugate(rest), after), rest)
        result[bone] = slerp(normalize(rotations[bone].astype(np.float64)), after, strength)
    return result


def assert_rotations(channels, obj, wanted, bones=JOINTS):
    for bone in bones:
        assert np.degrees(angle_between(rotations_of(channels, obj, bone), wanted[bone]).max()) < 2e-3, bone


@pytest.mark.parametrize("mode", MODES)
def test_every_rotation_mode_takes_the_models_result_and_is_kept(card, mode):
    obj = make_armature()
    for bone in JOINTS:
        obj.pose.bones[bone].rotation_mode = mode
    rotations = figure_rotations(FRAMES)
    before = {bone: values_of(key_rotations(obj, FRAMES, rotations), obj, bone) for bone in JOINTS}
    assert denoise() == {"FINISHED"}
    assert {obj.pose.bones[bone].rotation_mode for bone in JOINTS} == {mode}
    assert_rotations(channels_of(obj), obj, expected(card, obj, rotations))
    for bone in JOINTS:
        after = values_of(channels_of(obj), obj, bone)
        jump = np.abs(np.diff(after, axis=0)).max()
        assert jump < 2 * np.abs(np.diff(before[bone], axis=0)).max() + 0.05, bone


@pytest.mark.parametrize("strength", [0.25, 0.5])
def test_strength_goes_part_of_the_way(card, figure, strength):
    denoise(strength=strength)
    assert_rotations(channels_of(figure), figure, expected(card, figure, figure_rotations(FRAMES), strength))


def test_no_strength_changes_nothing(figure):
    before = snapshot(channels_of(figure))
    denoise(strength=0.0, result="IN_PLACE")
    assert snapshot(channels_of(figure)) == before
    assert bpy.context.scene.mocap_mender.done_line.startswith("0 keys · 0.00°")


def test_a_copy_leaves_the_original_as_it_was(figure):
    original = figure.animation_data.action
    before = snapshot(channels_of(figure))
    denoise()
    copy = figure.animation_data.action
    assert copy.name == "Take denoised"
    assert snapshot(channels_of(figure)) != before
    assert original.use_fake_user
    figure.animation_data.action = original
    if hasattr(figure.animation_data, "action_slot"):
        figure.animation_data.action_slot = original.slots[0]
    assert snapshot(channels_of(figure)) == before


def test_in_place_changes_the_action_itself(card, figure):
    original = figure.animation_data.action
    denoise(result="IN_PLACE")
    assert figure.animation_data.action == original
    assert len(bpy.data.actions) == 1
    assert_rotations(channels_of(figure), figure, expected(card, figure, figure_rotations(FRAMES)))


def test_the_pose_moves_in_the_scene(figure):
    def pose():
        bpy.context.scene.frame_set(7)
        return np.array(figure.pose.bones["Head"].matrix)

    before = pose()
    denoise()
    assert np.abs(pose() - before).max() > 0.01


def test_one_undo_takes_everything_back(figure):
    before = snapshot(channels_of(figure))
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.mocap_mender.denoise_action("EXEC_DEFAULT", True)
    bpy.ops.ed.undo()
    obj = bpy.data.objects["Figure"]
    assert [act.name for act in bpy.data.actions] == ["Take"]
    assert snapshot(channels_of(obj)) == before
    assert bpy.context.scene.mocap_mender.done_line == ""


def add_bystanders(obj):
    """Curves and properties that no rotation model is asked to touch."""
    channels = channels_of(obj)
    values = np.sin(FRAMES)
    for path in ("location", "scale", "rotation_euler"):
        fcurves.write_curve(channels, fcurves.bone_path("Head", path), 1, FRAMES, values, "Head", BEZIER)
    fcurves.write_curve(channels, fcurves.bone_path("Hips", "location"), 0, FRAMES, values, "Hips")
    fcurves.write_curve(channels, fcurves.bone_path("Hips", "rotation_quaternion"), 0, FRAMES, values, "Hips")
    obj.pose.bones["Head"]["mood"] = 0.5
    fcurves.write_curve(channels, 'pose.bones["Head"]["mood"]', 0, FRAMES, values, "Head")
    obj["weight"] = 1.0
    fcurves.write_curve(channels, '["weight"]', 0, FRAMES, values, "Object")
    driver = obj.pose.bones["Spine"].driver_add("location", 0)
    driver.driver.expression = "0.25"


def rotation_paths(bones):
    return {fcurves.bone_path(bone, "rotation_quaternion") for bone in bones}


def test_all_else_stays_bit_for_bit(figure):
    add_bystanders(figure)
    before = snapshot(channels_of(figure))
    denoise()
    after = snapshot(channels_of(figure))
    assert after.keys() == before.keys()
    changed = {path for path, index in before if before[path, index] != after[path, index]}
    assert changed == rotation_paths(JOINTS)
    assert [driver.driver.expression for driver in figure.animation_data.drivers] == ["0.25"]


def test_selected_bones_alone_change(card, figure):
    before = snapshot(channels_of(figure))
    for bone in figure.pose.bones:
        (bone if bpy.app.version >= (5, 0, 0) else bone.bone).select = bone.name in ("LeftArm", "Hips")
    denoise(bones="SELECTED")
    after = snapshot(channels_of(figure))
    changed = {path for path, index in before if before[path, index] != after[path, index]}
    assert changed == rotation_paths(["LeftArm"])
    assert_rotations(channels_of(figure), figure, expected(card, figure, figure_rotations(FRAMES)), ["LeftArm"])


def select_keys(obj, start, end):
    for curve in channels_of(obj).fcurves:
        for point in curve.keyframe_points:
            point.select_control_point = start <= point.co.x <= end


@pytest.mark.parametrize("interpolation", [LINEAR, BEZIER])
@pytest.mark.parametrize("frame_range", ["CUSTOM", "PREVIEW", "SELECTED_KEYS"])
def test_keys_outside_the_range_stay_bit_for_bit(card, frame_range, interpolation):
    obj = make_armature()
    rotations = figure_rotations(FRAMES)
    key_rotations(obj, FRAMES, rotations, interpolation)
    before = {key: fcurves.read_keys(curve) for key, curve in fcurves.by_path(channels_of(obj)).items()}
    scene = bpy.context.scene
    scene.use_preview_range, scene.frame_preview_start, scene.frame_preview_end = True, 10, 20
    select_keys(obj, 10, 20)
    denoise(frame_range=frame_range, frame_start=10, frame_end=20)
    inside = (FRAMES >= 10) & (FRAMES <= 20)
    wanted = expected(card, obj, rotations)
    for bone in JOINTS:
        found = rotations_of(channels_of(obj), obj, bone)
        assert np.degrees(angle_between(found, wanted[bone])[inside].max()) < 2e-3
    for key, curve in fcurves.by_path(channels_of(obj)).items():
        after = fcurves.read_keys(curve)
        for name in after.__dataclass_fields__:
            np.testing.assert_array_equal(getattr(after, name)[~inside], getattr(before[key], name)[~inside], name)


def test_handles_go_with_their_keys(figure):
    for curve in channels_of(figure).fcurves:
        for point in curve.keyframe_points:
            point.interpolation = "BEZIER"
            point.handle_left_type = point.handle_right_type = "FREE"
            point.handle_left = point.co - Vector((0.3, 0.1))
            point.handle_right = point.co + Vector((0.2, -0.1))
    before = {key: fcurves.read_keys(curve) for key, curve in fcurves.by_path(channels_of(figure)).items()}
    denoise()
    for key, curve in fcurves.by_path(channels_of(figure)).items():
        after = fcurves.read_keys(curve)
        np.testing.assert_array_equal(after.points[:, 0], before[key].points[:, 0])
        for name in ("left", "right"):
            shift = getattr(after, name) - after.points
            np.testing.assert_allclose(shift, getattr(before[key], name) - before[key].points, atol=1e-6)


def test_key_times_are_kept_on_and_off_the_grid(card):
    obj = make_armature()
    frames = np.cumsum(np.random.default_rng(5).uniform(0.2, 3, 50)).astype(np.float32)
    rotations = figure_rotations(frames)
    key_rotations(obj, frames, rotations)
    denoise()
    for curve in channels_of(obj).fcurves:
        np.testing.assert_array_equal(fcurves.read_points(curve)[:, 0], frames)
    assert_rotations(channels_of(obj), obj, expected(card, obj, rotations))


def test_components_with_different_key_times_keep_them(figure):
    channels = channels_of(figure)
    path = fcurves.bone_path("Head", "rotation_quaternion")
    curve = fcurves.by_path(channels)[path, 1]
    for place in range(35, 5, -1):
        if place % 3:
            curve.keyframe_points.remove(curve.keyframe_points[place])
    kept = fcurves.read_points(curve)[:, 0]
    denoise()
    curves = fcurves.by_path(channels_of(figure))
    np.testing.assert_array_equal(fcurves.read_points(curves[path, 1])[:, 0], kept)
    assert len(curves[path, 0].keyframe_points) == len(FRAMES)
    shared = np.isin(FRAMES, kept)
    whole = np.stack([fcurves.read_points(curves[path, i])[:, 1] for i in (0, 2, 3)], axis=-1)[shared]
    length = np.sqrt((whole**2).sum(-1) + fcurves.read_points(curves[path, 1])[:, 1] ** 2)
    np.testing.assert_allclose(length, 1, atol=1e-5)


def test_quaternions_keep_the_sign_of_their_keys(figure):
    channels = channels_of(figure)
    flips = np.random.default_rng(4).choice([-1, 1], len(FRAMES))
    before = values_of(channels, figure, "Spine") * flips[:, None]
    path = fcurves.bone_path("Spine", "rotation_quaternion")
    for index in range(4):
        fcurves.write_values(fcurves.by_path(channels)[path, index], before[:, index])
    denoise()
    after = values_of(channels_of(figure), figure, "Spine")
    assert np.all(np.sum(after * before, axis=-1) > 0)


def test_noisy_lengths_are_normalised_first(card, figure):
    channels = channels_of(figure)
    path = fcurves.bone_path("Spine", "rotation_quaternion")
    length = np.random.default_rng(4).uniform(0.5, 2, len(FRAMES))
    before = values_of(channels, figure, "Spine") * length[:, None]
    for index in range(4):
        fcurves.write_values(fcurves.by_path(channels)[path, index], before[:, index])
    denoise()
    assert_rotations(channels_of(figure), figure, expected(card, figure, figure_rotations(FRAMES)))
    np.testing.assert_allclose(np.linalg.norm(values_of(channels_of(figure), figure, "Spine"), axis=-1), 1, atol=1e-5)


def test_bones_between_joints_are_taken_together(card, figure):
    """A rig with one more bone in its back: the model sees both back bones' turns as one."""
    bones = {
        "Hips": (None, (0, 0, 1.0), 0.3),
        "LowerBack": ("Hips", (0, 0, 1.1), 1.1),
        "Middle": ("LowerBack", (0, 0, 1.2), 0.5),
        "Spine": ("Middle", (0, 0, 1.3), -0.4),
        "Head": ("Spine", (0, 0.02, 1.6), 0.2),
        "LeftUpLeg": ("Hips", (0.1, 0, 0.9), -0.8),
    }
    obj = make_armature("Other", bones)
    rotations = {bone: wobble(FRAMES, seed) for seed, bone in enumerate(("Middle", "Spine", "LowerBack"))}
    key_rotations(obj, FRAMES, rotations, name="Other")
    denoise()
    middle, spine = rest_of(obj, "Middle"), rest_of(obj, "Spine")
    first = multiply(multiply(middle, rotations["Middle"]), conjugate(middle))
    whole = multiply(first, multiply(multiply(spine, rotations["Spine"]), conjugate(spine)))
    joint = JOINTS.index("Spine")
    seen = aligned(whole, card.reference[joint])
    after = normalize((1 - SHARE) * seen + SHARE * card.reference[joint])
    wanted = multiply(multiply(conjugate(spine), multiply(conjugate(first), after)), spine)
    assert_rotations(channels_of(obj), obj, {"Spine": wanted, "Middle": rotations["Middle"]}, ["Spine", "Middle"])


def test_a_prefix_before_all_names_is_read_over(card):
    obj = make_armature(rename=lambda bone: f"Neo_{bone}")
    key_rotations(obj, FRAMES, {f"Neo_{bone}": q for bone, q in figure_rotations(FRAMES).items()})
    assert denoise() == {"FINISHED"}
    assert bpy.context.scene.mocap_mender.done_line.startswith("1,120 keys")


def test_what_was_done_is_told(card, figure):
    rotations = figure_rotations(FRAMES)
    wanted = expected(card, figure, rotations)
    degrees = np.degrees(np.mean([angle_between(rotations[bone], wanted[bone]) for bone in JOINTS]))
    denoise()
    assert f"1,120 keys · {degrees:.2f}° mean" in bpy.context.scene.mocap_mender.done_line


def test_muted_curves_are_neither_seen_nor_changed(figure):
    path = fcurves.bone_path("Head", "rotation_quaternion")
    for index in range(4):
        fcurves.by_path(channels_of(figure))[path, index].mute = True
    before = snapshot(channels_of(figure))
    denoise()
    after = snapshot(channels_of(figure))
    assert all(after[path, index] == before[path, index] for index in range(4))


def test_a_second_figure_with_the_same_action_is_left_alone(figure):
    other = make_armature("Second")
    other.animation_data_create().action = figure.animation_data.action
    bpy.context.view_layer.objects.active = figure
    denoise()
    assert other.animation_data.action.name == "Take"
    assert figure.animation_data.action.name == "Take denoised"


def test_a_model_with_a_rate_is_read_between_its_frames(model_folder, figure):
    card = make_model(model_folder, SHARE, name="slow", fps=12.0)
    bpy.context.scene.render.fps = 24
    denoise(model="slow")
    wanted = expected(card, figure, figure_rotations(FRAMES))
    for bone in JOINTS:
        found = angle_between(rotations_of(channels_of(figure), figure, bone), wanted[bone])
        assert np.degrees(found[::2].max()) < 2e-3, "on the model's own frames"
        assert 2e-3 < np.degrees(found[1::2].max()) < 2, "between them"


# What is refused: one sentence, and nothing is changed.


def test_no_armature_is_refused():
    with pytest.raises(RuntimeError, match="Select an armature first"):
        denoise()
    bpy.context.view_layer.objects.active = None
    with pytest.raises(RuntimeError, match="Select an armature first"):
        denoise()


def test_no_action_is_refused():
    make_armature()
    with pytest.raises(RuntimeError, match="has no action"):
        denoise()


def changes_nothing(obj, match, **options):
    before, count = snapshot(channels_of(obj)), len(bpy.data.actions)
    with pytest.raises(RuntimeError, match=match):
        denoise(**options)
    assert snapshot(channels_of(obj)) == before
    assert len(bpy.data.actions) == count


def test_bones_of_other_names_are_refused():
    obj = make_armature(rename=lambda bone: f"{bone}_joint")
    key_rotations(obj, FRAMES, {"Head_joint": wobble(FRAMES, 1)})
    changes_nothing(obj, "No bone of Figure bears the name")


def test_an_unknown_model_is_refused(figure):
    changes_nothing(figure, "no model called magic: choose one of denoise", model="magic")


def test_a_refused_model_says_why(figure, model_folder):
    (model_folder / "broken.onnx").write_bytes(b"nonsense")
    changes_nothing(figure, "broken.onnx is not a readable ONNX model", model="broken")


def test_an_empty_range_is_refused(figure):
    changes_nothing(figure, "let it end after its start", frame_range="CUSTOM", frame_start=9, frame_end=3)
    changes_nothing(figure, "widen the range", frame_range="CUSTOM", frame_start=900, frame_end=1000)


def test_no_selected_bone_is_refused(figure):
    for bone in figure.pose.bones:
        (bone if bpy.app.version >= (5, 0, 0) else bone.bone).select = False
    changes_nothing(figure, "No bone is selected", bones="SELECTED")


def test_a_locked_curve_is_refused(figure):
    path = fcurves.bone_path("Head", "rotation_quaternion")
    fcurves.by_path(channels_of(figure))[path, 2].lock = True
    changes_nothing(figure, "bone Head are locked")


def test_a_baked_curve_is_refused(figure):
    path = fcurves.bone_path("Head", "rotation_quaternion")
    fcurves.by_path(channels_of(figure))[path, 2].convert_to_samples(1, 40)
    changes_nothing(figure, "bone Head are baked to samples")


@pytest.mark.parametrize("value", [np.nan, 0.0])
def test_keys_that_are_no_rotation_are_refused(figure, value):
    path = fcurves.bone_path("Head", "rotation_quaternion")
    curves = fcurves.by_path(channels_of(figure))
    for index in range(4):
        values = fcurves.read_points(curves[path, index])[:, 1].copy()
        values[6] = value
        fcurves.write_values(curves[path, index], values)
    changes_nothing(figure, "bone Head has no valid rotation at frame 7")


def test_a_changing_rotation_mode_is_refused(figure):
    fcurves.write_curve(channels_of(figure), fcurves.bone_path("Head", "rotation_mode"), 0, [1, 20], [0, 1], "Head")
    changes_nothing(figure, "Head changes its rotation mode")


def test_a_linked_action_is_not_changed_in_place(figure, tmp_path):
    path = str(tmp_path / "library.blend")
    bpy.data.libraries.write(path, {figure.animation_data.action})
    obj = make_armature("Second")
    with bpy.data.libraries.load(path, link=True) as (_, wanted):
        wanted.actions = ["Take"]
    linked = next(act for act in bpy.data.actions if act.library)
    obj.animation_data_create().action = linked
    with pytest.raises(RuntimeError, match="is linked from another file: make it local first"):
        denoise(result="IN_PLACE")
    assert obj.animation_data.action == linked


def test_a_runtime_that_does_not_load_is_told(figure, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    changes_nothing(figure, "network runtime is missing")
