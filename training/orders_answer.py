"""The thesis' question, answered from what was measured: is it better to reveal what is surest first?

Clarke (2022), section 4.3, supposes that digits look better so than where the least sure is revealed first. Looks are
the distance of a classifier's features from those of real digits; likelihood is told beside it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from .markdown import table
from .order_names import ANY_ORDER, HIGHEST, LABELS, LOWEST, RULES

NORMAL = 1.96
"""Deviations of a normal distribution, within which 95 % of it lie."""


def answer(content: dict[str, Any]) -> str:
    """One plain sentence: does it look better to reveal what is surest first, or what is least sure?"""
    looks = [interval for name in ANY_ORDER if (interval := _looks(content, name))]
    if not looks:
        return "The question is open: of no any-order model are there samples in both orders."
    nats = [interval for name in ANY_ORDER if (interval := content["lowest against highest"].get(name))]
    likelihood = _counted(nats) if nats else "not tested"
    return (
        f"{_verdict(looks)}: against the least sure first, revealing the surest first is, by the looks of digits, "
        f"{_counted(looks)}; by likelihood, {likelihood}; and a random order is likelier than both with "
        f"{_beaten(content)}."
    )


def _counted(intervals: Sequence[Sequence[float]]) -> str:
    better, worse = sum(high < 0 for _, _, high in intervals), sum(low > 0 for _, low, _ in intervals)
    neither = len(intervals) - better - worse
    return f"better with {better} of {len(intervals)} models, worse with {worse}, neither with {neither}"


def _verdict(intervals: Sequence[Sequence[float]]) -> str:
    if all(high < 0 for _, _, high in intervals):
        return "The hypothesis holds"
    if all(low > 0 for _, low, _ in intervals):
        return "The hypothesis does not hold"
    return "The hypothesis is not confirmed"


def _beaten(content: dict[str, Any]) -> int:
    """Of how many models a random order is more likely than the surest first and than the least sure first."""

    def is_worse_than_random(name: str, rule: str) -> bool:
        told = content["rows"].get(name, {}).get(rule, {}).get("against random")
        return told is not None and told[1] > 0

    return sum(all(is_worse_than_random(name, rule) for rule in RULES) for name in ANY_ORDER)


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
