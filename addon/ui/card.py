"""A model's card in the words of the panel: pairs of label and text, and lines that fit the sidebar."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from ..inference.card import ModelCard

_CHARACTER_WIDTH = 6.4  # pixels of Blender's interface font at scale 1, on average


def facts(card: ModelCard) -> list[tuple[str, str]]:
    """What a person wants to know before using a model: label and text."""
    return [
        ("Version", card.version),
        ("Joints", str(len(card.joints))),
        ("Sees", _sight(card)),
        ("Licence", card.licence),
        ("Trained on", card.training_data),
    ]


def figures(metrics: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """The measured figures of a card, nested ones flattened: label and text."""
    for key, value in metrics.items():
        words = key.replace("_", " ").strip()
        name = f"{above}, {words}" if above else words[:1].upper() + words[1:]
        if isinstance(value, Mapping):
            yield from figures(value, name)
        elif isinstance(value, float):
            yield name, f"{value:.3g}"
        elif isinstance(value, int | str):
            yield name, str(value)


def lines(text: str, width: float, scale: float = 1.0) -> list[str]:
    """`text` cut at spaces into lines for a region `width` pixels wide, at the interface scale `scale`."""
    return textwrap.wrap(text, max(int(width / scale / _CHARACTER_WIDTH), 16))


def _sight(card: ModelCard) -> str:
    if card.window:
        rate = f" at {card.fps:g} fps" if card.fps else ""
        return f"{card.window} frames at once{rate}"
    return f"Any number of frames at {card.fps:g} fps" if card.fps else "One pose at a time"
