"""The study of orders: exact likelihoods and samples of every model in every order, each kept as soon as it is known.

A measurement is one file, named by its model, its order and a fingerprint of the weights, so that a study that was
stopped goes on. How many test images an order is scored on, `image_count` says; they are always the first ones.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from addon.core import orders
from addon.core.metrics import bootstrap_interval
from addon.core.orders import Order, Rule

from .. import likelihood, record, revealing
from ..data import mnist
from ..digit_samples import compare
from ..digits import DigitsRun
from ..evaluation import Figure
from ..models.any_order import AnyOrderTransformer
from ..models.digit_classifier import DigitClassifier
from .mnist import log_marginals

CLASSIFIER = "mnist-classifier"
ANY_ORDER = ("mnist-triples", "mnist-query", "mnist-triples-own", "mnist-query-own")
ONE_ORDER = ("mnist-raster", "mnist-triples-raster", "mnist-query-raster")
MASKED = ("mnist-masked", "mnist-mlp")
FIXED = ("random", "raster", "best fixed")
RULES: tuple[Rule, ...] = ("lowest-entropy", "highest-entropy")
LOOK_AHEAD = "variance-reduction"
ALL, MANY, SUBSET, FEW = 10_000, 1_000, 100, 16
SAMPLES, MORE_SAMPLES, REAL = 50, 100, 2_000
ORDER_SEED, SAMPLE_SEED, SEARCH_IMAGES = 1, 2, 100

Cells = dict[str, np.ndarray]


class NotMeasuredError(Exception):
    """A measurement that is not kept, in a study that is to make no new ones."""


class Study:
    """What is measured of one model, and where it is kept.

    limit: so many test images alone, 0 for all. kept_only: nothing is measured; what is not kept raises
    NotMeasuredError.
    """

    def __init__(
        self,
        run: DigitsRun,
        train: mnist.Digits,
        test: mnist.Digits,
        folder: Path,
        limit: int = 0,
        kept_only: bool = False,
    ) -> None:
        self.run, self.folder, self.kept_only = run, folder / run.name, kept_only
        self.folder.mkdir(parents=True, exist_ok=True)
        self.stamp = fingerprint(run)
        self.limit = limit or len(test.grey)
        self.train = train
        self.values = tokens(run, test.grey[: self.limit])
        self.count = self.values.shape[1]
        self.side = mnist.SIDE // run.recipe.patch

    def fixed(self, name: str) -> Order:
        """(N, P) a fixed order for each test image."""
        if name == "random":
            return orders.shuffled(self.count, len(self.values), ORDER_SEED)
        order = orders.raster(self.count) if name == "raster" else self.best()[1]
        return np.broadcast_to(order, (len(self.values), self.count)).copy()

    def best(self) -> tuple[str, Order]:
        """The best fixed order found on training images, and where it comes from."""

        def search() -> Cells:
            values = tokens(self.run, self.train.grey[:SEARCH_IMAGES])
            assert isinstance(self.run.model, AnyOrderTransformer)
            name, order = likelihood.best_fixed_order(self.run.model, values, self.side, self.side)
            return {"order": order, "name": np.array(name)}

        found = self._kept(f"best-{SEARCH_IMAGES}", search)
        return str(found["name"]), found["order"]

    def nats(self, name: str) -> np.ndarray:
        """(N,) of the first N test images: all in a fixed order, fewer in an adaptive one."""
        return self._scored(name)["nats"]

    def orders(self, rule: str) -> Order:
        """(N, P) in which a rule reveals the first N test images."""
        return self._scored(rule)["orders"]

    def _scored(self, name: str) -> Cells:
        count = min(image_count(self.run.name, name), self.limit)

        def measure() -> Cells:
            model, values = self.run.model, self.values[:count]
            if name == "random" and self.run.name in MASKED:
                return {"nats": likelihood.guessed(model, values, ORDER_SEED)}
            if name in FIXED:
                return {"nats": likelihood.along(model, torch.from_numpy(self.fixed(name)[: len(values)]), values)}
            chosen = self._chosen(values, name)
            return {"nats": likelihood.along(model, chosen, values), "orders": chosen.numpy()}

        return self._kept(f"nats-{name}-{count}", measure)

    def samples(self, name: str, count: int) -> mnist.Images:
        """(count, 28, 28) drawn by the model in an order."""

        def measure() -> Cells:
            order = self._rule(name) if name not in FIXED else self._orders_of_samples(name, count)
            drawn, _ = revealing.sampled(self.run.model, order, count, self.count, SAMPLE_SEED)
            return {"samples": mnist.from_patches(drawn, self.run.recipe.patch, self.run.recipe.levels)}

        return self._kept(f"samples-{name}-{count}", measure)["samples"]

    def _orders_of_samples(self, name: str, count: int) -> Order:
        if name == "random":
            return orders.shuffled(self.count, count, SAMPLE_SEED)
        return np.broadcast_to(self.fixed(name)[0], (count, self.count)).copy()

    def _rule(self, name: str) -> Rule | revealing.LookAhead:
        for rule in RULES:
            if name == rule:
                return rule
        recipe = self.run.recipe
        classes = np.arange(recipe.levels ** (recipe.patch**2))
        digits = classes[:, None] // recipe.levels ** np.arange(recipe.patch**2) % recipe.levels
        grid = torch.from_numpy(mnist.patch_positions(recipe.patch))
        return revealing.LookAhead(grid, torch.from_numpy(digits).float())

    def _chosen(self, values: Tensor, name: str) -> Tensor:
        # The rule looks through bfloat16, which is faster; what it chose is scored in float32.
        parts = values.split(16 if name == LOOK_AHEAD else likelihood.BATCH)
        with torch.autocast("cpu", torch.bfloat16):
            return torch.cat([revealing.chosen_orders(self.run.model, part, self._rule(name)) for part in parts])

    def _kept(self, name: str, measure: Callable[[], Cells]) -> Cells:
        path = self.folder / f"{name}-{self.stamp}.npz"
        if not path.is_file():
            if self.kept_only:
                raise NotMeasuredError(path.name)
            found = measure()
            draft = path.with_suffix(".new.npz")
            np.savez(draft, **found)  # type: ignore[arg-type]
            draft.replace(path)
        with np.load(path) as kept:
            return dict(kept)


def orders_of(name: str) -> tuple[str, ...]:
    """The orders that a model of this name can be asked in."""
    if name in ANY_ORDER:
        return (*FIXED, *RULES, LOOK_AHEAD)
    return ("random", "raster", *RULES) if name in MASKED else ("raster",)


def image_count(name: str, order: str) -> int:
    """How many test images a model is scored on in an order: all where a figure asks for it, fewer where it is slow."""
    if order == LOOK_AHEAD:
        return FEW
    if order in RULES or (name == "mnist-masked" and order != "random"):
        return SUBSET
    return ALL if name in ANY_ORDER[:2] and order != "best fixed" else MANY


def sample_count(order: str) -> int:
    """How many images are drawn in an order: most where a share below 1 % is asked for."""
    if order == LOOK_AHEAD:
        return FEW
    return MORE_SAMPLES if order == RULES[0] else SAMPLES


def row(study: Study, name: str, real: mnist.Images, classifier: DigitClassifier) -> dict[str, Any]:
    """One model in one order: nats with interval, beside random on the same images, and what its samples are like."""
    nats = study.nats(name)
    told: dict[str, Any] = {"nats": _interval(nats), "images": len(nats)}
    if name != "random" and "random" in orders_of(study.run.name):
        with contextlib.suppress(NotMeasuredError):
            told["against random"] = _interval(nats - study.nats("random")[: len(nats)])
    count = sample_count(name)
    if study.run.name != "mnist-masked":
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
    real = mnist.binary(test.grey)[:REAL]
    rows: dict[str, Any] = {}
    for name, order in cells(studies):
        with contextlib.suppress(NotMeasuredError):
            rows.setdefault(name, {})[order] = row(studies[name], order, real, classifier)
    limit = next(iter(studies.values())).limit
    behind = dict(_each(studies, lambda study: _against_fixed_order(study, studies)))
    content = {
        "data": f"MNIST's first {limit:,} test images, binary with p = grey / 255, drawn once with seed "
        f"{mnist.BINARY_SEED}; nats an image",
        "rows": {name: rows[name] for name in studies if rows.get(name)},
        "marginal": _marginal(train, test, limit),
        "real": asdict(compare(real[:SAMPLES], real[SAMPLES:], classifier)),
        "lowest against highest": dict(_each(studies, _lowest_against_highest)),
        "against fixed order": behind,
        "best": dict(_each(studies, lambda study: study.best()[0])),
        "trained": {name: _training(study.run, metrics[name]) for name, study in studies.items()},
    }
    return content, figures(rows, behind)


def _against_fixed_order(study: Study, studies: dict[str, Study]) -> list[float]:
    """Raster order, image by image beside the model that learnt it alone."""
    if ONE_ORDER[0] not in studies:
        raise NotMeasuredError(ONE_ORDER[0])
    alone = studies[ONE_ORDER[0]].nats("raster")
    return _interval(study.nats("raster")[: len(alone)] - alone[: len(study.nats("raster"))])


def _lowest_against_highest(study: Study) -> list[float]:
    return _interval(study.nats(RULES[0]) - study.nats(RULES[1]))


def _each(studies: dict[str, Study], told: Callable[[Study], Any]) -> Iterator[tuple[str, Any]]:
    for name, study in studies.items():
        if name in ANY_ORDER:
            with contextlib.suppress(NotMeasuredError):
                yield name, told(study)


def cells(trained: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Model and order of every measurement, the quick ones first."""
    pairs = [(name, order) for name in trained for order in orders_of(name)]
    slow = {order: rank for rank, order in enumerate(("random", "raster", *RULES, "best fixed", LOOK_AHEAD))}
    return iter(sorted(pairs, key=lambda pair: slow[pair[1]]))


