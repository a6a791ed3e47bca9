"""A character linked from another file and overridden here: its linked action stays, what is new is this file's own."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

from addon.blender import action, fcurves
from addon.core import formats
from addon.operators.preview_settings import preview_of
from tests.blender.figure import make_model
from tests.blender.takes import data_names
from tests.blender.test_commands import figure_clip


@pytest.fixture(autouse=True)
def model(model_folder):
    return make_model(model_folder)


@pytest.fixture
def motion(tmp_path):
    formats.write(figure_clip(), tmp_path / "walk.bvh")
    return tmp_path / "walk.bvh"


@pytest.fixture
def character(motion, tmp_path):
    """The override of a linked armature whose action is linked too."""
    bpy.ops.mocap_mender.import_motion(filepath=str(motion))
    library = str(tmp_path / "library.blend")
    bpy.data.libraries.write(library, {bpy.context.object}, fake_user=True)
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    with bpy.data.libraries.load(library, link=True) as (there, here):
        here.objects = there.objects
    bpy.context.scene.collection.objects.link(here.objects[0])
    obj = here.objects[0].override_create(remap_local_usages=True)
    bpy.context.view_layer.objects.active = obj
    assert obj.animation_data.action.library is not None
    return obj


def operators(motion):
    """Each operator that gives the armature another action, as a script calls it."""
    ops = bpy.ops.mocap_mender
    small = motion.with_suffix(".mmz")
    return {
        "denoise": lambda: ops.denoise_action(),
        "restore": lambda: (ops.compress_action(filepath=str(small)), ops.restore_action(filepath=str(small)))[1],
        "import": lambda: ops.import_motion(filepath=str(motion), target="ACTIVE"),
        "bake": lambda: ops.bake_preview(whole_range=False, frame_start=1, frame_end=5),
    }


@pytest.mark.parametrize("name", ["denoise", "restore", "import", "bake"])
def test_the_new_action_is_this_file_s_own(character, motion, name):
    linked = character.animation_data.action
    before = [fcurves.read_points(curve) for curve in action.assigned_channels(character).fcurves]
    if name == "bake":
        preview_of(character).noise, preview_of(character).enabled = 0.05, True
    assert operators(motion)[name]() == {"FINISHED"}
    own = character.animation_data.action
    assert own != linked
    assert own.library is None
    assert linked.library is not None
    assert len(action.assigned_channels(character).fcurves)
    character.animation_data.action = linked
    if hasattr(character.animation_data, "action_slot"):
        character.animation_data.action_slot = linked.slots[0]
    after = [fcurves.read_points(curve) for curve in action.assigned_channels(character).fcurves]
    assert all(np.array_equal(one, other) for one, other in zip(before, after, strict=True))


def test_in_place_is_refused(character):
    before = data_names()
    with pytest.raises(RuntimeError, match="The action walk is linked from another file: make it local first"):
        bpy.ops.mocap_mender.denoise_action(result="IN_PLACE")
    assert data_names() == before
