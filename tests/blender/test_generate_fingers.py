"""Generated finger keys: what the animator set stays bit for bit, and all else is ours to put and to take away."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

from addon.blender import action
from addon.blender.finger_poses import put_pose, saved_assets, standing
from addon.blender.hands import hands_of
from addon.core.hand import DOF
from addon.core.rotation_mode import property_of
from addon.finger_properties import finger_settings_of
from addon.operators import finger_command
from addon.operators.choice import selected_bones
from addon.operators.command_line import run
from addon.operators.finger_uncertainty import uncertainty
from addon.ui.finger_overlay import colour
from tests.blender.test_finger_rigs import CLOSED, cmu_like

GENERATED = 5
EVERY = (1.0, 9.0, 25.0, 40.0)
CALM = 0.15 * CLOSED


@pytest.fixture
def rig():
    """A character whose wrists move, with fingers that rest."""
    obj = cmu_like()
    obj.scale = (1, 1, 1)
    for side, sign in (("Left", 1), ("Right", -1)):
        bone = obj.pose.bones[f"mixamorig:{side}Hand"]
        bone.rotation_mode = "QUATERNION"
        for frame in range(1, 41):
            angle = 0.4 * sign * np.sin(frame / 6)
            bone.rotation_quaternion = (np.cos(angle / 2), 0, 0, np.sin(angle / 2))
            bone.keyframe_insert("rotation_quaternion", frame=frame)
    bpy.context.scene.frame_set(1)
    return obj


def hands(obj):
    return hands_of(obj, action.assigned_channels(obj))


def key_fingers(obj, frame, pose, prefix=""):
    """Key the finger bones whose name holds `prefix` as the angles say."""
    for hand in hands(obj):
        bones = {bone for bone in hand.rig.bones if prefix in bone}
        put_pose(obj, [hand], np.tile(pose, (2, 1)), bones)
        for bone in bones:
            pose_bone = obj.pose.bones[bone]
            pose_bone.keyframe_insert(property_of(pose_bone.rotation_mode), frame=frame)


def key_several(obj):
    for place, frame in enumerate(EVERY):
        key_fingers(obj, frame, (0.1 + 0.25 * (place % 3)) * CLOSED)


def curves(obj):
    """(path, index) -> all keys with everything that is stored of them."""
    found = {}
    for curve in action.assigned_channels(obj).fcurves:
        found[curve.data_path, curve.array_index] = [(tuple(key.co), key.type) for key in curve.keyframe_points]
    return found


def own(table):
    return {place: [key for key in keys if key[1] != "GENERATED"] for place, keys in table.items()}


def generated(table):
    return {place: keys for place, keys in table.items() if any(kind == "GENERATED" for _, kind in keys)}


def generate(**options):
    return bpy.ops.mocap_mender.generate_fingers(**options)


def test_the_rest_of_a_pose_follows_from_the_fingers_that_are_keyed(rig):
    key_fingers(rig, 1, 0.8 * CLOSED, prefix="Index")
    before = curves(rig)
    assert generate(task="POSE", posed="KEYED", mode="AVERAGE") == {"FINISHED"}
    after = curves(rig)
    assert {place: keys for place, keys in own(after).items() if keys} == before
    new = generated(after)
    assert len({path for path, _ in new}) == 24  # of 30 bones six are index fingers
    assert all(key[0][0] == 1 for keys in new.values() for key in keys)
    bpy.context.scene.frame_set(1)
    for hand in hands(rig):
        angles = hand.rig.dof(standing(rig, hand))
        middle = angles[DOF.index("middle PIP")]
        assert middle > np.radians(25)  # a closed index finger seldom comes with a straight middle one


def test_selected_bones_tell_the_pose_and_get_keys_of_their_own(rig):
    names = [bone for hand in hands(rig) for bone in hand.rig.bones if "Middle" in bone]
    for hand in hands(rig):
        put_pose(rig, [hand], np.tile(CLOSED, (2, 1)), set(names))
    for bone in rig.pose.bones:
        (bone if bpy.app.version >= (5, 0, 0) else bone.bone).select = bone.name in names
    posed = [tuple(rig.pose.bones[name].rotation_quaternion) for name in names]
    assert generate(task="POSE", posed="SELECTED") == {"FINISHED"}
    kinds = {
        path: {kind for _, kind in keys} for (path, _), keys in curves(rig).items() if any(n in path for n in names)
    }
    assert kinds
    assert all(kind == {"KEYFRAME"} for kind in kinds.values())
    bpy.context.scene.frame_set(1)
    np.testing.assert_allclose([tuple(rig.pose.bones[name].rotation_quaternion) for name in names], posed, atol=1e-6)


@pytest.mark.parametrize("mode", ["AVERAGE", "SAMPLE"])
@pytest.mark.parametrize("rotation_mode", ["QUATERNION", "XYZ", "AXIS_ANGLE"])
def test_between_keys_only_new_keys_come(rig, mode, rotation_mode):
    for hand in hands(rig):
        for bone in hand.rig.bones:
            rig.pose.bones[bone].rotation_mode = rotation_mode
    key_several(rig)
    before = curves(rig)
    at_keys = {frame: poses_at(rig, frame) for frame in EVERY}
    assert generate(task="FILL", mode=mode, step=2) == {"FINISHED"}
    after = curves(rig)
    assert own(after) == before
    frames = {key[0][0] for keys in generated(after).values() for key in keys if key[1] == "GENERATED"}
    assert frames == set(range(1, 41, 2)) - set(EVERY)
    for frame in EVERY:
        np.testing.assert_allclose(poses_at(rig, frame), at_keys[frame], atol=1e-6)


def poses_at(obj, frame):
    bpy.context.scene.frame_set(int(frame))
    return np.array([bone.matrix for bone in obj.pose.bones])


def test_a_second_run_replaces_ours_and_clearing_takes_them_away(rig):
    key_several(rig)
    before = curves(rig)
    generate(task="FILL", mode="SAMPLE", seed=1, step=3)
    first = curves(rig)
    generate(task="FILL", mode="SAMPLE", seed=2, step=3)
    second = curves(rig)
    assert first != second
    assert own(second) == before
    assert {place: len(keys) for place, keys in first.items()} == {place: len(keys) for place, keys in second.items()}
    generate(task="FILL", mode="SAMPLE", seed=1, step=3)
    for place, keys in curves(rig).items():
        np.testing.assert_allclose([key[0] for key in keys], [key[0] for key in first[place]], atol=1e-5)
    assert bpy.ops.mocap_mender.clear_fingers() == {"FINISHED"}
    assert curves(rig) == before


def test_a_generated_key_that_was_keyed_again_is_the_animators(rig):
    generate(task="MOTION", step=4)
    frame = 5
    key_fingers(rig, frame, 0.9 * CLOSED, prefix="Index")  # Blender leaves such keys the type Generated
    mine = {place: keys[1] for place, keys in generated(curves(rig)).items() if "Index" in place[0]}
    assert {key[0][0] for key in mine.values()} == {frame}
    generate(task="MOTION", mode="SAMPLE", seed=7, step=4)
    now = curves(rig)
    assert {place: key for place in mine for key in now[place] if key[0][0] == frame} == mine
    bpy.ops.mocap_mender.clear_fingers()
    assert {place: keys for place, keys in curves(rig).items() if place in mine} == {p: [k] for p, k in mine.items()}


def test_fingers_come_from_the_motion_alone_and_differ_by_seed(rig):
    before = curves(rig)
    assert generate(task="MOTION", mode="SAMPLE", seed=1, step=4) == {"FINISHED"}
    first = generated(curves(rig))
    assert len({path for path, _ in first}) == 30
    assert generate(task="MOTION", mode="SAMPLE", seed=2, step=4) == {"FINISHED"}
    assert generated(curves(rig)) != first
    bpy.ops.mocap_mender.clear_fingers()
    assert curves(rig) == before


@pytest.mark.parametrize("rotation_mode", ["QUATERNION", "XYZ", "AXIS_ANGLE"])
def test_bones_that_have_no_key_left_are_back_where_they_were(rig, rotation_mode):
    """At rest where nothing was keyed; where a part of the rotation was, its other numbers as they stood."""
    for hand in hands(rig):
        for bone in hand.rig.bones:
            rig.pose.bones[bone].rotation_mode = rotation_mode
    part, ring = rig.pose.bones["mixamorig:LeftHandIndex2"], rig.pose.bones["mixamorig:LeftHandRing1"]
    part.rotation_mode = ring.rotation_mode = "XYZ"
    part.rotation_euler = (0.4, 0.1, 0.2)
    part.keyframe_insert("rotation_euler", index=0, frame=9)
    ring.rotation_euler = (0.3, 0, 0)
    generate(task="MOTION", mode="SAMPLE", ring=False, step=4)
    bpy.context.scene.frame_set(20)
    bpy.ops.mocap_mender.clear_fingers()
    np.testing.assert_allclose(part.rotation_euler, (0.4, 0.1, 0.2), atol=1e-6)
    np.testing.assert_allclose(ring.rotation_euler, (0.3, 0, 0), atol=1e-6)
    for hand in hands(rig):
        for bone, turned in zip(hand.rig.bones, standing(rig, hand), strict=True):
            if bone not in (part.name, ring.name):
                np.testing.assert_allclose(np.abs(turned), (1, 0, 0, 0), atol=1e-6)


def test_only_chosen_hands_and_fingers_get_keys(rig):
    assert generate(task="MOTION", side="LEFT", thumb=False, ring=False, pinky=False, step=10) == {"FINISHED"}
    paths = {path for path, _ in generated(curves(rig))}
    assert len(paths) == 6
    assert all("Left" in path and ("Index" in path or "Middle" in path) for path in paths)


def test_keys_can_go_where_the_wrist_has_some(rig):
    for curve in action.assigned_channels(rig).fcurves:
        for key in reversed(list(curve.keyframe_points)):
            if key.co[0] % 7:
                curve.keyframe_points.remove(key)
    assert generate(task="MOTION", frames="WRIST") == {"FINISHED"}
    frames = {key[0][0] for keys in generated(curves(rig)).values() for key in keys}
    assert frames == {7, 14, 21, 28, 35}


def test_a_bone_that_is_keyed_in_part_keeps_its_pose_at_the_keys(rig):
    bone = rig.pose.bones["mixamorig:LeftHandIndex2"]
    bone.rotation_mode = "XYZ"
    bone.rotation_euler = (0.4, 0.1, 0.0)
    bone.keyframe_insert("rotation_euler", index=0, frame=9)
    before = poses_at(rig, 9)
    generate(task="MOTION", step=2)
    place = list(rig.pose.bones.keys()).index(bone.name)
    parent = list(rig.pose.bones.keys()).index(bone.parent.name)
    after = poses_at(rig, 9)
    local_before = np.linalg.inv(before[parent]) @ before[place]
    np.testing.assert_allclose(np.linalg.inv(after[parent]) @ after[place], local_before, atol=1e-5)


def test_variations_pose_the_hand_and_write_nothing(rig):
    key_fingers(rig, 1, 0.6 * CLOSED, prefix="Index")
    before = curves(rig)
    seen = []
    for _ in range(3):
        assert bpy.ops.mocap_mender.vary_fingers(task="POSE", mode="SAMPLE", step=1) == {"FINISHED"}
        seen.append(np.concatenate([hand.rig.dof(standing(rig, hand)) for hand in hands(rig)]))
    assert curves(rig) == before
    assert np.abs(seen[0] - seen[1]).max() > 0.02
    seed = finger_settings_of(bpy.context.scene).seed
    assert generate(task="POSE", mode="SAMPLE", seed=seed) == {"FINISHED"}
    bpy.context.scene.frame_set(1)
    accepted = np.concatenate([hand.rig.dof(standing(rig, hand)) for hand in hands(rig)])
    np.testing.assert_allclose(accepted, seen[2], atol=1e-4)


def test_what_is_not_known_is_told_and_what_to_pose_next(rig):
    key_fingers(rig, 1, 0.6 * CLOSED, prefix="Index")
    settings = finger_settings_of(bpy.context.scene)
    found = uncertainty(rig, settings, "", 1.0)
    assert len(found.given) == 6
    assert len(found.entropy) == 24
    assert found.entropy["mixamorig:LeftHandMiddle2"] < found.entropy["mixamorig:LeftHandThumb2"] + 2
    assert colour(-1.0)[2] > colour(0.7)[2]
    assert bpy.ops.mocap_mender.next_finger() == {"FINISHED"}
    assert rig.data.bones.active.name in found.entropy
    assert settings.next_line.startswith(rig.data.bones.active.name)


@pytest.mark.parametrize("side", ["LEFT", "RIGHT"])
def test_what_to_pose_next_and_what_is_not_known_are_of_the_chosen_hand(rig, side):
    key_fingers(rig, 1, 0.6 * CLOSED, prefix="Index")
    settings = finger_settings_of(bpy.context.scene)
    settings.side = side
    assert all(f":{side.title()}" in bone for bone in uncertainty(rig, settings, "", 1.0).entropy)
    assert bpy.ops.mocap_mender.next_finger(side=side) == {"FINISHED"}
    bone = rig.data.bones.active
    assert f":{side.title()}" in bone.name
    assert selected_bones(rig) == {bone.name}


def test_stepping_through_variations_samples_whatever_the_mode(rig):
    key_fingers(rig, 1, 0.6 * CLOSED, prefix="Index")
    settings = finger_settings_of(bpy.context.scene)
    settings.mode = "LIKELY"
    bpy.ops.mocap_mender.vary_fingers(task="POSE", mode="LIKELY", step=0)
    assert settings.mode == "LIKELY"
    likely = [standing(rig, hand) for hand in hands(rig)]
    bpy.ops.mocap_mender.vary_fingers(task="POSE", mode="LIKELY", step=1)
    assert settings.mode == "SAMPLE"
    assert max(np.abs(a - standing(rig, hand)).max() for a, hand in zip(likely, hands(rig), strict=True)) > 0.01


def test_fingers_rest_where_the_wrist_rests(rig):
    bpy.context.scene.render.fps = 30
    for side in ("Left", "Right"):
        bone = rig.pose.bones[f"mixamorig:{side}Hand"]
        for frame in range(1, 241):
            angle = 0.9 * np.sin(max(frame - 120, 0) / 5)
            bone.rotation_quaternion = (np.cos(angle / 2), 0, 0, np.sin(angle / 2))
            bone.keyframe_insert("rotation_quaternion", frame=frame)
    assert generate(task="MOTION", mode="SAMPLE", seed=3, step=1) == {"FINISHED"}
    frames = np.arange(1, 241, dtype=np.float32)
    channels = action.assigned_channels(rig)
    for hand in hands_of(rig, channels):
        angles = hand.rig.dof(hand.rotations(frames))
        speed = np.abs(np.diff(angles, axis=0)).mean(axis=-1)
        assert speed[130:].mean() > 2 * speed[:110].mean()


def test_fingers_from_the_motion_are_asked_for_as_a_sample():
    settings = finger_settings_of(bpy.context.scene)
    assert settings.mode == "AVERAGE"
    settings.task = "MOTION"
    assert settings.mode == "SAMPLE"
    settings.mode, settings.task = "LIKELY", "FILL"
    assert settings.mode == "LIKELY"


def test_a_pose_is_kept_as_an_asset_and_started_from(rig):
    key_fingers(rig, 1, CLOSED)
    bpy.ops.mocap_mender.save_hand_pose(name="Fist", side="LEFT")
    (made,) = saved_assets()
    assert made.name == "Fist"
    key_fingers(rig, 9, 0 * CLOSED)
    bpy.context.scene.frame_set(9)
    bpy.ops.mocap_mender.apply_hand_pose(asset="Fist")
    left, right = hands(rig)
    np.testing.assert_allclose(left.rig.dof(standing(rig, left)), CLOSED, atol=1e-3)
    assert np.abs(right.rig.dof(standing(rig, right))).max() < 0.01
    with pytest.raises(RuntimeError, match="save one first"):
        bpy.ops.mocap_mender.apply_hand_pose(asset="Nothing")


def test_the_curl_test_closes_one_finger_and_keys_nothing(rig):
    before = curves(rig)
    assert bpy.ops.mocap_mender.curl_test(finger="RING") == {"FINISHED"}
    assert curves(rig) == before
    for hand in hands(rig):
        bent = np.degrees(hand.rig.dof(standing(rig, hand)))
        assert bent[DOF.index("ring PIP")] > 80
        assert np.abs(bent[DOF.index("index PIP")]) < 1


def test_keys_beyond_what_hands_do_stay_and_are_told(rig):
    key_fingers(rig, 1, 2.2 * CLOSED)
    key_fingers(rig, 30, 0 * CLOSED)
    before = curves(rig)
    generate(task="FILL", step=4)
    assert own(curves(rig)) == before


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda obj: setattr(obj, "scale", (-1, 1, 1)), "mirrored"),
        (lambda obj: rename_fingers(obj), "No finger bones"),
        (lambda obj: mark(obj, "lock"), "locked"),
        (lambda obj: mark(obj, "mute"), "muted"),
    ],
)
def test_what_cannot_be_read_is_a_sentence_and_changes_nothing(rig, spoil, sentence):
    key_several(rig)
    spoil(rig)
    bpy.context.view_layer.update()
    before = curves(rig)
    with pytest.raises(RuntimeError, match=sentence):
        generate(task="FILL")
    assert curves(rig) == before


def rename_fingers(obj):
    for number, bone in enumerate(obj.data.bones):
        bone.name = f"Bone {number}"


def mark(obj, name):
    for curve in action.assigned_channels(obj).fcurves:
        if "LeftHandIndex1" in curve.data_path:
            setattr(curve, name, True)


def test_ranges_without_frames_or_keys_are_sentences(rig):
    before = curves(rig)
    with pytest.raises(RuntimeError, match="fewer than two keys"):
        generate(task="FILL")
    with pytest.raises(RuntimeError, match="end after its start"):
        generate(task="MOTION", frame_range="CUSTOM", frame_start=20, frame_end=3)
    with pytest.raises(RuntimeError, match="No frame lies in the range"):
        generate(task="MOTION", frame_range="CUSTOM", frame_start=3.2, frame_end=3.6)
    with pytest.raises(RuntimeError, match=r"no key at frame|No finger bone"):
        generate(task="POSE", posed="KEYED")
    with pytest.raises(RuntimeError, match="choose others"):
        generate(task="MOTION", thumb=False, index=False, middle=False, ring=False, pinky=False)
    with pytest.raises(RuntimeError, match="no model called"):
        generate(task="MOTION", model="nobody")
    with pytest.raises(RuntimeError, match="nothing was changed"):
        bpy.ops.mocap_mender.clear_fingers()
    assert curves(rig) == before


def test_fingers_go_by_the_rig_map_where_a_person_has_set_it(rig):
    rig.data.bones["mixamorig:LeftHandRing2"].name = "what"
    bpy.ops.mocap_mender.rig_map_find()
    joints = rig.mocap_mender_rig.joints
    assert not joints["LeftRing2"].bone
    joints["LeftRing2"].bone = "what"
    joints["LeftPinky1"].bone = joints["LeftPinky2"].bone = joints["LeftPinky3"].bone = ""
    assert generate(task="MOTION", step=10) == {"FINISHED"}
    paths = {path for path, _ in generated(curves(rig))}
    assert any('"what"' in path for path in paths)
    assert not any("LeftHandPinky" in path for path in paths)


def test_one_hand_alone_is_enough(rig):
    bpy.ops.object.mode_set(mode="EDIT")
    bones = rig.data.edit_bones
    for bone in [bone for bone in bones if "RightHand" in bone.name]:
        bones.remove(bone)
    bpy.ops.object.mode_set(mode="OBJECT")
    assert generate(task="MOTION", step=10) == {"FINISHED"}
    key_fingers(rig, 1, CALM, prefix="Index")
    assert generate(task="POSE") == {"FINISHED"}


def test_a_folder_of_takes_gets_fingers_from_the_command_line(rig, tmp_path):
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "take.blend"))
    assert run(["fingers", str(tmp_path / "take.blend"), "-o", str(tmp_path / "out.blend"), "--keys", "5"]) == 0
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "out.blend"))
    obj = next(obj for obj in bpy.data.objects if obj.type == "ARMATURE")
    assert len({path for path, _ in generated(curves(obj))}) == 30


def test_the_command_line_asks_for_what_its_words_say():
    import argparse

    parser = argparse.ArgumentParser()
    finger_command.add_arguments(parser)
    wanted = finger_command.operator_options(
        parser.parse_args(["--between-keys", "--hands", "left", "--fingers", "index", "ring", "--keys", "wrist"])
    )
    assert wanted["task"] == "FILL"
    assert wanted["side"] == "LEFT"
    assert wanted["index"]
    assert not wanted["thumb"]
    assert wanted["frames"] == "WRIST"
    assert wanted["mode"] == "AVERAGE"
    assert finger_command.operator_options(parser.parse_args([]))["mode"] == "SAMPLE"
