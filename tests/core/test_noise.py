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


def degrees_off(noisy, clean):
    return metrics.geodesic_degrees(noisy, clean)


MODELS = {
    "white": lambda q, seed: noise.white(q, 0.02, seed),
    "jitter": lambda q, seed: noise.jitter(q, 0.02, seed),
    "spikes": lambda q, seed: noise.spikes(q, seed)[0],
    "drift": lambda q, seed: noise.drift(q, 5.0, 300, seed),
    "swaps": lambda q, seed: noise.swaps(q, [(1, 2), (3, 4)], 5, seed),
    "mixture": lambda q, seed: noise.mixture(q, 0.02, [(1, 2)], seed),
}
every_model = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS.keys())


@every_model
def test_the_seed_decides(model, still):
    before = still.copy()
    once, again, other = model(still, 7), model(still, 7), model(still, 8)
    assert np.array_equal(once, again)
    assert not np.array_equal(once, other)
    assert np.array_equal(still, before)
    assert once.dtype == np.float32
    assert np.allclose(np.linalg.norm(once, axis=-1), 1, atol=1e-5)


@every_model
@pytest.mark.parametrize("frames", [0, 1, 2])
def test_shortest_clips_pass(model, still, frames):
    assert model(still[:frames], 0).shape == (frames, 30, 4)


def test_jitter_is_as_strong_at_every_frame_and_wanders(still):
    resting = still[:1].repeat(3000, axis=0)
    off = degrees_off(noise.jitter(resting, 0.01, 0), resting)
    assert off[:100].mean() == pytest.approx(off[-100:].mean(), rel=0.3)
    assert off.mean() == pytest.approx(1.83, rel=0.05)
    wandering = noise.jitter(resting, 0.01, 0) - resting
    neighbours = np.corrcoef(wandering[1:, :, 1].ravel(), wandering[:-1, :, 1].ravel())[0, 1]
    assert neighbours == pytest.approx(0.9, abs=0.03)


def test_spikes_hit_as_often_and_as_hard_as_they_say(still):
    spiked, hit = noise.spikes(still, 1, rate=0.05)
    off = degrees_off(spiked, still)
    assert hit.mean() == pytest.approx(0.05, rel=0.15)
    assert np.all(off[~hit] < 1e-3)
    assert off[hit].min() >= 10 - 1e-2
    assert off[hit].max() <= 60 + 1e-2


def test_holes_lie_inside_and_have_their_length():
    for seed in range(20):
        missing = noise.holes(40, 30, seed, margin=3)
        assert missing.sum() == 30
        assert not missing[:3].any()
        assert not missing[-3:].any()
    assert not noise.holes(20, 30, 0).any()


def test_held_repeats_and_dropped_empties(still):
    missing = noise.holes(len(still), 10, 4)
    first = np.flatnonzero(missing)[0]
    assert np.all(noise.held(still, missing)[missing] == still[first - 1])
    assert np.all(noise.dropped(still, missing)[missing] == 0)
    assert np.array_equal(noise.held(still, missing)[~missing], still[~missing])


def test_drift_is_slow_and_bounded(still):
    resting = still[:1].repeat(600, axis=0)
    drifted = noise.drift(resting, 5.0, 300, 0)
    assert degrees_off(drifted, resting).max() <= 5.01
    assert degrees_off(drifted[1:], drifted[:-1]).max() < 5 * 2 * np.pi / 300 * 1.01


def test_swaps_exchange_two_joints_for_a_while(still):
    swapped = noise.swaps(still, [(1, 2)], 5, 0)
    changed = np.flatnonzero(np.any(swapped != still, axis=(1, 2)))
    assert len(changed) == 5
    assert np.array_equal(swapped[changed, 1], still[changed, 2])
    assert np.array_equal(swapped[changed, 2], still[changed, 1])
