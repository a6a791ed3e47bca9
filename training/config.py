"""Settings: everything that decides what a training run does, as frozen records, one a kind of recipe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

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
    members: networks between keys that are averaged, each from a seed of its own. width: of each.
    pose_form, pose_width, pose_depth, pose_epochs, pose_batch: of the any-order network; an epoch is 6,400 examples.
    """

    sources: Literal["all", "open"] = "all"
    members: int = 3
    width: int = 64
    pose_form: Literal["queries", "triples"] = "queries"
    pose_width: int = 64
    pose_depth: int = 3
    pose_epochs: int = 14
    pose_batch: int = 128
