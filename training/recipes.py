"""Recipes: what can be trained by name, a preset a machine, and settings changed on the command line."""

from __future__ import annotations

import contextlib
import dataclasses
import io
from collections.abc import Sequence
from typing import Any, get_args, get_type_hints

import tyro

from .config import (
    DenoiseRecipe,
    DigitsRecipe,
    HandsRecipe,
    PoseCompressRecipe,
    PoseDenoiseRecipe,
    Preset,
    Recipe,
    RecipeError,
    TutorialRecipe,
)

_TUTORIAL = TutorialRecipe(epochs=2000, batch=30_000, learning_rate=1e-3, amsgrad=True, epsilon=1e-7, log_every=10)
_SPARSE = dataclasses.replace(_TUTORIAL, first=256, second=128, activity_l1=1e-9)
_OURS: dict[str, Any] = {
    "batch": 512,
    "learning_rate": 2e-3,
    "schedule": "cosine",
    "warm_up": 200,
    "weight_decay": 0.01,
    "clip": 1.0,
    "ema": 0.999,
    "mirror": True,
}
_COMPRESS = PoseCompressRecipe(epochs=150, **_OURS)
_DENOISE = PoseDenoiseRecipe(epochs=120, **_OURS)
_MOTION = DenoiseRecipe(
    epochs=70,
    batch=24,
    learning_rate=1.5e-3,
    schedule="cosine",
    warm_up=50,
    weight_decay=0.01,
    clip=1.0,
    ema=0.998,
    mirror=True,
    log_every=20,
    threads=1,
)

_DIGITS = DigitsRecipe(
    epochs=1000,
    minutes=60,
    batch=32,
    learning_rate=2e-3,
    schedule="cosine",
    warm_up=100,
    weight_decay=0.02,
    clip=1.0,
    ema=0.998,
    precision="bfloat16",
    threads=2,
)
_DIGITS_GPU = dataclasses.replace(
    _DIGITS,
    epochs=400,
    minutes=0,
    batch=256,
    learning_rate=1e-3,
    warm_up=2000,
    weight_decay=0.05,
    ema=0.9995,
    threads=0,
    compile=True,
    width=256,
    depth=8,
    heads=8,
    patch=1,
    tokens=0,
)


def _digits(**settings: Any) -> dict[Preset, Recipe]:
    return {
        "cpu": dataclasses.replace(_DIGITS, **settings),
        "gpu": dataclasses.replace(_DIGITS_GPU, **settings),
    }


def _digits_further(start: str, cpu_rate: float, **settings: Any) -> dict[Preset, Recipe]:
    further = _digits(start_from=f"runs/{start}", **settings)
    return {
        "cpu": dataclasses.replace(further["cpu"], minutes=15, batch=16, learning_rate=cpu_rate, warm_up=20),
        "gpu": dataclasses.replace(further["gpu"], epochs=100, learning_rate=5e-4, warm_up=200),
    }


def _digits_in_one_order() -> dict[Preset, Recipe]:
    """As long as an any-order form and its further training together, since these are compared with it."""
    alone = _digits(form="pairs", order="raster", tokens=0)
    return {"cpu": dataclasses.replace(alone["cpu"], minutes=75), "gpu": dataclasses.replace(alone["gpu"], epochs=500)}


_HANDS = HandsRecipe(
    epochs=40,
    batch=12,
    learning_rate=1.5e-3,
    schedule="cosine",
    warm_up=50,
    weight_decay=0.05,
    clip=1.0,
    ema=0.998,
    precision="bfloat16",
    log_every=20,
    threads=1,
)
_HANDS_OPEN = dataclasses.replace(_HANDS, sources="open", width=48, epochs=8, pose_epochs=8)


_HANDS_FORM = dataclasses.replace(_HANDS, members=0, pose_width=48, pose_depth=2, pose_epochs=2, pose_batch=64)


def _hands(recipe: HandsRecipe) -> dict[Preset, Recipe]:
    return {"cpu": recipe, "gpu": dataclasses.replace(recipe, epochs=40, pose_epochs=200, threads=0)}


