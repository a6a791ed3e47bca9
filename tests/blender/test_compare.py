"""The comparison: figures that move as the models say, in the colours of their errors, a table, and no trace after."""

from __future__ import annotations

import re

import bpy
import numpy as np
import pytest

from addon.blender import fcurves, figures, pose
from addon.blender.figure_colours import COLOUR
from addon.blender.marked import MARK, marked
from addon.core import comparison
from addon.operators.compare_settings import comparison_of
from tests.blender.figure import JOINTS, figure_rotations, key_rotations, make_armature, make_model

FRAMES = np.arange(1, 41, dtype=np.float32)
KINDS = [name for name in dir(bpy.data) if not name.startswith("_")]


@pytest.fixture
def figure(model_folder):
    make_model(model_folder, 0.3)
    make_model(model_folder, 0.8, name="stronger")
    obj = make_armature()
    channels = key_rotations(obj, FRAMES, figure_rotations(FRAMES))
    fcurves.write_curve(channels, fcurves.bone_path("Hips", "location"), 1, FRAMES, FRAMES * 0.02, "Hips")
    obj.rotation_euler.z, obj.location.x = 0.3, 0.5
    bpy.context.view_layer.update()
    return obj


def everything():
    """Names and users of all data-blocks of the file."""
    found = {}
    for name in KINDS:
        blocks = getattr(bpy.data, name, None)
        if isinstance(blocks, bpy.types.bpy_prop_collection):
            found[name] = sorted((block.name, block.users, block.use_fake_user) for block in blocks)
    return found


def heads(armature, frame, bones=JOINTS):
    bpy.context.scene.frame_set(frame)
    bpy.context.view_layer.update()
    return np.array([armature.matrix_world @ armature.pose.bones[bone].head for bone in bones])


def colours_of(mesh_object):
    """stick -> its colour as Blender evaluates it now."""
    mesh = mesh_object.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
    found = np.empty(len(mesh.loops) * 4, dtype=np.float32)
    mesh.color_attributes[COLOUR].data.foreach_get("color", found)
    return found.reshape(-1, 24, 4)[:, 0, :3]  # eight triangles a stick


def test_there_is_a_figure_for_the_original_the_noise_and_every_model(figure):
    bpy.ops.mocap_mender.compare(noise=0.02)
    names = [armature.name for armature in figures.armatures()]
    assert names == ["original", "noisy, σ = 0.02", "denoise", "stronger"]
    labels = [obj.data.body.replace("\n", " ") for obj in bpy.data.objects if obj.type == "FONT"]
    assert sorted(labels) == sorted(names)
    (collection,) = [found for found in bpy.data.collections if found.get(MARK) is not None]
    assert set(collection.objects) == {obj for obj in bpy.data.objects if obj != figure}
    assert figure.animation_data.action.name == "Take"


def test_any_choice_of_models_and_no_noise(figure):
    bpy.ops.mocap_mender.compare(models="stronger")
    assert [armature.name for armature in figures.armatures()] == ["original", "stronger"]
    assert [row.label for row in comparison_of(bpy.context.scene).rows] == ["stronger"]


def test_the_figures_move_as_the_original_and_as_denoising_would(figure):
    bpy.ops.mocap_mender.compare(models="denoise")
    original, denoised = figures.armatures()
    spacing = comparison_of(bpy.context.scene).spacing
    for frame in (1, 17, 40):
        there = heads(figure, frame)
        assert np.abs(heads(original, frame) - there - [spacing, 0, 0]).max() < 1e-5
    bpy.context.view_layer.objects.active = figure
    bpy.ops.mocap_mender.denoise_action(model="denoise")
    for frame in (1, 17, 40):
        assert np.abs(heads(denoised, frame) - heads(figure, frame) - [2 * spacing, 0, 0]).max() < 1e-5


