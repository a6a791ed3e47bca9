"""Windows of hand motion to learn from: at varied speed, mirrored, reversed in time, blended and stretched in pose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from addon.core import wrist
from addon.core.rotation import Array

from .hand_take import HandTake
from .hands import FPS

TEMPO, TEMPOS = 0.5, 11
"""Speed varies by e^±TEMPO, in so many steps."""
REVERSED, SWAPPED, BLENDED, WITHOUT_WRIST = 0.5, 0.5, 0.1, 0.12
_STRETCH, _STRETCH_EACH, _OFFSET = 0.25, 0.1, np.radians(4.0)


@dataclass(frozen=True, eq=False)
class Variant:
    """A take at one speed: angles (T, 40), the channels of its wrists (T, 2, CHANNELS)."""

    dof: Array
    seen: Array


@dataclass(frozen=True, eq=False)
class HandWindows:
    """Variants of takes, how often each is drawn, and the angles' mean (40,)."""

    variants: tuple[Variant, ...]
    share: Array
    mean: Array

    def draw(self, frames: int, rng: np.random.Generator) -> Variant:
        """A window of `frames`, or of a whole shorter take, varied."""
        window = self._drawn(frames, rng)
        if rng.random() < BLENDED:
            other = self._drawn(len(window.dof), rng)
            if len(other.dof) == len(window.dof):
                part = rng.uniform(0.5, 1.0)
                mixed = part * window.seen + (1 - part) * other.seen
                window = Variant(part * window.dof + (1 - part) * other.dof, mixed)
        stretch = rng.uniform(1 - _STRETCH, 1 + _STRETCH) * np.exp(rng.normal(0, _STRETCH_EACH, 20))
        dof = self.mean + (window.dof - self.mean) * np.tile(stretch, 2) + np.tile(rng.normal(0, _OFFSET, 20), 2)
        seen = window.seen
        if rng.random() < WITHOUT_WRIST:
            seen = np.zeros_like(seen)
        return Variant(dof, seen)

    def _drawn(self, frames: int, rng: np.random.Generator) -> Variant:
        chosen = self.variants[rng.choice(len(self.variants), p=self.share)]
        start = int(rng.integers(0, max(len(chosen.dof) - frames, 0) + 1))
        dof, seen = chosen.dof[start : start + frames], chosen.seen[start : start + frames]
        if rng.random() < SWAPPED:
            dof, seen = np.concatenate([dof[:, 20:], dof[:, :20]], axis=1), seen[:, ::-1]
        if rng.random() < REVERSED:
            dof, seen = dof[::-1], seen[::-1] * wrist.REVERSED.astype(np.float32)
        return Variant(dof, seen)


def windows(takes: Sequence[HandTake], mean: Array, shortest: int = 40) -> HandWindows:
    """All takes at `TEMPOS` speeds; variants shorter than `shortest` frames are left out."""
    found = []
    for take in takes:
        for tempo in np.exp(np.linspace(-TEMPO, TEMPO, TEMPOS)):
            slowed = take.at(FPS * tempo)
            if len(slowed) >= shortest:
                found.append(Variant(slowed.dof.reshape(len(slowed), 40), wrist.channels(slowed.wrist, FPS)))
    lengths = np.array([len(variant.dof) * np.isfinite(variant.dof[0]).mean() for variant in found])
    return HandWindows(tuple(found), lengths / lengths.sum(), mean)
