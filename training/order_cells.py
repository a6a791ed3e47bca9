"""What is measured of one model of digits: likelihoods and samples in every order, each kept as soon as it is known.

A measurement is a file, named by what it is, by which of the test images it is about and by a fingerprint of the
weights. Likelihoods are measured a chunk of images after the other, from the first: a study that was stopped goes on,
and what it has can be told.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from addon.core import orders
from addon.core.orders import Order, Rule

from . import likelihood, revealing
from .data import mnist
from .digits import DigitsRun
from .models.any_order import AnyOrderTransformer
from .order_names import BEST, FIXED, LOOK_AHEAD, MASKED, MASKED_ENCODER, MIXED, ONE_ORDER, PLAIN, RANDOM, RASTER, RULES

ALL, MANY, SUBSET, FEW = 10_000, 1_000, 300, 16
MANY_AT_A_TIME, FEW_AT_A_TIME = 1_000, 50
SAMPLES, MORE_SAMPLES = 50, 100
MEMBERS = 8
ORDER_SEED, SAMPLE_SEED, ENSEMBLE_SEED, SEARCH_IMAGES = 1, 2, 3, 100

Cells = dict[str, np.ndarray]


class NotMeasuredError(Exception):
    """A measurement that is not kept, in a study that is to make no new ones."""


class Study:
    """What is measured of one model, and where it is kept.

    limit: so many test images alone, 0 for all. kept_only: nothing is measured; what is not kept at all raises
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
        if name == RANDOM:
            return orders.shuffled(self.count, len(self.values), ORDER_SEED)
        order = orders.raster(self.count) if name == RASTER else self.best()[1]
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
        """(N,) of the first N test images, N at most `image_count`: fewer where the study was stopped before."""
        return self._told(name)["nats"]

    def orders(self, rule: str) -> Order:
        """(N, P) in which a rule reveals the first N test images."""
        return self._told(rule)["orders"]

    def ensemble(self) -> np.ndarray:
        """(N,) nats of the first N test images under the mean of the likelihoods in MEMBERS random orders each."""

        def measure(images: slice) -> Cells:
            drawn = orders.shuffled(self.count, MEMBERS * images.stop, ENSEMBLE_SEED)
            members = torch.from_numpy(drawn.reshape(images.stop, MEMBERS, self.count)[images]).unbind(dim=1)
            each = [likelihood.along(self.run.model, order, self.values[images]) for order in members]
            return {"nats": np.stack(each, axis=1)}

        return likelihood.ensemble(self._in_chunks("ensemble", MANY, measure)["nats"])

    def samples(self, name: str, count: int) -> mnist.Images:
        """(count, 28, 28) drawn by the model in an order."""

        def measure() -> Cells:
            order = self._rule(name) if name not in FIXED else self._orders_of_samples(name, count)
            drawn, _ = revealing.sampled(self.run.model, order, count, self.count, SAMPLE_SEED)
            return {"samples": mnist.from_patches(drawn, self.run.recipe.patch, self.run.recipe.levels)}

        return self._kept(f"samples-{name}-{count}", measure)["samples"]

    def _orders_of_samples(self, name: str, count: int) -> Order:
        if name == RANDOM:
            return orders.shuffled(self.count, count, SAMPLE_SEED)
        return np.broadcast_to(self.fixed(name)[0], (count, self.count)).copy()

    def _told(self, name: str) -> Cells:
        count = image_count(self.run.name, name)
        return self._in_chunks(f"nats-{name}", count, lambda images: self._scored(name, images))

    def _scored(self, name: str, images: slice) -> Cells:
        model, values = self.run.model, self.values[images]
        if name == RANDOM and self.run.name in MASKED:
            return {"nats": likelihood.guessed(model, values, ORDER_SEED)}
        if name in FIXED:
            return {"nats": likelihood.along(model, torch.from_numpy(self.fixed(name)[images]), values)}
        # The rule looks through bfloat16, which is faster; what it chose is scored in float32.
        with torch.autocast("cpu", torch.bfloat16):
            chosen = revealing.chosen_orders(model, values, self._rule(name))
        return {"nats": likelihood.along(model, chosen, values), "orders": chosen.numpy()}

    def _rule(self, name: str) -> Rule | revealing.LookAhead:
        for rule in RULES:
            if name == rule:
                return rule
        recipe = self.run.recipe
        classes = np.arange(recipe.levels ** (recipe.patch**2))
        digits = classes[:, None] // recipe.levels ** np.arange(recipe.patch**2) % recipe.levels
        grid = torch.from_numpy(mnist.patch_positions(recipe.patch))
        return revealing.LookAhead(grid, torch.from_numpy(digits).float())

    def _in_chunks(self, name: str, count: int, measure: Callable[[slice], Cells]) -> Cells:
        """What is kept or may be measured of the first `count` images, a chunk after the other."""
        count = min(count, self.limit)
        at_a_time = FEW_AT_A_TIME if count <= SUBSET else MANY_AT_A_TIME
        found: list[Cells] = []
        for start in range(0, count, at_a_time):
            images = slice(start, min(start + at_a_time, count))
            try:
                found.append(self._kept(f"{name}-{images.start}-{images.stop}", functools.partial(measure, images)))
            except NotMeasuredError:
                if not found:
                    raise
                break
        return {key: np.concatenate([part[key] for part in found]) for key in found[0]}

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


def image_count(name: str, order: str) -> int:
    """How many test images a model is scored on in an order: all where a figure asks for it, fewer where it is slow."""
    if order == LOOK_AHEAD:
        return FEW
    if order in RULES or (name == MASKED_ENCODER and order != RANDOM):
        return SUBSET
    return ALL if name in (*PLAIN, *MIXED, *ONE_ORDER) and order != BEST else MANY


def sample_count(order: str) -> int:
    """How many images are drawn in an order: most where a share below 1 % is asked for."""
    if order == LOOK_AHEAD:
        return FEW
    return MORE_SAMPLES if order == RULES[0] else SAMPLES


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
