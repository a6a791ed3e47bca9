"""A model's card in the words of the panel: pairs of label and text, and lines that fit the sidebar."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..inference.card import ModelCard

Rows = list[tuple[str, str]]

_CHARACTER_WIDTH = 6.4  # pixels of Blender's interface font at scale 1, on average
_DEGREES_OF_NOISE = 183  # mean angle that a deviation of 1 on the components would make, measured on CMU takes
_TITLES = {
    "denoise": "Error Left After Denoising",
    "denoise-pose": "Error Left After Denoising",
    "compress": "Error Left After Compression",
}
_USUAL_RATE = "30 fps"
_DETAILS = ("moving", "worst")  # for the evaluation's readers, not for the panel


def facts(card: ModelCard) -> Rows:
    """What the model is, in a word each: label and text."""
    return [("Version", card.version), ("Joints", str(len(card.joints))), ("Sees", _sight(card))]


def figures(metrics: Mapping[str, Any]) -> list[tuple[str, Rows]]:
    """What `evaluate` measured, a title and its rows a task."""
    return [(_TITLES.get(task, _words(task)), list(_rows(task, rows))) for task, rows in metrics.items()]


def lines(text: str, width: float, scale: float = 1.0) -> list[str]:
    """`text` cut at spaces into lines for a region `width` pixels wide, at the interface scale `scale`."""
    return textwrap.wrap(text, max(int(width / scale / _CHARACTER_WIDTH), 16))


def _rows(task: str, rows: object) -> Iterator[tuple[str, str]]:
    if not isinstance(rows, Mapping):
        yield "", _number(rows)
    elif task == "denoise-pose":
        yield from _denoising({sigma: errors["all"] for sigma, errors in rows.items()})
    elif task == "denoise":
        yield from _denoising({sigma: errors["degrees"] for sigma, errors in rows[_USUAL_RATE].items()})
    else:
        yield from _flat(rows)


def _denoising(errors: Mapping[str, Sequence[float]]) -> Iterator[tuple[str, str]]:
    for sigma, (mean, *_) in errors.items():
        noise = float(sigma) * _DEGREES_OF_NOISE
        yield (f"Noise of {noise:.2g}°" if noise else "Clean motion"), f"{mean:.2f}°"


def _flat(values: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for key, value in values.items():
        name = above if key == "all" else _words(f"{above} {key}")
        if isinstance(value, Mapping) and key not in _DETAILS:
            yield from _flat(value, name)
        elif key not in _DETAILS:
            yield name, _number(value)


def _number(value: object) -> str:
    """A figure in three digits; of a mean with its interval, the mean."""
    if isinstance(value, Sequence) and not isinstance(value, str) and value:
        value = value[0]
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _sight(card: ModelCard) -> str:
    if card.kind == "denoiser":
        return "Motion over time"
    if card.window:
        rate = f" at {card.fps:g} fps" if card.fps else ""
        return f"{card.window} frames at once{rate}"
    return f"Any number of frames at {card.fps:g} fps" if card.fps else "One pose at a time"


def _words(key: str) -> str:
    words = key.replace("_", " ").replace("-", " ").strip()
    return words[:1].upper() + words[1:]
