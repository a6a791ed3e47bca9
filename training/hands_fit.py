"""What is fitted to a finger model's trained networks: the order to reveal angles in, and how lively samples are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from addon.core import wrist
from addon.core.finger_fill import Filled, Network, filled
from addon.core.finger_motion import MotionModel
from addon.core.finger_pose import PoseModel
from addon.core.finger_samples import Liveliness, sampled
from addon.core.hand_gaussian import PER_HAND
from addon.core.rotation import Array
from addon.core.von_mises import Grid, Mixture, on_grid, points

from .data import hands
from .data.hand_take import HandTake
from .data.hands import FPS, HandSet
from .models.hand_model import HandModel
from .models.hands_any_order import log_density
from .tasks.hands_any_order import SPACING, expected

_POSES, _TRIALS = 192, 24
_LIVELY_SECONDS = 2.5
_MEAN_WEIGHT = 4.0
_GRID = [
    Liveliness(seconds, burst, bursts, width)
    for seconds in (0.08, 0.11, 0.15, 0.2)
    for burst in (0.7, 1.2, 1.7)
    for bursts in (0.25,)
    for width in (0.5, 0.65, 0.8, 1.0, 1.25)
]


_STEPS = (15, 30, 60)
_KNOWN, _COVERED = (3, 5, 10, 15), 0.9
"""How many angles are known where intervals are looked at, and what share of the truths they are to cover."""
_POSES_ASKED, _TURNS = 200, 4
"""Poses of all takes, and of every data set alike half as many; and random orders of each."""
_BELIEFS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
_SOFTENINGS = tuple(float(x) for x in np.arange(0.0, 2.8, 0.1))
"""Never below nothing: a few validation takes are no ground to be surer than in training."""


@dataclass(frozen=True, eq=False)
class Moving:
    """A take at FPS: times (T,), angles (T, 40), the channels of its wrists (T, 2, CHANNELS)."""

    times: Array
    dof: Array
    seen: Array


def moving(take: HandTake) -> Moving:
    """The take as the network between keys meets it."""
    slowed = take.at(FPS)
    return Moving(np.arange(len(slowed)) / FPS, slowed.dof.reshape(-1, 40), wrist.channels(slowed.wrist, FPS))


def fill_network(model: HandModel) -> Network:
    """The network between keys as a function of arrays."""

    def through(features: Array) -> Array:
        with torch.no_grad():
            result: Array = model.fill(torch.from_numpy(np.ascontiguousarray(features))).numpy()
        return result

    return through


def pose_model(model: HandModel) -> PoseModel:
    """The any-order network, of the form `queries`, as the add-on uses it."""

    def predict(
        known: NDArray[np.int64], values: Array, wanted: NDArray[np.int64], means: Array, scales: Array
    ) -> Mixture:
        # The network as it was trained begins every set by itself.
        asked = (known[None, 1:], values[None, 1:, 0], wanted[None], means[None], scales[None, :, :-1], scales[:1, -1])
        with torch.no_grad():
            found = model.pose.predict(*(torch.from_numpy(part) for part in asked))
        return mixture_of(found[0].numpy())

    limits = model.limits.numpy().astype(np.float64)
    return PoseModel(predict, model.gaussian(), model.prototypes(), limits, model.best_order.numpy())


def motion_model(model: HandModel) -> MotionModel:
    """The whole model as the add-on uses it."""
    return MotionModel(fill_network(model), model.curves(), pose_model(model), model.how_lively())


def mixture_of(raw: Array) -> Mixture:
    """The network's (N, 3, K) as mixtures."""
    return Mixture(*raw.astype(np.float64).transpose(1, 0, 2))


def along_orders(model: HandModel, order: NDArray[np.integer], values: Array) -> tuple[Array, Array]:
    """Log densities (N, 20) of what is at order[k], given the values at order[:k], and the mixtures (N, 20, 3, K).

    order, values: (N, 20) angles of one hand and their radians.
    """
    places, spacing = order + PER_HAND, np.full(len(order), SPACING[0])
    mean, deviation = expected(model.gaussian(), model.prototypes(), places, values, spacing)
    given = [torch.from_numpy(part.astype(np.float32)) for part in (values, mean, deviation, spacing)]
    with torch.no_grad():
        found = model.pose(torch.from_numpy(places), *given)
        logs: Array = log_density(found, given[0]).numpy()
    return logs, found.numpy()


