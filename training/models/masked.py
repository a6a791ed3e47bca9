"""Baselines that see an image with holes and predict every hole at once: an encoder-only transformer and a perceptron.

Both are trained on one random set of known positions an image, the loss scaled up to that of all orders (Uria, Murray
and Larochelle, 2014, "A Deep and Tractable Density Estimator", arXiv 1310.1757: DeepNADE). The transformer is masked
sequence modelling, section 3.1.1 of Clarke (2022), with that loss.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from .attention import Block, norm, rotations


class MaskedTransformer(nn.Module):
    """positions: (P, F) whole numbers. embed: makes values (B, P) into (B, P, width). outputs: numbers a position."""

    positions: Tensor
    cos: Tensor
    sin: Tensor

    def __init__(self, positions: Tensor, embed: nn.Module, outputs: int, width: int, depth: int, heads: int) -> None:
        super().__init__()
        self.register_buffer("positions", positions, persistent=False)
        cos, sin = rotations(positions, width // heads)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)
        self.embed = embed
        self.hole = nn.Parameter(0.5 * torch.randn(width))
        self.factors = nn.ModuleList(nn.Embedding(int(size), width) for size in positions.amax(dim=0) + 1)
        for table in self.factors:
            nn.init.normal_(table.weight, std=0.5)
        self.blocks = nn.ModuleList(Block(width, heads, positions.shape[1], seed) for seed in range(depth))
        self.head = nn.Linear(width, outputs)
        self.position_bias = nn.Parameter(torch.zeros(len(positions), outputs))
        nn.init.zeros_(self.head.weight)

    def forward(self, values: Tensor, known: Tensor) -> Tensor:
        """(B, P, outputs) from values (B, P), of which those that are `known` (B, P) are looked at."""
        stream = torch.where(known[..., None], self.embed(values), self.hole)
        for factor, table in enumerate(self.factors):
            stream = stream + table(self.positions[:, factor])
        turn = self.cos, self.sin
        for block in self.blocks:
            stream = block(stream, block.keys_values(stream, turn), turn, None)
        return self.head(norm(stream)).float() + self.position_bias

    def start_at(self, bias: Tensor) -> None:
        """Let the fresh network predict `bias` (P, outputs)."""
        self.position_bias.data.copy_(bias)


class MaskedPerceptron(nn.Module):
    """Two hidden layers of `width` units on the one-hot values (P · classes), zero where unknown, and the mask."""

    def __init__(self, positions: int, classes: int, width: int) -> None:
        super().__init__()
        self.classes = classes
        self.first = nn.Linear(positions * (classes + 1), width)
        self.second = nn.Linear(width, width)
        self.last = nn.Linear(width, positions * classes)
        nn.init.zeros_(self.last.weight)

    def forward(self, values: Tensor, known: Tensor) -> Tensor:
        """(B, P, classes) from values (B, P), of which those that are `known` (B, P) are looked at."""
        seen = functional.one_hot(values, self.classes) * known[..., None]
        hidden = functional.relu(self.first(torch.cat((seen.flatten(1), known), dim=1).to(self.first.weight.dtype)))
        return self.last(functional.relu(self.second(hidden))).unflatten(-1, (-1, self.classes)).float()

    def start_at(self, bias: Tensor) -> None:
        """Let the fresh network predict `bias` (P, classes)."""
        self.last.bias.data.copy_(bias.flatten())
