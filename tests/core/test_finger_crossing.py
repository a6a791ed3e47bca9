"""Fingers that lean over each other are moved apart; those that were given stay."""

import numpy as np

from addon.core.finger_crossing import LEAST, uncrossed
from addon.core.hand import DOF, FINGERS

ABDUCTION = [DOF.index(f"{finger} MCP abduction") for finger in FINGERS[1:]]
RNG = np.random.default_rng(2)
ANY = RNG.normal(0, np.radians(20), (400, 2, len(DOF)))
FREE = np.zeros((2, len(DOF)), dtype=bool)


def apart(angles):
    lean = angles[..., ABDUCTION]
    return lean[..., :-1] - lean[..., 1:]


def test_no_finger_leans_over_its_neighbour():
    assert apart(ANY).min() < 3 * LEAST
    found = uncrossed(ANY, FREE)
    assert apart(found).min() > 1.2 * LEAST
    others = np.delete(np.arange(len(DOF)), ABDUCTION)
    np.testing.assert_array_equal(found[..., others], ANY[..., others])
    np.testing.assert_allclose(found[..., ABDUCTION].mean(-1), ANY[..., ABDUCTION].mean(-1), atol=1e-9)


def test_a_hand_that_does_not_cross_its_fingers_stays():
    spread = np.where(np.isin(np.arange(len(DOF)), ABDUCTION), np.linspace(0.3, -0.3, len(DOF)), 0.5)
    np.testing.assert_array_equal(uncrossed(spread, FREE[0]), spread)


def test_what_was_given_stays_as_it_is():
    fixed = FREE.copy()
    fixed[:, ABDUCTION[1]] = True
    found = uncrossed(ANY, fixed)
    np.testing.assert_array_equal(found[..., ABDUCTION[1]], ANY[..., ABDUCTION[1]])
    assert apart(found).min() > 1.2 * LEAST
    np.testing.assert_array_equal(uncrossed(ANY, ~FREE), ANY)


def test_angles_that_nobody_knows_stay_unknown():
    angles = ANY.copy()
    angles[:, 0] = np.nan
    found = uncrossed(angles, FREE)
    assert np.isnan(found[:, 0]).all()
    assert np.isfinite(found[:, 1]).all()
