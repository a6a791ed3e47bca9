"""Orders in which a sequence is revealed: fixed ones, and rules that choose the next position from what is known.

A rule looks at what the model expects at each open position, which follows from revealed values alone. Ties go to the
lowest position. So the order is a function of the revealed values, and the product of the model's conditionals along it
is an exact likelihood.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from .rotation import Array

Order = NDArray[np.int64]
Rule = Literal["lowest-entropy", "highest-entropy"]

_TIE = 1e-4  # nats; scores nearer than this count as equal, so that rounding does not choose


def check_order(order: Order, count: int) -> Order:
    """The order (…, count). Raises ValueError where a row of it is no permutation of 0 … count − 1."""
    order = np.asarray(order)
    if order.shape[-1:] != (count,):
        length = order.shape[-1] if order.ndim else 0
        raise ValueError(f"The order has {length} positions and the model was trained for {count}.")
    if not np.array_equal(np.sort(order, axis=-1), np.broadcast_to(np.arange(count), order.shape)):
        raise ValueError(f"The order is no permutation of 0 to {count - 1}: each position must be there once.")
    return order.astype(np.int64)


def check_known(positions: Order, values: NDArray[np.int64], count: int, classes: int) -> None:
    """Raises ValueError for a known set that leaves nothing to do or is not one of the model's positions and values.

    positions, values: (K,); 0 < K < count, positions 0 … count − 1 and none twice, values 0 … classes − 1.
    """
    positions, values = np.asarray(positions), np.asarray(values)
    if positions.shape != values.shape or positions.ndim != 1:
        raise ValueError(f"There are known positions {positions.shape} and values {values.shape}: one value each.")
    if not len(positions):
        raise ValueError("The known set is empty: sample without one.")
    if len(positions) >= count:
        raise ValueError(f"The known set is full, {len(positions)} of {count} positions: nothing is left to predict.")
    if positions.min() < 0 or positions.max() >= count:
        raise ValueError(f"A known position lies outside 0 to {count - 1}.")
    if len(np.unique(positions)) < len(positions):
        raise ValueError("A position is known twice.")
    if values.min() < 0 or values.max() >= classes:
        raise ValueError(f"A known value lies outside 0 to {classes - 1}.")


def raster(count: int) -> Order:
    """(count,) 0, 1, 2 …"""
    return np.arange(count, dtype=np.int64)


def shuffled(count: int, rows: int, seed: int) -> Order:
    """(rows, count) random permutations; the first rows stay the same when more are drawn."""
    rng = np.random.default_rng(seed)
    return np.array([rng.permutation(count) for _ in range(rows)], dtype=np.int64).reshape(rows, count)


def coarse_to_fine(rows: int, columns: int) -> Order:
    """(rows · columns,) a grid's positions row by row, those on every 8th line first, then every 4th, 2nd, and all."""
    row, column = np.divmod(np.arange(rows * columns), columns)
    level = np.zeros(rows * columns)
    for step in (2, 4, 8):
        level -= (row % step == 0) & (column % step == 0)
    return np.lexsort((column, row, level))


def spiral(rows: int, columns: int, inward: bool) -> Order:
    """(rows · columns,) ring by ring from the middle outward, or from the border inward; raster order within a ring."""
    row, column = np.divmod(np.arange(rows * columns), columns)
    ring = np.maximum(np.abs(2 * row - rows + 1), np.abs(2 * column - columns + 1))
    return np.lexsort((column, row, -ring if inward else ring))


def entropy(logits: Array) -> Array:
    """(…,) nats of categorical distributions with these logits (…, C)."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    weights = np.exp(shifted)
    total = weights.sum(axis=-1)
    result: Array = np.log(total) - (weights * shifted).sum(axis=-1) / total
    return result


def first_lowest(scores: Array, open_positions: NDArray[np.bool_]) -> Order:
    """(N,) for each row of scores (N, P) the first open position whose score is, but for rounding, the lowest.

    Raises ValueError where a row has no open position.
    """
    if not open_positions.any(axis=-1).all():
        raise ValueError("The known set is full: no position is left to choose.")
    masked = np.where(open_positions, scores, np.inf)
    chosen: Order = np.argmax(masked <= masked.min(axis=-1, keepdims=True) + _TIE, axis=-1)
    return chosen


def choose(rule: Rule, logits: Array, open_positions: NDArray[np.bool_]) -> Order:
    """(N,) the position that the rule reveals next, from logits (N, P, C) and which positions are open (N, P).

    Raises ValueError for a rule that does not exist.
    """
    if rule not in get_args(Rule):
        raise ValueError(f"There is no rule {rule!r}; there are {', '.join(get_args(Rule))}.")
    sign = 1 if rule == "lowest-entropy" else -1
    return first_lowest(sign * entropy(logits), open_positions)
