"""The finger models beside everything that learns nothing, and the figures asked of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..data import hands
from ..data.hands import HandSet
from ..evaluation import Figure, share
from ..models.hand_model import HandModel
from . import evaluate_hands_motion, evaluate_hands_poses
from .hands_heads import compare_heads

TASK = "hands"
OURS, OPEN = "hands", "hands-open"
FORMS = ("hands-queries", "hands-triples")
LARGEST_POSE = 0.9
LEAST_NATS = 0.2
COVERAGE = (0.87, 0.93)
LEAST_WITHIN = 0.995
LARGEST_BETWEEN = {"0.2": 0.98, "0.5": 0.92, "1": 0.87, "2": 0.85}
LARGEST_SPARSE, LARGEST_NONE = 0.8, 0.95
LARGEST_SPEED = 0.15
LARGEST_SPREAD = 0.5
KNOWN = ("3", "5", "10")


def evaluate(
    models: Mapping[str, HandModel], train: Mapping[str, HandSet], left_out: Mapping[str, HandModel]
) -> tuple[dict[str, Any], list[Figure]]:
    """Everything measured, and the figures; the bars are those of the model from all recordings.

    models: by recipe; those that compare the any-order network's forms may be among them. train: what each saw.
    left_out: by ManipNet take, a model that did not see it.
    """
    whole = {name: model for name, model in models.items() if len(model.fill.members)}
    poses = evaluate_hands_poses.evaluate(whole, train)
    motion = evaluate_hands_motion.evaluate(whole)
    content: dict[str, Any] = {
        "task": TASK,
        "data": "ManipNet teapot3 between keys; with 6 Ballplay clips and 5 Adroit demonstrations for single poses",
        "unit": "degrees, mean absolute error of the angles asked for; nats an angle; intervals over blocks of 5 s",
        "poses": poses,
        "motion": motion,
        "left out": _left_out(left_out),
        "members": _members(models[OURS]),
        "heads": compare_heads(train[OURS]),
        "rows": {name: _row(name, poses, motion) for name in whole},
    }
    forms = {name: models[name] for name in FORMS if name in models}
    if forms:
        content["forms"] = evaluate_hands_poses.compare_forms(forms)
    return content, _figures(poses, motion)


def _left_out(models: Mapping[str, HandModel]) -> dict[str, Any]:
    """By take: the share of the Bezier's error where the model never saw the take."""
    everything = [
        take for part in ("train", "validation", "test") for take in hands.load("all", part).of("manipnet").takes
    ]  # type: ignore[arg-type]
    return {
        take.name: evaluate_hands_motion.ratios_of(models[take.name], take)
        for take in everything
        if take.name in models
    }


def _members(model: HandModel) -> dict[str, Any]:
    """Each network between keys alone: how far seeds lie apart."""
    (take,) = hands.load("all", "test").of("manipnet").takes
    everyone = list(model.fill.members)
    found = {}
    for number, member in enumerate(everyone):
        model.fill.members = type(model.fill.members)([member])
        found[str(number)] = evaluate_hands_motion.ratios_of(model, take)
    model.fill.members = type(model.fill.members)(everyone)
    return found


def _row(name: str, poses: Mapping[str, Any], motion: Mapping[str, Any]) -> dict[str, Any]:
    """What the model's card tells."""
    return {
        "share of Bezier's error by seconds between keys": {
            seconds: rows[name]["share"] for seconds, rows in motion["between"].items()
        },
        "error of a pose by angles known, degrees": {k: v["all"] for k, v in poses[name]["completed"]["ours"].items()},
        "nats an angle by angles known": {k: v["all"] for k, v in poses[name]["likelihood"]["ours"].items()},
    }


def _figures(poses: Mapping[str, Any], motion: Mapping[str, Any]) -> list[Figure]:
    ours = poses[OURS]
    figures = []
    for known in KNOWN:
        table = {name: row[known]["all"] for name, row in ours["completed"].items() if name not in ("ours", "coverage")}
        best = min(table, key=lambda name: table[name])
        value = share(ours["completed"]["ours"][known]["all"], table[best])
        figures.append(Figure(f"pose, {known} known: error, share of {best}'s", value, LARGEST_POSE))
        gain = ours["likelihood"]["ours"][known]["all"] - ours["likelihood"]["conditional Gaussian"][known]["all"]
        figures.append(Figure(f"pose, {known} known: nats an angle above the Gaussian's", gain, -LEAST_NATS))
        covered = ours["completed"]["coverage"][known]["90"]
        figures.append(Figure(f"pose, {known} known: 90 % intervals cover, at least", -covered, -COVERAGE[0]))
        figures.append(Figure(f"pose, {known} known: 90 % intervals cover, at most", covered, COVERAGE[1]))
    outside = 1 - ours["samples"]["within limits"]
    figures.append(Figure("samples: share outside the joints' limits", outside, 1 - LEAST_WITHIN))
    for seconds, limit in LARGEST_BETWEEN.items():
        rows = motion["between"][seconds]
        figures.append(Figure(f"keys every {seconds} s: error, share of Bezier's", rows[OURS]["share"], limit))
        for name, takes in motion["takes"].items():
            worst = max(takes[seconds], key=lambda take: takes[seconds][take])
            figures.append(Figure(f"keys every {seconds} s, {name}: worst take, {worst}", takes[seconds][worst], 1.0))
    partial = motion["partial"][OURS]
    value = share(partial["every 2 s: ours"], partial["every 2 s: Bezier"])
    figures.append(Figure("other fingers every 2 s: error, share of Bezier's", value, LARGEST_SPARSE))
    best = min(value for name, value in partial.items() if name.startswith("none: conditional Gaussian"))
    value = share(partial["none: ours"], best)
    figures.append(Figure("thumb and index alone: error, share of the best Gaussian's", value, LARGEST_NONE))
    return figures + _sample_figures(motion["samples"][OURS]["1"])


def _sample_figures(row: Mapping[str, float]) -> list[Figure]:
    off = abs(row["speed, samples"] / row["speed, data"] - 1)
    figures = [Figure("samples, keys every 1 s: mean speed off the data's", off, LARGEST_SPEED)]
    for what in ("speed", "jerk"):
        value = share(row[f"{what} distance, samples"], row[f"{what} distance, Bezier"])
        figures.append(Figure(f"samples: {what} distribution's distance, share of Bezier's", value, LARGEST_SPREAD))
    miss = row["largest miss of a key, degrees"]
    return [*figures, Figure("samples: largest miss of a key in degrees", miss, 0.0)]
