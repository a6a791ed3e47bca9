"""Runs on MNIST: a recipe put to work on digits in its own folder, and read back from there."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import torch

from . import checkpoint, engine, memory
from .config import DigitsRecipe
from .data import mnist
from .distributed import processes
from .models.any_order import AnyOrderTransformer
from .models.digit_classifier import DigitClassifier
from .models.masked import MaskedPerceptron, MaskedTransformer
from .models.values import Classes
from .recipes import RECIPES
from .runs import DESCRIPTION, RunError, claim, read
from .tasks.mnist import Digits, LabelledDigits, MaskedDigits
from .throughput import Work, operations_per_token

Network = AnyOrderTransformer | MaskedTransformer | MaskedPerceptron | DigitClassifier


@dataclass(frozen=True, eq=False)
class DigitsRun:
    """A finished run on digits: its recipe and the network, ready to use."""

    name: str
    recipe: DigitsRecipe
    model: Network


def network(recipe: DigitsRecipe) -> Network:
    """A fresh network for a recipe."""
    positions = torch.from_numpy(mnist.patch_positions(recipe.patch))
    classes = recipe.levels ** (recipe.patch**2)
    embed = Classes(classes, recipe.width)
    if recipe.form == "classifier":
        return DigitClassifier()
    if recipe.form == "mlp":
        return MaskedPerceptron(len(positions), classes, recipe.width)
    if recipe.form == "masked":
        return MaskedTransformer(positions, embed, classes, recipe.width, recipe.depth, recipe.heads)
    return AnyOrderTransformer(
        positions, embed, classes, recipe.form, recipe.width, recipe.depth, recipe.heads, recipe.encoding
    )


def task(recipe: DigitsRecipe, digits: mnist.Digits) -> Digits | LabelledDigits:
    """What a recipe learns from the images."""
    if recipe.form == "classifier":
        return LabelledDigits(digits.grey, digits.labels)
    kind = MaskedDigits if recipe.form in ("masked", "mlp") else Digits
    return kind(
        digits.grey,
        recipe.patch,
        recipe.levels,
        recipe.redraw,
        recipe.tokens,
        recipe.whole,
        _raster_share(recipe),
        recipe.own_share,
    )


def work(model: Network, recipe: DigitsRecipe) -> Work | None:
    """What a step of a transformer takes on average, own orders come by for nothing; None of the other networks."""
    if not isinstance(model, AnyOrderTransformer | MaskedTransformer):
        return None
    count = len(mnist.patch_positions(recipe.patch))
    short = 0 if recipe.own_share else recipe.tokens
    whole = 1.0 if not short else 1 - (1 - recipe.whole) * (1 - _raster_share(recipe))
    tokens = {count: recipe.batch * count * whole, short: recipe.batch * short * (1 - whole)}
    each = {length: operations_per_token(model, recipe.depth, recipe.width, length) for length in tokens}
    return Work(sum(tokens.values()), sum(many * each[length] for length, many in tokens.items()))


def _raster_share(recipe: DigitsRecipe) -> float:
    return 1.0 if recipe.order == "raster" else 1 - recipe.random_share


def start(
    name: str, recipe: DigitsRecipe, digits: mnist.Digits, folder: Path, sample: int = 0, tensorboard: bool = False
) -> Path:
    """Train a recipe on digits, or on the first `sample` of them; leaves weights and metrics in `folder`.

    A folder with a checkpoint of the same recipe is gone on with. Raises RunError where it holds another.
    """
    memory.keep_freed()
    if sample:
        digits = dataclasses.replace(digits, grey=digits.grey[:sample], labels=digits.labels[:sample])
    with processes() as here:
        if here.is_first:
            claim(folder, name, recipe, sample)
        torch.manual_seed(recipe.seed)
        learning = task(recipe, digits)
        model = network(recipe)
        if recipe.start_from:
            checkpoint.load_weights(model, Path(recipe.start_from))
        elif not isinstance(model, DigitClassifier):
            assert isinstance(learning, Digits)
            model.start_at(learning.log_marginals)
        averaged = engine.train(model, learning, recipe, folder, here, tensorboard, work(model, recipe))
        if here.is_first:
            checkpoint.save_weights(averaged, folder)
    return folder


def load(folder: Path) -> DigitsRun:
    """The finished run in `folder`, its network ready to use. Raises RunError or WeightsMissingError."""
    content = read(folder)
    try:
        name = content["recipe"]
        recipe = type(RECIPES[name]["cpu"])(**content["settings"])
    except (KeyError, TypeError, ValueError) as error:
        raise RunError(f"{folder / DESCRIPTION} was written by another version ({error}): train again.") from error
    if not isinstance(recipe, DigitsRecipe):
        raise RunError(f"{folder} holds a run of {name}, which is not one on digits.")
    model = network(recipe)
    checkpoint.load_weights(model, folder)
    return DigitsRun(name, recipe, model.eval())
