"""How well motion between full finger keys is filled in: errors with their controls, and how samples move."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from addon.core.finger_base import base
from addon.core.finger_curves import smooth
from addon.core.finger_fill import ANGLES, retimed
from addon.core.finger_follow import FingerStatistics
from addon.core.hand_gaussian import PER_HAND, HandGaussian
from addon.core.handles import auto_clamped
from addon.core.interpolation import BEZIER, Curve
from addon.core.interpolation import evaluate as evaluate_curve
from addon.core.metrics import bootstrap_interval
from addon.core.rotation import Array

from ..data import hands
from ..data.hand_take import HandTake
from ..data.hands import FPS, HandSet
from ..hands_fit import Moving, between_keys, moving, rates_of, spread_distance, with_sample
from ..models.hand_model import HandModel
from . import evaluate_hands_partial
from .evaluate_hands_partial import inner

SECONDS = (0.2, 0.5, 1.0, 2.0)
PHASES = 4
BLOCK = 5.0
"""Seconds of a block that intervals are drawn over."""
RETIMING = 0.6
"""How much of the re-timing by wrist speed is believed: the pilot's one parameter."""
_STILL = 0.05

Method = Callable[[Moving, NDArray[np.integer]], Array]


def evaluate(models: Mapping[str, HandModel]) -> dict[str, Any]:
    """ManipNet's test take by method and spacing; every test take by model; partial keys; samples; no key at all."""
    test = hands.load("all", "test")
    stranger = moving(hands.load("all", "validation").of("manipnet").takes[0])
    main = [moving(take) for take in test.of("manipnet").takes]
    content: dict[str, Any] = {"between": {}, "takes": {}, "partial": {}, "samples": {}, "no keys": {}, "wrist": {}}
    for seconds in SECONDS:
        step = round(seconds * FPS)
        content["between"][f"{seconds:g}"] = _between(main, step, _methods(models, stranger))
        for name, model in models.items():
            for with_wrist in (True, False):
                key = f"{name}{'' if with_wrist else ', no wrist'}"
                content["takes"].setdefault(key, {})[f"{seconds:g}"] = _by_take(model, test, step, with_wrist)
            content["samples"].setdefault(name, {})[f"{seconds:g}"] = _samples(model, main, step)
    for name, model in models.items():
        content["partial"][name] = evaluate_hands_partial.partial(model, main)
        content["no keys"][name] = evaluate_hands_partial.no_keys(model, main)
        content["wrist"][name] = evaluate_hands_partial.wrist(model.gaussian(), test.of("manipnet"))
    return content


def ratios_of(model: HandModel, take: HandTake, with_wrist: bool = True) -> dict[str, float]:
    """By spacing, a model's error on one take as a share of the Bezier's."""
    return {
        f"{seconds:g}": _by_take(model, HandSet((take,)), round(seconds * FPS), with_wrist)[take.name]
        for seconds in SECONDS
    }


def bezier(clip: Moving, keys: NDArray[np.integer]) -> Array:
    """(T, 40) what Blender makes of auto clamped keys: its own rules, curve by curve."""
    at, curves = np.arange(len(clip.times), dtype=np.float64), []
    for column in clip.dof[keys].T:
        if not np.isfinite(column).all():
            curves.append(np.full(len(at), np.nan))
            continue
        points = np.stack([keys.astype(np.float64), column], axis=-1)
        curve = Curve(points, *auto_clamped(points), np.full(len(keys), BEZIER))
        curves.append(evaluate_curve(curve, at))
    return np.stack(curves, axis=-1)


def _methods(models: Mapping[str, HandModel], stranger: Moving) -> dict[str, Method]:
    first = next(iter(models.values()))
    found: dict[str, Method] = {
        "hold": lambda clip, keys: clip.dof[keys][np.searchsorted(keys, np.arange(len(clip.times)), side="right") - 1],
        "linear": _linear,
        "Bezier, auto clamped": bezier,
        "conditional Gaussian on the window": lambda clip, keys: _gaussian(first.gaussian(), clip, keys),
        "Bezier, re-timed by wrist speed": _re_timed,
    }
    for name, model in models.items():
        found[name] = _ours(model, lambda clip: clip.seen)
        found[f"{name}, no wrist"] = _ours(model, lambda clip: np.zeros_like(clip.seen))
        found[f"{name}, somebody else's wrist"] = _ours(model, lambda clip: np.resize(stranger.seen, clip.seen.shape))
    return found


def _ours(model: HandModel, seen: Callable[[Moving], Array]) -> Method:
    return lambda clip, keys: between_keys(model, clip, int(keys[1] - keys[0]), int(keys[0]), seen(clip)).values


def _linear(clip: Moving, keys: NDArray[np.integer]) -> Array:
    at = np.arange(len(clip.times))
    return np.stack([np.interp(at, keys, column) for column in clip.dof[keys].T], axis=-1)


def _re_timed(clip: Moving, keys: NDArray[np.integer]) -> Array:
    """The control that learns nothing: what passes between keys passes as the wrist moves."""
    curves = base(clip.times[keys], clip.dof[keys], clip.times, _no_statistics())
    speed = np.linalg.norm(clip.seen[..., :3], axis=-1) + np.linalg.norm(clip.seen[..., 3:6], axis=-1)
    log_rate = np.repeat(np.log(speed + _STILL), ANGLES, axis=-1)
    return curves.values + RETIMING * retimed(log_rate, clip.times, curves, clip.times)


