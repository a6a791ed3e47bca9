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
