"""The results of the last few questions, kept for when they are asked again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Result = TypeVar("Result")


class Recent(Generic[Result]):
    """At most `size` results by their keys; the one that was asked for longest ago goes first."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._results: OrderedDict[Hashable, Result] = OrderedDict()

    def __len__(self) -> int:
        return len(self._results)

    def get(self, key: Hashable, make: Callable[[], Result]) -> Result:
        """What is kept under `key`, or else what `make` makes now. Nothing is kept where that raises."""
        if key in self._results:
            self._results.move_to_end(key)
            return self._results[key]
        result = self._results[key] = make()
        if len(self._results) > self._size:
            self._results.popitem(last=False)
        return result

    def drop(self, key: Hashable) -> None:
        """Forget one result."""
        self._results.pop(key, None)

    def clear(self) -> None:
        """Forget all."""
        self._results.clear()
