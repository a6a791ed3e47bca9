"""The rig map: found, shown, mended by hand, kept with the armature and as a preset, and used when there is one."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest

from addon.blender import action
from addon.blender.armature import build
from addon.core.errors import MenderError
from addon.core.rigs.canonical import BODY_JOINTS
from addon.core.rigs.cmu import SKELETON
from addon.operators.rig import find_joints, joints_of
from addon.operators.rig_map import PRESETS
from addon.rig_properties import BY_HAND, DOUBTFUL, FOUND, UNMATCHED, rig_map_of, stored_map
from tests.blender.figure import key_rotations, wobble

operators = bpy.ops.mocap_mender


def make_body():
    """A body with CMU's bones."""
    return build(SKELETON, "Body")[0]


@pytest.fixture
def figure():
    obj = make_body()
    frames = np.arange(1, 31, dtype=np.float32)
    key_rotations(obj, frames, {bone.name: wobble(frames, i, 0.2) for i, bone in enumerate(obj.pose.bones)})
    return obj


@pytest.fixture
def nameless(figure):
    """The same skeleton, of which only its shape tells what is what."""
    for i, bone in enumerate(figure.data.bones):
        bone.name = f"bone_{i:03}"
    return figure


def joint(obj, name):
    return rig_map_of(obj).joints[name]


def test_there_is_no_map_before_it_is_asked_for(figure):
    assert stored_map(figure) is None
    assert joints_of(figure, action.assigned_channels(figure), BODY_JOINTS).bone_of


def test_joints_are_found_and_say_how(figure):
    assert operators.rig_map_find() == {"FINISHED"}
    assert joint(figure, "LeftUpLeg").state == FOUND
    assert joint(figure, "LeftUpLeg").bone == "LeftUpLeg"
    assert joint(figure, "LeftIndex1").state == UNMATCHED
    assert stored_map(figure) == find_joints(figure)
    assert not rig_map_of(figure).problem


def test_what_a_person_sets_is_used(figure):
    operators.rig_map_find()
    joint(figure, "Neck1").bone = ""
    assert joint(figure, "Neck1").state == BY_HAND
    used = joints_of(figure, action.assigned_channels(figure), BODY_JOINTS)
    assert "Neck1" not in used.bone_of
    assert used.left_out["Neck1"] == "left out by hand"


def test_a_map_that_cannot_be_says_so_and_is_not_used(figure):
    operators.rig_map_find()
    joint(figure, "LeftArm").bone = "RightArm"
    assert "RightArm cannot be both" in rig_map_of(figure).problem
    with pytest.raises(RuntimeError, match="RightArm cannot be both"):
        operators.denoise_action()
    joint(figure, "LeftArm").bone = "LeftArm"
    assert not rig_map_of(figure).problem


def test_a_map_that_only_shape_shows_waits_to_be_confirmed(nameless):
    assert bpy.context.object == nameless
    with pytest.raises(MenderError, match=r"say nothing; \d+ joints show by their places.*Rig Map"):
        joints_of(nameless, action.assigned_channels(nameless), BODY_JOINTS)
    operators.rig_map_find()
    assert joint(nameless, "LeftUpLeg").state == DOUBTFUL
    assert joint(nameless, "LeftUpLeg").bone
    assert not stored_map(nameless).bone_of
    assert operators.rig_map_confirm() == {"FINISHED"}
    assert joint(nameless, "LeftUpLeg").state == BY_HAND
    used = joints_of(nameless, action.assigned_channels(nameless), BODY_JOINTS)
    assert "LeftUpLeg" in used.bone_of
    assert operators.denoise_action() == {"FINISHED"}


def test_one_joint_is_confirmed_alone(nameless):
    operators.rig_map_find()
    operators.rig_map_confirm(joint="Hips")
    assert set(stored_map(nameless).bone_of) == {"Hips"}
    with pytest.raises(RuntimeError, match="No bone is suggested for Hips"):
        operators.rig_map_confirm(joint="Hips")