def figures(rows: dict[str, Any], against_fixed_order: dict[str, list[float]]) -> list[Figure]:
    """The figures asked for, of those models that were measured."""

    def mean(name: str, order: str) -> float:
        return float(rows.get(name, {}).get(order, {}).get("nats", [np.nan])[0])

    def against(name: str, order: str) -> float:
        return float(rows.get(name, {}).get(order, {}).get("against random", [np.nan])[0])

    def blank(name: str) -> float:
        return float(rows.get(name, {}).get("lowest-entropy", {}).get("samples", {}).get("blank", np.nan))

    found = [
        *(Figure(f"{name}, one random order, nats", mean(name, "random"), 90.0) for name in ANY_ORDER[:2]),
        Figure(
            "triples and queries apart, one random order, nats",
            abs(mean("mnist-triples", "random") - mean("mnist-query", "random")),
            2.0,
        ),
    ]
    for name in ANY_ORDER[:2]:
        behind = against_fixed_order.get(name, [np.nan])[0]
        found.append(Figure(f"{name} in raster order above the fixed-order model, nats", behind, 3.0))
    for name in ANY_ORDER[2:]:
        apart = abs(against(name, "lowest-entropy"))
        found.append(Figure(f"{name}, lowest entropy first from random, nats", apart, 1.0))
        found.append(Figure(f"{name}, share of blank images, lowest entropy first", blank(name), 0.01))
    return [figure for figure in found if not np.isnan(figure.value)]


