"""F-curves in bulk: found through the slot, read, written and copied, on every Blender alike."""

from __future__ import annotations

import re

import bpy
import numpy as np
import pytest

from addon.blender import action, fcurves
from addon.blender.action import ActionError
from addon.core.interpolation import BEZIER

PATH = 'pose.bones["Bone"].rotation_quaternion'


@pytest.fixture
def armature() -> bpy.types.Object:
    return make_armature("Figure")


def make_armature(name: str) -> bpy.types.Object:
    obj = bpy.data.objects.new(name, bpy.data.armatures.new(name))
    bpy.context.scene.collection.objects.link(obj)
    bpy.context.view_layer.objects.active = obj
    bpy.ops.object.mode_set(mode="EDIT")
    bone = obj.data.edit_bones.new("Bone")
    bone.tail = (0, 0, 1)
    bpy.ops.object.mode_set(mode="OBJECT")
    return obj


@pytest.fixture
def curve(armature: bpy.types.Object) -> bpy.types.FCurve:
    channels = action.new_action(armature, "Take")
    frames = np.array([1, 3.25, 4, 9.5, 12], dtype=np.float32)
    return fcurves.write_curve(channels, PATH, 2, frames, [0.0, 0.5, -0.25, 0.75, 0.1], "Bone", interpolation=BEZIER)


def stored(curve: bpy.types.FCurve) -> list[bytes]:
    keys = fcurves.read_keys(curve)
    return [getattr(keys, name).tobytes() for name in keys.__dataclass_fields__]


def test_a_written_curve_moves_the_bone(armature, curve):
    assert curve.group.name == "Bone"
    assert fcurves.read_keys(curve).frames.tolist() == [1, 3.25, 4, 9.5, 12]
    assert [key.interpolation for key in curve.keyframe_points] == ["BEZIER"] * 5
    bpy.context.scene.frame_set(3, subframe=0.25)
    assert armature.pose.bones["Bone"].rotation_quaternion[2] == pytest.approx(0.5)


def test_a_written_curve_takes_interpolation_and_kind(armature):
    channels = action.new_action(armature, "Take")
    curve = fcurves.write_curve(channels, PATH, 0, [1, 2], [0, 1], "Bone", kind=fcurves.GENERATED)
    other = fcurves.write_curve(channels, PATH, 1, [1, 2], [0, 1], "Bone")
    assert [(key.interpolation, key.type) for key in curve.keyframe_points] == [("LINEAR", "GENERATED")] * 2
    assert [key.type for key in other.keyframe_points] == ["KEYFRAME"] * 2
    assert [group.name for group in channels.groups] == ["Bone"]
    with pytest.raises(ActionError, match="already"):
        fcurves.write_curve(channels, PATH, 0, [1], [0], "Bone")


def test_new_values_take_the_handles_along_and_leave_the_rest(armature, curve):
    point = curve.keyframe_points[2]
    point.handle_left_type = point.handle_right_type = "FREE"
    point.handle_left, point.handle_right = (3.5, -1.0), (6.0, 0.3)
    curve.keyframe_points[3].interpolation = "BOUNCE"
    before, raw = fcurves.read_keys(curve), stored(curve)
    fcurves.write_values(curve, before.values)
    assert stored(curve) == raw

    values = before.values.copy()
    values[2] += 0.5
    fcurves.write_values(curve, values)
    after = fcurves.read_keys(curve)
    np.testing.assert_array_equal(after.values, values)
    np.testing.assert_array_equal(after.frames, before.frames)
    np.testing.assert_allclose(after.left[2] - after.points[2], before.left[2] - before.points[2], atol=1e-6)
    np.testing.assert_allclose(after.right[2] - after.points[2], before.right[2] - before.points[2], atol=1e-6)
    others = [0, 1, 3, 4]
    for name in before.__dataclass_fields__:
        np.testing.assert_array_equal(getattr(after, name)[others], getattr(before, name)[others])
    np.testing.assert_array_equal(after.interpolation, before.interpolation)


def test_automatic_handles_follow_the_new_values_and_others_stay(curve):
    for point in curve.keyframe_points:
        point.handle_left_type = point.handle_right_type = "AUTO_CLAMPED"
    curve.update()
    before = fcurves.read_keys(curve)
    values = np.array([0.0, 0.5, 0.6, 0.75, 0.1])
    fcurves.write_values(curve, values)
    after = fcurves.read_keys(curve)
    np.testing.assert_array_equal(after.left[[0, 1, 3, 4]], before.left[[0, 1, 3, 4]])
    np.testing.assert_array_equal(after.right[[0, 1, 3, 4]], before.right[[0, 1, 3, 4]])
    assert after.left[2, 1] < after.values[2] < after.right[2, 1], "between a lower and a higher key it rises"
    curve.update()
    np.testing.assert_array_equal(fcurves.read_keys(curve).left[2], after.left[2])


def test_new_values_move_the_pose(armature, curve):
    bpy.context.scene.frame_set(4)
    values = fcurves.read_keys(curve).values.copy()
    values[2] = 0.625
    fcurves.write_values(curve, values)
    bpy.context.view_layer.update()
    evaluated = armature.evaluated_get(bpy.context.evaluated_depsgraph_get())
    assert evaluated.pose.bones["Bone"].rotation_quaternion[2] == pytest.approx(0.625)


def test_channels_of_the_assigned_slot(armature, curve):
    channels = action.assigned_channels(armature)
    assert list(fcurves.by_path(channels)) == [(PATH, 2)]
    assert fcurves.bone_path('a"b', "location") == 'pose.bones["a\\"b"].location'


