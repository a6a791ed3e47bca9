"""Denoising cut short: whatever it has written by then it takes back, bit for bit."""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace

import bpy
import numpy as np
import pytest

from addon.blender import action
from addon.blender.steps import finish
from addon.core.interpolation import BEZIER
from addon.operators.denoise_action import MOCAP_MENDER_OT_denoise_action
from addon.properties import DENOISE_OPTIONS, settings_of
from tests.blender.figure import figure_rotations, key_rotations, make_armature, make_model
from tests.blender.test_denoise_action import snapshot

FRAMES = np.concatenate([np.arange(1, 60), np.arange(80, 120)]).astype(np.float32)


@pytest.fixture(autouse=True)
def card(model_folder):
    return make_model(model_folder, 0.4)


@pytest.fixture
def figure():
    obj = make_armature()
    key_rotations(obj, FRAMES, figure_rotations(FRAMES), BEZIER)
    return obj


def steps(**options):
    """The operator's work without the operator: what `steps` asks of it, as the panel's settings have it."""
    settings = settings_of(bpy.context.scene)
    names = ("model", "frame_range", "frame_start", "frame_end", "bones", "result", *DENOISE_OPTIONS)
    values = {name: getattr(settings, name) for name in names} | options
    operator = SimpleNamespace(**values, report=lambda *_: None, begin_writing=lambda: None)
    operator._written = MOCAP_MENDER_OT_denoise_action._written.__get__(operator)
    return MOCAP_MENDER_OT_denoise_action.steps(operator, bpy.context)


@pytest.mark.parametrize("result", ["COPY", "IN_PLACE"])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.79, 0.82, 0.9, 0.97])
def test_the_scene_is_as_it_was(figure, result, share):
    original, kept = figure.animation_data.action, figure.animation_data.action.use_fake_user
    before = snapshot(action.assigned_channels(figure))
    work = steps(result=result, reduce_keys=True)
    while next(work) < share:
        pass
    work.close()
    assert figure.animation_data.action == original
    assert original.use_fake_user == kept
    assert [act.name for act in bpy.data.actions] == ["Take"]
    assert snapshot(action.assigned_channels(figure)) == before
    assert settings_of(bpy.context.scene).done_line == ""


def test_all_of_it_does_what_the_operator_does(figure):
    assert finish(steps(reduce_keys=True)) == {"FINISHED"}
    assert figure.animation_data.action.name == "Take denoised"


def test_progress_rises(figure):
    told = list(steps(reduce_keys=True))
    assert all(0 <= share <= 1 for share in told)
    assert all(b >= a - 1e-9 for a, b in pairwise(told))
