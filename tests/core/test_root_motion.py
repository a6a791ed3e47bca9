"""The root's path and heading: noise goes, a clean path stays, and nothing lags."""

from __future__ import annotations

import numpy as np
import pytest

from addon.core.root_motion import heading, heading_correction, smoothed
from addon.core.rotation import exp, multiply

UP = np.array([0.0, 0.0, 1.0])
TIME = np.arange(600) / 60


def path():
    """A walk: 1.3 m/s with a bob of 3 cm at 1.8 Hz."""
    return 1.3 * TIME + 0.03 * np.sin(2 * np.pi * 1.8 * TIME)


def turning():
    """(T, 4) a body that turns round twice and leans as it does."""
    lean = exp(np.stack([0.2 * np.sin(TIME), 0.15 * np.cos(1.3 * TIME), 0 * TIME], axis=-1))
    return multiply(exp(np.stack([0 * TIME, 0 * TIME, 4 * np.pi * TIME / TIME[-1]], axis=-1)), lean)


def shaken(rotations, size, seed=0):
    angle = size * np.random.default_rng(seed).normal(size=len(rotations))
    return multiply(exp(angle[:, None] * UP), rotations)


@pytest.mark.parametrize("noise", [0.002, 0.01, 0.05])
def test_noise_on_a_path_goes(noise):
    before = noise * np.random.default_rng(1).normal(size=len(TIME))
    after = smoothed(path() + before) - path()
    assert np.sqrt(np.mean(after**2)) < 0.5 * noise
    assert np.abs(after[[0, -1]]).max() < 3 * noise


def test_a_clean_path_stays_and_a_still_one_is_still():
    np.testing.assert_allclose(smoothed(path()), path(), atol=2e-4)
    np.testing.assert_array_equal(smoothed(np.full(100, 3.0)), np.full(100, 3.0))
    np.testing.assert_allclose(smoothed(TIME), TIME, atol=1e-6)


def test_nothing_lags():
    noisy = path() + 0.01 * np.random.default_rng(1).normal(size=len(TIME))
    forward, backward = smoothed(noisy), smoothed(noisy[::-1])[::-1]
    np.testing.assert_allclose(forward, backward, atol=1e-9)


def test_a_few_numbers_stay():
    for count in range(8):
        np.testing.assert_array_equal(smoothed(path()[:count]), path()[:count])


def test_heading_is_followed_through_whole_turns():
    angle, sure = heading(turning(), UP)
    assert (sure == 1).all()
    assert angle[-1] - angle[0] == pytest.approx(4 * np.pi, abs=0.1)
    assert np.ptp(heading(-turning(), UP)[0] - angle) < 1e-6


def test_a_trembling_heading_is_steadied_and_the_lean_stays():
    noisy = shaken(turning(), 0.02)
    mended = multiply(exp(heading_correction(noisy, UP)[:, None] * UP), noisy)
    before, after = (heading(q, UP)[0] - heading(turning(), UP)[0] for q in (noisy, mended))
    assert after.std() < 0.5 * before.std()


def test_a_body_upside_down_has_no_heading_and_is_left_alone():
    tumble = exp(np.stack([2 * np.pi * TIME / TIME[-1], 0 * TIME, 0 * TIME], axis=-1))
    noisy = shaken(tumble, 0.02)
    way = heading_correction(noisy, UP)
    middle = np.abs(TIME - TIME[-1] / 2) < 0.2
    np.testing.assert_array_equal(way[middle], 0)
    assert np.abs(way).max() < np.radians(10)
    assert np.abs(way[:100]).max() > 0.005
