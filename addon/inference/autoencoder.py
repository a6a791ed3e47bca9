"""Poses through an autoencoder, one pose at a time: rotations in, cleaned or compressed-and-restored rotations out."""

from __future__ import annotations

import numpy as np

from ..core.errors import MenderError
from ..core.rotation import Array, aligned, normalize
from .card import ModelCardError
from .session import Model

KIND = "pose_autoencoder"
CHUNK = 4096
"""Poses in one run: enough to keep the cores busy, little enough to keep the memory small."""


def autoencode(model: Model, rotations: Array) -> Array:
    """Rotations (T, J, 4) of the card's joints, through the network: unit quaternions float32 (T, J, 4).

    Signs do not matter on the way in; on the way out each lies nearer to the card's reference. Raises ModelCardError
    for a model of another kind, ValueError for other joints, MenderError where the network gives no finite numbers.
    """
    card = model.card
    if card.kind != KIND:
        raise ModelCardError(f"{card.label} is a {card.kind}, not a {KIND}: choose a model that sees single poses.")
    joints = len(card.joints)
    if rotations.shape[1:] != (joints, 4):
        raise ValueError(f"rotations must be (T, {joints}, 4), not {rotations.shape}")
    source, output = card.inputs[0].name, card.outputs[0].name
    result = np.empty(rotations.shape, dtype=np.float32)
    for start in range(0, len(rotations), CHUNK):
        poses = aligned(normalize(rotations[start : start + CHUNK].astype(np.float32)), card.reference)
        (restored,) = model.session.run([output], {source: poses.reshape(-1, joints * 4)})
        result[start : start + CHUNK] = restored.reshape(-1, joints, 4)
    if not np.all(np.isfinite(result)):
        raise MenderError(f"{card.label} gave numbers that are not finite: choose another model.")
    return aligned(normalize(result), card.reference)
