"""What likely happened in a hole: on a process that is known exactly, and on what it must not touch."""

import numpy as np
import pytest

from addon.core import gaps, likely, rotation
from addon.core.metrics import geodesic_degrees

JOINTS, LAGS = 4, 60
NOBODY = np.zeros(JOINTS, dtype=bool)


def swinging(frames, phase=0.0, fps=30.0):
    """(T, J, 4): joints that swing together, one period a second."""
    turn = 2 * np.pi * np.arange(frames) / fps + phase
    swing = np.stack([np.sin(turn), np.cos(turn), np.sin(turn) + np.cos(turn), -np.sin(turn)], axis=1)
    return rotation.exp(0.4 * swing[..., None] * np.array([1.0, 0.0, 0.0])).astype(np.float32)


@pytest.fixture(scope="module")
def process():
    """The process of `swinging` at any phase: its covariances are cosines of the lag."""
    basis = np.zeros((2, JOINTS * 3))
    basis[0, ::3], basis[1, ::3] = (1, 0, 1, -1), (0, 1, 1, 0)
    scale = np.linalg.norm(basis, axis=1)
    turn = 2 * np.pi * np.arange(LAGS) / 30
    lags = 0.08 * np.stack([np.stack([np.cos(turn), -np.sin(turn)], 1), np.stack([np.sin(turn), np.cos(turn)], 1)], 1)
    first, second = np.linalg.qr((basis / scale[:, None]).T)
    change = second * scale  # amplitudes along the orthonormal rows, of sine and cosine
    lags = np.einsum("ps,kst,qt->kpq", change, lags, change)
    reference = np.broadcast_to(rotation.IDENTITY, (JOINTS, 4)).astype(float)
    zero = np.zeros(JOINTS * 3)
    return likely.Likely(reference, zero, first.T, zero, lags, 30.0)


def hole(frames, start, stop, joints=slice(None)):
    missing = np.zeros((frames, JOINTS), dtype=bool)
    missing[start:stop, joints] = True
    return missing


@pytest.mark.parametrize("length", [1, 5, 15, 30])
def test_a_hole_is_filled_as_the_process_goes_on(process, length):
    motion, missing = swinging(120, 0.7), hole(120, 40, 40 + length)
    error = geodesic_degrees(likely.filled(process, motion, missing, NOBODY), motion)[missing].mean()
    assert error < 0.3
    assert length < 15 or error < 0.05 * geodesic_degrees(gaps.filled(motion, missing), motion)[missing].mean()


def test_known_joints_tell_about_the_missing_one(process):
    motion, missing = swinging(120), hole(120, 40, 60, joints=2)
    error = geodesic_degrees(likely.filled(process, motion, missing, NOBODY), motion)[missing].mean()
    assert error < 0.2 * geodesic_degrees(gaps.filled(motion, missing), motion)[missing].mean()


def test_what_is_known_stays_bit_for_bit(process):
    motion, missing = swinging(120), hole(120, 40, 60)
    assert np.array_equal(likely.filled(process, motion, missing, NOBODY)[~missing], motion[~missing])


def test_the_ends_of_a_hole_meet_what_is_known(process):
    motion = rotation.multiply(swinging(120), rotation.exp(np.array([0.0, 0.3, 0.0])).astype(np.float32))
    missing = hole(120, 40, 60)
    full = likely.filled(process, motion, missing, NOBODY)
    steps = geodesic_degrees(full[1:], full[:-1])
    assert steps[38:62].max() < 2 * geodesic_degrees(motion[1:], motion[:-1]).max()


def test_holes_beyond_what_is_known_and_absent_joints_are_bridged(process):
    motion, missing = swinging(200), hole(200, 40, 140)
    assert np.array_equal(likely.filled(process, motion, missing, NOBODY), gaps.filled(motion, missing))
    absent = np.array([False, True, False, False])
    missing = hole(200, 40, 60)
    full = likely.filled(process, motion, missing, absent)
    assert np.array_equal(full[:, 1], gaps.filled(motion, missing)[:, 1])
    assert geodesic_degrees(full, motion)[missing & ~absent].mean() < 1


def test_holes_at_both_ends_and_nothing_known(process):
    motion = swinging(60)
    missing = hole(60, 0, 5) | hole(60, 55, 60)
    assert geodesic_degrees(likely.filled(process, motion, missing, NOBODY), motion).max() < 12
    everything = hole(10, 0, 10)
    assert np.all(np.isfinite(likely.filled(process, motion[:10], everything, NOBODY)))


@pytest.mark.parametrize("fps", [24.0, 30.0, 40.0])
def test_another_rate(process, fps):
    motion, missing = swinging(120, fps=fps), hole(120, 40, 55)
    error = geodesic_degrees(likely.filled(process.at(fps), motion, missing, NOBODY), motion)[missing].mean()
    assert error < 1.0
