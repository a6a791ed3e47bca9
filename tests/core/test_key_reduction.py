"""Fewer keys: what Blender plays between them stays within the tolerance, in every rotation mode."""

from __future__ import annotations

import numpy as np
import pytest

from addon.core.handles import Floats
from addon.core.interpolation import BEZIER, Curve, evaluate
from addon.core.key_reduction import reduced
from addon.core.rotation import angle_between, exp
from addon.core.rotation_mode import from_quaternions, to_quaternion

FRAMES = np.arange(1, 241, dtype=np.float64)
MODES = ["QUATERNION", "AXIS_ANGLE", "XYZ", "ZXY"]


def swinging(frames=FRAMES, noise=0.0):
    """(T, 4) a smooth turning about changing axes, with white noise of so many radians."""
    phase = frames[:, None] * [0.11, 0.07, 0.05] + [0, 1, 2]
    return exp(np.sin(phase) * [0.8, 0.5, 0.3] + noise * np.random.default_rng(1).normal(size=(len(frames), 3)))


def played(keys, mode, frames=FRAMES) -> Floats:
    """(T, 4) what the keys' Bezier curves play."""
    left, right = keys.handles()
    kind = np.full(len(keys.frames), BEZIER)
    columns = [
        evaluate(Curve(np.stack([keys.frames, keys.values[:, i]], -1), left[:, i], right[:, i], kind), frames)
        for i in range(keys.values.shape[1])
    ]
    return to_quaternion(np.stack(columns, axis=-1), mode)


def worst(keys, values, mode, frames=FRAMES):
    return np.degrees(angle_between(played(keys, mode, frames), to_quaternion(values, mode)).max())


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("degrees", [0.05, 0.5, 3.0])
def test_no_frame_is_off_by_more_than_the_tolerance(mode, degrees):
    values = from_quaternions(swinging(), mode)
    keys = reduced(FRAMES, values, mode, degrees)
    assert worst(keys, values, mode) <= degrees
    assert len(keys.frames) < len(FRAMES) / 3
    np.testing.assert_array_equal(keys.values[[0, -1]], values[[0, -1]])
    np.testing.assert_array_equal(keys.frames, FRAMES[keys.kept])


def test_noise_above_the_tolerance_keeps_its_keys():
    values = swinging(noise=0.02)
    keys = reduced(FRAMES, values, "QUATERNION", 0.1)
    assert worst(keys, values, "QUATERNION") <= 0.1
    assert len(keys.frames) > 0.6 * len(FRAMES)


def test_fewer_keys_with_more_tolerance():
    counts = [len(reduced(FRAMES, swinging(noise=0.003), "QUATERNION", d).frames) for d in (0.1, 0.3, 1.0, 3.0)]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > 2 * counts[-1]


def test_what_stands_still_needs_its_ends_alone():
    still = np.tile(swinging()[:1], (len(FRAMES), 1))
    assert reduced(FRAMES, still, "QUATERNION", 0.5).kept.tolist() == [0, len(FRAMES) - 1]


def test_a_single_spike_stays():
    values = np.tile([1.0, 0, 0, 0], (len(FRAMES), 1))
    values[100] = exp(np.array([0.3, 0, 0]))
    keys = reduced(FRAMES, values, "QUATERNION", 0.5)
    assert worst(keys, values, "QUATERNION") <= 0.5
    assert 100 in keys.kept
    assert len(keys.kept) < 12


def test_flipped_signs_are_keyed_and_nothing_else_is_lost():
    values = swinging()
    values[120:] *= -1
    keys = reduced(FRAMES, values, "QUATERNION", 0.5)
    assert worst(keys, values, "QUATERNION") <= 0.5
    assert {119, 120} <= set(keys.kept.tolist())


def test_uneven_frames():
    frames = np.cumsum(np.random.default_rng(5).uniform(0.3, 1.7, 200))
    values = swinging(frames)
    keys = reduced(frames, values, "QUATERNION", 0.5)
    assert worst(keys, values, "QUATERNION", frames) <= 0.5
    assert len(keys.frames) < 70


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_a_handful_of_keys(count):
    values = swinging()[:count]
    keys = reduced(FRAMES[:count], values, "QUATERNION", 0.5)
    assert worst(keys, values, "QUATERNION", FRAMES[:count]) <= 0.5
    left, right = keys.handles()
    assert left.shape == right.shape == (len(keys.frames), 4, 2)


def test_a_stretch_longer_than_the_search_sees_becomes_one():
    frames = np.arange(2000.0)
    values = exp(np.stack([frames * 1e-4, 0 * frames, 0 * frames], axis=-1))
    values[1000:] = exp(np.stack([0.1 - (frames[1000:] - 1000) * 1e-4, *2 * [0 * frames[1000:]]], axis=-1))
    assert len(reduced(frames, values, "QUATERNION", 0.2).kept) <= 6


def test_progress_may_stop_it():
    def stop(done):
        raise RuntimeError(done)

    with pytest.raises(RuntimeError):
        reduced(FRAMES, swinging(), "QUATERNION", 0.5, stop)
