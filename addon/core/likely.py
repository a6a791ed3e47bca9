"""What likely happened where nothing was recorded: poses as a stationary Gaussian process, known from real motion."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from . import gaps
from .rotation import Array, Mask, conjugate, exp, log, multiply

CONTEXT = 10
"""Frames before and after a hole that tell what happened in it."""
MEASURED = 1e-4
"""Variance of what is known, radians²: how closely the process has to pass by it."""
LOOSE, OUTSIDE = 0.02, 10.0
"""The same where only some joints are known, and by how much more what the principal poses leave out counts there:
how joints go together at one moment is known less well than how poses follow each other."""


@dataclass(frozen=True, eq=False)
class Likely:
    """How poses follow each other.

    reference: (J, 4), poses are rotation vectors (J·3,) relative to it. mean: (J·3,). basis: (P, J·3) orthonormal rows,
    the principal poses; rest: (J·3,) variance of what they leave out, radians². lags: (K, P, P), E[x_t x_{t+k}ᵀ] of
    their amplitudes, k = 0 … K - 1 frames at `fps`.
    """

    reference: Array
    mean: Array
    basis: Array
    rest: Array
    lags: Array
    fps: float

    def at(self, fps: float) -> Likely:
        """The same for frames at another rate."""
        if abs(fps / self.fps - 1) < 1e-3:
            return self
        last = len(self.lags) - 1
        where = np.minimum(np.arange(int(last * fps / self.fps) + 1) * self.fps / fps, last)
        before = np.minimum(where.astype(int), last - 1)
        share = (where - before)[:, None, None]
        lags = self.lags[before] * (1 - share) + self.lags[before + 1] * share
        return replace(self, lags=lags, fps=fps)


def filled(likely: Likely, rotations: Array, missing: Mask, absent: Mask) -> Array:
    """Rotations (T, J, 4) with those at `missing` (T, J) replaced by what is most likely, given what is known beside.

    The conditional mean of the process (Rasmussen & Williams, "Gaussian Processes for Machine Learning", ch. 2), moved
    so that it meets the known rotations at the hole's ends. A hole that is longer than the process knows about, and a
    joint that is `absent` (J,), is only bridged by slerp. Where only some joints are missing the others tell as well.
    """
    result = gaps.filled(rotations, missing)
    for start, stop in _stretches(missing & ~absent):
        first, last = max(start - CONTEXT, 0), min(stop + CONTEXT, len(rotations))
        here = slice(first, last)
        known = ~missing[here] & ~absent
        if last - first > len(likely.lags) or not known.any():
            continue
        guess = _conditional_mean(likely, result[here], known)
        offset = gaps.filled(multiply(conjugate(guess), result[here]), missing[here])
        unknown = missing[here] & ~absent
        result[here][unknown] = multiply(guess, offset)[unknown].astype(result.dtype)
    return result


def _stretches(missing: Mask) -> Iterator[tuple[int, int]]:
    """First frame and the one after the last of each hole; holes nearer to each other than CONTEXT are one."""
    frames = np.flatnonzero(missing.any(axis=1))
    if not len(frames):
        return
    breaks = np.flatnonzero(np.diff(frames) > CONTEXT)
    for first, last in zip([0, *(breaks + 1)], [*breaks, len(frames) - 1], strict=True):
        yield int(frames[first]), int(frames[last]) + 1


def _conditional_mean(likely: Likely, rotations: Array, known: Mask) -> Array:
    """(T, J, 4) the process' mean given the rotations (T, J, 4) where `known` (T, J)."""
    frames, joints = known.shape
    size = len(likely.basis)
    vectors = log(multiply(conjugate(likely.reference), rotations.astype(np.float64))).reshape(frames, -1) - likely.mean
    spread = _covariance(likely.lags, frames)
    rows, values, noises = [], [], []
    for t in range(frames):
        if known[t].all():  # as good as its amplitudes
            look, value, noise = np.eye(size), likely.basis @ vectors[t], np.full(size, MEASURED)
        else:
            seen = np.repeat(known[t], 3)
            look, value = likely.basis[:, seen].T, vectors[t, seen]
            noise = LOOSE + OUTSIDE * likely.rest[seen]
        wide = np.zeros((len(look), frames * size))
        wide[:, t * size : (t + 1) * size] = look
        rows.append(wide)
        values.append(value)
        noises.append(noise)
    looked, measured = np.concatenate(rows), np.concatenate(values)
    shared = spread @ looked.T
    weights = np.linalg.solve(looked @ shared + np.diag(np.concatenate(noises)), measured)
    amplitudes = (shared @ weights).reshape(frames, size)
    return multiply(likely.reference, exp((amplitudes @ likely.basis + likely.mean).reshape(frames, joints, 3)))


def _covariance(lags: Array, frames: int) -> Array:
    """(T·P, T·P) covariance of `frames` frames' amplitudes."""
    apart = np.arange(frames)[None, :] - np.arange(frames)[:, None]
    blocks = lags[np.abs(apart)]
    blocks = np.where((apart >= 0)[..., None, None], blocks, blocks.transpose(0, 1, 3, 2))
    return blocks.transpose(0, 2, 1, 3).reshape(frames * lags.shape[1], -1).astype(np.float64)
