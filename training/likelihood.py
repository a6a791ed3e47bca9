"""Exact likelihoods of sequences along given orders, and the fixed order that suits a model best."""

from __future__ import annotations

import numpy as np
import torch
from scipy.special import logsumexp
from torch import Tensor, nn

from addon.core import orders
from addon.core.orders import Order

from . import revealing
from .models.any_order import AnyOrderTransformer
from .tasks.mnist import guessed_nats, nats

BATCH = 50
GUESSES = 4


@torch.no_grad()
def along(model: nn.Module, order: Tensor, values: Tensor) -> np.ndarray:
    """(N,) nats of sequences `values` (N, P), the values at positions 0 … P − 1, revealed in orders (N, P).

    The chain rule makes this the exact negative log-likelihood. The masked models need a pass for every position.
    """
    if isinstance(model, AnyOrderTransformer):
        parts = zip(order.split(BATCH), values.split(BATCH), strict=True)
        return torch.cat([nats(model(o, v.gather(1, o)), v.gather(1, o)) for o, v in parts]).numpy()
    total = torch.zeros(len(values))
    show = revealing.reader(model, *values.shape)
    for position in order.T:
        value = values.gather(1, position[:, None])
        total += nats(show.ask(position[:, None]), value)
        show.reveal(position, value[:, 0])
    return total.numpy()


@torch.no_grad()
def guessed(model: nn.Module, values: Tensor, seed: int) -> np.ndarray:
    """(N,) a masked model's nats, mean over all orders, guessed without bias from GUESSES random masks an image."""
    generator = torch.Generator().manual_seed(seed)
    total = torch.zeros(len(values))
    count = values.shape[1]
    for part in torch.arange(len(values)).split(BATCH):
        for _ in range(GUESSES):
            rank = torch.rand(len(part), count, generator=generator).argsort(dim=1)
            known = rank < torch.randint(count, (len(part), 1), generator=generator)
            total[part] += guessed_nats(model(values[part], known), values[part], known) / GUESSES
    return total.numpy()


def ensemble(nats: np.ndarray) -> np.ndarray:
    """(N,) nats under the mean of M models' likelihoods, or of one model's in M orders: nats (N, M) of each.

    The mean of distributions is one itself; by Jensen's inequality it is never above the mean of its members' nats.
    """
    found: np.ndarray = np.log(nats.shape[1]) - logsumexp(-nats.astype(np.float64), axis=1)
    return found


def best_fixed_order(model: AnyOrderTransformer, values: Tensor, rows: int, columns: int) -> tuple[str, Order]:
    """The one order (P,) for all images that gives sequences `values` (N, P) the fewest nats, and where it comes from.

    Tried are orders with a plan, the mean of the model's own adaptive orders, and random ones, then exchanges of two
    stretches of the best as long as they help.
    """
    count = rows * columns
    tried = {
        "raster": orders.raster(count),
        "column by column": np.arange(count).reshape(rows, columns).T.ravel(),
        "from the middle outward": orders.spiral(rows, columns, inward=False),
        "from the border inward": orders.spiral(rows, columns, inward=True),
        "coarse to fine": orders.coarse_to_fine(rows, columns),
    }
    for rule in ("lowest-entropy", "highest-entropy"):
        own = revealing.chosen_orders(model, values[:BATCH], rule, stride=7).argsort(dim=1).float()
        tried[f"mean place in {rule}-first orders"] = own.mean(dim=0).argsort(stable=True).numpy()
    for number, order in enumerate(orders.shuffled(count, 4, seed=1)):
        tried[f"random {number + 1}"] = order
    scores = {name: _score(model, order, values) for name, order in tried.items()}
    name = min(scores, key=lambda key: scores[key])
    return _improved(model, name, tried[name], scores[name], values)


def _improved(
    model: AnyOrderTransformer, name: str, order: Order, score: float, values: Tensor, trials: int = 12
) -> tuple[str, Order]:
    rng = np.random.default_rng(0)
    improved = 0
    for _ in range(trials):
        first, second, third = np.sort(rng.choice(len(order) + 1, 3, replace=False))
        swapped = np.concatenate((order[:first], order[second:third], order[first:second], order[third:]))
        found = _score(model, swapped, values)
        if found < score:
            order, score, improved = swapped, found, improved + 1
    return f"{name}, {improved} exchanges" if improved else name, order


def _score(model: AnyOrderTransformer, order: Order, values: Tensor) -> float:
    return float(along(model, torch.from_numpy(order).expand(len(values), -1), values).mean())
