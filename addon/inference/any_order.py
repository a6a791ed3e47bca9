"""Any-order models as files, driven step by step: what is asked next is chosen from what is known so far.

A `triples` file extends a chain of tokens (input position, input value, target position), whose keys and values are
kept here between steps; a `queries` file takes the known pairs as a set. JSON in the file's metadata, under
`METADATA_KEY`, tells which it is and how large: `form`, `count`, `classes`, `layers`, `heads` and `head_width`, as in
`AnyOrderModel`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..core import orders
from ..core.errors import MenderError
from ..core.orders import Order, Rule
from ..core.rotation import Array
from .session import open_session, runtime

METADATA_KEY = "mocap_mender_any_order"
FORMS = ("triples", "queries")

Values = NDArray[np.int64]


class AnyOrderFileError(MenderError):
    """A file that holds no any-order model."""


@dataclass(frozen=True, eq=False)
class AnyOrderModel:
    """form: one of FORMS. count: positions. classes: of a value. layers, heads, head_width: of what is cached."""

    session: Any
    form: str
    count: int
    classes: int
    layers: int
    heads: int
    head_width: int


class Reading(Protocol):
    """B sequences of which some positions were revealed."""

    def ask(self, candidates: Order) -> Array:
        """(B, Q, C) logits at open positions (B, Q), each as if it were the next."""

    def reveal(self, position: Order, value: Values) -> None:
        """Show each sequence the value (B,) at a position (B,)."""


def open_model(path: Path | str, threads: int = 1) -> AnyOrderModel:
    """The any-order model in a file. Raises AnyOrderFileError where it holds none, RuntimeUnavailable."""
    path = Path(path)
    runtime()  # first, because a missing runtime is not the file's fault
    try:
        session = open_session(path, threads)
        told = json.loads(session.get_modelmeta().custom_metadata_map[METADATA_KEY])
        sizes = [int(told[key]) for key in ("count", "classes", "layers", "heads", "head_width")]
    except Exception as error:  # onnxruntime's own exceptions share no public base class
        raise AnyOrderFileError(f"{path.name} holds no any-order model: export one.") from error
    if told.get("form") not in FORMS:
        raise AnyOrderFileError(f"{path.name} has the form {told.get('form')!r}, not one of {', '.join(FORMS)}.")
    return AnyOrderModel(session, told["form"], *sizes)


class ChainReading:
    """The `triples` form with its cache."""

    def __init__(self, model: AnyOrderModel, sequences: int) -> None:
        self.model = model
        self.keys = np.zeros((model.layers, sequences, model.heads, 0, model.head_width), dtype=np.float32)
        self.values = self.keys
        self.last = np.full((sequences, 1), model.count, dtype=np.int64)
        self.value = np.zeros((sequences, 1), dtype=np.int64)
        self.asked: Order = np.zeros((sequences, 0), dtype=np.int64)

    def ask(self, candidates: Order) -> Array:
        """As in `Reading`."""
        count = candidates.shape[1]
        own = np.where(np.eye(count, dtype=bool), 0, -np.inf).astype(np.float32)
        mask = np.concatenate((np.zeros((count, self.keys.shape[3]), dtype=np.float32), own), axis=1)
        inputs, values = np.repeat(self.last, count, axis=1), np.repeat(self.value, count, axis=1)
        logits, self.new_keys, self.new_values = extend(
            self.model, inputs, values, candidates, mask, self.keys, self.values
        )
        self.asked = candidates
        return logits

    def reveal(self, position: Order, value: Values) -> None:
        """As in `Reading`; where the position was among those asked last, its token is already known."""
        if not (self.asked == position[:, None]).any(axis=1).all():
            self.ask(position[:, None])
        place = np.argmax(self.asked == position[:, None], axis=1)[None, :, None, None, None]
        self.keys = np.concatenate((self.keys, np.take_along_axis(self.new_keys, place, axis=3)), axis=3)
        self.values = np.concatenate((self.values, np.take_along_axis(self.new_values, place, axis=3)), axis=3)
        self.last, self.value = position[:, None], value[:, None]
        self.asked = self.asked[:, :0]


class SetReading:
    """The `queries` form: the known pairs, the begin token first."""

    def __init__(self, model: AnyOrderModel, sequences: int) -> None:
        self.model = model
        self.known = np.full((sequences, 1), model.count, dtype=np.int64)
        self.values = np.zeros((sequences, 1), dtype=np.int64)

    def ask(self, candidates: Order) -> Array:
        """As in `Reading`."""
        told = {"known": self.known, "values": self.values, "queries": candidates}
        logits: Array = self.model.session.run(["logits"], told)[0]
        return logits

    def reveal(self, position: Order, value: Values) -> None:
        """As in `Reading`."""
        self.known = np.concatenate((self.known, position[:, None]), axis=1)
        self.values = np.concatenate((self.values, value[:, None]), axis=1)


def reading(model: AnyOrderModel, sequences: int) -> Reading:
    """The reading of `sequences` sequences of which nothing is known yet."""
    return ChainReading(model, sequences) if model.form == "triples" else SetReading(model, sequences)


def extend(
    model: AnyOrderModel, inputs: Order, values: Values, targets: Order, mask: Array, keys: Array, cached: Array
) -> tuple[Array, Array, Array]:
    """N tokens (B, N) of a `triples` file after T that are cached: logits (B, N, C), their keys and values.

    mask: (N, T + N), 0 where a token sees another, else minus infinity. keys, cached: (L, B, H, T, D).
    """
    told = {"inputs": inputs, "values": values, "targets": targets, "mask": mask, "keys": keys, "cached": cached}
    logits, new_keys, new_values = model.session.run(["logits", "new_keys", "new_values"], told)
    return logits, new_keys, new_values


def sample(
    model: AnyOrderModel, order: Order | Rule, sequences: int, seed: int, temperature: float = 1.0
) -> tuple[Values, Order]:
    """Values (B, count) drawn by the model, and the orders in which they were.

    order: a permutation (count,) or one a sequence (B, count), or a rule. temperature: divides the logits drawn from.
    Raises ValueError for an order that is no permutation of the model's positions, or a temperature not above 0.
    """
    if not isinstance(order, str):
        order = np.broadcast_to(orders.check_order(order, model.count), (sequences, model.count))
    values = np.zeros((sequences, model.count), dtype=np.int64)
    is_open = np.ones((sequences, model.count), dtype=bool)
    return values, _fill(reading(model, sequences), order, values, is_open, seed, temperature)


def complete(
    model: AnyOrderModel,
    positions: Order,
    known: Values,
    order: Order | Rule,
    sequences: int,
    seed: int,
    temperature: float = 1.0,
) -> Values:
    """Values (B, count): the known ones (K,) at `positions` (K,), the others drawn, several times from the same start.

    order: of the open positions (count − K,), or a rule.
    Raises ValueError for a known set that is empty, full, or out of range, or an order that is not of the open ones.
    """
    orders.check_known(positions, known, model.count, model.classes)
    values = np.zeros((sequences, model.count), dtype=np.int64)
    is_open = np.ones((sequences, model.count), dtype=bool)
    values[:, positions], is_open[:, positions] = known, False
    if not isinstance(order, str):
        whole = orders.check_order(np.concatenate((positions, order)), model.count)
        order = np.broadcast_to(whole[len(positions) :], (sequences, len(order)))
    show = reading(model, sequences)
    for position, value in zip(positions, known, strict=True):
        show.reveal(np.full(sequences, position), np.full(sequences, value))
    _fill(show, order, values, is_open, seed, temperature)
    return values


def nats(model: AnyOrderModel, order: Order, values: Values) -> Array:
    """(B,) exact negative log-likelihood of values (B, count) along orders (B, count), with the cache.

    Raises ValueError for an order that is no permutation, or values outside the model's classes.
    """
    order = orders.check_order(order, model.count)
    if values.shape != order.shape or values.min() < 0 or values.max() >= model.classes:
        raise ValueError(f"The values must be {order.shape} whole numbers from 0 to {model.classes - 1}.")
    show, row, total = reading(model, len(order)), np.arange(len(order)), np.zeros(len(order))
    for position in order.T:
        logits, value = show.ask(position[:, None])[:, 0], values[row, position]
        total -= _log_softmax(logits)[row, value]
        show.reveal(position, value)
    return total


def _fill(
    show: Reading, order: Order | Rule, values: Values, is_open: NDArray[np.bool_], seed: int, temperature: float
) -> Order:
    """Draw the open values in place; (B, number of them) the order in which they were."""
    if not temperature > 0:
        raise ValueError(f"The temperature must be above 0, not {temperature}.")
    rng, row, taken = np.random.default_rng(seed), np.arange(len(values)), []
    for step in range(int(is_open[0].sum())):
        if isinstance(order, str):
            candidates = np.nonzero(is_open)[1].reshape(len(values), -1)
            logits = show.ask(candidates)
            place = orders.choose(order, logits, np.ones(candidates.shape, dtype=bool))
            position, chosen = candidates[row, place], logits[row, place]
        else:
            position = order[:, step]
            chosen = show.ask(position[:, None])[:, 0]
        # The largest of logits plus Gumbel noise is a draw from their distribution.
        drawn = np.argmax(chosen / temperature + rng.gumbel(size=chosen.shape), axis=-1)
        show.reveal(position, drawn)
        values[row, position], is_open[row, position] = drawn, False
        taken.append(position)
    return np.stack(taken, axis=1)


def _log_softmax(logits: Array) -> Array:
    shifted = logits - logits.max(axis=-1, keepdims=True)
    result: Array = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return result
