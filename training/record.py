"""What a run tells while it trains: a line of JSON a few steps, a progress bar, TensorBoard if asked."""

from __future__ import annotations

import json
import time
from pathlib import Path
from types import TracebackType
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

METRICS = "metrics.jsonl"


class Record:
    """Writes `metrics.jsonl`: one object a line with step, epoch, loss, learning rate and seconds.

    A run that goes on drops the lines after its checkpoint first, because it will write them again.
    """

    def __init__(self, folder: Path, start: int, steps: int, is_first: bool, tensorboard: bool) -> None:
        self.path = folder / METRICS
        self.is_first = is_first
        self.started = time.monotonic()
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self.progress = Progress(*columns, TextColumn("loss {task.fields[loss]}"), disable=not is_first)
        self.bar = self.progress.add_task(folder.name, total=steps, completed=start, loss="–")
        self.board = _board(folder) if tensorboard and is_first else None
        if is_first:
            kept = [line for line in read(folder) if line["step"] <= start]
            self.path.write_text("".join(json.dumps(line) + "\n" for line in kept))

    def __enter__(self) -> Record:
        self.progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.progress.stop()
        if self.board:
            self.board.close()

    def log(self, step: int, **values: float) -> None:
        """Write one line, after `step` steps."""
        if not self.is_first:
            return
        line = {"step": step, **values, "seconds": round(time.monotonic() - self.started, 2)}
        with self.path.open("a") as file:
            file.write(json.dumps(line) + "\n")
        self.progress.update(self.bar, completed=step, loss=f"{values['loss']:.3e}")
        if self.board:
            for name, value in values.items():
                self.board.add_scalar(name, value, step)


def read(folder: Path) -> list[dict[str, Any]]:
    """The metrics that a run has written so far."""
    return lines(folder / METRICS)


def lines(path: Path) -> list[dict[str, Any]]:
    """The objects in a file of JSON lines, none where it is missing; a line cut short by a kill is left out."""
    found = []
    for text in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        try:
            found.append(json.loads(text))
        except ValueError:
            break
    return found


def _board(folder: Path) -> Any:
    # Imported here: it takes seconds, and most runs do without.
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(str(folder / "tensorboard"))
