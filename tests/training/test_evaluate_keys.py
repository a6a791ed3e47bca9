"""Shares of keyed frames of motion of which they are known."""

from __future__ import annotations

import numpy as np

from addon.core.clip import Clip
from addon.core.rigs.cmu import SKELETON
from addon.core.rotation import exp
from training.tasks import evaluate_keys

FRAMES = 60


def clip(vectors):
    """A clip whose left arm turns by rotation vectors (T, 3)."""
    rotations = np.tile([1.0, 0, 0, 0], (FRAMES, len(SKELETON), 1))
    rotations[:, SKELETON.index("LeftArm")] = exp(vectors)
    return Clip(SKELETON, 30.0, np.zeros((FRAMES, 3)), rotations)


def test_what_stands_still_is_keyed_at_its_ends():
    row = evaluate_keys._row([clip(np.zeros((FRAMES, 3)))], 0.5)
    assert row["share"][0] == round(2 / FRAMES, 4)
    assert row["largest"] < 1e-3


def test_noise_in_one_joint_shows_in_the_share_and_never_beyond_the_tolerance():
    rng = np.random.default_rng(1)
    row = evaluate_keys._row([clip(0.05 * rng.normal(size=(FRAMES, 3)))], 0.5)
    most = (2 * (len(SKELETON) - 1) + FRAMES) / len(SKELETON) / FRAMES
    assert 2 / FRAMES + 0.5 / len(SKELETON) < row["share"][0] <= round(most, 4)
    assert row["largest"] <= 0.5
