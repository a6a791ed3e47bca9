"""Keys fitted to a motion: what they play is as near as least squares gets, and pinned keys stay."""

from __future__ import annotations

import numpy as np

from addon.core.key_fitting import fitted, hermite, hermite_played

FRAMES = np.arange(40.0)
KEPT = np.array([0, 7, 12, 20, 31, 39])
INNER = np.array([True, False, False, False, False, True])


def wave():
    return np.stack([np.sin(FRAMES / 5), np.cos(FRAMES / 7), FRAMES / 40], axis=-1)


def played(values, slopes):
    return hermite_played(*hermite(FRAMES, KEPT), values, slopes)


def guess(motion):
    return motion[KEPT], np.gradient(motion, FRAMES, axis=0)[KEPT]


def test_keys_are_met_with_their_slopes():
    values, slopes = guess(wave())
    np.testing.assert_allclose(played(values, slopes)[KEPT], values)
    step = 1e-6
    stretch, weights = hermite(np.array([0.0, 7.0 - step, 7.0, 12.0]), np.array([0, 2, 3]))
    near = hermite_played(stretch, weights, values[[0, 1, 2]], slopes[[0, 1, 2]])
    np.testing.assert_allclose((near[2] - near[1]) / step, slopes[1], atol=1e-5)


def test_it_is_as_near_as_least_squares():
    motion = wave() + 0.05 * np.random.default_rng(1).normal(size=(40, 3))
    count = len(KEPT)
    basis = np.stack(
        [played(column[:count, None], column[count:, None])[:, 0] for column in np.eye(2 * count)], axis=-1
    )
    free = np.concatenate([~INNER, np.ones(count, dtype=bool)])
    fixed = basis[:, ~free] @ motion[KEPT[INNER]]
    best = fixed + basis[:, free] @ np.linalg.lstsq(basis[:, free], motion - fixed, rcond=None)[0]
    found = played(*fitted(FRAMES, motion, KEPT, INNER, *guess(motion)))
    start = played(*guess(motion))
    assert np.sum((found - motion) ** 2) < 1.02 * np.sum((best - motion) ** 2)
    assert np.sum((found - motion) ** 2) < 0.8 * np.sum((start - motion) ** 2)


def test_pinned_keys_keep_their_value():
    motion = wave() + 0.05 * np.random.default_rng(1).normal(size=(40, 3))
    values, _ = fitted(FRAMES, motion, KEPT, INNER, *guess(motion))
    np.testing.assert_array_equal(values[INNER], motion[KEPT[INNER]])
    assert np.abs(values[~INNER] - motion[KEPT[~INNER]]).max() > 0


def test_what_fits_already_stays():
    values, slopes = guess(wave())
    motion = played(values, slopes)
    found = fitted(FRAMES, motion, KEPT, INNER, values, slopes)
    np.testing.assert_allclose(found[0], values, atol=1e-9)
    np.testing.assert_allclose(found[1], slopes, atol=1e-9)
