"""Fingers over time from any keys, or from none: what to ask of the networks, and how their answers become a motion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from . import wrist
from .finger_fill import ANGLES, FPS, HANDS, OUTPUTS, PASSES, Network, filled
from .finger_follow import FingerStatistics
from .finger_performance import with_made_up_poses
from .finger_pose import Mode, PoseModel
from .finger_samples import Liveliness, sampled
from .rotation import Array, normalize
from .windows import windows

_WINDOW, _REACH = 1500, 180


@dataclass(frozen=True, eq=False)
class MotionModel:
    """What a file holds.

    fill: the network between keys. statistics: its closed form. pose: the any-order network. liveliness: of samples.
    """

    fill: Network
    statistics: FingerStatistics
    pose: PoseModel
    liveliness: Liveliness


def generated(
    model: MotionModel,
    times: Array,
    keyed: Array,
    wrists: Array,
    mode: Mode,
    rng: np.random.Generator,
    temperature: float = 1.0,
    progress: Callable[[float], None] | None = None,
) -> Array:
    """(T, 2, 20) radians at rising `times` (T,), seconds: keys as they are, and what the model makes of the rest.

    keyed: (T, 2, 20), NaN where there is no key. wrists: (T, 2, 7) as in `wrist.channels`, NaN where not known.
    Samples of a hand without any key first draw poses (`finger_performance`); all else follows from poses and wrists.
    """
    both = keyed.reshape(len(times), HANDS * ANGLES)
    grid = times[0] + np.arange(int(np.floor((times[-1] - times[0]) * FPS + 1e-6)) + 1) / FPS
    steady = _on_grid(wrists, times, grid)
    seen = wrist.channels(steady, FPS)
    key_times, keys = _rows_with_keys(times, both)
    if mode == "sample":
        key_times, keys = with_made_up_poses(model.pose, key_times, keys, grid, steady, rng, temperature)
    result = filled(_in_pieces(model.fill, progress), key_times, keys, times, seen, model.statistics)
    values = result.values
    if mode == "sample":
        lively = replace(model.liveliness, width=model.liveliness.width * temperature)
        values = values + sampled(result, result.pace, times, model.statistics.between, lively, rng)
    values = _within(values, both, model.pose.limits)
    return np.where(np.isfinite(both), both, values).reshape(keyed.shape)


def _rows_with_keys(times: Array, both: Array) -> tuple[Array, Array]:
    rows = np.isfinite(both).any(axis=-1)
    return times[rows], both[rows]


def _in_pieces(network: Network, progress: Callable[[float], None] | None) -> Network:
    """The network on long motion, window after window: it sees no farther than `_REACH` frames.

    `filled` asks it PASSES times; progress is told the share of all.
    """
    done = 0

    def through(features: Array) -> Array:
        nonlocal done
        frames = features.shape[1]
        result = np.empty((HANDS, frames, OUTPUTS), dtype=np.float32)
        for window in windows(frames, _WINDOW, _REACH):
            part = network(np.ascontiguousarray(features[:, window.start : window.stop]))
            result[:, window.first : window.last] = part[:, window.first - window.start : window.last - window.start]
            if progress is not None:
                progress((done + window.last / frames) / PASSES)
        done += 1
        return result

    return through


def _on_grid(wrists: Array, times: Array, grid: Array) -> Array:
    """(G, 2, 7) the wrists at the grid's times; NaN for a hand that is not known throughout."""
    result = np.full((len(grid), HANDS, 7), np.nan)
    for hand in range(HANDS):
        if np.isfinite(wrists[:, hand]).all():
            place = np.interp(grid, times, np.arange(len(times)))
            result[:, hand] = _between(wrists[:, hand], place)
    return result


def _between(values: Array, place: Array) -> Array:
    before = np.minimum(place.astype(int), max(len(values) - 2, 0))
    after = np.minimum(before + 1, len(values) - 1)
    share = (place - before)[:, None]
    start, stop = values[before], values[after]
    flip = np.sum(start[:, 3:] * stop[:, 3:], axis=-1, keepdims=True) < 0
    turned = start[:, 3:] * (1 - share) + np.where(flip, -stop[:, 3:], stop[:, 3:]) * share
    return np.concatenate([start[:, :3] * (1 - share) + stop[:, :3] * share, normalize(turned)], axis=-1)


def _within(values: Array, both: Array, limits: Array) -> Array:
    """What was generated kept within the joints' limits, or as far outside as the animator's own keys lie."""
    low, high = (np.tile(limit, HANDS) for limit in limits)
    with np.errstate(invalid="ignore"):
        keyed_low = np.min(np.where(np.isfinite(both), both, np.inf), axis=0)
        keyed_high = np.max(np.where(np.isfinite(both), both, -np.inf), axis=0)
    return np.clip(values, np.minimum(low, keyed_low), np.maximum(high, keyed_high))
