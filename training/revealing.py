"""Revealing sequences position by position with a trained model: adaptive orders on given values, and samples.

A reader is a model together with what it has been shown of B sequences. The orders come from `addon.core.orders`.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn

from addon.core import orders
from addon.core.orders import Order, Rule

from . import variance_reduction
from .models.any_order import AnyOrderTransformer
from .models.masked import MaskedPerceptron, MaskedTransformer

Values = np.ndarray
"""(N, P) int64, the class at each position."""


@dataclass(frozen=True, eq=False)
class LookAhead:
    """The rule of expected variance reduction. grid: (P, F) places of positions. digits: (C, M) pixels of a class."""

    grid: Tensor
    digits: Tensor


class Reader(Protocol):
    """B sequences of which some positions were revealed."""

    def ask(self, candidates: Tensor) -> Tensor:
        """(B, Q, C) logits at open positions (B, Q), each as if it were the next."""

    def reveal(self, position: Tensor, value: Tensor) -> None:
        """Show each sequence the value (B,) at a position (B,) that was among the last candidates."""

    def fork(self, rows: Tensor) -> Reader:
        """A reader of the sequences `rows` (M,), which from here on are each on their own."""


class SetReader:
    """The `queries` form: the keys and values of the known pairs are kept."""

    def __init__(self, model: AnyOrderTransformer, count: int) -> None:
        self.model = model
        begin = torch.full((count, 1), model.count)
        self.keys, self.values = model.encode(begin, torch.zeros_like(begin))

    def ask(self, candidates: Tensor) -> Tensor:
        """As in `Reader`."""
        return self.model.ask(self.keys, self.values, candidates)

    def reveal(self, position: Tensor, value: Tensor) -> None:
        """As in `Reader`."""
        keys, values = self.model.encode(position[:, None], value[:, None])
        self.keys, self.values = torch.cat((self.keys, keys), dim=3), torch.cat((self.values, values), dim=3)

    def fork(self, rows: Tensor) -> SetReader:
        """As in `Reader`."""
        other = copy.copy(self)
        other.keys, other.values = self.keys[:, rows], self.values[:, rows]
        return other


class ChainReader:
    """The `triples` form, or `pairs`: the keys and values of the tokens so far are kept, and what was last revealed."""

    def __init__(self, model: AnyOrderTransformer, count: int) -> None:
        self.model = model
        self.last = torch.full((count, 1), model.count)
        self.value = torch.zeros_like(self.last)
        head = model.blocks[0].query.out_features // model.blocks[0].heads
        self.keys = torch.zeros(len(model.blocks), count, model.blocks[0].heads, 0, head)
        self.values = self.keys
        self.candidates = self.last

    def ask(self, candidates: Tensor) -> Tensor:
        """As in `Reader`."""
        logits, self.new_keys, self.new_values = self.model.step(
            self.last, self.value, candidates, self.keys, self.values
        )
        self.candidates = candidates
        return logits

    def reveal(self, position: Tensor, value: Tensor) -> None:
        """As in `Reader`."""
        if not self.candidates.shape[1]:  # another was revealed since: this one's token follows it
            self.ask(position[:, None])
        place = (self.candidates == position[:, None]).int().argmax(dim=1)
        row = torch.arange(len(place))
        chosen = self.new_keys[:, row, :, place].movedim(0, 1)[..., None, :]  # indexed dimensions come first
        chosen_values = self.new_values[:, row, :, place].movedim(0, 1)[..., None, :]
        self.keys = torch.cat((self.keys, chosen.to(self.keys.dtype)), dim=3)
        self.values = torch.cat((self.values, chosen_values.to(self.values.dtype)), dim=3)
        self.last, self.value = position[:, None], value[:, None]
        self.candidates = self.candidates[:, :0]

    def fork(self, rows: Tensor) -> ChainReader:
        """As in `Reader`."""
        other = copy.copy(self)
        other.keys, other.values = self.keys[:, rows], self.values[:, rows]
        other.last, other.value, other.candidates = self.last[rows], self.value[rows], self.candidates[rows, :0]
        return other


class HoleReader:
    """The masked baselines: everything is seen anew at each step."""

    def __init__(self, model: MaskedTransformer | MaskedPerceptron, count: int, positions: int) -> None:
        self.model = model
        self.values = torch.zeros(count, positions, dtype=torch.int64)
        self.known = torch.zeros(count, positions, dtype=torch.bool)

    def ask(self, candidates: Tensor) -> Tensor:
        """As in `Reader`."""
        logits = self.model(self.values, self.known)
        return logits.gather(1, candidates[..., None].expand(-1, -1, logits.shape[-1]))

    def reveal(self, position: Tensor, value: Tensor) -> None:
        """As in `Reader`."""
        row = torch.arange(len(position))
        self.values[row, position] = value
        self.known[row, position] = True

    def fork(self, rows: Tensor) -> HoleReader:
        """As in `Reader`."""
        other = copy.copy(self)
        other.values, other.known = self.values[rows], self.known[rows]
        return other


def reader(model: nn.Module, count: int, positions: int) -> Reader:
    """The reader of a model for `count` sequences of `positions`, nothing revealed yet."""
    if isinstance(model, MaskedTransformer | MaskedPerceptron):
        return HoleReader(model, count, positions)
    assert isinstance(model, AnyOrderTransformer)
    return SetReader(model, count) if model.form == "queries" else ChainReader(model, count)


@torch.no_grad()
def chosen_orders(model: nn.Module, values: Tensor, rule: Rule | LookAhead, stride: int = 1) -> Tensor:
    """(N, P) the order in which the rule reveals each of the sequences `values` (N, P).

    stride: positions that are revealed between two looks of the rule, the best first; 1 is the rule itself.
    """
    count, positions = values.shape
    show = reader(model, count, positions)
    is_open = np.ones((count, positions), dtype=bool)
    row = np.arange(count)
    order: list[Order] = []
    while len(order) < positions:
        candidates = np.nonzero(is_open)[1].reshape(count, -1)
        logits = show.ask(torch.from_numpy(candidates)).float()
        for _ in range(min(stride, positions - len(order))):
            left = np.take_along_axis(is_open, candidates, axis=1)
            chosen = candidates[row, _next(rule, show, candidates, logits, left)]
            is_open[row, chosen] = False
            order.append(chosen)
            position = torch.from_numpy(chosen)
            show.reveal(position, values[torch.arange(count), position])
    return torch.from_numpy(np.stack(order, axis=1))


@torch.no_grad()
def sampled(
    model: nn.Module, order: Order | Rule | LookAhead, count: int, positions: int, seed: int, temperature: float = 1.0
) -> tuple[Values, Order]:
    """Sequences (count, positions) that the model draws, and the orders in which it did.

    order: (count, positions) fixed ones, or a rule. temperature: divides the logits of what is drawn; the rule sees
    them as they are.
    """
    generator = torch.Generator().manual_seed(seed)
    show = reader(model, count, positions)
    is_open = np.ones((count, positions), dtype=bool)
    row = np.arange(count)
    values = np.zeros((count, positions), dtype=np.int64)
    taken = np.zeros((count, positions), dtype=np.int64)
    for step in range(positions):
        if isinstance(order, str | LookAhead):
            candidates = np.nonzero(is_open)[1].reshape(count, -1)
            logits = show.ask(torch.from_numpy(candidates)).float()
            place = _next(order, show, candidates, logits, np.ones(candidates.shape, dtype=bool))
            chosen, logits = candidates[row, place], logits[row, place]
        else:
            chosen = order[:, step]
            logits = show.ask(torch.from_numpy(chosen)[:, None]).float()[:, 0]
        drawn = torch.multinomial((logits / temperature).softmax(dim=-1), 1, generator=generator)[:, 0]
        show.reveal(torch.from_numpy(chosen), drawn)
        is_open[row, chosen] = False
        values[row, chosen], taken[:, step] = drawn.numpy(), chosen
    return values, taken


def _next(rule: Rule | LookAhead, show: Reader, candidates: Order, logits: Tensor, left: np.ndarray) -> Order:
    """(N,) which of the candidates (N, Q) is revealed next; `left` (N, Q): those that are still open."""
    if isinstance(rule, LookAhead):
        if not left.all():
            raise ValueError("Expected variance reduction looks anew before each position: its stride is 1.")
        return variance_reduction.place(show, torch.from_numpy(candidates), logits, rule.grid, rule.digits)
    return orders.choose(rule, logits.numpy(), left)
