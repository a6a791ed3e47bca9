"""Noise models: seeded, unit, and as strong as they say."""

import numpy as np
import pytest

from addon.core import metrics, noise, rotation


@pytest.fixture
def still():
    return rotation.normalize(np.random.default_rng(3).standard_normal((400, 30, 4))).astype(np.float32)


def test_a_frame_looks_the_same_whatever_was_played_before(still):
    whole = noise.component_noise(still, 0.01)
    part = noise.component_noise(still[100:120], 0.01, first_frame=100)
    assert np.array_equal(whole[100:120], part)


def test_frames_before_zero_have_noise_of_their_own(still):
    noisy = noise.component_noise(still[:1].repeat(5, axis=0), 0.01, first_frame=-2)
    assert len(np.unique(noisy[:, 0, 0])) == 5


@pytest.mark.parametrize("sigma", [0.005, 0.01, 0.02])
def test_strength_is_about_183_degrees_a_unit(still, sigma):
    error = metrics.geodesic_degrees(noise.component_noise(still, sigma), still).mean()
    assert error == pytest.approx(183 * sigma, rel=0.02)


def test_result_is_unit_keeps_its_type_and_leaves_the_input(still):
    before = still.copy()
    noisy = noise.component_noise(still, 0.1)
    assert noisy.dtype == np.float32
    assert np.allclose(np.linalg.norm(noisy, axis=-1), 1, atol=1e-6)
    assert np.array_equal(still, before)


def test_no_noise_is_no_change(still):
    assert np.allclose(noise.component_noise(still, 0.0), still, atol=1e-6)
