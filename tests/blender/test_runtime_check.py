"""A runtime that does not load: found out once, told by the button, and the rest works."""

from __future__ import annotations

import sys

import bpy
import pytest

from addon.operators import runtime_check
from tests.blender.figure import JOINTS, figure_rotations, key_rotations, make_armature


@pytest.fixture(autouse=True)
def forgotten():
    runtime_check.unregister()
    yield
    runtime_check.unregister()


@pytest.fixture
def without_runtime(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)


@pytest.fixture
def figure():
    obj = make_armature()
    key_rotations(obj, range(1, 11), figure_rotations(range(1, 11), JOINTS))
    return obj


def test_a_runtime_that_loads_is_no_problem(figure):
    assert runtime_check.runtime_problem() == ""
    assert bpy.ops.mocap_mender.denoise_action.poll()


def test_nothing_is_known_before_anyone_asks(without_runtime, figure):
    assert runtime_check.known_problem() == ""
    assert bpy.ops.mocap_mender.denoise_action.poll()


def test_the_button_is_off_and_says_why(without_runtime, figure):
    assert "The network runtime is missing" in runtime_check.runtime_problem()
    assert runtime_check.known_problem() == runtime_check.runtime_problem()
    assert not bpy.ops.mocap_mender.denoise_action.poll()
    with pytest.raises(RuntimeError, match=r"runtime is missing.*install the Mocap Mender zip"):
        bpy.ops.mocap_mender.denoise_action()


def test_motion_still_comes_in_and_goes_out(without_runtime, figure, tmp_path):
    assert runtime_check.runtime_problem()
    path = str(tmp_path / "take.bvh")
    assert bpy.ops.mocap_mender.export_motion(filepath=path) == {"FINISHED"}
    assert bpy.ops.mocap_mender.import_motion(filepath=path) == {"FINISHED"}


def test_a_check_that_waits_goes_when_the_extension_goes():
    runtime_check.check_soon()
    runtime_check.check_soon()
    assert bpy.app.timers.is_registered(runtime_check._check)
    runtime_check.unregister()
    assert not bpy.app.timers.is_registered(runtime_check._check)


def test_what_is_known_is_not_checked_again():
    runtime_check.runtime_problem()
    runtime_check.check_soon()
    assert not bpy.app.timers.is_registered(runtime_check._check)
