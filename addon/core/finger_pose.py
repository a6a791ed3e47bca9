"""One pose of the fingers: the rest of the angles from any that are known, angle by angle in a chosen order.

Which order is best for drawing samples is a question to measure (`python -m training evaluate hands`); any gives a
proper sample, because the network knows densities given any set of known angles.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from .finger_expected import GaussianCourse, PrototypesInAnyOrder, PrototypesInOrder
from .hand import DOF
from .hand_gaussian import BEGIN, PER_HAND, HandGaussian, Places, positions, variance_told
from .hand_prototypes import HandPrototypes
from .rotation import Array
from .von_mises import LARGEST_STEP, Grid, Mixture, Points, on_grid, points

Mode = Literal["likely", "average", "sample"]
"""The likeliest value of each angle given those before; what is expected, which errs least; or one drawn at random."""
Order = Literal["best", "anatomical", "random", "lowest entropy", "highest entropy", "variance"]
"""The best fixed order found on the training takes; that of `DOF`; by chance; the surest angle first, or the least
sure; the angle first whose value would take most variance from the others."""
MODES, ORDERS = get_args(Mode), get_args(Order)
ANGLES = len(DOF)

Predict = Callable[[NDArray[np.int64], Array, NDArray[np.int64], Array, Array], Mixture]
"""The mixtures at wanted positions (W,), each given the known positions (K,), BEGIN first, and their values (K, 1)
alone; the means (W, 2) that the closed forms, Gaussian and prototypes, expect there; and the scales (W, 3): their
deviations, and the seconds between frames. Numbers are float32."""


@dataclass(frozen=True, eq=False)
class PoseModel:
    """predict: the network. gaussian, prototypes: its closed forms. limits: (2, 20) radians. best: (20,) the best fixed
    order."""

    predict: Predict
    gaussian: HandGaussian
    prototypes: HandPrototypes
    limits: Array
    best: NDArray[np.integer]

    @cached_property
    def points(self) -> tuple[Points, ...]:
        """Where the density of each of the 20 angles is looked at, within the joint's limits."""
        return tuple(points(self.limits[:, [angle]]) for angle in range(ANGLES))

    @cached_property
    def few_points(self) -> Points:
        """Of all 20 together, twice as far apart: entropies need no more."""
        return points(self.limits, LARGEST_STEP)

    def grid(self, known: Places, values: Array, wanted: Places) -> Grid:
        """The densities of wanted angles within the joints' limits."""
        pose = Unfolding(self, known, values, wanted, PrototypesInAnyOrder)
        mixture = pose.mixture(list(range(len(wanted.channel))))
        return on_grid(mixture, points(self.limits[:, wanted.channel % PER_HAND]))


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
    if queue is None:
        return _by_rule(model, known, values, wanted, mode, order, rng, temperature)
    pose = Unfolding(model, known, values, Places(wanted.channel[queue], wanted.time[queue]), PrototypesInOrder)
    result = np.zeros(len(queue))
    for place, at in enumerate(queue):
        grid = on_grid(pose.mixture([place]), pose.points(place), temperature)
        result[at] = pose.tell(place, _value(grid, mode, rng))
    return result


def _by_rule(
    model: PoseModel,
    known: Places,
    values: Array,
    wanted: Places,
    mode: Mode,
    order: Order,
    rng: np.random.Generator,
    temperature: float,
) -> Array:
    """Each time the angle that the rule `order` chooses, by what is then expected."""
    pose = Unfolding(model, known, values, wanted, PrototypesInAnyOrder)
    left = list(range(len(wanted.channel)))
    result = np.zeros(len(left))
    while left:
        mixture = pose.mixture(left)
        place = pose.next(mixture, left, order)
        at = left.pop(place)
        grid = on_grid(mixture[place : place + 1], pose.points(at), temperature)
        result[at] = pose.tell(at, _value(grid, mode, rng))
    return result


class Unfolding:
    """Wanted angles that become known one after the other, and what is then expected of those still open.

    kind: what prototypes are asked by; `PrototypesInOrder` where angles follow each other as they are wanted.
    """

    def __init__(
        self,
        model: PoseModel,
        known: Places,
        values: Array,
        wanted: Places,
        kind: type[PrototypesInAnyOrder | PrototypesInOrder],
    ) -> None:
        self._model = model
        self._gaussian = GaussianCourse(model.gaussian, known, values, wanted)
        self._spacing, numbers = positions(known, wanted)
        self._count = len(values) + 1
        self._wanted = numbers[len(values) :]
        self._known = np.concatenate([[BEGIN], numbers])
        self._values = np.concatenate([[0.0], values, np.zeros(len(self._wanted))], dtype=np.float32)[:, None]
        self._angle = wanted.channel % PER_HAND
        # Prototypes know of one hand at one time, and are told its angles alone.
        self._prototypes: list[PrototypesInAnyOrder | PrototypesInOrder] = []
        self._place: dict[int, tuple[int, int]] = {}
        hand_known, hand_wanted = known.channel // PER_HAND, wanted.channel // PER_HAND
        for hand, time in dict.fromkeys(zip(hand_wanted.tolist(), wanted.time.tolist(), strict=True)):
            there = (hand_known == hand) & (known.time == time) & (known.channel % PER_HAND < ANGLES)
            here = np.flatnonzero((hand_wanted == hand) & (wanted.time == time))
            self._place |= {int(place): (len(self._prototypes), number) for number, place in enumerate(here)}
            seen = known.channel[there] % PER_HAND
            self._prototypes.append(kind(model.prototypes, seen, values[there], self._angle[here]))

    def mixture(self, places: list[int]) -> Mixture:
        """The densities of wanted angles, each given what is known alone."""
        means, scales = np.empty((len(places), 2), np.float32), np.empty((len(places), 3), np.float32)
        means[:, 0], scales[:, 0] = self._gaussian.expected(places)
        scales[:, 2] = self._spacing
        of_hand: dict[int, list[int]] = {}
        for row, place in enumerate(places):
            of_hand.setdefault(self._place[place][0], []).append(row)
        for hand, rows in of_hand.items():
            numbers = [self._place[places[row]][1] for row in rows]
            means[rows, 1], scales[rows, 1] = self._prototypes[hand].expected(numbers)
        known, values = self._known[: self._count], self._values[: self._count]
        return self._model.predict(known, values, self._wanted[places], means, scales)

    def points(self, place: int) -> Points:
        """Where the density of a wanted angle is looked at."""
        return self._model.points[self._angle[place]]

    def next(self, mixture: Mixture, left: list[int], order: Order) -> int:
        """The place, among those left, of the angle that follows; mixture: the densities of those left."""
        if order == "variance":
            return int(np.argmax(variance_told(self._gaussian.covariance[np.ix_(left, left)])))
        entropy = on_grid(mixture, self._model.few_points[self._angle[left]]).entropy
        return int(np.argmin(entropy) if order == "lowest entropy" else np.argmax(entropy))

    def tell(self, place: int, value: float) -> float:
        """Let the wanted angle at `place` be known; its value."""
        hand, number = self._place[place]
        self._prototypes[hand].tell(number, value)
        self._gaussian.tell(place, value)
        self._known[self._count], self._values[self._count] = self._wanted[place], value
        self._count += 1
        return value


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
