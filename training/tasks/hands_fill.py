"""The task of filling: of real hand motion some keys are left, as an animator sets them, and the rest is asked for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from addon.core.finger_base import base
from addon.core.finger_fill import ANGLES, FPS, HANDS, envelope, features
from addon.core.finger_follow import FingerStatistics
from addon.core.rotation import Array

from ..data.hand_windows import HandWindows

FRAMES = 128
EXAMPLES_PER_EPOCH = 1200
SPACINGS = (4.0, 75.0)
USUAL = np.radians(3.0), 0.77
"""Between keys `gap` seconds apart interpolation is off by about USUAL[0]·gap^USUAL[1] radians: errors count by it."""
LARGEST_USUAL = np.radians(9.0)
"""What counts as usual where there is no key on one side."""
DEVIATION_WEIGHT = 0.05
_LOG_RATE = 5.0


@dataclass(frozen=True, eq=False)
class FillHands:
    """windows: where motion is drawn from. statistics: what the closed form knows."""

    windows: HandWindows
    statistics: FingerStatistics

    @property
    def size(self) -> int:
        """Examples that count as one epoch; no two are the same."""
        return EXAMPLES_PER_EPOCH

    def batch(self, indices: Tensor, generator: torch.Generator) -> tuple[Tensor, ...]:
        """Features (N, 2, T, F), the base's values, changes, frames since and until keys, target, what counts."""
        rng = np.random.default_rng(int(torch.randint(2**62, (), generator=generator)))
        examples = [self._example(rng) for _ in indices]
        return tuple(torch.from_numpy(np.stack(parts).astype(np.float32)) for parts in zip(*examples, strict=True))

    def losses(
        self,
        model: nn.Module,
        seen: Tensor,
        values: Tensor,
        change: Tensor,
        since: Tensor,
        until: Tensor,
        target: Tensor,
        counts: Tensor,
    ) -> Tensor:
        """(N,) mean error of each example, as a share of what interpolation is usually off by."""
        count = len(seen)
        outputs = model(seen.flatten(0, 1)).unflatten(0, (count, HANDS))
        both = outputs.transpose(1, 2).unflatten(-1, (3, ANGLES)).permute(3, 0, 1, 2, 4).flatten(3)  # (3, N, T, 40)
        result = values + combined(both[0], both[1], change, since, until)
        error = (result - target).abs() * counts
        many = counts.sum(dim=(1, 2)).clamp_min(1)
        usual = (float(USUAL[0]) * ((since + until) / FPS) ** USUAL[1]).clamp(1e-3, float(LARGEST_USUAL))
        mean = (error / usual).sum(dim=(1, 2)) / many
        expected = both[2] + torch.log(_envelope(since, until).clamp_min(0.05))
        laplace = (expected + error.detach() * torch.exp(-expected)) * counts
        return mean + DEVIATION_WEIGHT * laplace.sum(dim=(1, 2)) / many

    def _example(self, rng: np.random.Generator) -> tuple[Array, ...]:
        window = self.windows.draw(FRAMES, rng)
        frames = len(window.dof)
        times = np.arange(frames) / FPS
        there = np.isfinite(window.dof)
        keyed = np.where(keys(frames, rng) & there, window.dof, np.nan)
        curves = base(times, keyed, times, self.statistics)
        counts = there & (np.isnan(keyed))
        target = np.where(there, window.dof, curves.values)
        parts = (
            features(curves, window.seen, self.statistics),
            *(curves.values, curves.change, curves.since * FPS, curves.until * FPS),
            *(target, counts),
        )
        return tuple(_padded(part, FRAMES) for part in parts)


def combined(added: Tensor, log_rate: Tensor, change: Tensor, since: Tensor, until: Tensor) -> Tensor:
    """(N, T, C) what `core.finger_fill` adds to its base, for keys that lie on the grid; distances in frames."""
    frames = added.shape[1]
    rate = log_rate.clamp(-_LOG_RATE, _LOG_RATE).exp()
    steps = (rate[:, 1:] + rate[:, :-1]) / 2
    passed = torch.cat([torch.zeros_like(rate[:, :1]), torch.cumsum(steps, dim=1)], dim=1)
    here = torch.arange(frames, device=added.device)[:, None]
    last = passed.gather(1, (here - since.round().long()).clamp(0, frames - 1))
    following = passed.gather(1, (here + until.round().long()).clamp(0, frames - 1))
    share = (passed - last) / (following - last).clamp_min(1e-6)
    steady = since / (since + until).clamp_min(1e-6)
    timing = torch.where(change != 0, (share - steady) * change, torch.zeros_like(change))
    return added * _envelope(since, until) + timing


def _envelope(since: Tensor, until: Tensor) -> Tensor:
    return torch.from_numpy(envelope(since.numpy(), until.numpy())).to(since)


def keys(frames: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """(frames, 40) where there are keys: whole poses, some fingers more often than others, single poses, or none."""
    found = np.zeros((frames, HANDS, ANGLES), dtype=bool)
    kind = rng.random()
    if kind < 0.62:
        grid = _grid(frames, rng)
        found[:] = grid[:, None, None]
        if rng.random() < 0.25:
            found[:, rng.integers(HANDS)] = _grid(frames, rng)[:, None] if rng.random() < 0.5 else False
    elif kind < 0.85:
        often = np.repeat(rng.random(5) < 0.45, 4)
        if rng.random() < 0.4:
            often = np.arange(ANGLES) < 8
        found[:, :, often] = _grid(frames, rng)[:, None, None]
        if rng.random() < 0.6:
            found[:, :, ~often] = _grid(frames, rng, least=30.0)[:, None, None]
        if rng.random() < 0.2:
            found[:, rng.integers(HANDS)] = _grid(frames, rng)[:, None]
    elif kind < 0.93:
        first = 0 if rng.random() < 0.5 else rng.integers(frames)
        found[first] = True
        if rng.random() < 0.5:
            found[-1] = True
    elif kind < 0.97:
        size = 4 if rng.random() < 0.5 else 1
        for angle in range(0, ANGLES, size):
            found[:, :, angle : angle + size] = _grid(frames, rng)[:, None, None]
    return found.reshape(frames, HANDS * ANGLES)


def _grid(frames: int, rng: np.random.Generator, least: float = SPACINGS[0]) -> NDArray[np.bool_]:
    """(frames,) keys about evenly apart, now and then less evenly."""
    spacing = np.exp(rng.uniform(np.log(least), np.log(SPACINGS[1])))
    uneven = 0.0 if rng.random() < 0.6 else rng.uniform(0.2, 0.8)
    found = np.zeros(frames, dtype=bool)
    time = rng.random() * spacing
    while time < frames:
        found[int(time)] = True
        time += max(1.0, spacing * (1 + uneven * rng.uniform(-1, 1)))
    return found


def _padded(part: Array, frames: int) -> Array:
    """The part with its time axis filled up: with its last frame, or what counts with nothing."""
    axis = 1 if part.ndim == 3 else 0
    missing = frames - part.shape[axis]
    if not missing:
        return part
    widths = [(0, missing if i == axis else 0) for i in range(part.ndim)]
    return np.pad(part, widths) if part.dtype == bool else np.pad(part, widths, mode="edge")
