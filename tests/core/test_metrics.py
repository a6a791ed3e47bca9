"""Measures against motions whose error is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from addon.core import metrics, rotation

PARENTS = (-1, 0, 1)
OFFSETS = np.array([[0, 0, 0], [1, 0, 0], [1, 0, 0]], dtype=np.float64)


def about_z(angles):
    """(T, 3, 4): joint 0 turns by (T,) radians about Z, the others rest."""
    vectors = np.zeros((len(angles), 3, 3))
    vectors[:, 0, 2] = angles
    return rotation.exp(vectors)


@given(st.floats(0, 180), st.booleans())
def test_geodesic_is_the_angle_whatever_the_sign(angle, flipped):
    a = rotation.IDENTITY.astype(np.float64)
    b = rotation.exp(np.array([0, np.radians(angle), 0])) * (-1 if flipped else 1)
    assert metrics.geodesic_degrees(a, b) == pytest.approx(angle, abs=1e-6)


def test_position_error_is_the_chord():
    a, b = about_z(np.zeros(2)), about_z(np.array([0, np.pi / 3]))
    error = metrics.position_error_cm(a, b, PARENTS, OFFSETS)
    assert np.allclose(error, [[0, 0, 0], [0, 100, 200]])


def test_acceleration_of_steady_turning_points_inward():
    fps, rate = 1000.0, 2.0
    turning = about_z(rate * np.arange(20) / fps)
    error = metrics.acceleration_error(turning, about_z(np.zeros(20)), PARENTS, OFFSETS, fps)
    assert error.shape == (18, 3)
    assert np.allclose(error, [[0, rate**2, 2 * rate**2]] * 18, rtol=1e-4)


def test_speed_percentile_is_reached_by_the_fastest_joint():
    fps, rate = 1000.0, 2.0
    turning = about_z(rate * np.arange(20) / fps)
    assert metrics.speed_percentile(turning, PARENTS, OFFSETS, fps, 100) == pytest.approx(2 * rate, rel=1e-4)


def test_bootstrap_holds_the_weighted_mean_and_covers_it():
    rng = np.random.default_rng(0)
    covered = 0
    for trial in range(200):
        mean, low, high = metrics.bootstrap_interval(rng.normal(5, 1, 30), draws=400, seed=trial)
        assert low <= mean <= high
        covered += low <= 5 <= high
    assert 0.88 <= covered / 200 <= 0.99
    assert metrics.bootstrap_interval([1, 3], [3, 1])[0] == pytest.approx(1.5)


def test_bootstrap_of_nothing_is_an_error():
    with pytest.raises(ValueError, match="at least one"):
        metrics.bootstrap_interval([])
