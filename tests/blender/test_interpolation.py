"""Curves between their keys, against Blender's own evaluation."""

import bpy
import numpy as np
import pytest
from mathutils import Vector

from addon.core.interpolation import BEZIER, CONSTANT, LINEAR, Curve, can_evaluate, evaluate

HANDLES = ["FREE", "ALIGNED", "VECTOR", "AUTO", "AUTO_CLAMPED"]


def random_curve(seed, extrapolation):
    """A driverless curve of Blender with keys at sub-frames, all kinds of handles and some that overlap."""
    rng = np.random.default_rng(seed)
    thing = bpy.data.objects.new("thing", None)
    thing.keyframe_insert("location", index=0, frame=0)
    action = thing.animation_data.action
    curves = action.fcurves if hasattr(action, "fcurves") else action.layers[0].strips[0].channelbags[0].fcurves
    curve = curves[0]
    points = curve.keyframe_points
    points.clear()
    frames = np.cumsum(rng.uniform(0.3, 8, 30)) - 20
    points.add(len(frames))
    points.foreach_set("co", np.stack([frames, rng.normal(size=30)], -1).astype(np.float32).ravel())
    kinds = rng.integers(0, 3, 30)
    points.foreach_set("interpolation", kinds.astype(np.int32))
    for point in points:
        point.handle_left_type, point.handle_right_type = rng.choice(HANDLES, 2)
    curve.extrapolation = extrapolation
    curve.update()
    for point in points:
        if point.handle_left_type == "FREE":
            point.handle_left = point.co + Vector((-rng.uniform(0, 12), rng.normal()))
        if point.handle_right_type == "FREE":
            point.handle_right = point.co + Vector((rng.uniform(0, 12), rng.normal()))
    return curve


def ours(curve):
    def read(name, width):
        values = np.empty(len(curve.keyframe_points) * width, np.float32)
        curve.keyframe_points.foreach_get(name, values)
        return values.reshape(-1, width)

    kinds = np.empty(len(curve.keyframe_points), np.int32)
    curve.keyframe_points.foreach_get("interpolation", kinds)
    return Curve(read("co", 2), read("handle_left", 2), read("handle_right", 2), kinds, curve.extrapolation == "LINEAR")


@pytest.mark.parametrize("extrapolation", ["CONSTANT", "LINEAR"])
@pytest.mark.parametrize("seed", range(8))
def test_values_are_blenders(seed, extrapolation):
    curve = random_curve(seed, extrapolation)
    first, last = curve.keyframe_points[0].co.x, curve.keyframe_points[-1].co.x
    frames = np.linspace(first - 10, last + 10, 3001)
    expected = np.array([curve.evaluate(frame) for frame in frames])
    np.testing.assert_allclose(evaluate(ours(curve), frames), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("kind", [CONSTANT, LINEAR, BEZIER])
@pytest.mark.parametrize("extrapolation", ["CONSTANT", "LINEAR"])
def test_a_single_key_is_blenders_too(kind, extrapolation):
    curve = random_curve(1, extrapolation)
    while len(curve.keyframe_points) > 1:
        curve.keyframe_points.remove(curve.keyframe_points[0])
    curve.keyframe_points.foreach_set("interpolation", np.array([kind], np.int32))
    frames = np.linspace(-5, 250, 100)
    expected = np.array([curve.evaluate(frame) for frame in frames])
    np.testing.assert_allclose(evaluate(ours(curve), frames), expected, rtol=1e-4, atol=1e-4)


def test_easing_kinds_are_left_to_blender():
    assert can_evaluate(np.array([CONSTANT, LINEAR, BEZIER]))
    assert not can_evaluate(np.array([CONSTANT, 7]))