def tokens(run: DigitsRun, grey: mnist.Images) -> Tensor:
    """(N, P) the test images as a model's tokens: binary ones drawn with the fixed seed."""
    recipe = run.recipe
    pixels = mnist.binary(grey) if recipe.levels == 2 else mnist.quantised(grey, recipe.levels)
    return torch.from_numpy(mnist.to_patches(pixels, recipe.patch, recipe.levels))


def fingerprint(run: DigitsRun) -> str:
    """Ten letters that change with the weights."""
    digest = hashlib.sha256(json.dumps(asdict(run.recipe)).encode())
    for value in run.model.state_dict().values():
        digest.update(value.contiguous().numpy().tobytes())
    return digest.hexdigest()[:10]


def _training(run: DigitsRun, folder: Path) -> dict[str, Any]:
    lines = record.read(folder)
    steps = int(lines[-1]["step"]) if lines else 0
    parameters = sum(value.numel() for value in run.model.parameters())
    return {
        "parameters": parameters,
        "steps": steps,
        "images": steps * run.recipe.batch,
        "minutes": round(run.recipe.minutes or lines[-1]["seconds"] / 60, 1) if lines else 0,
    }


def _marginal(train: mnist.Digits, test: mnist.Digits, limit: int) -> list[float]:
    """Nats under independent pixels, as often black as in training."""
    logs = log_marginals(torch.from_numpy(mnist.to_patches(mnist.binary(train.grey, seed=0), 1)), 2)
    values = torch.from_numpy(mnist.to_patches(mnist.binary(test.grey[:limit]), 1))
    each = -logs[torch.arange(values.shape[1]), values].sum(dim=1)
    return _interval(each.numpy())


def _interval(values: np.ndarray) -> list[float]:
    return [round(value, 3) for value in bootstrap_interval(values, draws=1000)]
