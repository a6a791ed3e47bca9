"""MNIST from its IDX files: grey images, made binary or quantised, and cut into patches that are one token each.

Binary images are drawn with p = grey / 255. The test images are drawn once, with a fixed seed, the same for every
model; likelihoods on images made binary in another way are not comparable. The IDX format: MNIST's own page.
"""

from __future__ import annotations

import gzip
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from addon.core.errors import MenderError

from .cmu import data_folder

SIDE = 28
BINARY_SEED = 20221101
_FILES = {"train": "train", "test": "t10k"}
_UNSIGNED_BYTES = 0x08

Images = np.ndarray
"""(N, 28, 28) uint8."""


class MnistError(MenderError):
    """An IDX file that is missing, damaged or of something else; the message names its path."""


@dataclass(frozen=True, eq=False)
class Digits:
    """Grey images (N, 28, 28) uint8 and the digits that they show (N,) uint8."""

    grey: Images
    labels: np.ndarray


def load(split: str, folder: Path | None = None) -> Digits:
    """The `train` or `test` images in a folder of IDX files, packed or not; MOCAP_DATA's `mnist` by default.

    Raises MnistError where a file is missing, damaged or not MNIST's.
    """
    where = folder or data_folder() / "mnist"
    grey = read_idx(_found(where, f"{_FILES[split]}-images-idx3-ubyte"))
    labels_path = _found(where, f"{_FILES[split]}-labels-idx1-ubyte")
    labels = read_idx(labels_path)
    if grey.shape[1:] != (SIDE, SIDE):
        raise MnistError(f"{where} holds images of shape {grey.shape[1:]}, not {SIDE} by {SIDE}: take MNIST's files.")
    if labels.shape != grey.shape[:1] or labels.max(initial=0) > 9:
        raise MnistError(f"{labels_path} does not fit the {len(grey)} images beside it: take MNIST's files.")
    return Digits(grey, labels)


def read_idx(path: Path) -> np.ndarray:
    """The array of bytes in an IDX file, gzip-packed where its name ends in .gz.

    Raises MnistError that names the path where the file cannot be read or is damaged.
    """
    try:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise MnistError(f"{path} cannot be read ({error}): copy it again.") from error
    if len(content) < 4 or content[:3] != bytes((0, 0, _UNSIGNED_BYTES)):
        raise MnistError(f"{path} is no IDX file of bytes: take MNIST's files.")
    axes = content[3]
    if not axes or len(content) < 4 + 4 * axes:
        raise MnistError(f"{path} is cut off in its header: copy it again.")
    shape = struct.unpack(f">{axes}I", content[4 : 4 + 4 * axes])
    values = np.frombuffer(content, np.uint8, offset=4 + 4 * axes)
    count = 1
    for size in shape:
        count *= size
    if values.size != count:
        raise MnistError(f"{path} holds {values.size} values where its header tells of {count}: copy it again.")
    return values.reshape(shape)


def binary(grey: Images, seed: int = BINARY_SEED) -> Images:
    """(N, 28, 28) of 0 and 1, one with probability grey / 255, drawn in the images' order."""
    return (np.random.default_rng(seed).random(grey.shape, dtype=np.float32) * 255 < grey).astype(np.uint8)


def quantised(grey: Images, levels: int) -> Images:
    """(N, 28, 28) of 0 … levels − 1: grey levels in equal steps."""
    return (grey.astype(np.uint16) * levels // 256).astype(np.uint8)


def to_patches(pixels: np.ndarray, side: int, levels: int = 2) -> np.ndarray:
    """(N, (28 / side)²) int64: each patch's pixels as one number in base `levels`, its first pixel the highest digit.

    One token stands for exactly one set of pixels: the likelihood of the tokens is that of the image.
    """
    across = SIDE // side
    parts = pixels.reshape(-1, across, side, across, side).transpose(0, 1, 3, 2, 4).reshape(-1, across**2, side**2)
    return parts.astype(np.int64) @ (levels ** np.arange(side**2 - 1, -1, -1))


def from_patches(tokens: np.ndarray, side: int, levels: int = 2) -> Images:
    """(N, 28, 28) uint8: the inverse of `to_patches`."""
    across = SIDE // side
    digits = tokens[..., None] // (levels ** np.arange(side**2 - 1, -1, -1)) % levels
    parts = digits.reshape(-1, across, across, side, side).transpose(0, 1, 3, 2, 4)
    return parts.reshape(-1, SIDE, SIDE).astype(np.uint8)


def patch_positions(side: int) -> np.ndarray:
    """((28 / side)², 2) int64: row and column of each patch, row by row."""
    across = SIDE // side
    return np.stack(np.meshgrid(np.arange(across), np.arange(across), indexing="ij"), axis=-1).reshape(-1, 2)


def _found(folder: Path, name: str) -> Path:
    for path in (folder / f"{name}.gz", folder / name):
        if path.is_file():
            return path
    raise MnistError(f"{folder / name}.gz is not there: set MOCAP_DATA to the folder that holds mnist/.")
