"""The task of the any-order model: parts of poses, of both hands and wrists and of motion are shown in any order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from addon.core.hand_gaussian import CHANNELS, FRAMES, PER_HAND, HandGaussian
from addon.core.rotation import Array

from ..data.hand_take import HandTake
from ..data.hands import FPS
from ..models.hands_any_order import log_density

EXAMPLES_PER_EPOCH = 6400
KINDS = ("pose", "both", "motion")
CHANCES = (0.6, 0.15, 0.25)
POSITIONS = {"pose": 20, "both": 40, "motion": 72}
"""How many positions an example of each kind shows."""
SPACING = (1 / 30, 0.25)
BLENDED, STRETCH, NOISE = 0.3, 0.1, np.radians(1.5)
EVENNESS = 0.7
"""Data sets count by this power of their size."""
_ANGLES = 20
Places = NDArray[np.integer]
_NOISE = np.radians(0.3) ** 2


@dataclass(frozen=True, eq=False)
class AnyOrderHands:
    """What there is to learn.

    takes: (T, CHANNELS) each at FPS, NaN for a hand that is not there. share: how often a pose of each take is drawn.
    gaussian: what the closed form knows.
    """

    takes: tuple[Array, ...]
    share: Array
    gaussian: HandGaussian

    @property
    def size(self) -> int:
        """Examples that count as one epoch; no two are the same."""
        return EXAMPLES_PER_EPOCH

    def batch(self, indices: Tensor, generator: torch.Generator) -> tuple[Tensor, ...]:
        """Order, values, the Gaussian's means and deviations (B, N) each, spacing (B,); all of one kind."""
        rng = np.random.default_rng(int(torch.randint(2**62, (), generator=generator)))
        kind = str(rng.choice(KINDS, p=CHANCES))
        count = len(indices) if kind == "pose" else max(len(indices) // 4, 1)
        positions = POSITIONS[kind]
        makers = {"pose": self._pose, "both": self._both, "motion": self._motion}
        order, values, spacing = makers[kind](count, positions, rng)
        mean, deviation = along(self.gaussian, order, values, spacing)
        return (
            torch.from_numpy(order),
            *(torch.from_numpy(part.astype(np.float32)) for part in (values, mean, deviation, spacing)),
        )

    def losses(
        self, model: nn.Module, order: Tensor, values: Tensor, mean: Tensor, deviation: Tensor, spacing: Tensor
    ) -> Tensor:
        """(B,) mean negative log likelihood of an example's angles, nats."""
        return -log_density(model(order, values, mean, deviation, spacing), values).mean(dim=1)

    def _pose(self, count: int, positions: int, rng: np.random.Generator) -> tuple[Places, Array, Array]:
        """One hand at one time, the left and the right in turns."""
        values = self._varied(self._hands(count, rng), rng)
        order = np.argsort(rng.random((count, _ANGLES)), axis=1)[:, :positions]
        side = rng.integers(0, 2, (count, 1)) * PER_HAND
        return np.add(order, side), np.take_along_axis(values, order, axis=1), np.full(count, SPACING[0])

    def _hands(self, count: int, rng: np.random.Generator) -> Array:
        """(count, 20) angles of a hand, whichever is there."""
        frames = self._frames(count, rng)
        hands = frames.reshape(count, 2, PER_HAND)[:, :, :_ANGLES]
        chosen = rng.integers(0, 2, count)
        chosen = np.where(np.isfinite(hands[np.arange(count), chosen, 0]), chosen, 1 - chosen)
        return hands[np.arange(count), chosen]

    def _frames(self, count: int, rng: np.random.Generator) -> Array:
        chosen = rng.choice(len(self.takes), count, p=self.share)
        return np.stack([self.takes[take][rng.integers(len(self.takes[take]))] for take in chosen])

    def _varied(self, poses: Array, rng: np.random.Generator) -> Array:
        """Poses (N, C) blended with the next in the batch, stretched about the mean and a little off."""
        blended = rng.random((len(poses), 1)) < BLENDED
        share: Array = np.where(blended, rng.uniform(0, 0.5, (len(poses), 1)), 0.0)
        poses = (1 - share) * poses + share * np.roll(poses, 1, axis=0)
        middle = self.gaussian.mean[: poses.shape[1]]
        stretch = 1 + rng.uniform(-STRETCH, STRETCH, (len(poses), 1))
        noise = NOISE * rng.random((len(poses), 1)) * rng.normal(size=poses.shape)
        return middle + (poses - middle) * stretch + noise

    def _both(self, count: int, positions: int, rng: np.random.Generator) -> tuple[Places, Array, Array]:
        """Both hands and wrists at one time."""
        poses = np.stack([self._window(rng, 1)[0][0] for _ in range(count)])
        order = np.argsort(rng.random((count, CHANNELS)), axis=1)[:, :positions]
        return order, np.take_along_axis(poses, order, axis=1), np.full(count, SPACING[0])

    def _motion(self, count: int, positions: int, rng: np.random.Generator) -> tuple[Places, Array, Array]:
        """Some frames of a window: whole ones, single fingers, wrists; what is asked last is spread over the rest."""
        orders, values, spacings = [], [], []
        for _ in range(count):
            window, spacing = self._window(rng, FRAMES)
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
        return np.stack(orders), np.stack(values), np.array(spacings)

    def _window(self, rng: np.random.Generator, frames: int) -> tuple[Array, float]:
        """A window (frames, CHANNELS) in which both hands are there, varied, and the seconds between its frames."""
        both = [take for take in self.takes if np.isfinite(take[0]).all()]
        lengths = np.array([len(take) for take in both])
        while True:
            spacing = float(np.exp(rng.uniform(*np.log(SPACING))))
            take = both[rng.choice(len(both), p=lengths / lengths.sum())]
            step = max(1, round(spacing * FPS))
            reach = step * (frames - 1)
            if len(take) > reach:
                start = int(rng.integers(0, len(take) - reach))
                window = take[start : start + reach + 1 : step]
                if rng.random() < 0.5:
                    window = np.concatenate([window[:, PER_HAND:], window[:, :PER_HAND]], axis=1)
                if rng.random() < 0.5:
                    window = window[::-1]
                return self._varied_window(window, rng), step / FPS

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


def task(takes: Sequence[HandTake], gaussian: HandGaussian) -> AnyOrderHands:
    """The task on these takes, small data sets drawn from more often than their size would have it."""
    arrays = channels(takes)
    hands = np.array([np.isfinite(array).sum() for array in arrays])
    of_source = {source: sum(hands[i] for i, t in enumerate(takes) if t.source == source) for source in _sources(takes)}
    share = np.array([n * of_source[take.source] ** (EVENNESS - 1) for n, take in zip(hands, takes, strict=True)])
    return AnyOrderHands(arrays, share / share.sum(), gaussian)


def _sources(takes: Sequence[HandTake]) -> set[str]:
    return {take.source for take in takes}


def channels(takes: Sequence[HandTake]) -> tuple[Array, ...]:
    """(T, CHANNELS) of each take at FPS: both hands' angles and their wrists' rotation vectors."""
    slowed = [take.at(FPS) for take in takes]
    return tuple(np.concatenate([take.dof, take.bend], axis=-1).reshape(len(take), CHANNELS) for take in slowed)
