"""The prototypes of hands, fitted to takes: clusters of each data set's poses, and how new takes leave them."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.vq import kmeans2, vq

from addon.core.hand_prototypes import HandPrototypes
from addon.core.rotation import Array

PROTOTYPES, GROUPS = 384, 4
EVENNESS = 0.7
"""Data sets get prototypes by this power of their size."""
_ROUNDS = 12
_EVERY = 5
"""Frames whose distance to others' prototypes is measured: neighbours in time are alike."""


def fit(hands: Mapping[str, Sequence[Array]]) -> HandPrototypes:
    """PROTOTYPES prototypes in GROUPS groups, those that are not needed weighing nothing.

    hands: by data set the hands (N, 20) of each take.
    """
    everything = np.concatenate([hand for parts in hands.values() for hand in parts])
    scale = everything.std(axis=0)
    size = np.array([sum(map(len, parts)) for parts in hands.values()]) ** EVENNESS
    counts = np.floor(PROTOTYPES * size / size.sum()).astype(int)
    found = np.zeros((PROTOTYPES, scale.size))
    weight, group = np.zeros(PROTOTYPES), np.zeros(PROTOTYPES, dtype=np.int64)
    spread = np.tile(np.eye(scale.size), (GROUPS, 1, 1))
    start = 0
    for number, (parts, count) in enumerate(zip(hands.values(), counts, strict=True)):
        centres, label = _clusters(np.concatenate(parts) / scale, int(count))
        place = slice(start, start + len(centres))
        found[place], weight[place], group[place] = centres * scale, np.bincount(label) / len(everything), number
        spread[number] = _left_over(parts, found[place], scale)
        start += len(centres)
    return HandPrototypes(found, weight, group, spread)


def _clusters(hands: Array, count: int) -> tuple[Array, Array]:
    """Centres and each pose's own; empty clusters are left out."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of empty clusters
        centres, label = kmeans2(hands, count, iter=_ROUNDS, minit="points", seed=0)
    kept = np.bincount(label, minlength=count) > 0
    return centres[kept], (np.cumsum(kept) - 1)[label]


def owners(parts: Sequence[Array], centres: Array, scale: Array) -> NDArray[np.integer]:
    """(M,) which of the takes' hands (N, 20) each prototype (M, 20) stands for: the take with most of its poses."""
    votes = np.stack([np.bincount(_nearest(part, centres, scale), minlength=len(centres)) for part in parts])
    whose: NDArray[np.integer] = votes.argmax(axis=0)
    return whose


def _nearest(hands: Array, centres: Array, scale: Array) -> NDArray[np.integer]:
    return vq(hands / scale, centres / scale)[0]  # type: ignore[no-any-return]


def _left_over(parts: Sequence[Array], centres: Array, scale: Array) -> Array:
    """(20, 20) covariance of how poses leave the nearest prototype of other takes: as a new take's will.

    Where a data set is one take, its own have to do.
    """
    whose = owners(parts, centres, scale)
    away = []
    for number, part in enumerate(parts):
        others = centres[whose != number] if len(parts) > 1 else centres
        if len(others):
            some = part[::_EVERY]
            away.append(some - others[_nearest(some, others, scale)])
    every = np.concatenate(away)
    covariance: Array = every.T @ every / len(every)
    return covariance
