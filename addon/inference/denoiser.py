"""Motion through a denoiser: a network that sees time, so it is told the rate and what is missing."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ..core.curves import denoised_curves
from ..core.errors import MenderError
from ..core.likely import Likely
from ..core.progress import Progress
from ..core.rigs.chains import on_whole_chains
from ..core.rigs.sides import twins
from ..core.rotation import Array, Mask
from ..core.temporal import denoised
from .card import ModelCardError
from .matrices import product
from .session import Model

KIND = "denoiser"
LIKELY = ("mean", "basis", "rest", "lags")
"""What a file may carry about how poses follow each other, as outputs named likely_…: the parts of `core.likely`."""


def denoise(
    model: Model,
    rotations: Array,
    fps: float,
    missing: Mask | None = None,
    absent: Mask | None = None,
    progress: Progress | None = None,
) -> Array:
    """Rotations (T, J, 4) of the card's joints at `fps`, any number of them: unit quaternions float32 (T, J, 4).

    missing: (T, J) True where motion is to be made up; rotations without length or with values that are not finite, and
    frames that a recorder repeated, are made up anyway. absent: (J,) True for joints that the rig has not. progress: is
    told the share that is done and may raise to stop.
    Memory beside the rotations stays the same however long they are. Raises ModelCardError for a model of another kind,
    ValueError for other joints or a rate that is none, MenderError where the network gives no finite numbers.
    """
    card = model.card
    _check(model, fps)
    if rotations.shape[1:] != (len(card.joints), 4):
        raise ValueError(f"rotations must be (T, {len(card.joints)}, 4), not {rotations.shape}")
    source, output = card.inputs[0].name, card.outputs[0].name

    def network(marked: Array) -> Array:
        (result,) = model.session.run([output], {source: marked[None]})
        clean: Array = result[0]
        if not np.all(np.isfinite(clean)):
            raise MenderError(f"{card.label} gave numbers that are not finite: choose another model.")
        return clean

    rate, likely, sides = card.fps or fps, _likely(model), twins(card.joints)

    def through(whole: Array, unknown: Mask | None, lacking: Mask | None, sharing: Mask | None) -> Array:
        return denoised(
            network, whole, fps, rate, card.reference, unknown, lacking, likely, sides, sharing, progress, product
        )

    return on_whole_chains(through, rotations, missing, absent, card.joints, card.reference)


def denoise_curves(
    model: Model,
    rotations: Array,
    fps: float,
    missing: Mask | None = None,
    progress: Progress | None = None,
) -> Array:
    """Rotations (T, J, 4) of bones that the model does not know, fingers, tails or props: unit quaternions float32.

    The part of denoising that needs no skeleton (`core.curves`); it goes with any denoiser of motion and takes missing,
    repeated and broken rotations and `progress` as `denoise` does. Raises ModelCardError for a model of another kind,
    ValueError for no quaternions or a rate that is none.
    """
    _check(model, fps)
    if rotations.ndim != 3 or rotations.shape[2] != 4:
        raise ValueError(f"rotations must be (T, J, 4), not {rotations.shape}")
    return denoised_curves(rotations, fps, missing, progress, product)


def _check(model: Model, fps: float) -> None:
    card = model.card
    if card.kind != KIND:
        raise ModelCardError(f"{card.label} is a {card.kind}, not a {KIND}: choose a model that sees motion over time.")
    if not (np.isfinite(fps) and fps > 0):
        raise ValueError(f"fps must be a positive number, not {fps}")


@lru_cache(maxsize=8)
def _likely(model: Model) -> Likely | None:
    """What the file knows of how poses follow each other: outputs that are always the same; None where it has none."""
    card = model.card
    names = [f"likely_{part}" for part in LIKELY]
    if not set(names) <= {output.name for output in card.outputs}:
        return None
    nothing = np.broadcast_to(card.reference, (1, 1, *card.reference.shape)).astype(np.float32)
    parts = model.session.run(names, {card.inputs[0].name: nothing})
    mean, basis, rest, lags = (part.astype(np.float64) for part in parts)
    return Likely(card.reference, mean, basis, rest, lags, card.fps or 1.0)
