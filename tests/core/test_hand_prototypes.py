"""Prototypes of a hand's pose: three ways to ask the same, and what they make of habits that no one Gaussian has."""

from __future__ import annotations

import numpy as np
import pytest

from addon.core.finger_expected import PrototypesInAnyOrder, PrototypesInOrder
from addon.core.hand_prototypes import HandPrototypes


@pytest.fixture
def prototypes():
    rng = np.random.default_rng(0)
    mixing = rng.normal(0, 0.1, (2, 20, 20))
    weight = rng.uniform(0.1, 1, 12)
    weight[5] = 0.0
    return HandPrototypes(
        rng.normal(0.3, 0.3, (12, 20)),
        weight / weight.sum(),
        np.repeat([0, 1], 6),
        mixing @ mixing.transpose(0, 2, 1) + 0.01 * np.eye(20),
    )


@pytest.mark.parametrize("known", [0, 1, 7, 19])
def test_one_by_one_along_an_order_and_at_once_are_the_same(prototypes, known):
    rng = np.random.default_rng(1)
    order, values = rng.permutation(20), rng.normal(0.3, 0.3, 20)
    mean, deviation = prototypes.along(order[None], values[None])
    once = prototypes.expected(order[:known], values[None, :known], order[known:])
    np.testing.assert_allclose(once[0][0, 0], mean[0, known], atol=1e-9)
    np.testing.assert_allclose(once[1][0, 0], deviation[0, known], atol=1e-9)
    first = known // 2
    for kind in (PrototypesInAnyOrder, PrototypesInOrder):
        course = kind(prototypes, order[:first], values[:first], order[first:])
        for place in range(known - first):
            course.tell(place, values[first + place])
        step = np.squeeze(course.expected([known - first]))
        np.testing.assert_allclose(step, (mean[0, known], deviation[0, known]), atol=1e-9)


def test_it_is_the_mixture_of_gaussians_that_it_says(prototypes):
    """Against the conditional mean worked out from densities alone."""
    rng = np.random.default_rng(2)
    seen, value, wanted = np.array([3, 8]), rng.normal(0.3, 0.2, (1, 2)), np.array([11])
    noise = np.radians(1.0) ** 2
    top = bottom = 0.0
    for pose, weight, group in zip(prototypes.poses, prototypes.weight, prototypes.group, strict=True):
        inner = prototypes.spread[group][np.ix_(seen, seen)] + noise * np.eye(2)
        away = value[0] - pose[seen]
        density = weight * np.exp(-0.5 * away @ np.linalg.inv(inner) @ away) / np.sqrt(np.linalg.det(inner))
        mean = pose[wanted] + prototypes.spread[group][np.ix_(wanted, seen)] @ np.linalg.inv(inner) @ away
        top, bottom = top + density * mean[0], bottom + density
    np.testing.assert_allclose(prototypes.expected(seen, value, wanted)[0][0, 0], top / bottom, rtol=1e-9)


def test_what_is_left_out_or_weighs_nothing_does_not_count(prototypes):
    order, values = np.arange(20)[None], prototypes.poses[[5]]
    left_out = np.ones((1, 12), dtype=bool)
    left_out[0, 2] = False
    alone = prototypes.along(order, values, left_out)[0]
    own = HandPrototypes(prototypes.poses[[2]], np.ones(1), np.zeros(1, dtype=int), prototypes.spread[:1])
    np.testing.assert_allclose(alone, own.along(order, values)[0], atol=1e-9)
    moved = prototypes.poses.copy()
    moved[5] += 9.0
    again = HandPrototypes(moved, prototypes.weight, prototypes.group, prototypes.spread)
    np.testing.assert_allclose(again.along(order, values)[0], prototypes.along(order, values)[0], atol=1e-12)


def test_many_rows_are_worked_out_in_blocks_all_the_same(prototypes):
    values = np.random.default_rng(3).normal(0.3, 0.2, (700, 4))
    seen, wanted = np.arange(4), np.arange(4, 20)
    whole = prototypes.expected(seen, values, wanted)[0]
    np.testing.assert_allclose(whole[-1:], prototypes.expected(seen, values[-1:], wanted)[0], atol=1e-12)
    assert whole.shape == (700, 16)