def _no_statistics() -> FingerStatistics:
    return FingerStatistics(np.zeros(40), np.eye(40), np.eye(40))


def _gaussian(gaussian: HandGaussian, clip: Moving, keys: NDArray[np.integer]) -> Array:
    """The Gaussian of poses over time, gap by gap, from the two keys on either side."""
    result = clip.dof.copy()
    own = np.array([hand * PER_HAND + angle for hand in range(2) for angle in range(ANGLES)])
    for place in range(len(keys) - 1):
        near = keys[max(place - 1, 0) : place + 3]
        inside = np.arange(keys[place] + 1, keys[place + 1])
        # Where all channels have keys at once, what one's keys say of its own course is the same for all of them.
        among = _correlation(gaussian, clip.times[near], clip.times[near]) + 1e-4 * np.eye(len(near))
        gain = np.linalg.solve(among, _correlation(gaussian, clip.times[near], clip.times[inside])).T
        result[inside] = gaussian.mean[own] + gain @ (clip.dof[near] - gaussian.mean[own])
    return result


def _correlation(gaussian: HandGaussian, a: Array, b: Array) -> Array:
    """(A, B) over time."""
    apart = np.abs(a[:, None] - b)
    parts = [weight * np.exp(-apart / seconds) for weight, seconds in gaussian.memory]
    return np.sum(parts, axis=0)


def _grids(clip: Moving, step: int) -> list[NDArray[np.integer]]:
    found = [np.arange(phase * step // PHASES, len(clip.times), step) for phase in range(PHASES)]
    return [keys for keys in found if len(keys) > 1]


def _between(clips: Sequence[Moving], step: int, methods: Mapping[str, Method]) -> dict[str, Any]:
    """Degrees with interval over blocks, share of the Bezier's error, and that share in lively and in quiet gaps."""
    usual, lively, block = [], [], []
    rows: dict[str, list[Array]] = {name: [] for name in methods}
    for clip in clips:
        for keys in _grids(clip, step):
            inside = inner(clip, keys)
            block.append((clip.times[inside] // BLOCK).astype(int))
            gap = np.searchsorted(keys, np.flatnonzero(inside), side="right") - 1
            change = np.abs(np.diff(clip.dof[keys], axis=0)).mean(axis=1)
            lively.append(change[gap] > np.median(change))
            for name, method in methods.items():
                rows[name].append(np.abs(method(clip, keys) - clip.dof)[inside].mean(axis=1))
            usual.append(rows["Bezier, auto clamped"][-1])
    reference, is_lively, blocks = (np.concatenate(parts) for parts in (usual, lively, block))
    found = {}
    for name, errors in rows.items():
        error = np.concatenate(errors)
        found[name] = {
            "degrees": _over_blocks(np.degrees(error), blocks),
            "share": round(float(error.mean() / reference.mean()), 4),
            "share, lively gaps": round(float(error[is_lively].mean() / reference[is_lively].mean()), 4),
            "share, quiet gaps": round(float(error[~is_lively].mean() / reference[~is_lively].mean()), 4),
        }
    return found


def _over_blocks(errors: Array, blocks: Array) -> list[float]:
    names = np.unique(blocks)
    means = [float(errors[blocks == name].mean()) for name in names]
    weights = [int(np.sum(blocks == name)) for name in names]
    return [round(value, 4) for value in bootstrap_interval(means, weights)]


def _by_take(model: HandModel, test: HandSet, step: int, with_wrist: bool) -> dict[str, float]:
    """The share of the Bezier's error, test take by test take."""
    found = {}
    for take in test.takes:
        clip = moving(take)
        there = np.isfinite(clip.dof[0])
        ours, usual = 0.0, 0.0
        for keys in _grids(clip, step):
            inside = inner(clip, keys)
            made = between_keys(model, clip, step, int(keys[0]), clip.seen * with_wrist).values
            curves = smooth(clip.times[keys], clip.dof[keys], clip.times)
            for curve, is_ours in ((made, True), (curves, False)):
                error = float(np.abs(curve - clip.dof)[inside][:, there].sum())
                ours, usual = (ours + error, usual) if is_ours else (ours, usual + error)
        if usual:
            found[take.name] = round(ours / usual, 4)
    return found


def _samples(model: HandModel, clips: Sequence[Moving], step: int) -> dict[str, float]:
    """How fast and how smoothly samples move between keys: mean speeds in degrees a second, distances to the data's."""
    drawn, plain = [], []
    worst = 0.0
    for clip in clips:
        keys = np.arange(0, len(clip.times), step)
        inside = slice(keys[0], keys[-1] + 1)
        found = between_keys(model, clip, step)
        sample = with_sample(model, found, clip.times, model.how_lively(), seed=1)
        worst = max(worst, float(np.abs(sample - clip.dof)[keys].max()))
        drawn.append(sample[inside])
        plain.append(smooth(clip.times[keys], clip.dof[keys], clip.times)[inside])
    truth = rates_of([clip.dof for clip in clips])
    ours, usual = rates_of(drawn), rates_of(plain)
    row = {"speed, data": truth[0].mean(), "speed, samples": ours[0].mean(), "speed, Bezier": usual[0].mean()}
    for i, what in enumerate(("speed", "jerk")):
        row[f"{what} distance, samples"] = spread_distance(ours[i], truth[i])
        row[f"{what} distance, Bezier"] = spread_distance(usual[i], truth[i])
    row["largest miss of a key, degrees"] = np.degrees(worst)
    return {name: round(float(value), 4) for name, value in row.items()}
