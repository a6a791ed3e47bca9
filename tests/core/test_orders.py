"""Orders: permutations, rules with deterministic ties, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from addon.core import orders

ROWS, COLUMNS = 6, 5
COUNT = ROWS * COLUMNS


@pytest.mark.parametrize(
    "order",
    [
        orders.raster(COUNT),
        orders.coarse_to_fine(ROWS, COLUMNS),
        orders.spiral(ROWS, COLUMNS, inward=True),
        orders.spiral(ROWS, COLUMNS, inward=False),
        orders.shuffled(COUNT, 4, seed=0),
    ],
)
def test_orders_are_permutations(order):
    np.testing.assert_array_equal(orders.check_order(order, COUNT), order)


def test_coarse_to_fine_begins_with_a_lattice():
    order = orders.coarse_to_fine(8, 8)
    assert order[:4].tolist() == [0, 4, 32, 36]
    assert set(order[:16].tolist()) == {8 * row + column for row in range(0, 8, 2) for column in range(0, 8, 2)}


def test_a_spiral_inward_begins_at_the_border_and_ends_in_the_middle():
    order = orders.spiral(5, 5, inward=True)
    assert set(order[:16].tolist()) == {p for p in range(25) if p // 5 in (0, 4) or p % 5 in (0, 4)}
    assert order[-1] == 12
    assert orders.spiral(5, 5, inward=False)[0] == 12


def test_random_orders_are_the_seeds_and_do_not_change_when_more_are_drawn():
    few, many = orders.shuffled(9, 3, seed=4), orders.shuffled(9, 5, seed=4)
    np.testing.assert_array_equal(few, many[:3])
    assert not np.array_equal(few, orders.shuffled(9, 3, seed=5))
    assert orders.shuffled(9, 0, seed=4).shape == (0, 9)


def test_entropy_by_its_definition():
    logits = np.random.default_rng(0).normal(0, 5, (4, 7, 16))
    share = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(orders.entropy(logits), -(share * np.log(share)).sum(axis=-1))
    assert orders.entropy(np.array([0.0, -1e9])) == pytest.approx(0)
    assert orders.entropy(np.array([1e9, 1e9])) == pytest.approx(np.log(2))


def test_rules_choose_the_surest_and_the_least_sure_among_the_open():
    logits = np.zeros((2, 4, 2))
    logits[:, :, 1] = [[5, 1, 3, 0.5], [0.1, 9, 9, 4]]
    is_open = np.array([[False, True, True, True], [True, True, True, True]])
    assert orders.choose("lowest-entropy", logits, is_open).tolist() == [2, 1]
    assert orders.choose("highest-entropy", logits, is_open).tolist() == [3, 0]


def test_ties_go_to_the_lowest_position_and_rounding_does_not_break_them():
    scores = np.array([[3.0, 1.0, 1.0 - 1e-6, 1.0]])
    assert orders.first_lowest(scores, np.ones((1, 4), dtype=bool)) == 1
    assert orders.first_lowest(scores, np.array([[True, False, True, True]])) == 2
    assert orders.first_lowest(np.array([[3.0, 1.0, 0.9, 1.0]]), np.ones((1, 4), dtype=bool)) == 2


@pytest.mark.parametrize(
    ("order", "told"),
    [
        ([0, 1, 1, 3], "permutation"),
        ([0, 1, 2, 4], "permutation"),
        ([-1, 0, 1, 2], "permutation"),
        ([0, 1, 2], "3 positions and the model was trained for 4"),
        ([[0, 1, 2, 3], [0, 0, 2, 3]], "permutation"),
        (7, "0 positions"),
    ],
)
def test_an_order_that_is_none_is_named(order, told):
    with pytest.raises(ValueError, match=told):
        orders.check_order(np.array(order), 4)


@pytest.mark.parametrize(
    ("positions", "values", "told"),
    [
        ([], [], "empty"),
        ([0, 1, 2, 3], [0, 0, 0, 0], "full"),
        ([0, 4], [0, 0], "position lies outside 0 to 3"),
        ([-1], [0], "position lies outside"),
        ([1, 1], [0, 0], "twice"),
        ([0], [16], "value lies outside 0 to 15"),
        ([0], [-1], "value lies outside"),
        ([0, 1], [0], "one value each"),
    ],
)
def test_a_known_set_that_does_not_fit_is_named(positions, values, told):
    with pytest.raises(ValueError, match=told):
        orders.check_known(np.array(positions), np.array(values), 4, 16)
    orders.check_known(np.array([2]), np.array([15]), 4, 16)


def test_nothing_is_chosen_where_nothing_is_open_and_by_no_rule():
    with pytest.raises(ValueError, match="full"):
        orders.first_lowest(np.zeros((2, 3)), np.array([[True, True, True], [False, False, False]]))
    with pytest.raises(ValueError, match="lowest-entropy"):
        orders.choose("surest", np.zeros((1, 3, 2)), np.ones((1, 3), dtype=bool))
