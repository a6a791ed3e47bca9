"""Timing things against each other: in turn, several rounds, the median of the ratios."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Work = Callable[[], object]


@dataclass(frozen=True)
class Timing:
    """Seconds of each round of one piece of work."""

    name: str
    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """Seconds of the middle round."""
        return statistics.median(self.seconds)


def in_turn(
    works: Mapping[str, tuple[Work, Work]], rounds: int = 3, clock: Callable[[], float] = time.perf_counter
) -> dict[str, Timing]:
    """Time several pieces of work in turn, A B C A B C …, so that a slow moment of the machine hits all of them.

    works: name -> (prepare, work); only `work` is timed. clock: seconds, of the wall or of the processor.
    """
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, (prepare, work) in works.items():
            prepare()
            start = clock()
            work()
            seconds[name].append(clock() - start)
    return {name: Timing(name, tuple(values)) for name, values in seconds.items()}


def ratio(slow: Timing, fast: Timing) -> float:
    """How many times as long `slow` took: the median over the rounds, each round's two runs beside each other."""
    return statistics.median(a / b for a, b in zip(slow.seconds, fast.seconds, strict=True))
