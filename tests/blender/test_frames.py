"""Frames and rates: what the scene's rate is, and which frames of an action are meant."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

from addon.blender import action, fcurves, frames
from addon.blender.action import ActionError
from addon.blender.tracks import KeyRange
from addon.core.interpolation import BEZIER, LINEAR


@pytest.fixture
def channels():
    obj = bpy.data.objects.new("Point", None)
    bpy.context.scene.collection.objects.link(obj)
    return action.new_action(obj, "Action")


def key(channels, at, interpolation=LINEAR, index=0):
    return fcurves.write_curve(channels, "location", index, at, np.zeros(len(at)), "Location", interpolation)


@pytest.mark.parametrize("fps", [24.0, 120.0, 30000 / 1001, 0.5, 12.5, 1000.0, 59.3])
def test_the_scenes_rate_is_set_and_read(fps):
    scene = bpy.context.scene
    frames.set_scene_fps(scene, fps)
    assert frames.scene_fps(scene) == pytest.approx(fps, rel=1e-6)


@pytest.mark.parametrize("fps", [120.0, 30000 / 1001, 59.3])
def test_a_rate_is_found_again_from_keys_in_float32(fps):
    at = (1001 + np.arange(3000) * 24 / fps).astype(np.float32)
    step = (at[-1] - at[0]) / (len(at) - 1)
    assert frames.usual_rate(24 / float(step)) == pytest.approx(fps, rel=1e-5)
    if fps != 59.3:
        assert frames.usual_rate(24 / float(step)) == fps


@pytest.mark.parametrize(
    ("first", "last", "expected"), [(1, 2752, (1, 2752)), (5.5, 100.2, (1, 250)), (-3.2, 250.4, (0, 251))]
)
def test_the_scenes_range_is_only_ever_made_longer(first, last, expected):
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1, 250
    frames.extend_range(scene, first, last)
    assert (scene.frame_start, scene.frame_end) == expected


def test_even_close_keys_are_sampled_as_they_are(channels):
    curves = [key(channels, 1 + np.arange(11) * 0.2), key(channels, 1 + np.arange(6) * 0.4, index=1)]
    at, fps = frames.sample_frames(bpy.context.scene, curves, 1, 3)
    np.testing.assert_allclose(at, 1 + np.arange(11) * 0.2, rtol=1e-6)
    assert fps == 120
    at, fps = frames.sample_frames(bpy.context.scene, curves, 1.5, 2.0)
    np.testing.assert_allclose(at, [1.6, 1.8, 2.0], rtol=1e-6)


def test_slow_keys_are_sampled_as_they_are_where_lines_join_them(channels):
    straight = key(channels, [1, 3.5, 6, 8.5])
    at, fps = frames.sample_frames(bpy.context.scene, [straight], 1, 8.5)
    assert at.tolist() == [1, 3.5, 6, 8.5]
    assert fps == pytest.approx(9.6)
    bent = key(channels, [1, 3.5, 6, 8.5], BEZIER, 1)
    at, fps = frames.sample_frames(bpy.context.scene, [straight, bent], 1, 8.5)
    assert at.tolist() == list(range(1, 9))
    assert fps == 24


def test_uneven_keys_and_a_single_one_are_sampled_at_the_scenes_frames(channels):
    at, fps = frames.sample_frames(bpy.context.scene, [key(channels, [1, 1.5, 4])], 1, 4)
    assert (at.tolist(), fps) == ([1, 2, 3, 4], 24)
    at, fps = frames.sample_frames(bpy.context.scene, [key(channels, [7], index=1)], 7, 7)
    assert (at.tolist(), fps) == ([7], 24)


def test_open_ends_of_a_range_are_the_first_and_last_key(channels):
    curve = key(channels, [3, 5, 9])
    assert frames.frame_span([curve], KeyRange()) == (3, 9)
    assert frames.frame_span([curve], KeyRange(4, 100)) == (4, 100)
    curve.keyframe_points.foreach_set("select_control_point", np.array([False, True, False]))
    assert frames.frame_span([curve], KeyRange(selected=True)) == (5, 5)
    with pytest.raises(ActionError, match="no keys on this armature"):
        frames.frame_span([], KeyRange())
    with pytest.raises(ActionError, match="No key is selected"):
        frames.frame_span([], KeyRange(selected=True))
