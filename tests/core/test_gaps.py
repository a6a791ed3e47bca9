"""Holes: filled the shorter way, held ones found and pauses left alone."""

import numpy as np
import pytest

from addon.core import gaps, metrics, noise, rotation


@pytest.fixture
def turning():
    """(60, 3, 4): three joints that turn steadily, at different rates."""
    vectors = np.zeros((60, 3, 3))
    vectors[..., 1] = np.arange(60)[:, None] * np.array([0.01, 0.02, 0.05])
    return rotation.exp(vectors).astype(np.float32)


def test_steady_turning_is_restored(turning):
    missing = np.zeros((60, 3), dtype=bool)
    missing[10:30, 0] = missing[20:45, 2] = missing[50:52] = True
    full = gaps.filled(noise.dropped(turning, missing), missing)
    assert metrics.geodesic_degrees(full, turning).max() < 1e-3


def test_ends_are_held_and_unknown_joints_rest(turning):
    missing = np.zeros((60, 3), dtype=bool)
    missing[:5, 0] = missing[55:, 0] = missing[:, 1] = True
    full = gaps.filled(noise.dropped(turning, missing), missing)
    assert np.all(full[:5, 0] == turning[5, 0])
    assert np.all(full[55:, 0] == turning[54, 0])
    assert np.all(full[:, 1] == rotation.IDENTITY)


def test_nothing_missing_is_nothing_changed(turning):
    assert np.array_equal(gaps.filled(turning, np.zeros((60, 3), dtype=bool)), turning)


@pytest.mark.parametrize("length", [5, 10, 20, 30])
def test_a_hold_is_found(turning, length):
    missing = noise.holes(60, length, length, margin=5)
    assert np.array_equal(gaps.held_frames(noise.held(turning, missing)), missing)


def test_a_posed_pause_is_no_hold():
    ease = np.concatenate([np.linspace(0, 1, 20), np.ones(15), np.linspace(1, 2, 20)])
    vectors = np.zeros((55, 2, 3))
    vectors[..., 0] = (0.3 * ease**2 * (3 - 2 * np.minimum(ease, 1)))[:, None]
    assert not gaps.held_frames(rotation.exp(vectors)).any()


def test_a_pause_between_steady_turns_is_no_hold():
    angle = np.concatenate([np.linspace(0, 1, 20), np.ones(15), np.linspace(1, 2, 20)[1:]])
    vectors = angle[:, None, None] * np.array([0.3, 0.0, 0.0])
    assert not gaps.held_frames(rotation.exp(np.repeat(vectors, 2, axis=1))).any()


def test_a_hold_about_as_long_as_the_period_of_motion_is_found():
    turn = 2 * np.pi * np.arange(90) / 30
    vectors = np.stack([np.sin(turn), np.cos(turn)], axis=1)[..., None] * np.array([0.3, 0.0, 0.0])
    motion, missing = rotation.exp(vectors).astype(np.float32), np.zeros(90, dtype=bool)
    missing[31:62] = True  # when data comes back the body is nearly where it was held
    assert np.array_equal(gaps.held_frames(noise.held(motion, missing)), missing)


@pytest.mark.parametrize("frames", [0, 1, 2, 40])
def test_a_still_clip_has_no_hold(frames):
    still = np.broadcast_to(rotation.IDENTITY, (frames, 3, 4))
    assert not gaps.held_frames(still).any()


def test_numbers_are_led_on_with_the_speed_that_they_have():
    time = np.arange(60.0)
    parabola = np.stack([0.02 * (time - 25) ** 2, -time], axis=-1)
    missing = np.zeros(60, dtype=bool)
    missing[20:35] = missing[45:48] = True
    led = gaps.led_on(np.where(missing[:, None], np.nan, parabola), missing)
    assert np.abs(led - parabola).max() < 0.4  # of the 2 that a straight line is off by; speeds lag by two frames
    assert np.abs(led[:, 1] + time).max() < 1e-9
    np.testing.assert_array_equal(led[~missing], parabola[~missing])


def test_ends_are_held_by_what_is_led_on_and_nothing_known_stays():
    values = np.arange(10.0)[:, None]
    missing = np.zeros(10, dtype=bool)
    missing[:3] = missing[8:] = True
    led = gaps.led_on(values, missing)[:, 0]
    np.testing.assert_array_equal(led, [3, 3, 3, 3, 4, 5, 6, 7, 7, 7])
    np.testing.assert_array_equal(gaps.led_on(values, np.ones(10, dtype=bool)), values)


def test_rotations_are_led_on_past_nonsense(turning):
    missing = np.zeros(60, dtype=bool)
    missing[20:40] = missing[:2] = missing[58:] = True
    broken = np.where(missing[:, None], np.nan, turning[:, 2])
    led = gaps.led_on_rotations(broken, missing)
    assert metrics.geodesic_degrees(led[2:58, None], turning[2:58, 2:]).max() < 1e-3
    np.testing.assert_allclose(led[:2], np.repeat(turning[2:3, 2], 2, axis=0), atol=1e-6)
    np.testing.assert_allclose(led[58:], np.repeat(turning[57:58, 2], 2, axis=0), atol=1e-6)
