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
from .rotation import Array
from .von_mises import Grid, Mixture, on_grid

Mode = Literal["likely", "average", "sample"]
"""The likeliest value of each angle given those before; what is expected, which errs least; or one drawn at random."""
Order = Literal["best", "anatomical", "random", "lowest entropy", "highest entropy", "variance"]
"""The best fixed order found on the training takes; that of `DOF`; by chance; the surest angle first, or the least
sure; the angle first whose value would take most variance from the others."""
MODES, ORDERS = get_args(Mode), get_args(Order)
ANGLES = len(DOF)

Predict = Callable[[Places, Array, Places], Mixture]
"""The mixtures at wanted places, each given the known places and their values alone."""


@dataclass(frozen=True, eq=False)
class PoseModel:
    """predict: the network. gaussian: its closed form. limits: (2, 20) radians. best: (20,) the best fixed order."""

    predict: Predict
    gaussian: HandGaussian
    limits: Array
    best: NDArray[np.integer]

    def grid(self, known: Places, values: Array, wanted: Places, temperature: float = 1.0) -> Grid:
        """The densities of wanted angles within the joints' limits."""
        limits = self.limits[:, wanted.channel % PER_HAND]
        return on_grid(self.predict(known, values, wanted), limits, temperature)


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
    result = np.zeros(len(wanted.channel))
    if mode == "average" and len(result):
        return model.grid(known, values, wanted).quantile(0.5)
    left = list(range(len(result)))
    queue = fixed_order(model, wanted, order, rng)
    while left:
        rest = Places(wanted.channel[left], wanted.time[left])
        if queue is None:
            grid = model.grid(known, values, rest, temperature)
            chosen = _next(model, grid, known, values, rest, order)
            at, place = left[chosen], chosen
        else:
            at = queue[len(result) - len(left)]
            rest = Places(wanted.channel[[at]], wanted.time[[at]])
            grid, place = model.grid(known, values, rest, temperature), 0
        one = Grid(grid.angles[place : place + 1], grid.share[place : place + 1])
        result[at] = one.likeliest[0] if mode == "likely" else one.quantile(rng.random())[0]
        known = Places(np.append(known.channel, wanted.channel[at]), np.append(known.time, wanted.time[at]))
        values = np.append(values, result[at])
        left.remove(at)
    return result


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
