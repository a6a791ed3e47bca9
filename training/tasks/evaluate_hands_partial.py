"""How well fingers are found that have few keys or none, and the wrist where it is what is not known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from addon.core.finger_curves import smooth
from addon.core.finger_fill import ANGLES, filled
from addon.core.finger_follow import FingerStatistics
from addon.core.hand_gaussian import CHANNELS, PER_HAND, HandGaussian, Places
from addon.core.rotation import Array

from ..data import hands
from ..data.hands import FPS, HandSet
from ..hands_fit import Moving, fill_network
from ..hands_trust import OFTEN
from ..models.hand_model import HandModel

_REST = np.setdiff1d(np.arange(2 * ANGLES), OFTEN)


def inner(clip: Moving, keys: NDArray[np.integer]) -> NDArray[np.bool_]:
    """(T,) frames between the first key and the last that have none."""
    inside = np.zeros(len(clip.times), dtype=bool)
    inside[keys[0] : keys[-1] + 1] = True
    inside[keys] = False
    return inside


def partial(model: HandModel, clips: Sequence[Moving]) -> dict[str, Any]:
    """Thumb and index keyed every half second; the others every two seconds, or not at all: degrees on the others."""
    errors: dict[str, list[float]] = {}
    own = hands.statistics(hands.load("all", "train").of("manipnet").takes)
    for clip in clips:
        for phase in (0, 15, 30, 45):
            often = np.arange(phase % 15, len(clip.times), 15)
            rarely = np.arange(phase, len(clip.times), 60)
            inside = inner(clip, rarely)
            both = np.full_like(clip.dof, np.nan)
            both[np.ix_(often, OFTEN)] = clip.dof[np.ix_(often, OFTEN)]
            some = both.copy()
            both[np.ix_(rarely, _REST)] = clip.dof[np.ix_(rarely, _REST)]
            plain = smooth(clip.times[rarely], clip.dof[rarely], clip.times)
            thumbs = smooth(clip.times[often], clip.dof[often], clip.times)[:, OFTEN]
            rows = {
                "every 2 s: Bezier": plain[:, _REST],
                "every 2 s: ours": _asked(model, clip, both)[:, _REST],
                "every 2 s: ours, no wrist": _asked(model, clip, both, with_wrist=False)[:, _REST],
                "none: mean pose": np.tile(model.curves().mean[_REST], (len(clip.times), 1)),
                "none: conditional Gaussian": _expected(model.curves(), thumbs),
                "none: conditional Gaussian of ManipNet alone": _expected(own, thumbs),
                "none: ours": _asked(model, clip, some)[:, _REST],
                "none: ours, no wrist": _asked(model, clip, some, with_wrist=False)[:, _REST],
            }
            for name, found in rows.items():
                errors.setdefault(name, []).append(float(np.degrees(np.abs(found - clip.dof[:, _REST])[inside].mean())))
    return {name: round(float(np.mean(values)), 4) for name, values in errors.items()}


def _expected(known: FingerStatistics, seen: Array) -> Array:
    """(T, R) the other fingers' angles that a Gaussian expects from those of thumb and index."""
    inner = known.covariance[np.ix_(OFTEN, OFTEN)] + np.radians(1.0) ** 2 * np.eye(len(OFTEN))
    gain = np.linalg.solve(inner, known.covariance[np.ix_(OFTEN, _REST)])
    expected: Array = known.mean[_REST] + (seen - known.mean[OFTEN]) @ gain
    return expected


def _asked(model: HandModel, clip: Moving, keyed: Array, with_wrist: bool = True) -> Array:
    rows = np.isfinite(keyed).any(axis=1)
    seen = clip.seen * with_wrist
    return filled(fill_network(model), clip.times[rows], keyed[rows], clip.times, seen, model.curves()).values


def no_keys(model: HandModel, clips: Sequence[Moving]) -> dict[str, float]:
    """No finger key at all: degrees, from the wrists alone and from nothing."""
    errors: dict[str, list[float]] = {}
    for clip in clips:
        nothing = np.full((1, 40), np.nan)
        for name, with_wrist in (("from the wrists", True), ("from nothing", False)):
            made = filled(
                fill_network(model), clip.times[:1], nothing, clip.times, clip.seen * with_wrist, model.curves()
            ).values
            errors.setdefault(name, []).append(float(np.degrees(np.abs(made - clip.dof).mean())))
        mean = np.abs(model.curves().mean - clip.dof).mean()
        errors.setdefault("mean pose", []).append(float(np.degrees(mean)))
    return {name: round(float(np.mean(values)), 4) for name, values in errors.items()}


def wrist(gaussian: HandGaussian, test: HandSet) -> dict[str, float]:
    """The wrist's turn as what is unknown: from its pose half a second before, and from the fingers now as well."""
    errors: dict[str, list[Array]] = {}
    for take in test.takes:
        slowed = take.at(FPS)
        told = np.concatenate([slowed.dof, slowed.bend], axis=-1).reshape(len(slowed), CHANNELS)
        right = PER_HAND + np.arange(PER_HAND)
        wanted = Places(right[ANGLES:], np.full(3, 0.5))
        past = Places(right[ANGLES:], np.zeros(3))
        now = Places(np.concatenate([right[ANGLES:], right[:ANGLES]]), np.concatenate([np.zeros(3), np.full(20, 0.5)]))
        for frame in range(15, len(told), 10):
            truth, before = told[frame, wanted.channel], told[frame - 15, past.channel]
            fingers = told[frame, right[:ANGLES]]
            guesses = {
                "mean": gaussian.mean[wanted.channel],
                "as it was": before,
                "from its past": gaussian.posterior(past, before, wanted)[0],
                "from the fingers": gaussian.posterior(Places(right[:ANGLES], np.full(20, 0.5)), fingers, wanted)[0],
                "from its past and the fingers": gaussian.posterior(now, np.concatenate([before, fingers]), wanted)[0],
            }
            for name, guess in guesses.items():
                errors.setdefault(name, []).append(np.abs(guess - truth))
    return {name: round(float(np.degrees(np.mean(values))), 3) for name, values in errors.items()}
