"""Stretches of motion to learn from: windows drawn evenly over subjects, at varied speed, direction and side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from addon.core.rotation import Array, normalize, steadily_aligned

from .poses import PoseSet, mirrored

MODEL_FPS = 30.0
TEMPO = 0.35
"""Speed varies by e^±TEMPO: 21 to 43 of the take's frames a second pass as MODEL_FPS."""
REVERSED = 0.25


@dataclass(frozen=True, eq=False)
class Stretches:
    """Takes and their mirror images (T, J, 4), aligned to `reference` (J, 4), at `fps`.

    share: how often each is drawn, before its length counts: subjects as often as each other, whoever was recorded
    longest.
    """

    takes: tuple[Array, ...]
    share: Array
    fps: float
    reference: Array

    def draw(self, frames: int, rng: np.random.Generator) -> Array:
        """(frames, J, 4) at about MODEL_FPS, between the take's frames where need be.

        Too short a take is not drawn; where all are, they run to and fro.
        """
        step = self.fps / MODEL_FPS * np.exp(rng.uniform(-TEMPO, TEMPO))
        reach = step * (frames - 1)
        lengths = np.array([len(take) for take in self.takes]) - 1
        room = np.maximum(lengths - reach, 0)
        chance = self.share * (room if room.any() else lengths)
        take = self.takes[rng.choice(len(self.takes), p=chance / chance.sum())]
        last = len(take) - 1
        at = rng.uniform(0, max(last - reach, 0)) + step * np.arange(frames)
        at = last - np.abs(at % (2 * last) - last)
        before = np.minimum(at.astype(int), len(take) - 2)
        part = (at - before)[:, None, None].astype(np.float32)
        stretch = normalize(take[before] * (1 - part) + take[before + 1] * part)
        return stretch[::-1] if rng.random() < REVERSED else stretch


def stretches(poses: PoseSet, reference: Array) -> Stretches:
    """All takes of a pose set and, where its skeleton has two sides, their mirror images, ready to draw from."""
    frames = {take.subject: 0 for take in poses.takes}
    for take in poses.takes:
        frames[take.subject] += len(take.rotations)
    both, share = [], []
    for take in poses.takes:
        sides = (take.rotations, mirrored(take.rotations, poses.joints)) if poses.mirrors else (take.rotations,)
        for rotations in sides:
            both.append(steadily_aligned(rotations, reference))
            share.append(1 / frames[take.subject])
    return Stretches(tuple(both), np.array(share), poses.fps, reference)
