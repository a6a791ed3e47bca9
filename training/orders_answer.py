"""The thesis' question, answered from what was measured: is it better to reveal what is surest first?

Clarke (2022), section 4.3, supposes that digits look better so than where the least sure is revealed first. Looks are
the distance of a classifier's features from those of real digits; likelihood is told beside it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from .markdown import table
from .order_names import ANY_ORDER, HIGHEST, LABELS, LOWEST, MIXED, OWN, PLAIN, RULES

NORMAL = 1.96
"""Deviations of a normal distribution, within which 95 % of it lie."""
TRAINED_ON = {"random orders alone": PLAIN, "raster orders too": MIXED, "their own orders too": OWN}


def answer(content: dict[str, Any]) -> str:
    """One plain sentence: does it look better to reveal what is surest first, or what is least sure?"""
    looks = {name: interval for name in ANY_ORDER if (interval := _looks(content, name))}
    if not looks:
        return "The question is open: of no any-order model are there samples in both orders."
    nats = content["lowest against highest"]
    likelihood = f"in likelihood it {_verdicts(nats)}" if nats else "in likelihood it was not tested"
    return (
        "The hypothesis, that digits look better where the surest is revealed first than where the least sure is, "
        f"{_verdicts(looks)}; {likelihood}{_beaten(content)}; {_blanks(content)}."
    )


def _verdicts(found: Mapping[str, Sequence[float]]) -> str:
    """What the intervals of the models by name say, those that were trained alike together."""
    told: dict[str, list[str]] = {}
    for how, names in TRAINED_ON.items():
        intervals = [found[name] for name in names if name in found]
        if intervals:
            told.setdefault(_verdict(intervals), []).append(f"on {how}")
    return ", and ".join(f"{verdict} for models trained {' and '.join(hows)}" for verdict, hows in told.items())


def _beaten(content: dict[str, Any]) -> str:
    def is_worse_than_random(name: str, rule: str) -> bool:
        told = content["rows"].get(name, {}).get(rule, {}).get("against random")
        return told is not None and told[1] > 0

    behind = [
        f"on {how}"
        for how, names in TRAINED_ON.items()
        if all(is_worse_than_random(name, rule) for name in names for rule in RULES)
    ]
    told = f", and a random order is better than either for models trained {' and '.join(behind)}"
    return told if behind else ""


def _blanks(content: dict[str, Any]) -> str:
    shares = [
        max((row[rule]["samples"]["blank"] for row in content["rows"].values() if _drawn(row, rule)), default=0)
        for rule in (LOWEST, HIGHEST)
    ]
    first, last = (f"{100 * share:.0f} %" for share in shares)
    return f"of no model are more than {first} of the samples blank surest first, or {last} least sure first"


def _drawn(row: dict[str, Any], rule: str) -> dict[str, float] | None:
    found: dict[str, float] | None = row.get(rule, {}).get("samples")
    return found


def _looks(content: dict[str, Any], name: str) -> tuple[float, float, float] | None:
    """The features' distance of samples drawn surest first less that of those drawn least sure first, and its ends."""
    row = content["rows"].get(name, {})
    first, last = _drawn(row, LOWEST), _drawn(row, HIGHEST)
    if not first or not last:
        return None
    more = first["features"] - last["features"]
    within = NORMAL * math.hypot(first["features_error"], last["features_error"])
    return more, more - within, more + within


def compared(content: dict[str, Any]) -> str:
    """A row a model: what is surest first less what is least sure first, in looks and in likelihood."""

    def cell(interval: Sequence[float] | None) -> str:
        return "not run" if interval is None else "{:+.2f} ({:+.2f} to {:+.2f})".format(*interval)

    rows = [
        (LABELS[name], cell(_looks(content, name)), cell(content["lowest against highest"].get(name)))
        for name in ANY_ORDER
    ]
    return table(("model", "looks", "nats"), rows)


def _verdict(intervals: Sequence[Sequence[float]]) -> str:
    if all(high < 0 for _, _, high in intervals):
        return "holds"
    if all(low > 0 for _, low, _ in intervals):
        return "does not hold"
    return "stays open"
