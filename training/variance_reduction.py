"""Which position to reveal next so that the rest becomes surer: expected variance reduction, one step ahead.

After Cohn, Ghahramani and Jordan (1996), "Active Learning with Statistical Models": reveal what is expected to take the
most variance out of what stays open. Looked at are, for speed, the few positions of most variance, their few likeliest
values, and the open positions nearest to each; the variance is that of the pixels.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from addon.core.orders import first_lowest

SHORTLIST = 4
VALUES = 3
NEIGHBOURS = 8


class Forking(Protocol):
    """What this file needs of a reader: to be asked, and to be forked into what may come."""

    def ask(self, candidates: Tensor) -> Tensor:
        """(B, Q, C) logits at open positions (B, Q)."""

    def reveal(self, position: Tensor, value: Tensor) -> None:
        """Show each sequence a value (B,) at a position (B,)."""

    def fork(self, rows: Tensor) -> Forking:
        """Readers of the sequences `rows` (M,), each on its own from here."""


def place(show: Forking, candidates: Tensor, logits: Tensor, grid: Tensor, digits: Tensor) -> np.ndarray:
    """(B,) which of the candidates (B, Q), whose logits (B, Q, C) are given, is to be revealed next.

    grid: (P, F) places of the positions. digits: (C, M) the pixels that each class stands for.
    """
    count, width = candidates.shape
    own = variance(logits, digits)
    # Ties between equal variances go to the first, as everywhere.
    ranked = torch.argsort((own * 1e4).round(), dim=1, descending=True, stable=True)[:, :SHORTLIST]
    short, tried = ranked.shape[1], min(VALUES, logits.shape[-1])
    near = min(NEIGHBOURS, width - 1)
    if not near:
        return np.zeros(count, dtype=np.int64)
    positions = candidates.gather(1, ranked)
    distance = (grid[candidates][:, None] - grid[positions][:, :, None]).pow(2).sum(dim=-1).float()
    distance.scatter_(2, ranked[..., None], torch.inf)
    around = torch.argsort(distance, dim=2, stable=True)[..., :near]
    shares, values = logits.softmax(dim=-1).gather(1, ranked[..., None].expand(-1, -1, logits.shape[-1])).topk(tried)
    shares = shares / shares.sum(dim=-1, keepdim=True)
    rows = torch.arange(count).repeat_interleave(short * tried)
    what_if = show.fork(rows)
    what_if.reveal(positions.repeat_interleave(tried, dim=1).flatten(), values.flatten())
    asked = candidates[:, None].expand(-1, short, -1).gather(2, around)
    told = what_if.ask(asked.repeat_interleave(tried, dim=1).flatten(0, 1))
    after = variance(told, digits).sum(dim=1).view(count, short, tried)
    before = own[:, None].expand(-1, short, -1).gather(2, around).sum(dim=2)
    gain = own.gather(1, ranked) + before - (after * shares).sum(dim=2)
    best = first_lowest(-gain.numpy(), np.ones((count, short), dtype=bool))
    return ranked.numpy()[np.arange(count), best]


def variance(logits: Tensor, digits: Tensor) -> Tensor:
    """(…,) the variances of a position's pixels, summed, from its logits (…, C); digits: (C, M) pixels of a class."""
    share = logits.float().softmax(dim=-1)
    mean = share @ digits
    return (share @ digits.square() - mean.square()).sum(dim=-1)
