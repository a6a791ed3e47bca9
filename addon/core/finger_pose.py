"""One pose of the fingers: the rest of the angles from any that are known, angle by angle in a chosen order.

Which order is best for drawing samples is a question to measure (`python -m training evaluate hands`); any gives a
proper sample, because the network knows densities given any set of known angles.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from .hand import DOF
from .hand_gaussian import PER_HAND, HandGaussian, Places, variance_told
from .hand_prototypes import Course, HandPrototypes
from .rotation import Array
from .von_mises import Grid, Mixture, on_grid

Mode = Literal["likely", "average", "sample"]
"""The likeliest value of each angle given those before; what is expected, which errs least; or one drawn at random."""
Order = Literal["best", "anatomical", "random", "lowest entropy", "highest entropy", "variance"]
"""The best fixed order found on the training takes; that of `DOF`; by chance; the surest angle first, or the least
sure; the angle first whose value would take most variance from the others."""
MODES, ORDERS = get_args(Mode), get_args(Order)
ANGLES = len(DOF)
_LEAST_VARIANCE = 1e-8

Predict = Callable[[Places, Array, Places, Array, Array], Mixture]
"""The mixtures at wanted places, each given the known places and their values alone; and the means and deviations
(W, 2) that the closed forms, Gaussian and prototypes, expect there."""


@dataclass(frozen=True, eq=False)
class PoseModel:
    """predict: the network. gaussian, prototypes: its closed forms. limits: (2, 20) radians. best: (20,) the best fixed
    order."""

    predict: Predict
    gaussian: HandGaussian
    prototypes: HandPrototypes
    limits: Array
    best: NDArray[np.integer]

    def grid(self, known: Places, values: Array, wanted: Places, temperature: float = 1.0) -> Grid:
        """The densities of wanted angles within the joints' limits."""
        mean, covariance = self.gaussian.posterior(known, values, wanted)
        deviation = np.sqrt(np.maximum(np.diag(covariance), _LEAST_VARIANCE))
        mean, deviation = self._with_prototypes(known, values, wanted, mean, deviation)
        return self.grid_about(known, values, wanted, mean, deviation, temperature)

    def grid_about(
        self, known: Places, values: Array, wanted: Places, mean: Array, deviation: Array, temperature: float
    ) -> Grid:
        """The same where what the closed forms expect, (W, 2), is there already."""
        limits = self.limits[:, wanted.channel % PER_HAND]
        return on_grid(self.predict(known, values, wanted, mean, deviation), limits, temperature)

    def _with_prototypes(
        self, known: Places, values: Array, wanted: Places, mean: Array, deviation: Array
    ) -> tuple[Array, Array]:
        """The Gaussian's means and deviations (W,) with the prototypes' beside them: (W, 2) each.

        Prototypes know of one hand at one time, and are told its angles alone.
        """
        means, deviations = (np.stack([part, part], axis=-1) for part in (mean, deviation))
        hand, time = wanted.channel // PER_HAND, wanted.time
        seen_angle = known.channel % PER_HAND
        for one, at in set(zip(hand.tolist(), time.tolist(), strict=True)):
            there = (known.channel // PER_HAND == one) & (known.time == at) & (seen_angle < ANGLES)
            here = (hand == one) & (time == at)
            near = self.prototypes.expected(seen_angle[there], values[None, there], wanted.channel[here] % PER_HAND)
            means[here, 1], deviations[here, 1] = near[0][0], near[1][0]
        return means, deviations


def completed(
    model: PoseModel,
    known: Places,
    values: Array,
    wanted: Places,
    mode: Mode,
    order: Order,
    rng: np.random.Generator,
    temperature: float = 1.0,
) -> Array:
    """(W,) radians of the wanted angles. An average is told of every angle at once: it has no order."""
    if mode == "average" and len(wanted.channel):
        return model.grid(known, values, wanted).quantile(0.5)
    queue = fixed_order(model, wanted, order, rng)
    if queue is not None:
        return _in_turn(model, known, values, wanted, queue, mode, rng, temperature)
    result = np.zeros(len(wanted.channel))
    left = list(range(len(result)))
    while left:
        rest = Places(wanted.channel[left], wanted.time[left])
        grid = model.grid(known, values, rest, temperature)
        place = _next(model, grid, known, values, rest, order)
        at = left.pop(place)
        result[at] = _value(Grid(grid.angles[[place]], grid.share[[place]]), mode, rng)
        known = Places(np.append(known.channel, wanted.channel[at]), np.append(known.time, wanted.time[at]))
        values = np.append(values, result[at])
    return result


def _in_turn(
    model: PoseModel,
    known: Places,
    values: Array,
    wanted: Places,
    queue: list[int],
    mode: Mode,
    rng: np.random.Generator,
    temperature: float,
) -> Array:
    """The wanted angles in the order of `queue`: Cholesky factors hold what the closed forms say at every step."""
    count = len(values)
    courses: dict[tuple[int, float], tuple[NDArray[np.intp], Course]] = {}
    channel = np.concatenate([known.channel, wanted.channel[queue]])
    time = np.concatenate([known.time, wanted.time[queue]])
    told = np.concatenate([values, np.zeros(len(queue))])
    factor, middle = model.gaussian.factor(Places(channel, time)), model.gaussian.mean[channel]
    white = np.zeros(len(channel))
    white[:count] = np.linalg.solve(factor[:count, :count], values - middle[:count])
    result = np.zeros(len(queue))
    for step, at in enumerate(queue, start=count):
        mean, deviation = middle[step] + factor[step, :step] @ white[:step], factor[step, step]
        seen, next_one = (Places(channel[part], time[part]) for part in (slice(0, step), slice(step, step + 1)))
        key = int(channel[step] // PER_HAND), float(time[step])
        if key not in courses:
            of_hand = (channel // PER_HAND == key[0]) & (time == key[1]) & (channel % PER_HAND < ANGLES)
            courses[key] = (own := np.flatnonzero(of_hand)), model.prototypes.course(channel[own] % PER_HAND)
        own, course = courses[key]
        near, around = course.expected(told[own[own < step]])
        expected = np.array([[mean, near]]), np.array([[deviation, around]])
        grid = model.grid_about(seen, told[:step], next_one, *expected, temperature)
        result[at] = told[step] = _value(grid, mode, rng)
        white[step] = (told[step] - mean) / deviation
    return result


def _value(grid: Grid, mode: Mode, rng: np.random.Generator) -> float:
    return float(grid.likeliest[0] if mode == "likely" else grid.quantile(rng.random())[0])


def fixed_order(model: PoseModel, wanted: Places, order: Order, rng: np.random.Generator) -> list[int] | None:
    """The wanted angles in an order that does not look at values; None where the order does."""
    count = len(wanted.channel)
    if order == "anatomical":
        return list(range(count))
    if order == "random":
        return [int(i) for i in rng.permutation(count)]
    if order == "best":
        rank = np.empty(ANGLES, dtype=int)
        rank[model.best] = np.arange(ANGLES)
        return [int(i) for i in np.argsort(rank[wanted.channel % PER_HAND], kind="stable")]
    return None


def _next(model: PoseModel, grid: Grid, known: Places, values: Array, rest: Places, order: Order) -> int:
    if order == "variance":
        return int(np.argmax(variance_told(model.gaussian.posterior(known, values, rest)[1])))
    entropy = grid.entropy
    return int(np.argmin(entropy) if order == "lowest entropy" else np.argmax(entropy))
