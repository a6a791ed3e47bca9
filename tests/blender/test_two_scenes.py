"""Two scenes in one file: a comparison stands in one of them, and no table is left in the other."""

from __future__ import annotations

import bpy
import pytest

from addon.blender.marked import marked
from addon.core import formats
from addon.operators.compare_settings import comparison_of
from tests.blender.figure import make_model
from tests.blender.test_commands import figure_clip


@pytest.fixture
def scenes(tmp_path, model_folder):
    """Two scenes with a moving armature each; the second one is shown."""
    make_model(model_folder)
    formats.write(figure_clip(), tmp_path / "walk.bvh")
    first = bpy.context.scene
    bpy.ops.mocap_mender.import_motion(filepath=str(tmp_path / "walk.bvh"))
    bpy.ops.mocap_mender.compare()
    second = bpy.data.scenes.new("Second")
    bpy.context.window.scene = second
    bpy.ops.mocap_mender.import_motion(filepath=str(tmp_path / "walk.bvh"))
    return first, second


def test_a_new_comparison_takes_the_table_of_the_old_one_away(scenes):
    first, second = scenes
    assert len(comparison_of(first).rows)
    bpy.ops.mocap_mender.compare()
    assert not len(comparison_of(first).rows)
    assert comparison_of(first).picture is None
    assert len(comparison_of(second).rows)
    assert all(obj.users_scene == (second,) for obj in marked() if obj.id_type == "OBJECT")


def test_removing_takes_the_table_from_the_scene_that_had_it(scenes):
    first, _ = scenes
    assert bpy.ops.mocap_mender.remove_comparison() == {"FINISHED"}
    assert not len(comparison_of(first).rows)
    assert not marked()
    assert not bpy.ops.mocap_mender.remove_comparison.poll()
