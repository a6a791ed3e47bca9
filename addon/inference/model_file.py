"""Model files on disk: their cards, read without a runtime, so that they can be listed where none loads.

An ONNX file is one protobuf message, `ModelProto`; its field 14, `metadata_props`, repeats messages of a key (field 1)
and a value (field 2). Only these are read here, the weights are skipped.
Source: onnx.proto of the ONNX project; protobuf.dev, "Encoding".
"""

from __future__ import annotations

import mmap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ..core.files import reason
from .card import METADATA_KEY, ModelCard, ModelCardError

_METADATA_FIELD = 14
_KEY_FIELD, _VALUE_FIELD = 1, 2
_VARINT, _EIGHT_BYTES, _LENGTH, _FOUR_BYTES = 0, 1, 2, 5


@dataclass(frozen=True, eq=False)
class ModelEntry:
    """A model file that was found. Either it has a card, or `problem` is a sentence that says why it is refused."""

    path: Path
    card: ModelCard | None
    problem: str

    @property
    def name(self) -> str:
        """The name by which scripts choose the model: the card's, else the file's."""
        return self.card.name if self.card else self.path.stem


def installed_models(folders: Iterable[Path]) -> list[ModelEntry]:
    """Every `.onnx` file in `folders`, usable and refused ones, by file name; a folder that is not there holds none.

    Of two models with one name the first is taken and the other is refused.
    """
    entries: list[ModelEntry] = []
    taken: dict[str, Path] = {}
    for folder in folders:
        for path in sorted(folder.glob("*.onnx")) if folder.is_dir() else []:
            entry = _entry(path)
            if entry.card and entry.name in taken:
                where = taken[entry.name].name
                entry = ModelEntry(path, None, f"{path.name} has the same name, {entry.name}, as {where}: remove one.")
            elif entry.card:
                taken[entry.name] = path
            entries.append(entry)
    return entries


def read_card(path: Path) -> ModelCard:
    """The card inside the model file at `path`. Cached until the file changes.

    Raises ModelCardError where the file cannot be read, is no ONNX model, has no card or one that does not fit.
    """
    return _read_card(path, file_state(path))


def file_state(path: Path) -> tuple[int, int]:
    """Time of change and size of a model file: where they differ from before, what was kept of it is old.

    Raises ModelCardError where it cannot be read.
    """
    try:
        state = path.stat()
    except OSError as error:
        raise unreadable(path, error) from error
    return state.st_mtime_ns, state.st_size


def unreadable(path: Path, error: OSError) -> ModelCardError:
    """The error for a model file that the system does not give."""
    return ModelCardError(f"{path.name} cannot be read ({reason(error)}): choose another model.")


@lru_cache(maxsize=64)
def _read_card(path: Path, state: tuple[int, int]) -> ModelCard:
    try:
        text = _metadata(path).get(METADATA_KEY)
    except (OSError, ValueError) as error:
        raise ModelCardError(f"{path.name} is not a readable ONNX model: copy or export it again.") from error
    if text is None:
        raise ModelCardError(f"{path.name} carries no card of Mocap Mender: export it with python -m export onnx.")
    try:
        return ModelCard.from_json(text)
    except ModelCardError as error:
        raise ModelCardError(f"{path.name}: {error}") from error


def _entry(path: Path) -> ModelEntry:
    try:
        return ModelEntry(path, read_card(path), "")
    except ModelCardError as error:
        return ModelEntry(path, None, str(error))


def _metadata(path: Path) -> dict[str, str]:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        found = {}
        for field, start, stop in _fields(content, 0, len(content)):
            if field == _METADATA_FIELD:
                pair = {inner: content[a:b].decode() for inner, a, b in _fields(content, start, stop)}
                found[pair.get(_KEY_FIELD, "")] = pair.get(_VALUE_FIELD, "")
        return found


def _fields(content: mmap.mmap, start: int, stop: int) -> Iterator[tuple[int, int, int]]:
    """Number, start and stop of every field with a length between `start` and `stop`. Raises ValueError if cut off."""
    while start < stop:
        tag, start = _varint(content, start, stop)
        field, wire = tag >> 3, tag & 7
        if wire == _VARINT:
            _, start = _varint(content, start, stop)
        elif wire in (_EIGHT_BYTES, _FOUR_BYTES):
            start += 8 if wire == _EIGHT_BYTES else 4
        elif wire == _LENGTH:
            length, start = _varint(content, start, stop)
            if start + length > stop:
                raise ValueError("a field ends after the file")
            yield field, start, start + length
            start += length
        else:
            raise ValueError(f"unknown wire type {wire}")


def _varint(content: mmap.mmap, start: int, stop: int) -> tuple[int, int]:
    value = 0
    for shift, place in enumerate(range(start, min(start + 10, stop))):
        value |= (content[place] & 0x7F) << (7 * shift)
        if content[place] < 0x80:
            return value, place + 1
    raise ValueError("a number is cut off")
