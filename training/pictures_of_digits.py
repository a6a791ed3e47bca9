"""Sheets of samples, and maps of when a rule comes to which patch."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from .data.mnist import SIDE, Images
from .pictures import plt


def sheet(rows: Mapping[str, Images], path: Path) -> Path:
    """A row of images an order, its name before it."""
    count = max(len(images) for images in rows.values())
    figure, panels = plt.subplots(len(rows), 1, figsize=(0.42 * count + 2, 0.5 * len(rows)), layout="constrained")
    for panel, (name, images) in zip(np.atleast_1d(panels), rows.items(), strict=True):
        strip = np.pad(images, ((0, count - len(images)), (1, 1), (1, 1)))
        panel.imshow(1 - strip.transpose(1, 0, 2).reshape(SIDE + 2, -1), cmap="gray", vmin=0, vmax=1)
        panel.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=7)
        panel.set(xticks=[], yticks=[])
    figure.savefig(path, dpi=80)
    plt.close(figure)
    return path


def order_map(places: Mapping[str, np.ndarray], path: Path) -> Path:
    """A map (rows, columns) an order: how early each patch is revealed, from dark (first) to light (last)."""
    figure, panels = plt.subplots(1, len(places), figsize=(2.2 * len(places), 2.4), layout="constrained")
    for panel, (name, place) in zip(np.atleast_1d(panels), places.items(), strict=True):
        panel.imshow(place, cmap="viridis", vmin=0, vmax=place.size - 1)
        panel.set_title(name, fontsize=8)
        panel.set(xticks=[], yticks=[])
    figure.savefig(path, dpi=80)
    plt.close(figure)
    return path
