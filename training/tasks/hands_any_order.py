"""The task of the any-order model: parts of poses, of both hands and wrists and of motion are shown in any order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from addon.core.hand_gaussian import CHANNELS, FRAMES, PER_HAND, HandGaussian
from addon.core.hand_prototypes import HandPrototypes
from addon.core.rotation import Array

from ..data.hand_prototypes import owners
from ..data.hand_take import HandTake
from ..data.hands import FPS, poses, single
from ..models.hands_any_order import log_density

EXAMPLES_PER_EPOCH = 6400
KINDS = ("pose", "both", "motion")
CHANCES = (0.7, 0.1, 0.2)
POSITIONS = {"pose": 20, "both": 40, "motion": 72}
"""How many positions an example of each kind shows."""
SPACING = (1 / 30, 0.25)
BLENDED, STRETCH, NOISE = 0.3, 0.1, np.radians(2.5)
EVENNESS = 0.7
"""Data sets count by this power of their size."""
_ANGLES = 20
Places = NDArray[np.integer]
_NOISE = np.radians(0.3) ** 2


@dataclass(frozen=True, eq=False)
class AnyOrderHands:
    """What there is to learn.

    takes: (T, CHANNELS) each at FPS, NaN for a hand that is not there. share: how often a pose of each take is drawn.
    gaussian, prototypes: what the closed forms know. owner: (M,) the take that each prototype stands for, or -1: of a
    take that is shown, its own prototypes are kept back, or they would be believed more than a new take deserves.
    """

    takes: tuple[Array, ...]
    share: Array
    gaussian: HandGaussian
    prototypes: HandPrototypes
    owner: Places

    @property
    def size(self) -> int:
        """Examples that count as one epoch; no two are the same."""
        return EXAMPLES_PER_EPOCH

    def batch(self, indices: Tensor, generator: torch.Generator) -> tuple[Tensor, ...]:
        """Order, values (B, N), the closed forms' means and deviations (B, N, 2), spacing (B,); all of one kind."""
        rng = np.random.default_rng(int(torch.randint(2**62, (), generator=generator)))
        kind = str(rng.choice(KINDS, p=CHANCES))
        count = len(indices) if kind == "pose" else max(len(indices) // 4, 1)
        positions = POSITIONS[kind]
        makers = {"pose": self._pose, "both": self._both, "motion": self._motion}
        order, values, spacing, shown = makers[kind](count, positions, rng)
        kept_back = (self.owner == shown[..., None]).any(axis=1)
        mean, deviation = expected(self.gaussian, self.prototypes, order, values, spacing, kept_back)
        return (
            torch.from_numpy(order),
            *(torch.from_numpy(part.astype(np.float32)) for part in (values, mean, deviation, spacing)),
        )

    def losses(
        self, model: nn.Module, order: Tensor, values: Tensor, mean: Tensor, deviation: Tensor, spacing: Tensor
    ) -> Tensor:
        """(B,) mean negative log likelihood of an example's angles, nats."""
        return -log_density(model(order, values, mean, deviation, spacing), values).mean(dim=1)

    def _pose(self, count: int, positions: int, rng: np.random.Generator) -> tuple[Places, Array, Array, Places]:
        """One hand at one time, the left and the right in turns; and the takes shown (count, 2)."""
        hands, take = self._hands(count, rng)
        values = self._varied(hands, rng)
        order = np.argsort(rng.random((count, _ANGLES)), axis=1)[:, :positions]
        side = rng.integers(0, 2, (count, 1)) * PER_HAND
        shown = np.stack([take, np.roll(take, 1)], axis=-1)
        return np.add(order, side), np.take_along_axis(values, order, axis=1), np.full(count, SPACING[0]), shown

    def _hands(self, count: int, rng: np.random.Generator) -> tuple[Array, Places]:
        """(count, 20) angles of a hand, whichever is there, and the takes (count,) that they come from."""
        take = rng.choice(len(self.takes), count, p=self.share)
        frames = np.stack([self.takes[one][rng.integers(len(self.takes[one]))] for one in take])
        hands = frames.reshape(count, 2, PER_HAND)[:, :, :_ANGLES]
        chosen = rng.integers(0, 2, count)
        chosen = np.where(np.isfinite(hands[np.arange(count), chosen, 0]), chosen, 1 - chosen)
        return hands[np.arange(count), chosen], take

    def _varied(self, poses: Array, rng: np.random.Generator) -> Array:
        """Poses (N, C) blended with the next in the batch, stretched about the mean and a little off."""
        blended = rng.random((len(poses), 1)) < BLENDED
        share: Array = np.where(blended, rng.uniform(0, 0.5, (len(poses), 1)), 0.0)
        poses = (1 - share) * poses + share * np.roll(poses, 1, axis=0)
        middle = self.gaussian.mean[: poses.shape[1]]
        stretch = 1 + rng.uniform(-STRETCH, STRETCH, (len(poses), 1))
        noise = NOISE * rng.random((len(poses), 1)) * rng.normal(size=poses.shape)
        return middle + (poses - middle) * stretch + noise

    def _both(self, count: int, positions: int, rng: np.random.Generator) -> tuple[Places, Array, Array, Places]:
        """Both hands and wrists at one time."""
        drawn = [self._window(rng, 1) for _ in range(count)]
        poses, shown = np.stack([window[0] for window, _, _ in drawn]), np.array([[take] for _, _, take in drawn])
        order = np.argsort(rng.random((count, CHANNELS)), axis=1)[:, :positions]
        return order, np.take_along_axis(poses, order, axis=1), np.full(count, SPACING[0]), shown

    def _motion(self, count: int, positions: int, rng: np.random.Generator) -> tuple[Places, Array, Array, Places]:
        """Some frames of a window: whole ones, single fingers, wrists; what is asked last is spread over the rest."""
        orders, values, spacings, shown = [], [], [], []
        for _ in range(count):
            window, spacing, take = self._window(rng, FRAMES)
            shown.append([take])
            frames = rng.choice(len(window), size=int(rng.integers(2, 9)), replace=False)
            places = (frames[:, None] * CHANNELS + np.arange(CHANNELS)).ravel()
            if rng.random() < 0.5:
                places = places[rng.permutation(len(places))]
            else:  # frame after frame, each in an order of its own
                places = np.concatenate([frame * CHANNELS + rng.permutation(CHANNELS) for frame in frames])
                start = int(rng.integers(0, max(len(places) - positions, 0) + 1))
                places = places[start:]
            order = places[:positions]
            orders.append(order)
            values.append(window.reshape(-1)[order])
            spacings.append(spacing)
        return np.stack(orders), np.stack(values), np.array(spacings), np.array(shown)

    def _window(self, rng: np.random.Generator, frames: int) -> tuple[Array, float, int]:
        """A window (frames, CHANNELS) with both hands, varied, the seconds between its frames, and its take."""
        both = [number for number, take in enumerate(self.takes) if np.isfinite(take[0]).all()]
        lengths = np.array([len(self.takes[number]) for number in both])
        while True:
            spacing = float(np.exp(rng.uniform(*np.log(SPACING))))
            number = both[rng.choice(len(both), p=lengths / lengths.sum())]
            take = self.takes[number]
            step = max(1, round(spacing * FPS))
            reach = step * (frames - 1)
            if len(take) > reach:
                start = int(rng.integers(0, len(take) - reach))
                window = take[start : start + reach + 1 : step]
                if rng.random() < 0.5:
                    window = np.concatenate([window[:, PER_HAND:], window[:, :PER_HAND]], axis=1)
                if rng.random() < 0.5:
                    window = window[::-1]
                return self._varied_window(window, rng), step / FPS, number

    def _varied_window(self, window: Array, rng: np.random.Generator) -> Array:
        stretch = 1 + rng.uniform(-STRETCH, STRETCH)
        return self.gaussian.mean + (window - self.gaussian.mean) * stretch + rng.normal(0, NOISE, window.shape[1])


def along(gaussian: HandGaussian, order: Places, values: Array, spacing: Array) -> tuple[Array, Array]:
    """(B, N) mean and deviation of what is at order[k], given the values at order[:k].

    The rows of a Cholesky factor are what each place owes to those before it, and its diagonal is what is left over.
    """
    frame, channel = np.divmod(order, CHANNELS)
    apart = np.abs(frame[:, :, None] - frame[:, None, :]) * spacing[:, None, None]
    over_time = sum(weight * np.exp(-apart / seconds) for weight, seconds in gaussian.memory)
    covariance = gaussian.covariance[channel[:, :, None], channel[:, None, :]] * over_time
    covariance = covariance + _NOISE * np.eye(order.shape[1])
    factor = np.linalg.cholesky(covariance)
    away = values - gaussian.mean[channel]
    white = np.linalg.solve(factor, away[..., None])[..., 0]
    own = np.diagonal(factor, axis1=1, axis2=2)
    return values - own * white, own


def expected(
    gaussian: HandGaussian,
    prototypes: HandPrototypes,
    order: Places,
    values: Array,
    spacing: Array,
    without: NDArray[np.bool_] | None = None,
) -> tuple[Array, Array]:
    """Means and deviations (B, N, 2) of what is at order[k], given the values at order[:k], by Gaussian and prototypes.

    Prototypes know of one hand at one time: given the angles of the same hand and frame alone. Of a wrist they know
    nothing, and repeat what the Gaussian says. without: (B, M) prototypes that are left out.
    """
    mean, deviation = along(gaussian, order, values, spacing)
    means, deviations = (np.stack([part, part], axis=-1) for part in (mean, deviation))
    hand, angle = np.divmod(order, PER_HAND)  # of a frame's left and right in turns
    rows, columns, orders, told = [], [], [], []
    for row in range(len(order)):
        for one in np.unique(hand[row]):
            at = np.flatnonzero((hand[row] == one) & (angle[row] < _ANGLES))
            if not len(at):
                continue
            rows.append(np.full(len(at), row))
            columns.append(at)
            # The angles that are not asked for come last, where they change nothing.
            orders.append(np.concatenate([angle[row, at], np.setdiff1d(np.arange(_ANGLES), angle[row, at])]))
            told.append(np.concatenate([values[row, at], np.zeros(_ANGLES - len(at))]))
    left_out = None if without is None else without[[part[0] for part in rows]]
    near = prototypes.along(np.array(orders), np.array(told), left_out)
    kept = np.arange(_ANGLES) < np.array([len(at) for at in columns])[:, None]
    place = np.concatenate(rows), np.concatenate(columns)
    means[(*place, 1)], deviations[(*place, 1)] = near[0][kept], near[1][kept]
    return means, deviations


def task(takes: Sequence[HandTake], gaussian: HandGaussian, prototypes: HandPrototypes) -> AnyOrderHands:
    """The task on these takes, small data sets drawn from more often than their size would have it."""
    arrays = channels(takes)
    hands = np.array([np.isfinite(array).sum() for array in arrays])
    of_source = {source: sum(hands[i] for i, t in enumerate(takes) if t.source == source) for source in _sources(takes)}
    share = np.array([n * of_source[take.source] ** (EVENNESS - 1) for n, take in zip(hands, takes, strict=True)])
    return AnyOrderHands(arrays, share / share.sum(), gaussian, prototypes, _owner(takes, prototypes))


def _owner(takes: Sequence[HandTake], prototypes: HandPrototypes) -> Places:
    """(M,) the take that each prototype stands for; -1 where its data set has no other."""
    groups = _groups(takes)
    scale = single(poses(takes)).std(axis=0)
    result = np.full(len(prototypes.poses), -1)
    for group, members in enumerate(groups):
        of_group = np.flatnonzero((prototypes.group == group) & (prototypes.weight > 0))
        if len(members) > 1:
            hands = [single(poses([takes[member]])) for member in members]
            result[of_group] = np.array(members)[owners(hands, prototypes.poses[of_group], scale)]
    return result


def _groups(takes: Sequence[HandTake]) -> list[list[int]]:
    """The takes of each data set, in the order of their first."""
    found: dict[str, list[int]] = {}
    for number, take in enumerate(takes):
        found.setdefault(take.source, []).append(number)
    return list(found.values())


def _sources(takes: Sequence[HandTake]) -> set[str]:
    return {take.source for take in takes}


def channels(takes: Sequence[HandTake]) -> tuple[Array, ...]:
    """(T, CHANNELS) of each take at FPS: both hands' angles and their wrists' rotation vectors."""
    slowed = [take.at(FPS) for take in takes]
    return tuple(np.concatenate([take.dof, take.bend], axis=-1).reshape(len(take), CHANNELS) for take in slowed)
