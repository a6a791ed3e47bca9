"""Hands without a key: fingers get a pose often where the wrist turns and seldom where it rests."""

import numpy as np
import pytest

from addon.core import wrist
from addon.core.finger_fill import FPS
from addon.core.finger_performance import STEP, pose_frames
from addon.core.rotation import exp

SECONDS = 12


def seen(turning):
    """What is seen of a right wrist that turns by `turning` (T,) radians a second."""
    angle = np.cumsum(turning) / FPS
    wrists = np.full((len(angle), 2, 7), np.nan)
    wrists[:, 1, :3] = 0
    wrists[:, 1, 3:] = exp(angle[:, None] * np.array([0.0, 0, 1]))
    return wrist.channels(wrists, FPS)[:, 1]


@pytest.mark.parametrize("turning", [2.0, None])
def test_a_wrist_that_turns_or_is_not_known_gets_a_pose_every_step(turning):
    frames = np.arange(round(SECONDS * FPS))
    channels = seen(np.full(len(frames), turning)) if turning else np.zeros((len(frames), wrist.CHANNELS))
    found = pose_frames(channels)
    assert found[0] == 0
    np.testing.assert_allclose(np.diff(found) / FPS, STEP, atol=0.25)
    assert len(found) == pytest.approx(SECONDS / STEP, abs=2)


def test_a_wrist_that_rests_gets_a_pose_every_few_seconds():
    found = pose_frames(seen(np.zeros(round(SECONDS * FPS))))
    assert len(found) <= SECONDS / (6 * STEP)


def test_poses_come_where_the_wrist_turns():
    turning = np.zeros(round(SECONDS * FPS))
    turning[round(4 * FPS) : round(8 * FPS)] = 3.0
    found = pose_frames(seen(turning)) / FPS
    inside = (found > 3.5) & (found < 8.5)
    assert inside.sum() > 3 * (~inside).sum()
