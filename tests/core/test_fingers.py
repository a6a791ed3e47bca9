"""Fingers between keys without a network: Blender's curves, Gaussians, mixtures, and that keys are met."""

from __future__ import annotations

import numpy as np
import pytest

from addon.core import wrist
from addon.core.finger_base import base
from addon.core.finger_curves import smooth
from addon.core.finger_fill import FEATURES, FPS, OUTPUTS, features, filled, reversed_base
from addon.core.finger_follow import FingerStatistics
from addon.core.finger_samples import Liveliness, sampled, smooth_noise
from addon.core.hand_gaussian import CHANNELS, HandGaussian, Places, positions, variance_told
from addon.core.handles import auto_clamped
from addon.core.interpolation import BEZIER, Curve, evaluate
from addon.core.rotation import exp
from addon.core.von_mises import Mixture, on_grid, points, scaled_bessel


def statistics(seed=0):
    rng = np.random.default_rng(seed)
    mixing = rng.normal(0, 0.2, (40, 8))
    covariance = mixing @ mixing.T + 0.01 * np.eye(40)
    return FingerStatistics(rng.normal(0.3, 0.1, 40), covariance, 0.1 * covariance)


def restless(features):
    """A network that says something everywhere."""
    rng = np.random.default_rng(features.shape[1])
    return rng.normal(0, 1, (*features.shape[:2], OUTPUTS)).astype(np.float32)


@pytest.mark.parametrize("seed", range(8))
def test_smooth_is_what_blenders_auto_clamped_handles_give(seed):
    rng = np.random.default_rng(seed)
    at = np.sort(rng.choice(200, int(rng.integers(2, 30)), replace=False)).astype(float)
    keys = np.cumsum(rng.normal(0, 0.3, (len(at), 5)), axis=0)
    times = np.linspace(-5, 205, 400)
    for column in range(5):
        points = np.stack([at, keys[:, column]], axis=-1)
        told = evaluate(Curve(points, *auto_clamped(points), np.full(len(at), BEZIER)), times)
        np.testing.assert_allclose(smooth(at, keys, times)[:, column], told, atol=1e-6)


def test_one_key_holds_and_no_key_is_the_mean():
    known = statistics()
    keyed = np.full((1, 40), np.nan)
    keyed[0, :20] = 0.7
    found = base(np.array([1.0]), keyed, np.linspace(0, 2, 21), known)
    np.testing.assert_allclose(found.values[:, :20], 0.7)
    assert not found.between_keys.any()
    nothing = base(np.array([1.0]), np.full((1, 40), np.nan), np.linspace(0, 2, 21), known)
    np.testing.assert_allclose(nothing.values, np.tile(known.mean, (21, 1)))


def test_angles_without_keys_follow_those_that_have_some():
    known = statistics()
    rng = np.random.default_rng(1)
    truth = known.mean + rng.multivariate_normal(np.zeros(40), known.covariance)
    keyed = np.tile(truth, (2, 1))
    keyed[:, 30:] = np.nan
    found = base(np.array([0.0, 1.0]), keyed, np.array([0.5]), known).values[0]
    assert np.abs(found[30:] - truth[30:]).mean() < 0.5 * np.abs(known.mean[30:] - truth[30:]).mean()


def test_sparse_angles_follow_dense_ones_and_still_meet_their_keys():
    known = statistics()
    times = np.arange(121) / 30
    rng = np.random.default_rng(2)
    way = rng.multivariate_normal(np.zeros(40), known.between) * 3
    truth = known.mean + np.sin(3 * times)[:, None] * way
    keyed = np.full((121, 40), np.nan)
    keyed[::10, :20], keyed[::60, 20:] = truth[::10, :20], truth[::60, 20:]
    rows = np.isfinite(keyed).any(axis=1)
    found = base(times[rows], keyed[rows], times, known).values
    plain = smooth(times[::60], truth[::60], times)
    assert np.abs(found - truth)[:, 20:].mean() < 0.6 * np.abs(plain - truth)[:, 20:].mean()
    np.testing.assert_allclose(found[::60, 20:], truth[::60, 20:], atol=1e-9)


@pytest.mark.parametrize("fps", [24.0, 25.0, 30.0, 59.94, 120.0])
def test_keys_are_met_exactly_at_any_rate_whatever_the_network_says(fps):
    times = np.arange(round(4 * fps)) / fps
    rng = np.random.default_rng(0)
    rows = np.unique(rng.choice(len(times), 9))
    keyed = rng.normal(0.4, 0.3, (len(rows), 40))
    keyed[rng.random(keyed.shape) < 0.3] = np.nan
    grid = int(np.floor((times[-1] - times[0]) * FPS + 1e-6)) + 1
    seen = np.zeros((grid, 2, wrist.CHANNELS))
    found = filled(restless, times[rows], keyed, times, seen, statistics())
    there = np.isfinite(keyed)
    np.testing.assert_allclose(found.values[rows][there], keyed[there], atol=1e-9)
    np.testing.assert_allclose(found.deviation[rows][there], 0, atol=1e-12)
    lively = Liveliness(0.1, 1.0, 0.25, 1.0)
    added = sampled(found, found.pace, times, statistics().between, lively, np.random.default_rng(1))
    assert added.std() > 0.01
    np.testing.assert_allclose(added[rows][there], 0, atol=1e-12)


