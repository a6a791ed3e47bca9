"""What signals share: stretches of a mask, continued ends, weights."""

import numpy as np
import pytest

from addon.core import signals


@pytest.mark.parametrize(
    ("mask", "expected"),
    [("", []), ("...", []), ("###", [(0, 3)]), ("##..#.###", [(0, 2), (4, 5), (6, 9)])],
)
def test_stretches_of_a_mask(mask, expected):
    assert signals.runs(np.array([sign == "#" for sign in mask], dtype=bool)) == expected


def test_a_straight_line_goes_on_straight_and_is_held_farther_than_it_is_long():
    line = np.arange(4.0)[:, None] * [1, -2]
    expected = np.array([-3, -3, -2, -1, 0, 1, 2, 3, 4, 5])[:, None] * [1, -2]
    np.testing.assert_array_equal(signals.continued(line, line[[0, -1]], 4, 2), expected)


def test_a_signal_is_turned_about_the_points_that_are_given():
    np.testing.assert_array_equal(signals.continued(np.array([1.0, 2, 4]), np.array([0.0, 3]), 1, 1), [-2, 1, 2, 4, 4])


def test_one_value_is_held():
    np.testing.assert_array_equal(signals.continued(np.array([[7.0]]), np.array([[7.0], [7.0]]), 2, 1)[:, 0], [7] * 4)


def test_weights_of_a_gaussian_sum_to_one_about_their_middle():
    weights = signals.gaussian_weights(1.5, 5)
    assert weights.sum() == pytest.approx(1)
    np.testing.assert_allclose(weights, weights[::-1])
    assert weights[6] / weights[5] == pytest.approx(np.exp(-0.5 / 1.5**2))


def test_the_cubic_of_two_keys_has_their_values_and_slopes():
    share, length = np.linspace(0, 1, 9), 3.0
    time = share * length
    played = signals.cubic(share, length, *(np.array(key) for key in (2.0, -1.0, 5.0, 14.0)))
    a, b = np.linalg.solve([[9.0, 27.0], [6.0, 27.0]], [5 - 2 + 3, 14 + 1])
    np.testing.assert_allclose(played, 2 - time + a * time**2 + b * time**3)