def test_bones_have_the_colour_of_their_error_at_the_frame(figure):
    bpy.ops.mocap_mender.compare(models="stronger")
    original, stronger = (bpy.data.objects[f"{name} figure"] for name in ("original", "stronger"))
    armatures = figures.armatures()
    none = comparison.colours(0.0)
    for frame in (3, 22, 39):
        bpy.context.scene.frame_set(frame)
        mine, theirs = (
            np.array([armature.pose.bones[bone].rotation_quaternion for bone in JOINTS]) for armature in armatures
        )
        expected = comparison.colours(comparison.errors(theirs, mine))
        found = colours_of(stronger)
        groups = [stronger.vertex_groups[stronger.data.vertices[6 * i].groups[0].group].name for i in range(len(found))]
        for bone, colour in zip(groups, found, strict=True):
            if bone in JOINTS:
                assert np.abs(colour - expected[JOINTS.index(bone)]).max() < 0.01
        coloured = [bone in JOINTS for bone in groups]
        assert np.abs(colours_of(original)[coloured] - none).max() < 0.01


def test_sticks_lie_along_the_bones(figure):
    bpy.ops.mocap_mender.compare(models="denoise")
    original = bpy.data.objects["original figure"]
    armature = figures.armatures()[0]
    bpy.context.scene.frame_set(25)
    mesh = original.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
    points = np.array([vertex.co for vertex in mesh.vertices]).reshape(-1, 6, 3)
    ends = {tuple(np.round(point, 4)) for stick in points for point in (stick[0], stick[5])}
    for bone in ("LeftLeg", "Spine", "LeftForeArm"):
        assert tuple(np.round(armature.pose.bones[bone].head, 4)) in ends
    assert len(points) == len(JOINTS) + 3


