"""All recordings of hands, split by take: what each of the two finger models may learn from and is judged on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np

from addon.core.finger_curves import smooth
from addon.core.finger_follow import FingerStatistics
from addon.core.rotation import Array

from . import adroit, ballplay, hand_prototypes, manipnet, upf_hands
from .hand_take import HandTake

Sources = Literal["all", "open"]
Part = Literal["train", "validation", "test"]
FPS = 30.0
"""What the models see."""

DESCRIPTIONS: dict[Sources, str] = {
    "open": f"{ballplay.CITATION}; {adroit.CITATION}; {upf_hands.CITATION}",
    "all": f"{manipnet.CITATION}; {ballplay.CITATION}; {adroit.CITATION}; {upf_hands.CITATION}",
}
LICENCES: dict[Sources, str] = {
    "open": "Trained on recordings under the Apache-2.0 licence alone; free for research and commercial use.",
    "all": "CC BY-NC 4.0: trained on ManipNet's recordings too, so for non-commercial use only.",
}
LIMIT_PERCENT, LIMIT_MARGIN = 0.1, np.radians(3.0)
"""Joint limits: what all but this share of frames at either end keep within, and this much more."""
_EVERY = 5


@dataclass(frozen=True, eq=False)
class HandSet:
    """Takes to learn from or to be judged on."""

    takes: tuple[HandTake, ...]

    def of(self, *sources: str) -> HandSet:
        """Those of the named data sets."""
        return HandSet(tuple(take for take in self.takes if take.source in sources))

    def without(self, name: str) -> HandSet:
        """All but one take."""
        return HandSet(tuple(take for take in self.takes if take.name != name))


def load(sources: Sources, part: Part, folder: Path | None = None) -> HandSet:
    """The takes of a part. The UPF clip trains only; ManipNet's are not among the open ones, whatever the part.

    Raises DataMissingError where a data set is not there.
    """
    everything = _everything(folder)
    kept = tuple(take for take in everything[part].takes if sources == "all" or take.source != "manipnet")
    return HandSet(kept)


@lru_cache(maxsize=2)
def _everything(folder: Path | None) -> dict[Part, HandSet]:
    names: dict[Part, tuple[str, ...]] = {
        "train": manipnet.TRAIN,
        "validation": manipnet.VALIDATION,
        "test": manipnet.TEST,
    }
    found = {part: manipnet.load(names[part], folder) for part in names}
    for takes in (ballplay.load(folder), adroit.load(folder)):
        for number, take in enumerate(takes):
            found[_part(number)].append(take)
    found["train"] += upf_hands.load(folder)
    return {part: HandSet(tuple(takes)) for part, takes in found.items()}


def _part(number: int) -> Part:
    """Of takes sorted by name, numbers 0, 5, 10, … test and 1, 6, 11, … validate."""
    return {0: "test", 1: "validation"}.get(number % _EVERY, "train")  # type: ignore[return-value]


def poses(takes: Sequence[HandTake], fps: float = FPS) -> Array:
    """(N, 40) both hands of every frame at a rate, the left's angles first; NaN for a hand that is not there."""
    return np.concatenate([take.at(fps).dof.reshape(-1, 40) for take in takes])


def single(both: Array) -> Array:
    """(M, 20) all hands of poses (N, 40), left ones and right ones alike, without those that are not there."""
    hands = both.reshape(-1, 20)
    kept: Array = hands[np.isfinite(hands).all(axis=-1)]
    return kept


def limits(takes: Sequence[HandTake]) -> Array:
    """(2, 20) lowest and highest angle, radians, of nearly all training frames, with a margin."""
    low, high = np.percentile(single(poses(takes)), [LIMIT_PERCENT, 100 - LIMIT_PERCENT], axis=0)
    return np.stack([low - LIMIT_MARGIN, high + LIMIT_MARGIN])


def statistics(takes: Sequence[HandTake], spacing: float = 2.0) -> FingerStatistics:
    """The closed forms behind `addon.core.finger_base`, the same for left and right."""
    both = poses(takes)
    left = []
    for take in takes:
        curves = take.at(FPS).dof.reshape(-1, 40)
        step = round(spacing * FPS)
        times = np.arange(len(curves)) / FPS
        for phase in range(0, step, step // 4):
            keys = np.arange(phase, len(curves), step)
            if len(keys) > 1:
                inside = slice(keys[0], keys[-1] + 1)
                left.append(curves[inside] - smooth(times[keys], curves[keys], times[inside]))
    mean = np.nanmean(single(both), axis=0)
    by_source: dict[str, list[Array]] = {}
    for take in takes:
        by_source.setdefault(take.source, []).append(single(poses([take])))
    return FingerStatistics(
        np.tile(mean, 2),
        _symmetric(both - np.tile(mean, 2)),
        _symmetric(np.concatenate(left)),
        hand_prototypes.fit(by_source),
    )


def _symmetric(deviations: Array) -> Array:
    """(40, 40) covariance of deviations (N, 40), NaN where unknown, the same mirrored, positive definite."""
    hands = single(deviations)
    within = hands.T @ hands / len(hands)
    pairs = deviations[np.isfinite(deviations).all(axis=-1)]
    across = pairs[:, :20].T @ pairs[:, 20:] / max(len(pairs), 1)
    across = (across + across.T) / 2
    covariance = np.block([[within, across], [across, within]])
    values, vectors = np.linalg.eigh(covariance)
    return (vectors * np.maximum(values, 1e-6)) @ vectors.T
