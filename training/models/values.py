"""How a known value becomes a vector that the any-order transformers add to its position's."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Classes(nn.Module):
    """Whole numbers 0 … count − 1, a vector each: (B, N) to (B, N, width)."""

    def __init__(self, count: int, width: int) -> None:
        super().__init__()
        self.table = nn.Embedding(count, width)
        nn.init.normal_(self.table.weight, std=0.5)

    def forward(self, values: Tensor) -> Tensor:
        """(B, N) int64 to (B, N, width)."""
        return self.table(values)


class Angles(nn.Module):
    """Angles in radians through sin kθ and cos kθ, k = 1 … harmonics: (B, N) to (B, N, width)."""

    multiples: Tensor

    def __init__(self, harmonics: int, width: int) -> None:
        super().__init__()
        self.register_buffer("multiples", torch.arange(1, harmonics + 1).float(), persistent=False)
        self.mix = nn.Linear(2 * harmonics, width)

    def forward(self, values: Tensor) -> Tensor:
        """(B, N) radians to (B, N, width)."""
        angles = values[..., None] * self.multiples
        return self.mix(torch.cat((angles.sin(), angles.cos()), dim=-1))