def test_the_active_bone_is_taken_for_the_chosen_joint(figure):
    operators.rig_map_find()
    rig = rig_map_of(figure)
    joint(figure, "Head").bone = ""
    rig.active = rig.joints.find("Head")
    with pytest.raises(RuntimeError, match="No bone is active"):
        operators.rig_map_pick()
    bpy.ops.object.mode_set(mode="POSE")
    figure.data.bones.active = figure.data.bones["Head"]
    assert operators.rig_map_pick() == {"FINISHED"}
    assert stored_map(figure).bone_of["Head"] == "Head"
    figure.data.bones.active = figure.data.bones["LeftHand"]
    with pytest.raises(RuntimeError, match="LeftHand cannot be"):
        operators.rig_map_pick()
    assert stored_map(figure).bone_of["Head"] == "Head"


def test_a_cleared_map_is_no_map(figure):
    operators.rig_map_find()
    assert operators.rig_map_clear() == {"FINISHED"}
    assert stored_map(figure) is None
    assert not operators.rig_map_clear.poll()


def test_bones_that_went_are_said(figure):
    operators.rig_map_find()
    figure.data.bones["Head"].name = "Skull"
    with pytest.raises(RuntimeError, match="no bone called Head"):
        operators.denoise_action()


def test_it_is_saved_with_the_file_and_comes_along_from_a_library(figure, tmp_path):
    operators.rig_map_find()
    joint(figure, "Neck1").bone = ""
    kept, name = stored_map(figure), figure.name
    path = str(tmp_path / "figure.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    assert stored_map(bpy.data.objects[name]) == kept
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    with bpy.data.libraries.load(path) as (_, wanted):
        wanted.objects = [name]
    assert stored_map(bpy.data.objects[name]) == kept


def test_a_linked_armature_keeps_its_map_and_says_why_it_cannot_be_changed(figure, tmp_path):
    operators.rig_map_find()
    kept, name = stored_map(figure), figure.name
    path = str(tmp_path / "figure.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    with bpy.data.libraries.load(path, link=True) as (_, wanted):
        wanted.objects = [name]
    linked = bpy.data.objects[name]
    bpy.context.scene.collection.objects.link(linked)
    bpy.context.view_layer.objects.active = linked
    assert stored_map(linked) == kept
    with pytest.raises(RuntimeError, match="linked from another file"):
        operators.rig_map_find()


@pytest.fixture
def presets(monkeypatch, tmp_path):
    """The folder in which Blender keeps this user's presets."""
    folder = Path(bpy.utils.user_resource("SCRIPTS", path="presets", create=True)) / PRESETS
    before = set(folder.glob("*.py"))
    yield folder
    for path in set(folder.glob("*.py")) - before:
        path.unlink()


def test_a_preset_brings_the_map_to_another_armature(figure, presets):
    operators.rig_map_find()
    joint(figure, "Neck1").bone = ""
    assert operators.rig_map_preset_add(name="A Figure") == {"FINISHED"}
    kept = stored_map(figure)
    other = make_body()
    assert bpy.context.object == other
    menu = "MOCAP_MENDER_MT_rig_map_presets"
    bpy.ops.script.execute_preset(filepath=str(presets / "A_Figure.py"), menu_idname=menu)
    assert stored_map(other).bone_of == kept.bone_of
    assert stored_map(other).left_out["Neck1"] == kept.left_out["Neck1"]


def test_a_preset_for_other_bones_takes_those_that_are_there(figure):
    operators.rig_map_find()
    text = rig_map_of(figure).text
    figure.data.bones["Head"].name = "Skull"
    rig_map_of(figure).text = text
    assert joint(figure, "Head").state == UNMATCHED
    assert "no bone called Head" in joint(figure, "Head").reason
    assert "LeftArm" in stored_map(figure).bone_of


def test_text_that_is_no_map_changes_nothing(figure):
    operators.rig_map_find()
    kept = stored_map(figure)
    rig_map_of(figure).text = "not a map"
    assert "no map of joints" in rig_map_of(figure).problem
    assert stored_map(figure) == kept


def test_nothing_is_an_armature(figure):
    bpy.context.view_layer.objects.active = None
    with pytest.raises(RuntimeError, match="Select an armature first"):
        operators.rig_map_find()
