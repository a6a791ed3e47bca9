"""Between frame rates: what is slow survives, what is fast is left to the detail."""

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
