"""Fewer keys for a rotation: Bezier keys that an animator can edit, none farther from the motion than a tolerance.

All numbers of a rotation are keyed at the same frames, and the error is the angle between the rotations that Blender
plays, not the difference of single curves. A key has the motion's own slope, with handles a third of the way to its
neighbours: so a stretch between two keys depends on these two alone and can be judged on its own, which automatic
handles, each of which depends on all other keys, do not allow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .key_fitting import Places, fitted, hermite, hermite_played
from .progress import Progress
from .rotation import Array, dot
from .rotation_mode import to_quaternion
from .signals import continued, cubic

_ROUNDING = 0.998
_WIDER = 2.5  # times the tolerance, for the keys that fitting begins with
# Frames between two keys that the search tries, evenly spread where it matters less; merging makes longer ones.
_LENGTHS = (*range(2, 13), 14, 16, 18, 20, 23, 26, 30, 34, 39, 45, 52, 60)
_LOOKED_AT = 7
_PATIENCE = 3  # lengths in a row that may fail before longer ones are not tried
_BLOCK = 8192  # starts looked at in one go
_EVEN = 1e-3
_WINDOW = 5
_REACH = _WINDOW // 2


@dataclass(frozen=True, eq=False)
class ReducedKeys:
    """Keys of one rotation: at frames (K,), with values (K, n) and slopes (K, n) per frame.

    kept: (K,) which of the frames that were given these are, rising.
    """

    kept: Places
    frames: Array
    values: Array
    slopes: Array

    def handles(self) -> tuple[Array, Array]:
        """Left and right handles (K, n, 2) as frame and value: the outer ones reach as far as the inner ones."""
        if len(self.frames) == 1:
            reach = np.array([1 / 3]), np.array([1 / 3])
        else:
            third = np.diff(self.frames) / 3
            reach = np.append(third[0], third), np.append(third, third[-1])
        left, right = (self._handle(side * length) for side, length in zip((-1.0, 1.0), reach, strict=True))
        return left, right

    def _handle(self, reach: Array) -> Array:
        values = self.values + self.slopes * reach[:, None]
        return np.stack([np.broadcast_to((self.frames + reach)[:, None], values.shape), values], axis=-1)


def reduced(frames: Array, values: Array, mode: str, degrees: float, progress: Progress | None = None) -> ReducedKeys:
    """The fewest keys found for `values` (T, n), numbers of Blender's rotation mode `mode` at rising `frames` (T,).

    Played as Bezier curves with the handles of `ReducedKeys`, no frame is off by more than `degrees`. The first and the
    last frame stay keyed with the values that they have; keys between may lie off their frame's value, within the
    tolerance. progress: is told the share done, may raise.

    Of all ways to put keys on the motion itself the one with the fewest for a wider tolerance is found by dynamic
    programming over stretches of up to 60 frames (as Perez & Vidal, Pattern Recognition Letters 15, 1994, do for
    polygons). Then values and slopes of these keys are fitted, and keys are put where that is not enough.
    """
    at, exact = frames.astype(np.float64), values.astype(np.float64)
    if len(at) < 3:
        return ReducedKeys(np.arange(len(at)), at, exact, _slopes(at, exact))
    motion = _Motion(at, exact, _slopes(at, exact), to_quaternion(exact, mode), mode)
    kept, ends = np.array([0, len(at) - 1]), _limit(degrees)
    if motion.worst(kept)[0] <= ends:
        return ReducedKeys(kept, at[kept], exact[kept], motion.slopes[kept])
    wide = _limit(_WIDER * degrees)
    return _refined(motion, _merged(motion, _shortest(motion, wide, progress), wide), ends)


def _limit(degrees: float) -> float:
    """sin² of half the angle, a little less: Blender keeps keys in float32."""
    return float(np.sin(np.radians(min(degrees, 180.0) * _ROUNDING) / 2) ** 2)


def _refined(motion: _Motion, kept: Places, limit: float) -> ReducedKeys:
    """Keys fitted, and others put between them until no frame is off by more than `limit`.

    Of the stretches that are off, the worse half get another key at a time: their neighbours may hold then. A key that
    is off itself is pinned to the motion.
    """
    pinned = np.zeros(len(motion.frames), dtype=bool)
    pinned[[0, -1]] = True
    while True:
        stretch, weights = hermite(motion.frames, kept)
        values, slopes = fitted(
            motion.frames, motion.values, kept, pinned[kept], motion.values[kept], motion.slopes[kept]
        )
        played = hermite_played(stretch, weights, values, slopes)
        off = _off(to_quaternion(played, motion.mode), motion.wanted)
        worst = np.maximum.reduceat(off, kept[:-1])
        bad = np.flatnonzero(worst > limit)
        if not len(bad):
            return ReducedKeys(kept, motion.frames[kept], values, slopes)
        places = np.array(
            [kept[i] + np.argmax(off[kept[i] : kept[i + 1] + 1]) for i in bad[worst[bad] >= np.median(worst[bad])]]
        )
        pinned[np.intersect1d(places, kept)] = True
        kept = np.union1d(kept, places)


@dataclass(frozen=True, eq=False)
class _Motion:
    """frames (T,), what a key there would have as value and slope (T, n), the rotations (T, 4) that are wanted."""

    frames: Array
    values: Array
    slopes: Array
    wanted: Array
    mode: str

    def between(self, start: Places, stop: Places, place: Places) -> Array:
        """How far frames `place` are off in the stretches from keys `start` to `stop`, which broadcast: sin² of half
        the angle."""
        run = (self.frames[stop] - self.frames[start])[..., None]
        share = (self.frames[place] - self.frames[start])[..., None] / run
        keyed = self.values[start], self.slopes[start], self.values[stop], self.slopes[stop]
        played = cubic(share, run, *keyed)
        if self.mode != "QUATERNION":
            played = to_quaternion(played, self.mode)
        return _off(played, self.wanted[place])

    def worst(self, kept: Places) -> Array:
        """(K - 1,) how far each stretch between `kept` (K,) frames is off at its worst."""
        place = np.arange(len(self.frames))
        stretch = np.minimum(np.searchsorted(kept, place, side="right") - 1, len(kept) - 2)
        off = self.between(kept[stretch], kept[stretch + 1], place)
        result: Array = np.maximum.reduceat(off, kept[:-1])
        return result


def _off(played: Array, wanted: Array) -> Array:
    """(...) sin² of half the angle between quaternions (..., 4) of any length and unit ones."""
    square = dot(played, played)
    alike: Array = np.divide(dot(played, wanted) ** 2, square, out=np.zeros_like(square), where=square > 0)
    return 1.0 - alike


def _slopes(frames: Array, values: Array) -> Array:
    """(T, n) how steeply the values rise at each frame: a cubic through five frames where these are even, by least
    squares (Savitzky & Golay, Analytical Chemistry 36, 1964)."""
    if len(frames) < 2:
        return np.zeros_like(values)
    if not _fits_window(frames):
        return np.gradient(values, frames, axis=0)
    weights = np.linalg.pinv(np.vander(np.arange(-_REACH, _REACH + 1), 4, increasing=True))[1]
    return _convolved(values, weights) / ((frames[-1] - frames[0]) / (len(frames) - 1))


def _fits_window(frames: Array) -> bool:
    steps = np.diff(frames)
    return len(frames) >= _WINDOW and bool(np.ptp(steps) < _EVEN * steps.mean())


def _convolved(values: Array, weights: Array) -> Array:
    """Weighted sums of five values around each (T, n), both ends continued turned about the end point."""
    held = continued(values, values[[0, -1]], _REACH, _REACH)
    return np.sum([w * held[i : i + len(values)] for i, w in enumerate(weights)], axis=0)


def _shortest(motion: _Motion, limit: float, progress: Progress | None) -> Places:
    """The frames of the fewest keys with which all stretches hold, of the `_LENGTHS`."""
    frames = len(motion.frames)
    cost, came = [float("inf")] * frames, [0] * frames
    cost[0] = 0.0
    for first in range(0, frames - 1, _BLOCK):
        if progress is not None:
            progress(first / frames)
        lengths, worst = _holding(motion, np.arange(first, min(first + _BLOCK, frames - 1)), limit)
        for start, own in enumerate(zip(*worst, strict=True), first):
            for length, off in zip(lengths, own, strict=True):
                if off > limit:
                    continue
                total = cost[start] + 1 + 1e-3 * off / limit
                if total < cost[start + length]:
                    cost[start + length], came[start + length] = total, start
    path = [frames - 1]
    while path[-1] > 0:
        path.append(came[path[-1]])
    return np.array(path[::-1])


def _holding(motion: _Motion, starts: Places, limit: float) -> tuple[list[int], list[list[float]]]:
    """Lengths of stretches, and for each how far those from every start (S,) are off at their worst; infinity where
    that was not tried.

    Looked at in a few frames of each, because what is found is looked at in all of them afterwards. Plain numbers in
    few lists: among as many tuples as stretches Python's collector would look for cycles, which holds the window.
    """
    lengths, found = [1], [[0.0] * len(starts)]
    failed = np.zeros(len(starts), dtype=int)
    for length in _LENGTHS:
        tried = np.flatnonzero((failed < _PATIENCE) & (starts + length < len(motion.frames)))
        if not len(tried):
            break
        begin = starts[tried, None]
        inner = begin + np.unique(np.linspace(1, length - 1, _LOOKED_AT).round().astype(np.intp))
        worst = np.full(len(starts), np.inf)
        worst[tried] = motion.between(begin, begin + length, inner).max(axis=1)
        holds = worst[tried] <= limit
        failed[tried[~holds]] += 1
        failed[tried[holds]] = 0
        lengths.append(int(length))
        found.append(worst.tolist())
    return lengths, found


def _merged(motion: _Motion, kept: Places, limit: float) -> Places:
    """`kept` without the keys that can go, every second one tried at a time, until none can."""
    while True:
        before = len(kept)
        for parity in (1, 2):
            tried = np.arange(parity, len(kept) - 1, 2)
            if len(tried):
                fewer = np.delete(kept, tried)
                holds = motion.worst(fewer)[np.searchsorted(fewer, kept[tried]) - 1] <= limit
                kept = np.delete(kept, tried[holds])
        if len(kept) == before:
            return kept
