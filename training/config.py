"""Recipes: everything that decides what a training run does, as frozen records with a preset a machine."""

from __future__ import annotations

import contextlib
import dataclasses
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_type_hints

import tyro

from addon.core.errors import MenderError

Preset = Literal["cpu", "gpu"]


class RecipeError(MenderError):
    """A recipe, preset or setting that does not exist."""


@dataclass(frozen=True)
class Recipe:
    """What every recipe sets. An epoch is one pass over the training poses in a shuffled order.

    schedule: the learning rate stays, or falls along a cosine to zero. warm_up: steps of linear rise before that.
    clip: largest norm of the gradient, 0 for none. ema: decay of the averaged weights, 0 for none.
    mirror: train on mirrored poses too.
    leave_out: training subjects to leave out, such as 16,35, so that choices can be judged without the test set.
    log_every: steps between two lines of metrics. threads: CPU threads, 0 for PyTorch's own choice.
    minutes: how long the run may take, in place of the epochs: minutes that each of its CPU threads works, or, on a
    GPU, of the clock; 0 for as many epochs as it says.
    precision: what matrices are multiplied in; the weights stay float32. compile: by torch.compile.
    accumulate: pieces that a step's share of the batch is cut into, for less memory.
    """

    epochs: int
    batch: int
    learning_rate: float = 1e-3
    schedule: Literal["constant", "cosine"] = "constant"
    warm_up: int = 0
    amsgrad: bool = False
    epsilon: float = 1e-8
    weight_decay: float = 0.0
    clip: float = 0.0
    ema: float = 0.0
    mirror: bool = False
    seed: int = 0
    leave_out: str = ""
    log_every: int = 50
    threads: int = 0
    minutes: float = 0.0
    precision: Literal["float32", "bfloat16"] = "float32"
    compile: bool = False
    accumulate: int = 1


@dataclass(frozen=True)
class TutorialRecipe(Recipe):
    """The tutorial's autoencoders. activity_l1: penalty on the first hidden layer, summed over it."""

    first: int = 60
    second: int = 30
    activity_l1: float = 0.0


@dataclass(frozen=True)
class PoseCompressRecipe(Recipe):
    """Our compression of a pose to `code` numbers.

    width: hidden units of the encoder and of the decoder. blend: share of poses whose limbs are blended with others'.
    position: weight of the joints' distance in metres beside the rotations' (half their angle in radians).
    """

    code: int = 30
    width: int = 160
    blend: float = 0.5
    position: float = 1.0


@dataclass(frozen=True)
class PoseDenoiseRecipe(Recipe):
    """Our denoiser of single poses. width: hidden units of its network.

    sigma_low, sigma_high: deviation of the training noise on quaternion components, drawn log-uniformly between them.
    independence: share of the coupling between limbs that the Gaussian prior does not believe.
    Shares of the poses: clean, without noise; quiet, where some joints carry none; uneven, where joints differ in it;
    astray, where joints that never move are held elsewhere; blend, with limbs blended with others'.
    """

    width: int = 176
    sigma_low: float = 0.002
    sigma_high: float = 0.13
    independence: float = 0.9
    clean: float = 0.02
    quiet: float = 0.15
    uneven: float = 0.15
    astray: float = 0.1
    blend: float = 1.0


@dataclass(frozen=True)
class DenoiseRecipe(Recipe):
    """Our denoiser of motion over time. An epoch is 2,400 stretches of motion, drawn anew.

    strokes: components of the motion prior. width: hidden units of the refinement.
    """

    strokes: int = 448
    width: int = 224


@dataclass(frozen=True)
class DigitsRecipe(Recipe):
    """A model of MNIST's binary or quantised images, patch by patch.

    form: a face of the any-order transformer, or one of the baselines: `masked`, an encoder-only transformer; `mlp`,
    the order-agnostic perceptron of DeepNADE; or the `classifier` that samples are judged by.
    order: which orders it learns. random_share: of the steps, how many see random orders where it learns random ones;
    the others see raster order. own_share: share of the orders that the model chooses itself, lowest entropy first.
    width, depth, heads, encoding: of the transformer (width alone of `mlp`).
    patch: pixels along a patch's side. levels: values of a pixel, 2 for binary. redraw: binary images are drawn anew
    each time they are seen; otherwise once, as the test images are.
    tokens: patches of a training sequence; the more uncertain a patch, the more often it is among them. 0 for all.
    whole: share of the steps that see all patches all the same.
    start_from: folder of a run to begin with the weights of.
    """

    form: Literal["triples", "queries", "pairs", "masked", "mlp", "classifier"] = "triples"
    order: Literal["random", "raster"] = "random"
    random_share: float = 1.0
    own_share: float = 0.0
    width: int = 128
    depth: int = 4
    heads: int = 4
    encoding: Literal["relative", "absolute"] = "relative"
    patch: int = 2
    levels: int = 2
    redraw: bool = True
    tokens: int = 96
    whole: float = 0.2
    start_from: str = ""


@dataclass(frozen=True)
class HandsRecipe(Recipe):
    """The finger models. epochs and batch are those of each network between keys; an epoch is 1,200 windows.

    sources: `all` recordings, or the `open` ones, whose licences allow any use. leave_out: a ManipNet take.
    members: networks between keys that are averaged; each starts from the one before (snapshot ensembles, Huang et al.
    2017, arXiv 1704.00109). width: of each.
    pose_form, pose_width, pose_depth, pose_epochs, pose_batch: of the any-order network; an epoch is 6,400 examples.
    """

    sources: Literal["all", "open"] = "all"
    members: int = 3
    width: int = 64
    pose_form: Literal["queries", "triples"] = "queries"
    pose_width: int = 64
    pose_depth: int = 3
    pose_epochs: int = 40
    pose_batch: int = 128


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


_OWN: dict[str, Any] = {"own_share": 0.5, "minutes": 15, "batch": 16, "learning_rate": 5e-4, "warm_up": 20, "tokens": 0}


_MIXED: dict[str, Any] = {"random_share": 0.4, "minutes": 15, "batch": 16, "learning_rate": 1e-3, "warm_up": 20}


def _digits(**settings: Any) -> dict[Preset, Recipe]:
    return {
        "cpu": dataclasses.replace(_DIGITS, **settings),
        "gpu": dataclasses.replace(_DIGITS_GPU, **settings),
    }


_HANDS = HandsRecipe(
    epochs=10,
    batch=12,
    learning_rate=1.5e-3,
    schedule="cosine",
    warm_up=50,
    weight_decay=0.05,
    clip=1.0,
    ema=0.995,
    log_every=20,
    threads=1,
)
_HANDS_OPEN = dataclasses.replace(_HANDS, sources="open", members=1, width=48)


_HANDS_FORM = dataclasses.replace(_HANDS, members=0, pose_width=48, pose_depth=2, pose_epochs=5, pose_batch=64)


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
    "mnist-triples-own": _digits(form="triples", start_from="runs/mnist-triples", **_OWN),
    "mnist-query-own": _digits(form="queries", start_from="runs/mnist-query", **_OWN),
    "mnist-triples-mixed": _digits(form="triples", start_from="runs/mnist-triples", **_MIXED),
    "mnist-query-mixed": _digits(form="queries", start_from="runs/mnist-query", **_MIXED),
    "mnist-raster": _digits(form="pairs", order="raster", tokens=0),
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
