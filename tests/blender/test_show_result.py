"""Before and after: one click shows the original, another one the denoised copy, and neither changes."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

from addon.blender import action, fcurves
from addon.operators.show_result import shown
from addon.properties import settings_of
from tests.blender.figure import figure_rotations, key_rotations, make_armature, make_model


@pytest.fixture
def obj(model_folder):
    make_model(model_folder)
    made = make_armature()
    key_rotations(made, np.arange(1, 21, dtype=np.float32), figure_rotations(np.arange(20)))
    return made


def points(obj):
    return [fcurves.read_points(curve) for curve in action.assigned_channels(obj).fcurves]


def test_there_and_back(obj):
    settings = settings_of(bpy.context.scene)
    assert shown(settings, obj) == ""
    before = points(obj)
    bpy.ops.mocap_mender.denoise_action()
    assert shown(settings, obj) == "AFTER"
    after = points(obj)
    assert any(not np.array_equal(one, other) for one, other in zip(before, after, strict=True))
    for which, expected in (("BEFORE", before), ("AFTER", after), ("AFTER", after), ("BEFORE", before)):
        assert bpy.ops.mocap_mender.show_result(which=which) == {"FINISHED"}
        assert shown(settings, obj) == which
        assert all(np.array_equal(one, other) for one, other in zip(points(obj), expected, strict=True))


def test_it_is_grey_where_there_is_nothing_to_show(obj):
    refused = "Denoise the armature's action into a copy first"
    with pytest.raises(RuntimeError, match=refused):
        bpy.ops.mocap_mender.show_result(which="BEFORE")
    bpy.ops.mocap_mender.denoise_action(result="IN_PLACE")
    with pytest.raises(RuntimeError, match=refused):
        bpy.ops.mocap_mender.show_result(which="BEFORE")
    original = obj.animation_data.action
    bpy.ops.mocap_mender.denoise_action()
    bpy.data.actions.remove(original)
    with pytest.raises(RuntimeError, match=refused):
        bpy.ops.mocap_mender.show_result(which="BEFORE")
