"""The any-order network of hands as few and plain operations: one pose alone is a matter of how many there are.

All heads, and all layers that see the same, are asked at once; what a rotation swaps is swapped in the weights; what
does not depend on the input is worked out beforehand. The numbers are those of `HandAnyOrder.predict`, whose
transformer keeps no bias of its own for each position.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from addon.core.hand_gaussian import CHANNELS
from training.models.any_order import AnyOrderTransformer
from training.models.attention import norm
from training.models.hands_any_order import COMPONENTS, LOG_KAPPA, MUCH_SURER, HandAnyOrder

_GELU = 2 * math.sqrt(2 / math.pi), 2 * math.sqrt(2 / math.pi) * 0.044715
"""GELU by its hyperbolic tangent is x · sigmoid(a·x + b·x³)."""


class PoseGraph(nn.Module):
    """One set of known places and several wanted ones: no batch. network: a trained one of the form `queries`."""

    def __init__(self, network: HandAnyOrder) -> None:
        super().__init__()
        inner = network.transformer
        self.network = network
        self.width = inner.begin.numel()
        self.head = self.width // inner.blocks[0].heads
        turn = torch.cat([inner.cos, inner.cos, inner.sin, inner.sin], dim=-1)
        begin = norm(inner._pairs(torch.tensor([[inner.count]]), torch.zeros(1, 1))[0])
        places = torch.arange(inner.count)
        self._keep("place", places % CHANNELS, places // CHANNELS)  # looking up takes fewer operations than dividing
        self._keep("known", *_tables(inner, inner.input_factors, turn))
        self._keep("wanted", *_tables(inner, inner.target_factors, turn))
        self._keep("begin", begin, *turn[inner.count :].split(self.head, dim=-1))
        told = [[part.chunk(2) for part in (block.key_value.weight, block.key_value.bias)] for block in inner.blocks]
        self._keep("key", *_joined([self._turned(weight[0], bias[0]) for weight, bias in told]))
        self._keep("value", *_joined([self._heads(weight[1], bias[1]) for weight, bias in told]))
        for layer, block in enumerate(inner.blocks):
            query = self._turned(block.query.weight, block.query.bias)
            self._keep(f"query{layer}", *(part * self.head**-0.5 for part in query))
            self._keep(f"mix{layer}", block.mix.weight.T.unflatten(0, (-1, self.head)))

    def forward(
        self,
        known: Tensor,
        values: Tensor,
        absent: Tensor,
        queries: Tensor,
        means: Tensor,
        deviations: Tensor,
        spacing: Tensor,
    ) -> Tensor:
        """(Q, 3, COMPONENTS), as `HandAnyOrder.predict` of a batch of one, the inputs without the batch's axis.

        spacing: (Q,), the same for all.
        """
        blocks = self.network.transformer.blocks
        keys, told = (part.chunk(len(blocks)) for part in self._told(known, values))
        mask = torch.where(absent, -torch.inf, 0.0)
        mask = torch.cat([mask, mask.new_zeros(1)])
        stream, cos, sin = self._placed("wanted", queries)
        stream = stream + self._hints(means, deviations, spacing)
        for layer, block in enumerate(blocks):
            query = self._rotated(f"query{layer}", self._norm(stream), cos, sin)
            seen = torch.softmax(query @ keys[layer].transpose(1, 2) + mask, dim=-1) @ told[layer]
            (mix,) = self._kept(f"mix{layer}")
            stream = stream + (seen @ mix).sum(dim=0)
            stream = stream + block.down(_gelu(block.up(self._norm(stream))))
        return self._mixture(self.network.transformer.head(self._norm(stream)), means, deviations)

    def _told(self, known: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """All layers' keys and values (L · H, K + 1, D): of the known pairs, and of the token of begin."""
        inner = self.network.transformer
        pairs, *turn = self._placed("known", known)
        pairs = pairs + inner.embed(values)
        pairs = pairs + inner.encode_down(_gelu(inner.encode_up(self._norm(pairs))))
        told = (torch.cat(both) for both in zip((self._norm(pairs), *turn), self._kept("begin"), strict=True))
        pairs, cos, sin = told
        weight, bias = self._kept("value")
        return self._rotated("key", pairs, cos, sin), pairs @ weight + bias

    def _placed(self, table: str, places: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What is embedded of places (N,): (N, width), and the cosines and sines (N, D) that turn a head's."""
        by_channel, by_frame = self._kept(table)
        channel, frame = (of.index_select(0, places) for of in self._kept("place"))
        found = functional.embedding(channel, by_channel) + functional.embedding(frame, by_frame)
        embedded, cos, sin = found.split([self.width, self.head, self.head], dim=-1)
        return embedded, cos, sin

    def _rotated(self, name: str, normed: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """(H, N, D) of heads, turned to their places."""
        weight, bias = self._kept(name)
        plain, swapped = (normed @ weight + bias).chunk(2, dim=-1)
        return plain * cos + swapped * sin

    def _norm(self, x: Tensor) -> Tensor:
        return x / (torch.linalg.vector_norm(x, dim=-1, keepdim=True) * self.width**-0.5)

    def _hints(self, means: Tensor, deviations: Tensor, spacing: Tensor) -> Tensor:
        parts = [means.sin(), means.cos(), torch.log(deviations) + 2.0, torch.log(spacing)[:, None]]
        hints: Tensor = self.network.hint(torch.cat(parts, dim=-1))
        return hints

    def _mixture(self, raw: Tensor, means: Tensor, deviations: Tensor) -> Tensor:
        weight, place, sharpness = (self.network.belief * raw).chunk(3, dim=-1)
        follow = deviations[:, 1:] < MUCH_SURER * deviations[:, :1]
        mean, deviation = (torch.where(follow, both[:, 1:], both[:, :1]) for both in (means, deviations))
        kappa = (sharpness - (2 * torch.log(deviation) + self.network.softening)).clamp(*LOG_KAPPA)
        three = torch.cat([weight, mean + deviation * (place + self.network.spread), kappa], dim=-1)
        return three.view(-1, 3, COMPONENTS)

    def _heads(self, weight: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
        """A linear map's weight (H, width, D) and bias (H, 1, D), head by head."""
        return weight.unflatten(0, (-1, self.head)).transpose(1, 2), bias.unflatten(0, (-1, 1, self.head))

    def _turned(self, weight: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
        """The same with what `attention.rotate` multiplies by sines beside it: (H, width, 2 D) and (H, 1, 2 D)."""
        both = []
        for part in self._heads(weight, bias):
            first, second = part.chunk(2, dim=-1)
            both.append(torch.cat([part, -second, first], dim=-1))
        return both[0], both[1]

    def _keep(self, name: str, *tensors: Tensor) -> None:
        for number, tensor in enumerate(tensors):
            self.register_buffer(f"{name}_{number}", tensor.detach().clone())

    def _kept(self, name: str) -> list[Tensor]:
        return [tensor for key, tensor in self.named_buffers(recurse=False) if key.rpartition("_")[0] == name]


def _gelu(x: Tensor) -> Tensor:
    return x * torch.sigmoid(x * (_GELU[0] + _GELU[1] * (x * x)))


def _joined(layers: list[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    weights, biases = zip(*layers, strict=True)
    return torch.cat(weights), torch.cat(biases)


def _tables(inner: AnyOrderTransformer, factors: nn.ModuleList, turn: Tensor) -> tuple[Tensor, Tensor]:
    """What a place's channel (CHANNELS, …) and its frame (FRAMES, …), added up, say of it: the embedding, the turn."""
    of_frame = len(factors) - 1  # the last factor
    places = inner.positions[:-1].unflatten(0, (-1, CHANNELS))  # (FRAMES, CHANNELS, F)
    turns = turn[:-1].unflatten(0, (-1, CHANNELS))
    varies = (turns != turns[:1]).any(dim=(0, 1))
    channel = inner._factors(factors[:of_frame], places[0, :, :of_frame])
    frame = factors[of_frame](places[:, 0, of_frame])
    by_channel = torch.cat([channel, turns[0].masked_fill(varies, 0)], dim=-1)
    return by_channel, torch.cat([frame, turns[:, 0].masked_fill(~varies, 0)], dim=-1)