RECIPES: dict[str, dict[Preset, Recipe]] = {
    "tutorial-compress": {"cpu": _TUTORIAL, "gpu": _TUTORIAL},
    "tutorial-sparse": {"cpu": _SPARSE, "gpu": _SPARSE},
    "pose-compress": {"cpu": _COMPRESS, "gpu": dataclasses.replace(_COMPRESS, epochs=2000, batch=2048)},
    "pose-denoise": {"cpu": _DENOISE, "gpu": dataclasses.replace(_DENOISE, epochs=2000, batch=2048)},
    "denoise": {"cpu": _MOTION, "gpu": dataclasses.replace(_MOTION, epochs=300, batch=96, threads=0)},
    "hands": _hands(_HANDS),
    "hands-open": _hands(_HANDS_OPEN),
    "hands-queries": _hands(_HANDS_FORM),
    "hands-triples": _hands(dataclasses.replace(_HANDS_FORM, pose_form="triples")),
    "mnist-triples": _digits(form="triples"),
    "mnist-query": _digits(form="queries"),
    "mnist-triples-own": _digits_further("mnist-triples", 5e-4, form="triples", own_share=0.5, tokens=0),
    "mnist-query-own": _digits_further("mnist-query", 5e-4, form="queries", own_share=0.5, tokens=0),
    # On training images 0.3 instead of 0.4 takes 0.3 nats off triples in raster order and puts 0.2 on random ones.
    "mnist-triples-mixed": _digits_further("mnist-triples", 1e-3, form="triples", random_share=0.3),
    "mnist-query-mixed": _digits_further("mnist-query", 1e-3, form="queries", random_share=0.3),
    "mnist-raster": _digits_in_one_order(),
    "mnist-triples-raster": _digits(form="triples", order="raster", tokens=0),
    "mnist-query-raster": _digits(form="queries", order="raster", tokens=0),
    "mnist-masked": _digits(form="masked", tokens=0),
    "mnist-mlp": _digits(form="mlp", width=512, tokens=0, precision="float32", minutes=10),
    "mnist-classifier": _digits(form="classifier", precision="float32", minutes=0, epochs=3, batch=64),
}

DESCRIPTIONS = {
    "tutorial-compress": "the tutorial's autoencoder 120-60-30-60-120, faithful to it",
    "tutorial-sparse": "the tutorial's autoencoder 120-256-128-256-120 with a sparse first layer, faithful to it",
    "pose-compress": "our compression of a pose to 30 numbers",
    "pose-denoise": "our denoiser, one pose at a time",
    "denoise": "our denoiser of motion over time, from the train and other takes",
    "hands": "the finger model from all recordings, for non-commercial use",
    "hands-open": "the finger model from recordings that allow any use: the one that ships",
    "hands-queries": "the any-order network of hands alone, small, in the form that ships, to compare",
    "hands-triples": "the same in its other form",
    "mnist-triples": "the any-order transformer on digits, decoder-only: position, value, target position",
    "mnist-query": "the any-order transformer on digits, queries to a set of known pairs",
    "mnist-triples-own": "the trained triples, further on, half of the orders their own: lowest entropy first",
    "mnist-query-own": "the trained queries, further on, half of the orders their own: lowest entropy first",
    "mnist-triples-mixed": "the trained triples, further on, with raster orders among the random ones",
    "mnist-query-mixed": "the trained queries, further on, with raster orders among the random ones",
    "mnist-raster": "a usual transformer of the same size that learns the raster order alone",
    "mnist-triples-raster": "triples that learn the raster order alone",
    "mnist-query-raster": "queries that learn the raster order alone",
    "mnist-masked": "an encoder-only transformer of the same size on masked digits",
    "mnist-mlp": "the order-agnostic perceptron on masked digits (DeepNADE)",
    "mnist-classifier": "tells digits apart: its features measure how far samples are from digits",
}


def recipe_named(name: str, preset: Preset = "cpu", overrides: Sequence[str] = ()) -> Recipe:
    """The recipe's preset with `key=value` overrides.

    Raises RecipeError for a name, preset, key or value that does not exist, naming those that do.
    """
    if name not in RECIPES:
        raise RecipeError(f"There is no recipe {name!r}; there are {', '.join(RECIPES)}.")
    if preset not in get_args(Preset):
        raise RecipeError(f"There is no preset {preset!r}; there are {', '.join(get_args(Preset))}.")
    recipe = RECIPES[name][preset]
    for override in overrides:
        recipe = _overridden(recipe, override)
    return recipe


def _overridden(recipe: Recipe, override: str) -> Recipe:
    key, equals, value = override.partition("=")
    hints = get_type_hints(type(recipe))
    if not equals or key not in hints:
        raise RecipeError(f"--set takes KEY=VALUE, not {override!r}; the keys are {', '.join(hints)}.")
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            parsed = tyro.cli(tyro.conf.Positional[hints[key]], args=[value])
    except SystemExit as refused:
        raise RecipeError(f"{value!r} does not fit {key}, which is {getattr(recipe, key)!r} here.") from refused
    return dataclasses.replace(recipe, **{key: parsed})
