"""How far the networks between keys are believed: as far as takes that they did not learn from allow."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import t as student
from torch import Tensor

from addon.core.finger_base import FingerBase, base
from addon.core.finger_fill import added_to, features
from addon.core.rotation import Array

from .data.hand_take import HandTake
from .data.hands import HandSet
from .hands_fit import Moving, moving
from .models.hand_model import HandModel
from .models.hands_fill import TRUSTED

_TRIED = (
    *((0.0, 0.1, 0.15, 0.2, 0.3, 0.45, 0.6, 0.8, 1.0), (0.0, 0.3, 0.6, 0.8, 1.0)),
    *((0.0, 0.05, 0.15, 0.4, 1.0), (0.2, 0.3, 0.45, 0.7, 100.0)),
)
_BELIEVED = (0.6, 0.8, 0.0, 0.45)
"""What `FillEnsemble.trust` may be, number by number, and what the search starts from."""
_FEW = (60, -60)
"""Frames between the other fingers' keys where thumb and index have theirs four times as often; negative for none."""
OFTEN = np.concatenate([np.arange(0, 8), np.arange(20, 28)])
"""Thumb and index of both hands: what is keyed more often where not all fingers are."""
_STEPS, _PHASES, _ROUNDS = (6, 15, 30, 60), 4, 3
_HARM = 10.0
"""By how much more it counts where interpolation would do better."""
_SURE = 0.95
"""How likely a further take of a data set is to stay below the bound that is looked at."""


def trust(model: HandModel, takes: HandSet) -> Tensor:
    """(3, 4) how far `FillEnsemble` is best believed on these takes: shares found one after the other, in rounds.

    Every data set and every spacing of the keys counts alike. What counts most is where interpolation may do better on
    a further take of a set, going by how its takes differ: no motion is to be made worse.
    """
    found = torch.tensor([_BELIEVED] * len(TRUSTED))
    for row in range(len(TRUSTED)):
        parts = list(_judged(model, takes, row))
        for column in [*range(len(_TRIED))] * _ROUNDS:
            tried = []
            for value in _TRIED[column]:
                found[row, column] = value
                model.fill.trust.copy_(found)
                tried.append(_harm(model, parts))
            found[row, column] = _TRIED[column][int(np.argmin(tried))]
    return found


@dataclass(frozen=True, eq=False)
class _Judged:
    """A take with some keys, the step between them, what the members say, and where that counts."""

    take: HandTake
    step: int
    clip: Moving
    base: FingerBase
    seen: Tensor
    told: Tensor
    counts: NDArray[np.bool_]


def _judged(model: HandModel, takes: HandSet, row: int) -> Iterator[_Judged]:
    """All takes with keys at all spacings, of the kind that a row of the trust is about."""
    with_wrist = row != TRUSTED.index("full keys, wrist not known")
    few = row == TRUSTED.index("fewer keys than other angles of the hand")
    for take in takes.takes:
        clip = moving(take)
        for step, phase in itertools.product(_FEW if few else _STEPS, range(_PHASES)):
            keyed = (_few_keys if few else _full_keys)(clip.dof, step, phase * abs(step) // _PHASES)
            rows = np.isfinite(keyed).any(axis=1)
            if rows.sum() < 2:
                continue
            found = base(clip.times[rows], keyed[rows], clip.times, model.curves())
            seen = torch.from_numpy(features(found, clip.seen * with_wrist, model.curves()))
            first, last = np.flatnonzero(rows)[[0, -1]]
            counts = np.isfinite(clip.dof) & np.isnan(keyed)
            counts[:first] = counts[last:] = False
            if few:
                counts[:, OFTEN] = False
            with torch.no_grad():
                yield _Judged(take, step, clip, found, seen, model.fill.told(seen), counts)


def _full_keys(dof: Array, step: int, start: int) -> Array:
    """(T, 40) keys of all angles every `step` frames from `start`, NaN where there is none."""
    keyed = np.full_like(dof, np.nan)
    keyed[start::step] = dof[start::step]
    return keyed


def _few_keys(dof: Array, step: int, start: int) -> Array:
    """(T, 40) thumb and index keyed four times as often as the others, or alone where the step is negative."""
    keyed = _full_keys(dof, step, start) if step > 0 else np.full_like(dof, np.nan)
    often = abs(step) // 4
    keyed[start % often :: often, OFTEN] = dof[start % often :: often, OFTEN]
    return keyed


def _harm(model: HandModel, parts: list[_Judged]) -> float:
    """Mean share of interpolation's error over data sets and steps, and how far above 1 a further take's may be."""
    errors: dict[tuple[str, int], dict[str, Array]] = {}
    for part in parts:
        with torch.no_grad():
            outputs = model.fill.believed(part.told, part.seen).numpy()
        result = part.base.values + added_to(outputs, part.clip.times, part.base, part.clip.times)
        both = np.array([np.abs(curves - part.clip.dof)[part.counts].sum() for curves in (result, part.base.values)])
        takes = errors.setdefault((part.take.source, part.step), {})
        takes[part.take.name] = takes.get(part.take.name, np.zeros(2)) + both
    means, above = [], 0.0
    for takes in errors.values():
        sums = np.array([both for both in takes.values() if both[1]])
        if len(sums):
            means.append(np.divide(*sums.sum(axis=0)))
            above += max(bound(sums[:, 0] / sums[:, 1]) - 1, 0.0)
    return float(np.mean(means) + _HARM * above)


def bound(shares: Array) -> float:
    """What a further take's share stays below, going by those of N takes (N,), and what none of these is above.

    The one-sided prediction bound of a normal distribution whose mean and deviation are not known; of a single take,
    which says nothing of how takes differ, its own share.
    """
    count, largest = len(shares), float(shares.max())
    if count < 2:
        return largest
    reach = float(student.ppf(_SURE, count - 1)) * np.sqrt(1 + 1 / count)
    return max(largest, float(shares.mean() + reach * shares.std(ddof=1)))
