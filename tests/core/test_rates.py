"""Between frame rates: what is slow survives, what is noise in the fine detail goes."""

import numpy as np
import pytest

from addon.core import rates


@pytest.mark.parametrize(("fps", "step"), [(24, 1), (30, 1), (44, 1), (60, 2), (100, 3), (120, 4), (240, 8)])
def test_every_how_many_frames(fps, step):
    assert rates.factor(fps, 30.0) == step


@pytest.mark.parametrize("step", [1, 2, 3, 4, 8])
@pytest.mark.parametrize("frames", [3, 40, 241])
def test_slow_motion_survives_the_lower_rate(step, frames):
    time = np.arange(frames) / (30 * step)
    slow = np.stack([np.sin(2 * np.pi * 2 * time), 0.3 * time], axis=-1).astype(np.float32)
    back = rates.raised(rates.lowered(slow, step), step, frames)
    assert back.shape == slow.shape
    inside = slice(8 * step, -8 * step) if frames == 241 and step < 8 else slice(None)
    assert np.abs(back - slow)[inside].max() < (0.01 if inside != slice(None) else 0.35)


def test_what_is_too_fast_for_the_lower_rate_is_left_to_the_detail():
    time = np.arange(480) / 120
    fast = np.sin(2 * np.pi * 40 * time)[:, None].astype(np.float32)
    assert np.abs(rates.raised(rates.lowered(fast, 4), 4, len(fast))).max() < 0.05


def test_noise_in_the_detail_goes_and_motion_in_it_stays():
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 0.01, (600, 10, 4)).astype(np.float32)
    noise[..., 0] = 0
    knock = np.zeros((600, 10, 4), dtype=np.float32)
    knock[300:306, 3, 1] = 0.2
    cleaned = rates.without_noise(noise + knock)
    away = np.delete(cleaned, range(280, 330), axis=0)
    assert np.square(away).mean() < 0.1 * np.square(noise).mean()
    assert cleaned[300:306, 3, 1].mean() > 0.15


def test_joints_that_stand_still_do_not_hide_the_others_noise():
    """Most joints that a model knows may be absent on a rig: they hold one rotation, but for rounding."""
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 0.01, (600, 30, 4)).astype(np.float32)
    noise[:, 7:] = rng.normal(0, 1e-7, (600, 23, 4))
    cleaned = rates.without_noise(noise)
    assert np.square(cleaned[:, :7]).mean() < 0.1 * np.square(noise[:, :7]).mean()


def test_detail_without_noise_is_kept():
    still = np.zeros((100, 5, 4), dtype=np.float32)
    assert np.array_equal(rates.without_noise(still), still)
