"""Scrubbing, undoing and redoing two hundred times with previews on: nothing stale is touched, nothing drifts."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

from addon.blender import pose
from addon.operators.preview_settings import preview_of
from tests.blender.figure import figure_rotations, key_rotations, make_armature, make_model

FRAMES = np.arange(1, 41, dtype=np.float32)
ROUNDS = 200


@pytest.fixture
def figures(model_folder):
    """Two armatures, one of them without keys on some bones."""
    make_model(model_folder, 0.4)
    names = []
    for number, bones in enumerate((None, ("Spine", "LeftLeg"))):
        obj = make_armature(f"Figure {number}")
        rotations = figure_rotations(FRAMES)
        key_rotations(obj, FRAMES, {bone: q for bone, q in rotations.items() if bones is None or bone in bones})
        names.append(obj.name)
    return names


def at(frame, names):
    bpy.context.scene.frame_set(frame)
    return [pose.read(bpy.data.objects[name]) for name in names]


def test_two_hundred_times(figures):
    there = at(17, figures)
    bpy.ops.ed.undo_push(message="Off")
    for name in figures:
        preview_of(bpy.data.objects[name]).enabled = True
    bpy.ops.ed.undo_push(message="On")
    shown = at(17, figures)
    rng = np.random.default_rng(3)
    for number in range(ROUNDS):
        at(int(rng.integers(1, 41)), figures)
        obj = bpy.data.objects[figures[number % 2]]
        preview_of(obj).noise = float(rng.uniform(0.01, 0.1))
        if number % 10 == 0:
            obj.pose.bones["Hips"].location.x = number
        bpy.ops.ed.undo_push(message="Change")
        changed = at(17, figures)
        bpy.ops.ed.undo()
        assert all(map(np.array_equal, at(17, figures), shown))
        at(int(rng.integers(1, 41)), figures)
        bpy.ops.ed.redo()
        assert all(map(np.array_equal, at(17, figures), changed))
        shown = changed
    for name in figures:
        preview_of(bpy.data.objects[name]).enabled = False
    hips = bpy.data.objects[figures[0]].pose.bones.find("Hips")
    for found, expected in zip(at(17, figures), there, strict=True):
        found[3 * hips] = expected[3 * hips]  # which was moved by hand
        assert np.array_equal(found, expected)
    assert not [handler for handler in bpy.app.handlers.frame_change_post if "preview" in handler.__module__]
