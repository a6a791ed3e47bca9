"""`python -m training sweep`: a grid of small runs on digits, a line of JSON each; what has a line is not run again."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch

from addon.core import orders
from addon.core.errors import MenderError

from . import digits, likelihood, record, runs
from .config import DigitsRecipe
from .data import mnist
from .order_cells import ORDER_SEED, tokens
from .recipes import recipe_named

LINES = "sweep.jsonl"
GRID: dict[str, tuple[Any, ...]] = {
    "width": (64, 128),
    "depth": (2, 4),
    "encoding": ("relative", "absolute"),
    "random_share": (1.0, 0.5),
}


@dataclass(frozen=True)
class Sweep:
    """Train a small grid of a recipe on digits: width, depth, position encoding, share of random orders."""

    recipe: str = "mnist-triples"
    """An any-order recipe on digits."""
    minutes: float = 10.0
    """How long each run takes."""
    epochs: int = 0
    """In place of the minutes: runs that a busy machine does not tell apart."""
    sample: int = 0
    """Train on this many images only; 0 for all."""
    images: int = 1000
    """How many test images each is scored on."""
    threads: int = 0
    """CPU threads of a run; 0 for as many as the recipe says."""
    one_at_a_time: bool = False
    """Change one setting at a time from the recipe's own, in place of the whole grid."""
    folder: Path = runs.FOLDER / "sweep"
    """Where the runs and their lines are kept."""

    def run(self) -> int:
        """Train and score what has no line yet; print a line a run."""
        recipe = recipe_named(self.recipe)
        if not isinstance(recipe, DigitsRecipe) or recipe.form not in ("triples", "queries"):
            raise MenderError(f"{self.recipe} learns no orders of digits: sweep mnist-triples or mnist-query.")
        recipe = replace(recipe, threads=self.threads or recipe.threads, minutes=0 if self.epochs else self.minutes)
        recipe = replace(recipe, epochs=self.epochs or recipe.epochs)
        chosen = one_at_a_time(recipe) if self.one_at_a_time else grid()
        for line in sweep(self.recipe, recipe, chosen, self.images, self.folder, self.sample):
            print(json.dumps(line))  # noqa: T201
        return 0


def grid() -> list[dict[str, Any]]:
    """Every combination of GRID's settings."""
    return [dict(zip(GRID, values, strict=True)) for values in itertools.product(*GRID.values())]


def one_at_a_time(recipe: DigitsRecipe) -> list[dict[str, Any]]:
    """The recipe's own settings, then each other value of GRID in turn, all else the same."""
    base = {key: getattr(recipe, key) for key in GRID}
    others = [base | {key: value} for key, values in GRID.items() for value in values if value != base[key]]
    return [base, *others]


def sweep(
    name: str, recipe: DigitsRecipe, chosen: Sequence[dict[str, Any]], images: int, folder: Path, sample: int = 0
) -> Iterable[dict[str, Any]]:
    """Yields the line of each run, settings to nats, as soon as it is known; those with a line already come at once.

    A run that was stopped goes on from its checkpoint.
    """
    train, test = mnist.load("train"), mnist.load("test")
    folder.mkdir(parents=True, exist_ok=True)
    done = record.lines(folder / LINES)
    # A line that a kill cut short would spoil the one after it.
    (folder / LINES).write_text("".join(json.dumps(line) + "\n" for line in done))
    for settings in chosen:
        wanted = replace(recipe, **settings)
        same = {"recipe": asdict(wanted), "images": images, "sample": sample}
        found = next((line for line in done if same.items() <= line.items()), None)
        if found is None:
            found = same | _measured(name, wanted, settings, images, folder, train, test, sample)
            with (folder / LINES).open("a") as file:
                file.write(json.dumps(found) + "\n")
        yield found


def _measured(
    name: str,
    recipe: DigitsRecipe,
    settings: dict[str, Any],
    images: int,
    folder: Path,
    train: mnist.Digits,
    test: mnist.Digits,
    sample: int,
) -> dict[str, Any]:
    where = folder / "-".join(str(value) for value in settings.values())
    run = digits.load(digits.start(name, recipe, train, where, sample))
    values = tokens(run, test.grey[:images])
    count = values.shape[1]
    order = torch.from_numpy(orders.shuffled(count, len(values), ORDER_SEED))
    straight = torch.from_numpy(orders.raster(count)).expand(len(values), -1)
    return {
        "settings": settings,
        "steps": int(record.read(where)[-1]["step"]),
        "random": float(likelihood.along(run.model, order, values).mean()),
        "raster": float(likelihood.along(run.model, straight, values).mean()),
    }
