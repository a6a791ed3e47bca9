"""What every evaluation shares: figures asked for, means with intervals, and where results lie."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from addon.core.metrics import bootstrap_interval
from addon.core.rotation import Array

RESULTS = Path(__file__).parent / "results"
REPORTS = Path("runs") / "evaluate"


@dataclass(frozen=True)
class Figure:
    """A figure asked for: `value` was measured and should be at most `limit`."""

    name: str
    value: float
    limit: float

    @property
    def met(self) -> bool:
        """Whether it was reached; a value that is no number was not."""
        return self.value <= self.limit

    def __str__(self) -> str:
        return f"{'met   ' if self.met else 'MISSED'} {self.name}: {self.value:.3f}, at most {self.limit:.3f}"


def share(part: float, whole: float) -> float:
    """`part` of `whole`; infinite where there is nothing to measure by, so that no figure is met by that."""
    return part / whole if whole else float("inf")


def interval(per_clip: Sequence[Array]) -> list[float]:
    """Mean over the frames and joints of clips' errors (T, J), with its 95 % bootstrap interval over clips."""
    means = [float(errors.mean()) for errors in per_clip]
    weights = [errors.size for errors in per_clip]
    return [round(value, 4) for value in bootstrap_interval(means, weights)]


def summary(per_clip: Sequence[Array], moving: np.ndarray) -> dict[str, list[float]]:
    """`interval` over all joints of the errors (T, J), and over the joints that move: the others flatter."""
    return {"all": interval(per_clip), "moving": interval([errors[:, moving] for errors in per_clip])}


def save(task: str, content: dict[str, Any], figures: Sequence[Figure], publish: bool) -> Path:
    """Write `result.json` of a task under runs/evaluate, and with `publish` where the project keeps its results too."""
    folder = REPORTS / task
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps({**content, "figures": [{**asdict(f), "met": f.met} for f in figures]}, indent=1) + "\n"
    (folder / "result.json").write_text(text)
    if publish:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / f"{task}.json").write_text(text)
    return folder


def published(task: str) -> dict[str, Any]:
    """The result that the project keeps for a task. Raises FileNotFoundError where it has none."""
    content: dict[str, Any] = json.loads((RESULTS / f"{task}.json").read_text())
    return content


def all_published() -> dict[str, dict[str, Any]]:
    """Every result that the project keeps, by task."""
    return {path.stem: published(path.stem) for path in sorted(RESULTS.glob("*.json"))}


def shipped_metrics(model: str) -> dict[str, Any]:
    """What the kept results say about a model, by task; nothing before it was evaluated."""
    rows = {task: result["rows"] for task, result in all_published().items()}
    return {task: found[model] for task, found in rows.items() if model in found}
