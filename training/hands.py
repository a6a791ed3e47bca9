"""Runs on hands: a finger model's networks trained one after the other, its closed forms fitted, and all read back."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from . import checkpoint, engine
from .config import HandsRecipe
from .data import hand_memory, hands
from .data.hand_windows import windows
from .data.hands import FPS, HandSet
from .distributed import Processes, processes
from .hands_fit import best_order, calibrate, liveliness
from .hands_trust import trust
from .models.hand_model import HandModel
from .models.hands_any_order import HandAnyOrder
from .models.hands_fill import FillNetwork
from .recipes import RECIPES
from .runs import DESCRIPTION, RunError, claim, read
from .tasks.hands_any_order import channels
from .tasks.hands_any_order import task as any_order_task
from .tasks.hands_fill import FillHands

BETWEEN, POSES = "between-{}", "poses"
"""Folders inside a run's, one a network, each with its own checkpoint."""
LARGE = 4096
"""Weights of tensors with more numbers than this are kept in half precision."""


@dataclass(frozen=True, eq=False)
class HandsRun:
    """A finished run on hands: its recipe and the model, ready to use."""

    name: str
    recipe: HandsRecipe
    model: HandModel


def network(recipe: HandsRecipe) -> HandModel:
    """A fresh model for a recipe."""
    return HandModel(recipe.members, recipe.width, recipe.pose_width, recipe.pose_depth, recipe.pose_form)


def start(name: str, recipe: HandsRecipe, folder: Path, tensorboard: bool = False) -> Path:
    """Train a recipe, going on where a run in `folder` stopped; leaves the whole model's weights there.

    Raises RunError where the folder holds another run, DataMissingError where a data set is not there.
    """
    takes = training_takes(recipe)
    with processes() as here:
        if here.is_first:
            claim(folder, name, recipe)
        model = network(recipe)
        model.tell(
            hand_memory.fit(channels(takes.takes), FPS), hands.statistics(takes.takes), hands.limits(takes.takes)
        )
        _train_between(model, recipe, takes, folder, here, tensorboard)
        _train_poses(model, recipe, takes, folder, here, tensorboard)
        if here.is_first:
            finish(model, recipe, takes, folder)
    return folder


def training_takes(recipe: HandsRecipe) -> HandSet:
    """What a recipe learns from: with a take left out, all of ManipNet's others train, test and validation too."""
    found = hands.load(recipe.sources, "train")
    if not recipe.leave_out:
        return found
    parts = [hands.load("all", part).of("manipnet").takes for part in ("validation", "test")]
    return HandSet((*found.takes, *parts[0], *parts[1])).without(recipe.leave_out)


def finish(model: HandModel, recipe: HandsRecipe, takes: HandSet, folder: Path) -> None:
    """Fit what is fitted to the trained networks, and write the whole model's weights, the large ones in half.

    Densities are softened for takes like those learned from; how far the timing is believed, for all there are.
    """
    round_large(model)
    model.eval()
    validation = hands.load("all", "validation")
    calibrate(model, hands.load(recipe.sources, "validation"))
    model.best_order.copy_(torch.from_numpy(best_order(model, takes)))
    if len(model.fill.members):
        model.fill.trust.copy_(trust(model, validation))
        model.liveliness.copy_(torch.tensor(dataclasses.astuple(liveliness(model, validation))))
    kept = {key: value.half() if value.numel() > LARGE else value for key, value in _weights(model).items()}
    checkpoint.save_weights(model, folder, kept)


def load(folder: Path) -> HandsRun:
    """The finished run in `folder`. Raises RunError or WeightsMissingError."""
    content = read(folder)
    try:
        recipe = type(RECIPES[content["recipe"]]["cpu"])(**content["settings"])
        assert isinstance(recipe, HandsRecipe)
    except (KeyError, TypeError, AssertionError) as error:
        raise RunError(f"{folder / DESCRIPTION} is no run on hands ({error}): train again.") from error
    model = network(recipe)
    checkpoint.load_weights(model, folder)
    return HandsRun(content["recipe"], recipe, model.eval())


def round_large(model: nn.Module) -> None:
    """Let the networks' large weights be what half precision holds."""
    with torch.no_grad():
        for part in model.parameters():
            if part.numel() > LARGE:
                part.copy_(part.half().float())


def _weights(model: HandModel) -> dict[str, torch.Tensor]:
    """Everything that was learnt or fitted. Closed forms stay in full precision: what is small in them counts."""
    return {
        key: value.clone().float() if key in dict(model.named_buffers()) and value.is_floating_point() else value
        for key, value in model.state_dict().items()
    }


def _train_between(
    model: HandModel, recipe: HandsRecipe, takes: HandSet, folder: Path, here: Processes, tensorboard: bool
) -> None:
    curves = model.curves()
    task = FillHands(windows(takes.takes, curves.mean), curves)
    for number, member in enumerate(model.fill.members):
        torch.manual_seed(recipe.seed + number)
        fresh = FillNetwork(recipe.width)
        own = dataclasses.replace(recipe, seed=recipe.seed + number)
        place = folder / BETWEEN.format(number)
        place.mkdir(parents=True, exist_ok=True)
        averaged = engine.train(fresh, task, own, place, here, tensorboard)
        member.load_state_dict(averaged.state_dict())


def _train_poses(
    model: HandModel, recipe: HandsRecipe, takes: HandSet, folder: Path, here: Processes, tensorboard: bool
) -> None:
    torch.manual_seed(recipe.seed)
    fresh = HandAnyOrder(recipe.pose_form, recipe.pose_width, recipe.pose_depth)
    own = dataclasses.replace(
        recipe,
        epochs=recipe.pose_epochs,
        batch=recipe.pose_batch,
        weight_decay=0.1,
        warm_up=100,
        precision="float32",  # densities and closed forms gain nothing from half as many digits
    )
    place = folder / POSES
    place.mkdir(parents=True, exist_ok=True)
    averaged = engine.train(
        fresh, any_order_task(takes.takes, model.gaussian(), model.prototypes()), own, place, here, tensorboard
    )
    model.pose.load_state_dict(averaged.state_dict())
