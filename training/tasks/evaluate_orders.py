"""The study of orders: every model in every order that it can be asked in, and the figures asked for."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from addon.core.metrics import bootstrap_interval

from .. import record
from ..data import mnist
from ..digit_samples import compare
from ..digits import DigitsRun, work
from ..evaluation import Figure
from ..models.digit_classifier import DigitClassifier
from ..order_cells import NotMeasuredError, Study, sample_count
from ..order_names import (
    ANY_ORDER,
    BEST,
    FIXED_ORDER,
    HIGHEST,
    LOOK_AHEAD,
    LOWEST,
    MASKED_ENCODER,
    MIXED,
    OWN,
    PLAIN,
    RANDOM,
    RASTER,
    RULES,
    orders_of,
)
from ..recipes import RECIPES
from .mnist import log_marginals

REAL = 2_000


def row(study: Study, name: str, real: mnist.Images, classifier: DigitClassifier) -> dict[str, Any]:
    """One model in one order: nats with interval, beside random on the same images, and what its samples are like."""
    nats = study.nats(name)
    told: dict[str, Any] = {"nats": _interval(nats), "images": len(nats)}
    if name != RANDOM and RANDOM in orders_of(study.run.name):
        with contextlib.suppress(NotMeasuredError):
            told["against random"] = _beside(nats, study.nats(RANDOM))
    count = sample_count(name)
    if study.run.name != MASKED_ENCODER:
        with contextlib.suppress(NotMeasuredError):
            told["samples"] = asdict(compare(study.samples(name, count), real, classifier))
            told["sampled"] = count
    return told


def evaluate(
    studies: dict[str, Study],
    metrics: dict[str, Path],
    classifier: DigitClassifier,
    train: mnist.Digits,
    test: mnist.Digits,
) -> tuple[dict[str, Any], list[Figure]]:
    """Every model in every order that it can be asked in; of studies that measure nothing, what they have kept.

    metrics: the folders of the runs, for how long they were trained.
    """
    real, few = mnist.binary(test.grey)[:REAL], sample_count(RANDOM)
    rows: dict[str, Any] = {}
    for name, order in cells(studies):
        with contextlib.suppress(NotMeasuredError):
            rows.setdefault(name, {})[order] = row(studies[name], order, real, classifier)
    limit = next(iter(studies.values())).limit
    behind = dict(_each(studies, lambda study: _against_fixed_order(study, studies)))
    ensembles = dict(_each(studies, lambda study: _ensemble(study.ensemble())))
    content = {
        "data": f"MNIST's first {limit:,} test images, binary with p = grey / 255, drawn once with seed "
        f"{mnist.BINARY_SEED}; nats an image",
        "rows": {name: rows[name] for name in studies if rows.get(name)},
        "marginal": _marginal(train, test, limit),
        "real": asdict(compare(real[:few], real[few:], classifier)),
        "lowest against highest": dict(_each(studies, _lowest_against_highest)),
        "against fixed order": behind,
        "ensembles": ensembles,
        "best": dict(_each(studies, lambda study: study.best()[0])),
        "trained": {name: _training(study.run, metrics[name]) for name, study in studies.items()},
    }
    return content, figures(rows, behind)


def _against_fixed_order(study: Study, studies: dict[str, Study]) -> list[float]:
    """Raster order, image by image beside the model that learnt it alone."""
    if FIXED_ORDER not in studies:
        raise NotMeasuredError(FIXED_ORDER)
    return _beside(study.nats(RASTER), studies[FIXED_ORDER].nats(RASTER))


def _lowest_against_highest(study: Study) -> list[float]:
    return _beside(study.nats(LOWEST), study.nats(HIGHEST))


def _beside(nats: np.ndarray, others: np.ndarray) -> list[float]:
    """The mean difference on the images that both were measured on, with its interval."""
    count = min(len(nats), len(others))
    return _interval(nats[:count] - others[:count])


def _ensemble(nats: np.ndarray) -> dict[str, Any]:
    return {"nats": _interval(nats), "images": len(nats)}


def _each(studies: dict[str, Study], told: Callable[[Study], Any]) -> Iterator[tuple[str, Any]]:
    for name, study in studies.items():
        if name in ANY_ORDER:
            with contextlib.suppress(NotMeasuredError):
                yield name, told(study)


def cells(trained: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Model and order of every measurement, the quick ones first."""
    pairs = [(name, order) for name in trained for order in orders_of(name)]
    slow = {order: rank for rank, order in enumerate((RANDOM, RASTER, *RULES, BEST, LOOK_AHEAD))}
    return iter(sorted(pairs, key=lambda pair: slow[pair[1]]))


def figures(rows: dict[str, Any], against_fixed_order: dict[str, list[float]]) -> list[Figure]:
    """The figures asked for, of those models that were measured."""

    def told(name: str, order: str, key: str) -> float:
        return float(rows.get(name, {}).get(order, {}).get(key, [np.nan])[0])

    found = []
    for triples, queries in (MIXED, PLAIN):
        nats = [told(name, RANDOM, "nats") for name in (triples, queries)]
        found += [
            Figure(f"{name}, one random order, nats", value, 90.0)
            for name, value in zip((triples, queries), nats, strict=True)
        ]
        found.append(Figure(f"{triples} and {queries} apart, one random order, nats", abs(nats[0] - nats[1]), 2.0))
    for name in MIXED:
        behind = against_fixed_order.get(name, [np.nan])[0]
        found.append(Figure(f"{name} in raster order above the fixed-order model, nats", behind, 3.0))
    for name in OWN:
        found.append(
            Figure(f"{name}, lowest entropy first from random, nats", abs(told(name, LOWEST, "against random")), 1.0)
        )
        blank = rows.get(name, {}).get(LOWEST, {}).get("samples", {}).get("blank", np.nan)
        found.append(Figure(f"{name}, share of blank images, lowest entropy first", blank, 0.01))
    return [figure for figure in found if not np.isnan(figure.value)]


def _training(run: DigitsRun, folder: Path) -> dict[str, Any]:
    lines = record.read(folder)
    steps = int(lines[-1]["step"]) if lines else 0
    a_step = work(run.model, run.recipe)
    return {
        "parameters": sum(value.numel() for value in run.model.parameters()),
        "steps": steps,
        "images": steps * run.recipe.batch,
        "operations": steps * a_step.operations if a_step else None,
        "after": Path(run.recipe.start_from).name,
        "raster share": 1 - run.recipe.random_share,
        "changed": _changed(run),
    }


def _changed(run: DigitsRun) -> dict[str, list[Any]]:
    """The settings that a run has otherwise than its recipe's cpu preset, and the preset's: --set gives it again."""
    preset, own = asdict(RECIPES[run.name]["cpu"]), asdict(run.recipe)
    return {key: [value, preset[key]] for key, value in own.items() if value != preset[key] and key != "start_from"}


def _marginal(train: mnist.Digits, test: mnist.Digits, limit: int) -> list[float]:
    """Nats under independent pixels, as often black as in training."""
    logs = log_marginals(torch.from_numpy(mnist.to_patches(mnist.binary(train.grey, seed=0), 1)), 2)
    values = torch.from_numpy(mnist.to_patches(mnist.binary(test.grey[:limit]), 1))
    each = -logs[torch.arange(values.shape[1]), values].sum(dim=1)
    return _interval(each.numpy())


def _interval(values: np.ndarray) -> list[float]:
    return [round(value, 3) for value in bootstrap_interval(values, draws=1000)]
