"""The any-order network of hands as few operations: one pose alone is a matter of how many there are, not how large.

All heads, and all layers that see the same, are asked at once; what does not depend on the input is worked out
beforehand, and what one product can do is left to one: a root that scales a norm, what a rotation swaps, the biases of
embeddings. Each GELU is written as the runtime knows it, which makes one operation of it. The numbers are those of
`HandAnyOrder.predict`, whose transformer keeps no bias of its own for each position.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper
from torch import Tensor, nn

from addon.core.hand_gaussian import BEGIN, CHANNELS, FRAMES
from addon.inference.fingers import POSE_INPUTS, POSE_OUTPUT
from training.models.any_order import AnyOrderTransformer
from training.models.hands_any_order import COMPONENTS, FORMS, LOG_KAPPA, MUCH_SURER, HandAnyOrder

from .promises import LARGEST_IR, OPSET

_HINTED = slice(2 * FORMS, 3 * FORMS)
"""Among the hints: the logarithms of deviations."""
_SHAPES: dict[str, tuple[int, list[Any]]] = {
    "known": (onnx.TensorProto.INT64, ["K"]),
    "values": (onnx.TensorProto.FLOAT, ["K", 1]),
    "queries": (onnx.TensorProto.INT64, ["Q"]),
    "means": (onnx.TensorProto.FLOAT, ["Q", FORMS]),
    "scales": (onnx.TensorProto.FLOAT, ["Q", FORMS + 1]),
}


def pose_proto(network: HandAnyOrder) -> onnx.ModelProto:
    """A trained network of the form `queries`: one set of known places and several wanted ones, no batch."""
    with torch.no_grad():
        graph = _PoseGraph(network)
        graph.build()
    inputs = [helper.make_tensor_value_info(name, *_SHAPES[name]) for name in POSE_INPUTS]
    output = helper.make_tensor_value_info(POSE_OUTPUT, onnx.TensorProto.FLOAT, ["Q", 3, COMPONENTS])
    kept = [numpy_helper.from_array(value, name) for name, value in graph.kept.items()]
    made = helper.make_graph(graph.nodes, "pose", inputs, [output], kept)
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=LARGEST_IR)


class _PoseGraph:
    """The graph as it grows: nodes, and the constants they need by name."""

    def __init__(self, network: HandAnyOrder) -> None:
        self.network, self.inner = network, network.transformer
        self.width = self.inner.begin.numel()
        self.head = self.width // self.inner.blocks[0].heads
        self.nodes: list[onnx.NodeProto] = []
        self.kept: dict[str, np.ndarray] = {}
        places = np.arange(BEGIN + 1)
        # Looking up takes fewer operations than dividing; the place of the begin token has a row of its own in both.
        self.place = [
            self._constant(np.where(places < BEGIN, part, last))
            for part, last in ((places % CHANNELS, CHANNELS), (places // CHANNELS, FRAMES))
        ]

    def build(self) -> None:
        keys, told = self._told()
        means, logs = self._node("Split", "means", outputs=FORMS, axis=-1), self._node("Log", "scales")
        hints = self._node("Concat", self._node("Sin", "means"), self._node("Cos", "means"), logs, axis=-1)
        first, _, last = self.network.hint
        bias = first.bias + 2.0 * first.weight[:, _HINTED].sum(dim=1)
        asked, turn = self._placed("queries", self.inner.target_factors, last.bias)
        stream = self._linear(self._gelu(self._linear(hints, first.weight, bias)), last.weight, asked)
        for layer, block in enumerate(self.inner.blocks):
            scores = self._node("MatMul", self._query(stream, block.query, turn), keys[layer])
            seen = self._node("MatMul", self._node("Softmax", scores, axis=-1), told[layer])
            seen = self._node("Transpose", seen, perm=[1, 0, 2])
            seen = self._node("Reshape", seen, self._constant([0, self.width]))
            stream = self._linear(seen, block.mix.weight, stream)
            stream = self._forward(stream, block.up, block.down, stream)
        self._mixture(stream, means, logs)

    def _told(self) -> tuple[list[str], list[str]]:
        """By layer the keys (H, 2 D, K), one below the other twice, and the values (H, K, D) of the known pairs."""
        blocks, inner = self.inner.blocks, self.inner
        pairs, turn = self._placed("known", inner.input_factors, inner.embed.mix.bias)
        multiples = inner.embed.multiples.ravel()
        quarter = torch.cat([torch.zeros_like(multiples), torch.full_like(multiples, math.pi / 2)])
        waves = self._node("Sin", self._linear("values", multiples.repeat(2)[:, None], quarter))
        pairs = self._linear(waves, inner.embed.mix.weight, pairs)
        pairs = self._forward(pairs, inner.encode_up, inner.encode_down, pairs)
        normed = self._normed(self._node("Add", pairs, self._constant(inner.encode_down.bias)))
        told = [[part.chunk(2) for part in (block.key_value.weight, block.key_value.bias)] for block in blocks]
        keys = _joined([self._turned(weight[0], bias[0]) for weight, bias in told])
        weight, bias = (torch.cat([part, *(each[i][1] for each in told)]) for i, part in enumerate(keys))
        both = self._linear(normed, self.width**0.5 * weight, bias)
        sizes, many = self._constant([len(keys[1]), len(bias) - len(keys[1])]), len(blocks) * blocks[0].heads
        key, value = self._node("Split", both, sizes, outputs=2, axis=-1)
        key = self._node("Reshape", key, self._constant([0, many, 2 * self.head]))
        key = self._node("Transpose", key, perm=[1, 2, 0])
        key = self._node("Mul", key, self._node("Transpose", turn, perm=[1, 0]))
        key = self._node("Add", *self._node("Split", key, outputs=2, axis=1))
        # A query's two parts, turned but not added up, each meet the whole key: adding is left to the product.
        key = self._node("Concat", key, key, axis=1)
        value = self._node("Reshape", value, self._constant([0, many, self.head]))
        value = self._node("Transpose", value, perm=[1, 0, 2])
        layers = len(blocks)
        return self._node("Split", key, outputs=layers, axis=0), self._node("Split", value, outputs=layers, axis=0)

    def _mixture(self, stream: str, means: list[str], logs: str) -> None:
        head, network = self.inner.head, self.network
        shift = torch.cat([torch.zeros(COMPONENTS), network.spread, -network.softening.expand(COMPONENTS)])
        raw = self._linear(
            self._normed(stream), network.belief * self.width**0.5 * head.weight, network.belief * head.bias + shift
        )
        weight, place, sharpness = self._node("Split", raw, outputs=3, axis=-1)
        gaussian, near, _ = self._node("Split", logs, outputs=FORMS + 1, axis=-1)
        much = self._node("Add", gaussian, self._constant(math.log(MUCH_SURER)))
        follow = self._node("Less", near, much)
        mean = self._node("Where", follow, means[1], means[0])
        log = self._node("Where", follow, near, gaussian)
        mean = self._node("Add", mean, self._node("Mul", self._node("Exp", log), place))
        kappa = self._node("Sub", sharpness, self._node("Mul", log, self._constant(2.0)))
        kappa = self._node("Clip", kappa, *map(self._constant, LOG_KAPPA))
        three = self._node("Concat", weight, mean, kappa, axis=-1)
        self._node("Reshape", three, self._constant([0, 3, COMPONENTS]), name=POSE_OUTPUT)

    def _placed(self, places: str, factors: nn.ModuleList, bias: Tensor) -> tuple[str, str]:
        """What is embedded of places (N,), a bias with it: (N, width), and (N, 2 D) the turn that a head gets."""
        tables = _tables(self.inner, factors, bias)
        parts = [
            self._node("Gather", self._constant(table), self._node("Gather", numbers, places))
            for table, numbers in zip(tables, self.place, strict=True)
        ]
        sizes = self._constant([self.width, 2 * self.head])
        embedded, turn = self._node("Split", self._node("Add", *parts), sizes, outputs=2, axis=-1)
        return embedded, turn

    def _normed(self, x: str) -> str:
        """Of length 1; what is multiplied with it next carries the root of the width that makes RMSNorm of it."""
        return self._one("LpNormalization", x, axis=-1, p=2)

    def _forward(self, x: str, up: nn.Linear, down: nn.Linear, added_to: str) -> str:
        """The feed-forward part of a block; a bias of `down` is the caller's to add."""
        inner = self._linear(self._normed(x), up.weight * self.width**0.5, up.bias)
        return self._linear(self._gelu(inner, tanh=True), down.weight, added_to)

    def _linear(self, x: str, weight: Tensor, added: Tensor | str) -> str:
        third = added if isinstance(added, str) else self._constant(added)
        return self._one("Gemm", x, self._constant(weight.T), third)

    def _query(self, stream: str, map: nn.Linear, turn: str) -> str:
        """(H, Q, 2 D) of all heads, turned but not added up."""
        scale = self.head**-0.5
        weight, bias = (
            part.unflatten(0, (-1, 2 * self.head)) for part in self._turned(map.weight * scale, map.bias * scale)
        )
        product = self._constant(self.width**0.5 * weight.transpose(1, 2))
        heads = self._node("Add", self._node("MatMul", self._normed(stream), product), self._constant(bias[:, None]))
        return self._one("Mul", heads, turn)

    def _gelu(self, x: str, tanh: bool = False) -> str:
        """In the order of operations that onnxruntime looks for: `FastGeluFusion` and `GeluFusion`."""
        if not tanh:
            part = self._node("Erf", self._node("Div", x, self._constant(math.sqrt(2))))
            both = self._node("Mul", x, self._node("Add", part, self._constant(1.0)))
            return self._one("Mul", both, self._constant(0.5))
        cube = self._node("Mul", self._node("Mul", x, self._constant(0.044715)), x)
        scaled = self._node("Mul", x, self._constant(math.sqrt(2 / math.pi)))
        inner = self._node("Mul", scaled, self._node("Add", cube, self._constant(1.0)))
        part = self._node("Add", self._node("Tanh", inner), self._constant(1.0))
        return self._one("Mul", part, self._node("Mul", x, self._constant(0.5)))

    def _turned(self, weight: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
        """A linear map's weight and bias; after each head's D rows those that `attention.rotate` has by sines."""
        both = []
        for part in (weight, bias):
            heads = part.unflatten(0, (-1, self.head))
            first, second = heads.chunk(2, dim=1)
            both.append(torch.cat([heads, -second, first], dim=1).flatten(0, 1))
        return both[0], both[1]

    def _constant(self, value: Any) -> str:
        array = value.detach().numpy() if isinstance(value, Tensor) else np.asarray(value)
        name = f"constant{len(self.kept)}"
        self.kept[name] = np.ascontiguousarray(array.astype(np.int64 if array.dtype.kind == "i" else np.float32))
        return name

    def _one(self, kind: str, *inputs: str, **attributes: Any) -> str:
        found: str = self._node(kind, *inputs, **attributes)
        return found

    def _node(self, kind: str, *inputs: str, outputs: int = 0, name: str = "", **attributes: Any) -> Any:
        """The name of the output, or a list of so many."""
        made = [name] if name else [f"{kind}{len(self.nodes)}.{number}" for number in range(outputs or 1)]
        if kind == "Split" and len(inputs) == 1:
            attributes["num_outputs"] = outputs
        self.nodes.append(helper.make_node(kind, inputs, made, **attributes))
        return made if outputs else made[0]


def _joined(layers: list[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    weights, biases = zip(*layers, strict=True)
    return torch.cat(weights), torch.cat(biases)


def _tables(inner: AnyOrderTransformer, factors: nn.ModuleList, bias: Tensor) -> tuple[Tensor, Tensor]:
    """What a place's channel (CHANNELS + 1, …) and frame (FRAMES + 1, …), added up, say of it: the embedding with a
    bias, the cosines and sines of its turn. The last rows are the begin token's, whose value is 0."""
    of_frame = len(factors) - 1  # the last factor
    turn = torch.cat([inner.cos, inner.cos, inner.sin, inner.sin], dim=-1)
    places = inner.positions[:-1].unflatten(0, (-1, CHANNELS))  # (FRAMES, CHANNELS, F)
    turns = turn[:-1].unflatten(0, (-1, CHANNELS))
    varies = (turns != turns[:1]).any(dim=(0, 1))
    channel = inner._factors(factors[:of_frame], places[0, :, :of_frame]) + bias
    frame = factors[of_frame](places[:, 0, of_frame])
    by_channel = torch.cat([channel, turns[0].masked_fill(varies, 0)], dim=-1)
    by_frame = torch.cat([frame, turns[:, 0].masked_fill(~varies, 0)], dim=-1)
    begin = inner.begin - inner.embed(torch.zeros(1, 1))[0, 0] + bias
    own = torch.cat([begin, turn[-1]])
    return torch.cat([by_channel, own[None]]), torch.cat([by_frame, torch.zeros_like(own)[None]])
