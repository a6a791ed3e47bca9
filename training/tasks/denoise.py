"""The task of the denoiser: take noisy motion and give back what was there, whatever the noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from addon.core import gaps, noise
from addon.core.rotation import Array, exp, multiply

from ..data.stretches import Stretches
from ..models.denoiser import LEAST_NOISE, BodyDenoiser

GUESSED = 0.5
"""Length of a quaternion that was filled in across a hole; a joint that is not there has length 0."""

KINDS = ("white", "jitter", "clean", "spikes", "hole", "mixture")
CHANCES = (0.42, 0.16, 0.08, 0.10, 0.19, 0.05)
SIGMA = (0.003, 0.13)
HOLE_LENGTHS = (3, 32)
LENGTHS = ((36, 0.15), (64, 0.25), (96, 0.35), (128, 0.25))
EXAMPLES_PER_EPOCH = 2400
MISSING_JOINTS = 0.08
FOREIGN_REST = 0.06
ACCELERATION_WEIGHT = 0.3
GATE_WEIGHT = 1.0
GATE_STEP = 7
LEVEL_WEIGHT = 1.0
EVEN = 0.157, 0.67
"""The prior's mean error is about EVEN[0]·σ^EVEN[1] for white noise: dividing by it makes all levels count alike."""


@dataclass(frozen=True)
class Example:
    """One noisy stretch: what the network sees (T, J, 4), with lengths; what was there (T, J, 4).

    scale: error that counts as one. level: log deviation of the noise on components.
    """

    seen: Array
    clean: Array
    scale: float
    level: float


@dataclass(frozen=True, eq=False)
class Denoise:
    """stretches: where clean motion is drawn from. pairs: joints that swaps exchange."""

    stretches: Stretches
    pairs: tuple[tuple[int, int], ...]

    @property
    def size(self) -> int:
        """Examples that count as one epoch; no two are the same."""
        return EXAMPLES_PER_EPOCH

    def batch(self, indices: Tensor, generator: torch.Generator) -> tuple[Tensor, ...]:
        """As many examples as `indices`, all of one length: seen and clean (N, T, J, 4), scale and level (N,)."""
        rng = np.random.default_rng(int(torch.randint(2**62, (), generator=generator)))
        lengths, chances = zip(*LENGTHS, strict=True)
        frames = int(rng.choice(lengths, p=chances))
        examples = [self.example(frames, rng) for _ in indices]
        return (
            torch.from_numpy(np.stack([example.seen for example in examples])),
            torch.from_numpy(np.stack([example.clean for example in examples])),
            torch.tensor([example.scale for example in examples]),
            torch.tensor([example.level for example in examples]),
        )

    def example(self, frames: int, rng: np.random.Generator) -> Example:
        """One stretch of `frames` with one kind of noise, sometimes on a rig that lacks joints or rests otherwise."""
        clean = self.stretches.draw(frames, rng)
        if rng.random() < FOREIGN_REST:
            offsets = exp(rng.normal(0, np.radians(4), (clean.shape[1], 3)))
            clean = multiply(clean, offsets.astype(np.float32))
        kind = str(rng.choice(KINDS, p=CHANCES))
        sigma = float(np.exp(rng.uniform(*np.log(SIGMA))))
        seen, effective, deviation = _noisy(clean, kind, sigma, self.pairs, rng)
        if rng.random() < MISSING_JOINTS:
            seen = noise.dropped(seen, np.broadcast_to(rng.random(clean.shape[1]) < 0.4, seen.shape[:2]))
        factor, power = EVEN
        return Example(
            seen,
            np.ascontiguousarray(clean),
            factor * max(effective, 8e-4) ** power,
            float(np.log(max(deviation, LEAST_NOISE))),
        )

    def losses(self, model: BodyDenoiser, seen: Tensor, clean: Tensor, scale: Tensor, level: Tensor) -> Tensor:
        """(N,) mean distance of the quaternions over the error that counts as one, plus the same for accelerations."""
        result, found = model.parts(seen)
        length = seen.norm(dim=-1)
        known = (length > 0.75).float()
        loss = _mean_where(_distance(result - clean), known) / scale
        around = known[:, 2:] * known[:, 1:-1] * known[:, :-2]
        bend = _distance(_second_difference(result - clean))
        loss = loss + ACCELERATION_WEIGHT * _mean_where(bend, around) / scale
        few = slice(None, None, GATE_STEP)  # the gate is the same for every joint: a few are enough to learn from
        gate = model.curves(torch.where(length[..., None] > 0, seen, clean)[:, :, few])
        loss = loss + GATE_WEIGHT * _mean_where(_distance(gate - clean[:, :, few]), known[:, :, few]) / scale
        return loss + LEVEL_WEIGHT * (found - level[:, None]).square().mean(dim=1)


def _noisy(
    clean: Array, kind: str, sigma: float, pairs: tuple[tuple[int, int], ...], rng: np.random.Generator
) -> tuple[Array, float, float]:
    """The noisy stretch with its lengths, the level that its error is measured by, and the deviation of its noise."""
    match kind:
        case "white":
            return noise.white(clean, sigma, rng), sigma, sigma
        case "jitter":
            return noise.jitter(clean, sigma, rng, correlation=rng.uniform(0.7, 0.97)), sigma, sigma
        case "clean":
            return clean.copy(), 0.0, 0.0
        case "mixture":
            return noise.mixture(clean, sigma, pairs, rng), sigma, 0.86 * sigma
    base = sigma if rng.random() < 0.5 else 0.0
    seen = noise.white(clean, base, rng) if base else clean.copy()
    if kind == "spikes":
        return noise.spikes(seen, rng, rate=rng.uniform(0.002, 0.02))[0], max(base, 2e-3), base
    return _with_hole(seen, rng), max(base, 2e-3), base


def _with_hole(seen: Array, rng: np.random.Generator) -> Array:
    longest = min(HOLE_LENGTHS[1], len(seen) - 6)
    missing = noise.holes(len(seen), int(rng.integers(HOLE_LENGTHS[0], longest + 1)), rng, margin=2)
    where = np.broadcast_to(missing[:, None], seen.shape[:2])
    if rng.random() < 0.25:
        where = where & (rng.random(seen.shape[1]) < 0.4)
    full = gaps.filled(seen, where)
    return np.where(where[..., None], GUESSED * full, full)


def _distance(difference: Tensor) -> Tensor:
    return (difference.square().sum(dim=-1) + 1e-10).sqrt()


def _second_difference(x: Tensor) -> Tensor:
    return x[:, 2:] - 2 * x[:, 1:-1] + x[:, :-2]


def _mean_where(x: Tensor, where: Tensor) -> Tensor:
    """(N,) mean of (N, T, J) over the places where `where` is 1; 0 where there are none."""
    return (x * where).sum(dim=(1, 2)) / where.sum(dim=(1, 2)).clamp_min(1)