@pytest.mark.skipif(bpy.app.version < (4, 4), reason="slots came with Blender 4.4")
def test_a_second_object_reads_its_own_slot(armature, curve):
    other = make_armature("Other")
    bpy.context.view_layer.update()
    shared = armature.animation_data.action
    other.animation_data_create().action = shared
    with pytest.raises(ActionError, match="none of its slots"):
        action.assigned_channels(other)
    slot = shared.slots.new(id_type="OBJECT", name="Other")
    other.animation_data.action_slot = slot
    with pytest.raises(ActionError, match="no keys for Other"):
        action.assigned_channels(other)
    shared.layers[0].strips[0].channelbag(slot, ensure=True).fcurves.new("location", index=1)
    assert list(fcurves.by_path(action.assigned_channels(other))) == [("location", 1)]
    copy = action.assign_copy(other, "Copy")
    assert list(fcurves.by_path(copy)) == [("location", 1)]
    assert other.animation_data.action_slot.identifier == "OBOther"


def test_nothing_to_read_is_said(armature):
    with pytest.raises(ActionError, match="Figure has no action"):
        action.assigned_channels(armature)
    armature.animation_data_create()
    with pytest.raises(ActionError, match="Figure has no action"):
        action.assigned_channels(armature)
    action.new_action(armature, "Empty")
    with pytest.raises(ActionError, match="no keys for Figure"):
        action.assigned_channels(armature)


def test_the_copy_is_assigned_and_the_original_kept(armature, curve):
    original = armature.animation_data.action
    raw = stored(curve)
    copy = action.assign_copy(armature, "Take denoised")
    assert armature.animation_data.action.name == "Take denoised"
    assert original.use_fake_user
    written = fcurves.by_path(copy)[PATH, 2]
    assert stored(written) == raw
    fcurves.write_values(written, np.zeros(5))
    assert stored(curve) == raw
    bpy.context.scene.frame_set(4)
    assert armature.pose.bones["Bone"].rotation_quaternion[2] == 0


def test_actions_can_be_exchanged_on_a_fresh_object(armature, curve):
    # Blender 4.5 to 5.2 crash here without an evaluation in between.
    for _ in range(5):
        fcurves.write_curve(action.new_action(armature, "More"), PATH, 2, [1, 2], [0, 1], "Bone")
    assert armature.animation_data.action.name == "More.004"


def test_linked_and_tweaked_data_are_refused(armature, curve, tmp_path):
    action.require_editable(armature)
    library = tmp_path / "library.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(library))
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    with bpy.data.libraries.load(str(library), link=True) as (_, linked):
        linked.objects, linked.actions = ["Figure"], ["Take"]
    with pytest.raises(ActionError, match=re.escape("Figure is linked from another file")):
        action.require_editable(bpy.data.objects["Figure"])
    local = make_armature("Local")
    bpy.context.view_layer.update()
    local.animation_data_create().action = bpy.data.actions["Take"]
    if bpy.app.version >= (4, 4):
        local.animation_data.action_slot = bpy.data.actions["Take"].slots[0]
    with pytest.raises(ActionError, match="Take is linked from another file"):
        action.require_editable(local)
    action.assign_copy(local, "Copy")
    assert bpy.data.actions["Copy"].library is None


def test_tweak_mode_is_refused(armature, curve):
    data = armature.animation_data
    taken = data.action
    data.action = None
    data.nla_tracks.new().strips.new("Strip", 1, taken).select = True
    data.nla_tracks[0].select = True
    data.nla_tracks.active = data.nla_tracks[0]
    data.use_tweak_mode = True
    assert data.use_tweak_mode
    with pytest.raises(ActionError, match="tweak mode"):
        action.require_editable(armature)


def test_what_is_said_about_a_curve(armature, curve):
    said = (fcurves.is_baked, fcurves.is_locked, fcurves.is_muted, fcurves.has_modifiers)
    assert not any(about(curve) for about in said)
    curve.lock = curve.mute = True
    curve.modifiers.new("NOISE")
    assert fcurves.is_locked(curve)
    assert fcurves.is_muted(curve)
    assert fcurves.has_modifiers(curve)
    curve.modifiers[0].mute = True
    curve.lock = curve.mute = False
    curve.group.lock = curve.group.mute = True
    assert fcurves.is_locked(curve)
    assert fcurves.is_muted(curve)
    assert not fcurves.has_modifiers(curve)
    curve.convert_to_samples(1, 12)
    assert fcurves.is_baked(curve)


def test_evaluation_is_blenders_own(curve):
    at_keys = fcurves.read_keys(curve).frames
    frames = np.linspace(-3, 20, 57, dtype=np.float32)
    for some in (at_keys, at_keys[1:3], frames, frames[:0]):
        expected = np.array([curve.evaluate(float(frame)) for frame in some], dtype=np.float32)
        np.testing.assert_allclose(fcurves.evaluate(curve, some), expected, atol=1e-6)
    curve.modifiers.new("NOISE")
    np.testing.assert_array_equal(fcurves.evaluate(curve, at_keys), [curve.evaluate(f) for f in at_keys.tolist()])


def test_key_frames_are_the_union(armature, curve):
    channels = action.assigned_channels(armature)
    other = fcurves.write_curve(channels, PATH, 1, [0.5, 4, 20], [0, 0, 0], "Bone")
    assert fcurves.key_frames([curve, other]).tolist() == [0.5, 1, 3.25, 4, 9.5, 12, 20]
    assert fcurves.key_frames([]).tolist() == []
