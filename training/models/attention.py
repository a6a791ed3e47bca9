"""Attention between things that have positions, and the block that the any-order transformers are made of.

A position is told to attention only as the offset from the query's to the key's: rotary embedding (Su et al., 2021,
RoFormer, arXiv 2104.09864), each factor of the position turning its own share of a head's dimensions. Queries and keys
carry a bias, so that a head has a preferred offset; at the start heads look at offsets near by.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

Rotation = tuple[Tensor, Tensor]
"""Cosines and sines (…, N, D/2) that turn a head's D dimensions at N positions."""

HIGHEST_FREQUENCY = 0.75 * math.pi  # radians a step: neighbours are told apart, and no two offsets look alike
START_SHARPNESS = 1.5  # of the preferred offset of a fresh head; with zero it would see all positions alike
START_REACH = 2.5  # steps; preferred offsets of fresh heads lie within


def norm(x: Tensor) -> Tensor:
    """RMSNorm without weights over the last axis (Zhang and Sennrich, 2019, arXiv 1910.07467)."""
    return functional.rms_norm(x, (x.shape[-1],))


def frequencies(factors: int, head_width: int) -> Tensor:
    """(F, M) radians a step of each factor; the F factors share head_width / 2 planes, M = planes // F each.

    Raises ValueError where a head is too narrow for the factors.
    """
    planes = head_width // 2 // factors
    if planes < 1:
        raise ValueError(f"A head of {head_width} dimensions is too narrow for positions of {factors} factors.")
    return (HIGHEST_FREQUENCY * (torch.arange(planes) + 0.5) / planes).repeat(factors, 1)


def rotations(positions: Tensor, head_width: int) -> Rotation:
    """Cosines and sines (P, head_width / 2) of positions (P, F); planes that no factor takes are not turned."""
    turning = frequencies(positions.shape[-1], head_width)
    angles = (positions[..., None].float() * turning).flatten(1)
    angles = functional.pad(angles, (0, head_width // 2 - angles.shape[1]))
    return angles.cos(), angles.sin()


def rotate(x: Tensor, by: Rotation) -> Tensor:
    """Turn (…, N, D): dimension d together with D/2 + d."""
    cos, sin = by
    first, second = x.chunk(2, dim=-1)
    return torch.cat((first * cos - second * sin, first * sin + second * cos), dim=-1)


def attend(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Tensor:
    """Softmax attention: (B, H, Q, D) from keys and values (B, H, K, D); `mask` (…, Q, K) is added to the scores."""
    query, key = query.to(value.dtype), key.to(value.dtype)
    if value.dtype != torch.bfloat16 or value.is_cuda:
        return functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
    # PyTorch's fused kernel takes 1.7 times as long as this on CPUs with bfloat16 (forward and backward).
    with torch.autocast("cpu", enabled=False):
        scores = (query * query.shape[-1] ** -0.5) @ key.transpose(-1, -2)
        return torch.softmax(scores if mask is None else scores + mask.to(scores.dtype), dim=-1) @ value


class Block(nn.Module):
    """Pre-norm attention and feed-forward, both added to a stream (B, Q, width).

    What is attended to is keys and values (B, H, K, D) made by `keys_values` from any stream (B, K, width).
    """

    def __init__(self, width: int, heads: int, factors: int, seed: int) -> None:
        super().__init__()
        if width % (2 * heads):
            raise ValueError(f"A width of {width} does not split into {heads} heads of even width.")
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key_value = nn.Linear(width, 2 * width)
        self.mix = nn.Linear(width, width, bias=False)
        self.up = nn.Linear(width, 4 * width)
        self.down = nn.Linear(4 * width, width, bias=False)
        nn.init.zeros_(self.mix.weight)
        nn.init.zeros_(self.down.weight)
        self._look_nearby(factors, torch.Generator().manual_seed(seed))

    def keys_values(self, stream: Tensor, turn: Rotation) -> tuple[Tensor, Tensor]:
        """Keys, turned to their positions, and values, both (B, H, K, D), of a stream (B, K, width)."""
        key, value = self._split(self.key_value(norm(stream)), 2)
        return rotate(key, turn), value

    def forward(
        self, stream: Tensor, keys_values: tuple[Tensor, Tensor], turn: Rotation, mask: Tensor | None
    ) -> Tensor:
        """The stream (B, Q, width), its places at the positions of `turn`, after one round of attention."""
        (query,) = self._split(self.query(norm(stream)), 1)
        seen = attend(rotate(query, turn), *keys_values, mask)
        stream = stream + self.mix(seen.transpose(1, 2).flatten(2))
        return stream + self.down(functional.gelu(self.up(norm(stream)), approximate="tanh"))

    def _split(self, x: Tensor, parts: int) -> tuple[Tensor, ...]:
        return tuple(part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in x.chunk(parts, dim=-1))

    @torch.no_grad()
    def _look_nearby(self, factors: int, generator: torch.Generator) -> None:
        width = self.query.out_features // self.heads
        turning = frequencies(factors, width)
        planes = turning.numel()
        self.key_value.bias.zero_()
        self.query.bias.zero_()
        for head in range(self.heads):
            preferred = START_REACH * (2 * torch.rand(factors, 1, generator=generator) - 1)
            angle = (turning * preferred).flatten()
            start = head * width
            self.query.bias[start : start + planes] = START_SHARPNESS
            self.key_value.bias[start : start + planes] = START_SHARPNESS * angle.cos()
            self.key_value.bias[start + width // 2 : start + width // 2 + planes] = START_SHARPNESS * angle.sin()