def test_features_of_reversed_time_are_those_of_reversed_motion():
    known, times = statistics(), np.arange(61) / FPS
    keyed = np.random.default_rng(0).normal(0.4, 0.3, (7, 40))
    forwards = base(times[::10], keyed, times, known)
    backwards = base(times[::10], keyed[::-1], times, known)
    seen = np.random.default_rng(1).normal(size=(61, 2, wrist.CHANNELS))
    found = features(reversed_base(forwards), seen, known)
    np.testing.assert_allclose(found, features(backwards, seen, known), atol=1e-5)
    assert found.shape == (2, 61, FEATURES)


def test_the_wrists_channels_do_not_know_where_the_hand_is_nor_which():
    rng = np.random.default_rng(0)
    turns = exp(np.cumsum(rng.normal(0, 0.02, (90, 3)), axis=0))
    place = np.cumsum(rng.normal(0, 0.002, (90, 3)), axis=0)
    right = np.concatenate([place, turns], axis=1)
    left = np.concatenate([place * [-1, 1, 1], turns * [1, 1, -1, -1]], axis=1)
    both = wrist.channels(np.stack([left, right], axis=1), 30.0)
    np.testing.assert_allclose(both[:, 0], both[:, 1], atol=1e-5)
    moved = right + np.array([5.0, 0, -3.0, 0, 0, 0, 0])
    again = wrist.channels(np.stack([left, moved], axis=1), 30.0)
    np.testing.assert_allclose(again[:, 1], both[:, 1], atol=1e-5)
    unknown = np.full_like(left, np.nan)
    assert not wrist.channels(np.stack([unknown, right], axis=1), 30.0)[:, 0].any()


def test_smooth_noise_has_deviation_one():
    curves = smooth_noise(np.linspace(0, 200, 6000), 0.3, 10, np.random.default_rng(0))
    assert abs(curves.std() - 1) < 0.05
    assert np.abs(np.diff(curves, axis=0)).max() < 1


def test_the_gaussian_knows_what_it_was_told_and_forgets_with_time():
    covariance = np.eye(CHANNELS) * 0.2 + 0.1
    gaussian = HandGaussian(np.zeros(CHANNELS), covariance, np.array([[0.5, 0.2], [0.5, 2.0]]))
    now = Places(np.array([3]), np.zeros(1))
    for later, spread in ((0.0, 0.01), (0.1, 0.36), (10.0, 0.55)):
        mean, left = gaussian.posterior(now, np.array([0.5]), Places(np.array([3]), np.array([later])))
        assert left[0, 0] ** 0.5 < spread
        assert (mean[0] > 0.49) == (later == 0.0)
    told = variance_told(covariance[:4, :4])
    assert np.allclose(told, told[0])


def test_positions_lie_in_one_window():
    known = Places(np.array([0, 1]), np.array([0.0, 0.5]))
    spacing, found = positions(known, Places(np.array([7]), np.array([2.0])))
    assert spacing == 0.5
    assert found.tolist() == [0, CHANNELS + 1, 4 * CHANNELS + 7]


def test_mixtures_on_a_grid_are_what_they_are_in_closed_form():
    scipy = pytest.importorskip("scipy.special", reason="SciPy is not in this Blender")
    kappa = np.array([[0.1, 2.0, 30.0, 700.0, 2000.0]])
    np.testing.assert_allclose(scaled_bessel(kappa), scipy.i0e(kappa), rtol=2e-6)
    one = np.ones((5, 1))
    wide = np.tile([[-np.pi], [np.pi]], (1, 5))
    grid = on_grid(Mixture(0 * one, 0 * one, np.log(kappa.T)), points(wide))
    share = scipy.i1e(kappa[0]) / scipy.i0e(kappa[0])
    exact = np.log(2 * np.pi * scipy.i0e(kappa[0])) + kappa[0] - kappa[0] * share
    np.testing.assert_allclose(grid.entropy, exact, atol=2e-3)
    np.testing.assert_allclose(grid.quantile(0.5), 0, atol=0.01)
    normal = grid.quantile(0.8413)[2:]
    np.testing.assert_allclose(normal, 1 / np.sqrt(kappa[0, 2:]), rtol=0.05)


def test_samples_of_a_mixture_keep_within_limits_and_have_its_shares():
    mixture = Mixture(np.log([[0.7, 0.3]]), np.array([[0.0, 1.0]]), np.log([[200.0, 200.0]]))
    grid = on_grid(mixture, points(np.array([[-0.5], [1.05]])))
    drawn = np.array([grid.quantile(p)[0] for p in np.random.default_rng(0).random(600)])
    assert drawn.min() >= -0.5
    assert drawn.max() <= 1.05
    assert 0.68 < np.mean(drawn < 0.5) < 0.82  # the second is cut off at the limit
    assert abs(grid.likeliest[0]) < 0.02
