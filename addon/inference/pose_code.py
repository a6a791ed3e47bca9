"""The two halves of an autoencoder: poses to codes, and codes back to poses."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np

from ..core.compression.block import PoseCode
from ..core.files import sha256
from ..core.rotation import Array, aligned, angle_between, normalize
from .autoencoder import CHUNK, KIND
from .card import ModelCard, ModelCardError
from .model_file import file_state, unreadable
from .session import Model

CODE, CODE_INPUT = "code", "code_to_decode"
_NUDGE = 0.01


def gives_code(card: ModelCard) -> bool:
    """Whether the network of this card compresses poses to a code."""
    return card.kind == KIND and any(output.name == CODE for output in card.outputs)


def pose_code(model: Model) -> PoseCode:
    """The model's code of poses. Raises ModelCardError where it has none, or cannot decode one."""
    card = model.card
    width = next((output.shape[-1] for output in card.outputs if output.name == CODE), None)
    if not gives_code(card) or not isinstance(width, int):
        raise ModelCardError(f"{card.label} has no code for poses: choose an autoencoder that compresses.")
    if CODE_INPUT not in {value.name for value in model.session.get_overridable_initializers()}:
        raise ModelCardError(f"{card.label} was exported without its decoder: export it again.")
    joints, restored = len(card.joints), card.outputs[0].name
    no_code, no_pose = np.zeros((0, width), np.float32), np.zeros((0, 4 * joints), np.float32)

    def run(output: str, pose: Array, code: Array) -> Array:
        (found,) = model.session.run([output], {card.inputs[0].name: pose, CODE_INPUT: code})
        result: Array = found
        return result

    def encode(rotations: Array) -> Array:
        poses = aligned(normalize(rotations.astype(np.float32)), card.reference)
        poses = poses.reshape(len(rotations), 4 * joints)
        return np.concatenate([no_code, *(run(CODE, part, no_code) for part in _chunks(poses))])

    def decode(codes: Array) -> Array:
        parts = (run(restored, no_pose, part) for part in _chunks(codes.astype(np.float32)))
        poses = np.concatenate([no_pose, *parts])
        return normalize(poses.reshape(-1, joints, 4))

    code = encode(card.reference[None])
    turned = angle_between(decode(code), decode(code + _NUDGE * np.eye(width, dtype=np.float32)))
    scale = float(np.sqrt(np.mean(np.sum(turned.astype(np.float64) ** 2, axis=-1)))) / _NUDGE
    return PoseCode(encode, decode, card.reference, width, max(scale, 1e-6))


def file_hash(path: Path) -> str:
    """SHA-256 of a model file, in hexadecimal digits. Kept until the file changes. Raises ModelCardError."""
    return _file_hash(path, file_state(path))


@lru_cache(maxsize=64)
def _file_hash(path: Path, state: tuple[int, int]) -> str:
    try:
        return sha256(path)
    except OSError as error:
        raise unreadable(path, error) from error


def _chunks(rows: Array) -> list[Array]:
    return [rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK)]