def test_they_move_without_us_after_saving(figure, tmp_path):
    bpy.ops.mocap_mender.compare(models="stronger")
    bpy.context.scene.frame_set(22)
    expected = colours_of(bpy.data.objects["stronger figure"]), heads(figures.armatures()[1], 22)
    path = str(tmp_path / "scene.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    bpy.ops.wm.open_mainfile(filepath=path)
    bpy.context.scene.frame_set(22)
    assert np.abs(colours_of(bpy.data.objects["stronger figure"]) - expected[0]).max() < 1e-6
    assert np.abs(heads(figures.armatures()[1], 22) - expected[1]).max() < 1e-6
    assert not any("mocap_mender" in str(handler.__module__) for handler in bpy.app.handlers.frame_change_post)


def test_overlay_and_back(figure):
    bpy.ops.mocap_mender.compare(noise=0.01, layout="OVERLAY")
    settings = comparison_of(bpy.context.scene)
    bpy.context.view_layer.update()
    places = {tuple(np.round(armature.matrix_world.translation, 5)) for armature in figures.armatures()}
    assert len(places) == 1
    heights = [obj.matrix_world.translation.z for obj in bpy.data.objects if obj.type == "FONT"]
    assert len(set(np.round(heights, 4))) == 4
    settings.layout = "SIDE_BY_SIDE"
    bpy.context.view_layer.update()
    apart = np.diff([armature.matrix_world.translation.x for armature in figures.armatures()])
    assert np.allclose(apart, settings.spacing)
    width = np.ptp(heads(figure, 10)[:, 0])
    assert settings.spacing > width


def test_the_table_says_how_far_each_is_off(figure):
    bpy.ops.mocap_mender.compare(noise=0.02)
    rows = {row.label: row for row in comparison_of(bpy.context.scene).rows}
    assert list(rows) == ["noisy, σ = 0.02", "denoise", "stronger"]
    original, _, _, stronger = figures.armatures()
    degrees = []
    for frame in range(1, 41):
        bpy.context.scene.frame_set(frame)
        q = [np.array([a.pose.bones[bone].rotation_quaternion for bone in JOINTS]) for a in (stronger, original)]
        degrees.append(comparison.errors(*q))
    degrees = np.array(degrees)
    row = rows["stronger"]
    assert row.mean == pytest.approx(degrees.mean(), abs=1e-3)
    assert row.percentile == pytest.approx(np.percentile(degrees, 95), abs=1e-3)
    assert row.worst_joint == JOINTS[degrees.mean(axis=0).argmax()]
    assert row.worst_frame == 1 + degrees.mean(axis=1).argmax()
    bpy.ops.mocap_mender.compare_jump(frame=row.worst_frame)
    assert bpy.context.scene.frame_current == row.worst_frame


def test_removing_leaves_no_trace(figure):
    before = everything()
    for noise in (0.0, 0.02):
        bpy.ops.mocap_mender.compare(noise=noise)
        assert everything() != before
    bpy.ops.mocap_mender.remove_comparison()
    assert everything() == before
    settings = comparison_of(bpy.context.scene)
    assert not len(settings.rows)
    assert settings.picture is None


def test_a_second_one_takes_the_place_of_the_first(figure):
    bpy.ops.mocap_mender.compare(noise=0.02)
    first = {kind: len(blocks) for kind, blocks in everything().items()}
    bpy.ops.mocap_mender.compare(noise=0.02)
    assert {kind: len(blocks) for kind, blocks in everything().items()} == first
    assert not [obj.name for obj in bpy.data.objects if re.search(r"\.\d{3}$", obj.name)]


def test_the_curves_are_a_picture(figure, tmp_path):
    bpy.ops.mocap_mender.compare(noise=0.02)
    image = comparison_of(bpy.context.scene).picture
    path = tmp_path / "curves"
    bpy.ops.mocap_mender.save_error_curves(filepath=str(path), check_existing=False)
    saved = bpy.data.images.load(str(path.with_suffix(".png")))
    assert tuple(saved.size) == tuple(image.size)
    pixels = np.array(saved.pixels[:]).reshape(*reversed(saved.size[:]), 4)
    assert pixels[..., :3].std() > 0.05


def test_choosing_models_by_clicks(figure):
    settings = comparison_of(bpy.context.scene)
    bpy.ops.mocap_mender.compare_choose(name="stronger")
    assert settings.models == "denoise"
    bpy.ops.mocap_mender.compare_choose(name="denoise")
    assert settings.models == "denoise", "one stays"
    bpy.ops.mocap_mender.compare_choose(name="stronger")
    assert settings.models == ""


def test_bad_input_changes_nothing(figure, tmp_path):
    before, there = everything(), pose.read(figure)
    with pytest.raises(RuntimeError, match="no model called nothing"):
        bpy.ops.mocap_mender.compare(models="denoise, nothing")
    figure.animation_data.action = None
    with pytest.raises(RuntimeError, match="poll"):
        bpy.ops.mocap_mender.compare()
    figure.animation_data.action = bpy.data.actions["Take"]
    if hasattr(figure.animation_data, "action_slot"):
        figure.animation_data.action_slot = bpy.data.actions["Take"].slots[0]
    assert everything() == before
    assert np.array_equal(pose.read(figure), there)


def test_closed_while_it_builds_nothing_is_left(figure):
    bpy.ops.mocap_mender.compare(models="denoise")
    before = everything()
    frames = np.arange(1, 11, dtype=np.float32)
    still = {bone: np.tile([1.0, 0, 0, 0], (10, 1)).astype(np.float32) for bone in JOINTS}
    colours = np.zeros((10, len(JOINTS), 3), dtype=np.float32)
    from addon.blender.armature import rest_pose

    lines = figures.sticks(figure, JOINTS, rest_pose(figure).skeleton)
    steps = figures.build(
        bpy.context.scene, figure, lines, [figures.Performance("one", frames, still, {}, colours)] * 2, 1.0
    )
    for _ in range(10):
        next(steps)
    assert everything() != before
    steps.close()
    assert everything() == before


def test_undo_takes_it_away(figure):
    bpy.ops.ed.undo_push(message="Before")
    bpy.ops.mocap_mender.compare(noise=0.02)
    bpy.ops.ed.undo_push(message="Compare")
    bpy.ops.ed.undo()
    assert not marked()
    assert not len(comparison_of(bpy.context.scene).rows)
    bpy.ops.ed.redo()
    assert len(figures.armatures()) == 4
