"""Results as Markdown tables: the README's tables are these, made from the results that the project keeps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def compress(content: dict[str, Any]) -> str:
    """A row a method: mean error with interval, over all joints, over the moving ones, and of positions."""
    head = ("method", "all joints, degrees", "moving joints, degrees", "joint positions, cm")
    rows = [
        (name, _cell(row["degrees"]["all"]), _cell(row["degrees"]["moving"]), _cell(row["centimetres"]))
        for name, row in content["rows"].items()
    ]
    return _table(head, rows)


def denoise_pose(content: dict[str, Any]) -> str:
    """A row a method, a column a σ: mean error over all joints in degrees."""
    rows = content["rows"]
    sigmas = list(next(iter(rows.values())))
    head = ("method", *(f"σ = {sigma}" for sigma in sigmas))
    return _table(head, [(name, *(f"{row[s]['all'][0]:.2f}" for s in sigmas)) for name, row in rows.items()])


def _cell(measured: Sequence[float]) -> str:
    mean, low, high = measured
    return f"{mean:.2f} ({low:.2f}–{high:.2f})"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