def best_order(model: HandModel, takes: HandSet) -> NDArray[np.int64]:
    """(20,) the fixed order that gives training poses the highest likelihood: a search by swaps from random starts.

    The model's own order, at first the anatomical one, is among them.
    """
    poses = hands.single(hands.poses(takes.takes))
    rng = np.random.default_rng(0)
    poses = poses[rng.choice(len(poses), min(_POSES, len(poses)), replace=False)]

    def score(order: NDArray[np.int64]) -> float:
        orders = np.tile(order, (len(poses), 1))
        return float(along_orders(model, orders, np.take_along_axis(poses, orders, axis=1))[0].mean())

    candidates = [rng.permutation(20) for _ in range(_TRIALS // 3)] + [model.best_order.numpy()]
    best = max(candidates, key=score)
    reached = score(best)
    for _ in range(_TRIALS):
        tried = best.copy()
        first, second = rng.choice(20, 2, replace=False)
        tried = np.insert(np.delete(tried, first), second, tried[first])
        now = score(tried)
        if now > reached:
            best, reached = tried, now
    return best.astype(np.int64)


def liveliness(model: HandModel, takes: HandSet) -> Liveliness:
    """How samples have to move for their speeds and jerks to be spread as these takes' are, at all spacings."""
    chosen = [take for take in takes.takes if take.source == "manipnet"] or list(takes.takes)
    chosen = [take for take in chosen if np.isfinite(take.dof).all() and len(take) / take.fps > _LIVELY_SECONDS]
    clips = [moving(take) for take in chosen]
    truth = rates_of([clip.dof for clip in clips])
    made = {step: [(clip, between_keys(model, clip, step)) for clip in clips] for step in _STEPS}

    def distance(lively: Liveliness) -> float:
        total = 0.0
        for step, parts in made.items():
            drawn = rates_of([with_sample(model, found, clip.times, lively, step) for clip, found in parts])
            total += sum(spread_distance(a, b) for a, b in zip(drawn, truth, strict=True))
            total += _MEAN_WEIGHT * float(abs(drawn[0].mean() / truth[0].mean() - 1))
        return total

    return min(_GRID, key=distance)


def between_keys(model: HandModel, clip: Moving, step: int, phase: int = 0, seen: Array | None = None) -> Filled:
    """What the network makes of a take of which every `step`-th frame is a key."""
    keys = np.arange(phase, len(clip.times), step)
    return filled(
        fill_network(model),
        clip.times[keys],
        clip.dof[keys],
        clip.times,
        clip.seen if seen is None else seen,
        model.curves(),
    )


def with_sample(model: HandModel, found: Filled, times: Array, lively: Liveliness, seed: int) -> Array:
    """The curves with what a sample adds."""
    drawn = sampled(found, found.pace, times, model.curves().between, lively, np.random.default_rng(seed))
    return found.values + drawn


def rates_of(motions: list[Array]) -> tuple[Array, Array]:
    """Speeds (degrees a second) and jerks (degrees a second³) of all angles of motions (T, 40) at FPS."""
    speeds = [np.abs(np.diff(motion, axis=0)).ravel() * FPS for motion in motions]
    jerks = [np.abs(np.diff(motion, n=3, axis=0)).ravel() * FPS**3 for motion in motions]
    return np.degrees(np.concatenate(speeds)), np.degrees(np.concatenate(jerks))


def spread_distance(a: Array, b: Array) -> float:
    """First Wasserstein distance between two samples' distributions, as a share of the mean of `b`."""
    at = np.linspace(0, 1, 1001)
    return float(np.mean(np.abs(np.quantile(a, at) - np.quantile(b, at))) / np.mean(b))


def calibrate(model: HandModel, takes: HandSet) -> None:
    """Set how far the any-order network is believed, by its error, and then how soft it is, by what intervals cover.

    Both as takes that were not learned from have it: the error of all their poses; and as soft as it takes for
    intervals to cover enough whatever number of angles is known, every data set counting alike.
    """
    rng = np.random.default_rng(0)
    of_set = [_drawn(takes.of(source), _POSES_ASKED // 2, rng) for source in sorted({t.source for t in takes.takes})]
    every, alike = (_Asked(model, poses, rng) for poses in (_drawn(takes, _POSES_ASKED, rng), np.concatenate(of_set)))

    def error(belief: float) -> float:
        model.pose.belief.fill_(belief)
        return float(np.abs(every.grid().quantile(0.5).reshape(every.truth.shape) - every.truth).mean())

    def least_covered(softening: float) -> float:
        model.pose.softening.fill_(softening)
        grid, truth = alike.grid(), alike.truth
        low, high = (grid.quantile(share).reshape(truth.shape) for share in (0.5 - _COVERED / 2, 0.5 + _COVERED / 2))
        return float(np.mean((truth >= low) & (truth <= high), axis=0).min())

    model.pose.softening.zero_()
    model.pose.belief.fill_(min(_BELIEFS, key=error))
    enough = (softening for softening in _SOFTENINGS if least_covered(softening) >= _COVERED)
    model.pose.softening.fill_(next(enough, _SOFTENINGS[-1]))


def _drawn(takes: HandSet, count: int, rng: np.random.Generator) -> Array:
    """(N, 20) poses of single hands, at most so many."""
    poses = hands.single(hands.poses(takes.takes))
    return poses[rng.choice(len(poses), min(count, len(poses)), replace=False)]


class _Asked:
    """Poses (N, 20) in random orders, and what the network makes of the angles that follow some numbers of others."""

    def __init__(self, model: HandModel, poses: Array, rng: np.random.Generator) -> None:
        self._model = model
        several = np.repeat(poses, _TURNS, axis=0)
        self._order = np.argsort(rng.random(several.shape), axis=1)
        self._values = np.take_along_axis(several, self._order, axis=1)
        self._points = points(model.limits.numpy().astype(np.float64)[:, self._order[:, _KNOWN].ravel()])
        self.truth = self._values[:, _KNOWN]

    def grid(self) -> Grid:
        """The densities, row by row of the truth."""
        raw = along_orders(self._model, self._order, self._values)[1][:, _KNOWN]
        return on_grid(mixture_of(raw.reshape(-1, *raw.shape[2:])), self._points)
