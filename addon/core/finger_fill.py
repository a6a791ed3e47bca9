"""Fingers between keys: a network says when, on the way from key to key, a hand moves, and how far it leaves that way.

The network never sees a key's exact place beside its grid: what it says is carried to any time here, and is nothing at
a key. So keys are met exactly at every frame rate.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from . import wrist as wrists
from .finger_base import FingerBase, base
from .finger_follow import FingerStatistics
from .hand import DOF
from .rotation import Array

FPS = 30.0
"""The grid's rate."""
HANDS, ANGLES = 2, len(DOF)
FEATURES = 7 * ANGLES + 2 * wrists.CHANNELS
OWN_WRIST_SPEEDS = slice(7 * ANGLES + wrists.CHANNELS - 3, 7 * ANGLES + wrists.CHANNELS - 1)
OWN_WRIST_KNOWN = slice(OWN_WRIST_SPEEDS.stop, OWN_WRIST_SPEEDS.stop + 1)
SINCE, UNTIL = slice(2 * ANGLES, 3 * ANGLES), slice(3 * ANGLES, 4 * ANGLES)
"""Among the features: logarithms of the speeds of the hand's own wrist, 1 where it is known, distances from keys."""
OUTPUTS = 3 * ANGLES
"""Of each hand and frame: what is added (radians), the logarithm of the rate, that of the deviation still to expect."""

PASSES = 2
"""How often `filled` asks the network: forwards and backwards in time."""
_FRAMES_OF_ENVELOPE = 2.0
_LOG_RATE = 5.0
_AROUND_SECONDS = 0.5

Network = Callable[[Array], Array]
"""Features (2, T, FEATURES) to (2, T, OUTPUTS), float32."""


@dataclass(frozen=True, eq=False)
class Filled:
    """values: (T, 40) radians, both hands, the left's angles first. deviation: (T, 40) radians that the network expects
    to be off, zero at keys. pace: (T, 2) how lively each hand is likely to be there, about 1 on average.
    """

    values: Array
    deviation: Array
    pace: Array


def filled(
    network: Network, key_times: Array, keyed: Array, times: Array, seen: Array, statistics: FingerStatistics
) -> Filled:
    """Angles at `times` (T,) through the keys `keyed` (K, 40) at `key_times` (K,), NaN where there is none.

    Times are seconds, rising. seen: (G, 2, wrist.CHANNELS) at the grid, which begins at times[0] and has FPS.
    The network is asked forwards and backwards in time, and the mean taken.
    """
    grid = times[0] + np.arange(len(seen)) / FPS
    coarse = base(key_times, keyed, grid, statistics)
    fine = base(key_times, keyed, times, statistics)
    forwards = network(features(coarse, seen, statistics))
    backwards = network(features(reversed_base(coarse), seen[::-1] * wrists.REVERSED, statistics))[:, ::-1]
    moved = [added_to(outputs, grid, fine, times) for outputs in (forwards, backwards)]
    _, log_rate, log_deviation = _parts((forwards + backwards) / 2)
    return Filled(
        fine.values + (moved[0] + moved[1]) / 2,
        _at(np.exp(log_deviation), grid, times) * envelope(fine.since * FPS, fine.until * FPS),
        _at(_pace(log_rate), grid, times),
    )


def added_to(outputs: Array, grid: Array, curves: FingerBase, times: Array) -> Array:
    """(T, 40) what the network's outputs (2, G, OUTPUTS) at the grid's times add to curves at `times` (T,)."""
    added, log_rate, _ = _parts(outputs)
    aside = _at(added, grid, times) * envelope(curves.since * FPS, curves.until * FPS)
    return aside + retimed(log_rate, grid, curves, times)


def features(curves: FingerBase, seen: Array, statistics: FingerStatistics) -> Array:
    """(2, T, FEATURES) float32: what the network sees of each hand, its own first, then of the other."""
    scale = np.sqrt(np.diag(statistics.covariance))
    place, change = (curves.values - statistics.mean) / scale, curves.change / scale
    keyed = np.where((curves.since == 0) | (curves.until == 0), 1.0, 0.0)
    since, until = (np.log1p(distance * FPS) / 3 for distance in (curves.since, curves.until))
    result = []
    for hand in range(HANDS):
        own, other = (slice(ANGLES * h, ANGLES * (h + 1)) for h in (hand, 1 - hand))
        parts = [part[:, own] for part in (place, keyed, since, until, change)]
        parts += [place[:, other], change[:, other], seen[:, hand], seen[:, 1 - hand]]
        result.append(np.concatenate(parts, axis=-1))
    return np.stack(result).astype(np.float32)


def reversed_base(curves: FingerBase) -> FingerBase:
    """The same curves as time running backwards has them.

    At a key the change is that to the key which follows: backwards, the one before.
    """
    before = np.concatenate([np.zeros_like(curves.change[:1]), curves.change[:-1]])
    change = np.where((curves.since == 0) & (curves.until == 0), before, curves.change)
    return FingerBase(curves.values[::-1], -change[::-1], curves.until[::-1], curves.since[::-1])


def envelope(since: Array, until: Array) -> Array:
    """0 at a key, 1 far from all; distances in frames of the grid."""
    envelope: Array = 1 - np.exp(-np.minimum(since, until) / _FRAMES_OF_ENVELOPE)
    return envelope


def retimed(log_rate: Array, grid: Array, curves: FingerBase, times: Array) -> Array:
    """(T, C) what passing from key to key at a varying rate adds to passing at a steady one."""
    rate = np.exp(np.clip(log_rate, -_LOG_RATE, _LOG_RATE))
    passed = np.concatenate([np.zeros((1, rate.shape[1])), np.cumsum((rate[1:] + rate[:-1]) / 2, axis=0)])
    now, last, following = (
        _at(passed, grid, at) for at in (times[:, None], times[:, None] - curves.since, times[:, None] + curves.until)
    )
    between = curves.between_keys
    share = np.where(between, (now - last) / np.maximum(following - last, 1e-9), 0.0)
    steady = np.where(between, curves.since / np.maximum(curves.since + curves.until, 1e-9), 0.0)
    return (share - steady) * curves.change


def _pace(log_rate: Array) -> Array:
    """(G, 2) each hand's mean rate against that of the half seconds around."""
    hands = log_rate.reshape(len(log_rate), HANDS, ANGLES).mean(axis=-1)
    pace: Array = np.exp(hands - wrists.averaged(hands, _AROUND_SECONDS * FPS))
    return pace


def _at(values: Array, grid: Array, times: Array) -> Array:
    """(T, C) values (G, C) of the grid between its frames, at times (T,) or (T, C)."""
    place = np.clip((np.asarray(times) - grid[0]) * FPS, 0, len(grid) - 1)
    place = np.broadcast_to(place[:, None] if place.ndim == 1 else place, (len(place), values.shape[1]))
    before = np.minimum(place.astype(int), max(len(grid) - 2, 0))
    share = place - before
    column = np.arange(values.shape[1])
    return values[before, column] * (1 - share) + values[np.minimum(before + 1, len(grid) - 1), column] * share


def _parts(outputs: Array) -> list[Array]:
    """(2, T, OUTPUTS) to what is added, logarithms of the rate and of the deviation, (T, 40) each."""
    return [np.concatenate(list(part), axis=-1) for part in np.split(outputs.astype(np.float64), 3, axis=-1)]
