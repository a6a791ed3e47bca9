"""Automatic handles, against those that Blender calculates."""

import bpy
import numpy as np
import pytest

from addon.core.handles import auto_clamped


def blenders(points, smoothing, extrapolation):
    thing = bpy.data.objects.new("thing", None)
    thing.keyframe_insert("location", index=0, frame=0)
    action = thing.animation_data.action
    curves = action.fcurves if hasattr(action, "fcurves") else action.layers[0].strips[0].channelbags[0].fcurves
    curve = curves[0]
    keys = curve.keyframe_points
    keys.clear()
    keys.add(len(points))
    keys.foreach_set("co", points.astype(np.float32).ravel())
    curve.auto_smoothing, curve.extrapolation = smoothing, extrapolation
    for key in keys:
        key.interpolation = "BEZIER"
        key.handle_left_type = key.handle_right_type = "AUTO_CLAMPED"
    curve.update()
    read = {name: np.empty(len(points) * 2, np.float32) for name in ("handle_left", "handle_right")}
    for name, values in read.items():
        keys.foreach_get(name, values)
    return [values.reshape(-1, 2) for values in read.values()]


def some_points(seed):
    """Keys of several kinds: jumpy, smooth, with level stretches, at even and uneven frames."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(2, 40))
    frames = np.cumsum(rng.uniform(0.3, 12, count)) if seed % 2 else np.arange(count) * rng.uniform(0.5, 4)
    values = [rng.normal(size=count), np.cumsum(rng.normal(size=count)), np.sin(frames / 5)][seed % 3]
    if seed % 4 == 0:
        values = np.round(values * 2) / 2
    if seed % 5 == 0:
        values = np.sort(values)
    return np.stack([frames, values], axis=-1).astype(np.float32)


@pytest.mark.parametrize("extrapolation", ["CONSTANT", "LINEAR"])
@pytest.mark.parametrize("smoothing", ["CONT_ACCEL", "NONE"])
@pytest.mark.parametrize("seed", range(40))
def test_handles_are_blenders(seed, smoothing, extrapolation):
    points = some_points(seed)
    ours = auto_clamped(points, smooth=smoothing == "CONT_ACCEL", linear_ends=extrapolation == "LINEAR")
    for mine, theirs in zip(ours, blenders(points, smoothing, extrapolation), strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-4)


def test_a_single_key_has_the_handles_of_an_inserted_one():
    thing = bpy.data.objects.new("thing", None)
    thing.location.x = -2
    thing.keyframe_insert("location", index=0, frame=3)
    action = thing.animation_data.action
    curves = action.fcurves if hasattr(action, "fcurves") else action.layers[0].strips[0].channelbags[0].fcurves
    key = curves[0].keyframe_points[0]
    left, right = auto_clamped(np.array([[3.0, -2.0]]))
    np.testing.assert_allclose(left[0], key.handle_left, atol=1e-4)
    np.testing.assert_allclose(right[0], key.handle_right, atol=1e-4)


@pytest.mark.parametrize("wrong", [(1, np.nan), (np.inf, 0), (0, 3), (-1, 3)])
def test_keys_that_blender_could_not_have_are_refused(wrong):
    with pytest.raises(ValueError, match="rising frames"):
        auto_clamped(np.array([[0.0, 0.0], wrong, [2.0, 0.0], [3.0, 1.0]]))
