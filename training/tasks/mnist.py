"""Learning digits patch by patch in any order, or in one: what a batch holds, and the exact likelihood that it scores.

Training sequences may hold a part of an image's patches alone: a random order of some patches is the beginning of a
random order of all, and blank corners teach little. The likelihood that is reported always counts every patch.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from .. import revealing
from ..data import mnist

CERTAIN = 0.02
"""Nats; added to each patch's entropy, so that the surest patches are learnt from as well."""
OWN_STRIDE = 14
"""Patches revealed between two looks of the model at its entropies, while it trains on its own orders."""


class Digits:
    """Training images as tokens in a random or in raster order.

    grey: (N, 28, 28) uint8. tokens: patches of a training sequence, 0 for all. whole: share of batches with all.
    raster_share: share of the batches that run in raster order, with all patches. own_share: share of the sequences
    that run in the order in which the model itself, as it is at that step, would reveal them: lowest entropy first.
    These need all patches.
    """

    def __init__(
        self,
        grey: np.ndarray,
        patch: int,
        levels: int,
        redraw: bool,
        tokens: int,
        whole: float,
        raster_share: float,
        own_share: float = 0.0,
    ) -> None:
        self.patch, self.levels, self.whole, self.raster_share = patch, levels, whole, raster_share
        self.own_share = own_share
        self.grey = torch.from_numpy(grey.copy()) if redraw and levels == 2 else None
        fixed = mnist.binary(grey, seed=0) if levels == 2 else mnist.quantised(grey, levels)
        self.fixed = torch.from_numpy(mnist.to_patches(fixed, patch, levels))
        self.classes = levels ** (patch * patch)
        self.log_marginals = log_marginals(self.fixed, self.classes)
        entropy = -(self.log_marginals.exp() * self.log_marginals).sum(dim=1)
        self.interest = (entropy + CERTAIN).log()
        self.count = self.fixed.shape[1]
        self.tokens = (0 if own_share else tokens) or self.count

    @property
    def size(self) -> int:
        """How many images there are."""
        return len(self.fixed)

    def batch(self, indices: Tensor, generator: torch.Generator) -> tuple[Tensor, ...]:
        """Orders (N, K) and the values (N, K) there."""
        values = self._values(indices, generator)
        if self.raster_share and torch.rand((), generator=generator) < self.raster_share:
            return torch.arange(self.count).expand(len(values), -1), values
        noise = torch.rand(values.shape, generator=generator)
        whole = self.tokens == self.count or torch.rand((), generator=generator) < self.whole
        kept = self.count if whole else self.tokens
        # The largest of log-interest plus Gumbel noise: drawn without replacement (Kool et al., 2019, 1903.06059).
        drawn = (self.interest - (-noise.log()).log()).topk(kept, dim=1, sorted=False).indices
        order = drawn.gather(1, torch.rand(drawn.shape, generator=generator).argsort(dim=1))
        return order, values.gather(1, order)

    def losses(self, model: nn.Module, *batch: Tensor) -> Tensor:
        """(N,) nats a sequence."""
        order, values = batch
        if self.own_share:
            order, values = self._in_own_order(model, order, values)
        return nats(model(order, values), values)

    def _in_own_order(self, model: nn.Module, order: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        own = round(self.own_share * len(order))
        by_position = torch.empty_like(values).scatter(1, order, values)
        chosen = revealing.chosen_orders(model, by_position[:own], "lowest-entropy", OWN_STRIDE)
        order = torch.cat((chosen, order[own:]))
        return order, by_position.gather(1, order)

    def _values(self, indices: Tensor, generator: torch.Generator) -> Tensor:
        if self.grey is None:
            return self.fixed[indices]
        grey = self.grey[indices]
        drawn = torch.rand(grey.shape, generator=generator) * 255 < grey
        return torch.from_numpy(mnist.to_patches(drawn.numpy(), self.patch))


def nats(logits: Tensor, values: Tensor) -> Tensor:
    """(N,) the negative log-likelihood of values (N, K) under logits (N, K, C)."""
    each = functional.cross_entropy(logits.flatten(0, 1), values.flatten(), reduction="none")
    return each.view(values.shape).sum(dim=1)


def log_marginals(values: Tensor, classes: int) -> Tensor:
    """(P, C) log-probability of each class at each position of values (N, P); one more of each is counted."""
    counts = torch.stack([torch.bincount(column, minlength=classes) for column in values.T]) + 1.0
    return (counts / counts.sum(dim=1, keepdim=True)).log()


class MaskedDigits(Digits):
    """The same images for the baselines that predict all holes at once: as many known as chance has it."""

    def batch(self, indices: Tensor, generator: torch.Generator) -> tuple[Tensor, ...]:
        """Values (N, P) and which of them are known (N, P): 0 to P − 1 of them, each count as likely."""
        values = self._values(indices, generator)
        rank = torch.rand(values.shape, generator=generator).argsort(dim=1)
        return values, rank < torch.randint(self.count, (len(values), 1), generator=generator)

    def losses(self, model: nn.Module, *batch: Tensor) -> Tensor:
        """(N,) nats an image, each an unbiased guess at the mean over all orders (1310.1757, equation 10)."""
        values, known = batch
        return guessed_nats(model(values, known), values, known)


def guessed_nats(logits: Tensor, values: Tensor, known: Tensor) -> Tensor:
    """(N,) the mean over all orders of the negative log-likelihood, guessed from one set of known positions (N, P)."""
    each = functional.cross_entropy(logits.flatten(0, 1), values.flatten(), reduction="none").view(values.shape)
    unknown = (~known).float()
    return (each * unknown).sum(dim=1) * values.shape[1] / unknown.sum(dim=1)


class LabelledDigits:
    """Binary images, drawn anew each time, and the digits that they show: what the classifier of samples learns."""

    def __init__(self, grey: np.ndarray, labels: np.ndarray) -> None:
        self.grey = torch.from_numpy(grey.copy())
        self.labels = torch.from_numpy(labels.astype(np.int64))

    @property
    def size(self) -> int:
        """How many images there are."""
        return len(self.grey)

    def batch(self, indices: Tensor, generator: torch.Generator) -> tuple[Tensor, ...]:
        """Images (N, 28, 28) of 0 and 1, and digits (N,)."""
        grey = self.grey[indices]
        return (torch.rand(grey.shape, generator=generator) * 255 < grey).float(), self.labels[indices]

    def losses(self, model: nn.Module, *batch: Tensor) -> Tensor:
        """(N,) cross-entropy."""
        images, labels = batch
        return functional.cross_entropy(model(images), labels, reduction="none")
