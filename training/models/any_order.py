"""The any-order transformer: one network with the two faces of Clarke (2022), chapter 4, and a plain one to compare.

- `triples`: decoder-only and causal; each token is (input position, input value, target position), so that any position
  can be asked for next (the same idea later: σ-GPT, arXiv 2404.09562).
- `queries`: the known (position, value) pairs are a set; each pair is encoded on its own, and each query attends to
  them on its own, blind to the other queries (the same idea later: ARPG, arXiv 2503.10568). The set's order means
  nothing at all, and yet all prefixes of a training order are learnt in one pass, since nothing flows between pairs.
- `pairs`: tokens (input position, input value) whose target is left unsaid: a usual autoregressive transformer, which
  learns one fixed order.

Every form learns N targets a pass: the k-th of an order is predicted from the k before it.
"""

from __future__ import annotations

from typing import Literal, get_args

import torch
from torch import Tensor, nn

from .attention import Block, Rotation, norm, rotations

Form = Literal["triples", "queries", "pairs"]

PositionEncoding = Literal["relative", "absolute"]
"""`absolute`: embeddings of the factors alone; `relative`: the offset of target and input too, in attention as well."""


class AnyOrderTransformer(nn.Module):
    """Predicts the values at any positions from the values at any others.

    positions: (P, F) whole numbers from 0; what each of the P positions is made of, factor by factor: row and column of
        a patch; hand, joint, DOF and frame of an angle. This is all that the network knows of positions.
    embed: makes values (B, N) or (B, N, V) into (B, N, width); a module of `values`.
    outputs: numbers that the head of the caller needs for one position; the network's own last layer starts at zero.
    form: which face; see the file's first lines.
    width, depth, heads: of the stream, blocks, and attention heads each.
    """

    sizes: Tensor
    positions: Tensor
    cos: Tensor
    sin: Tensor

    def __init__(
        self,
        positions: Tensor,
        embed: nn.Module,
        outputs: int,
        form: Form = "triples",
        width: int = 128,
        depth: int = 4,
        heads: int = 4,
        encoding: PositionEncoding = "relative",
    ) -> None:
        super().__init__()
        if form not in get_args(Form):
            raise ValueError(f"The form is one of {', '.join(get_args(Form))}, not {form!r}.")
        self.form, self.count, self.encoding = form, len(positions), encoding
        sizes = positions.amax(dim=0) + 1
        # The last row stands for the place of the begin token: amid all, told apart by an embedding of its own.
        table = torch.cat((positions, (sizes // 2)[None]))
        self.register_buffer("positions", table, persistent=False)
        self.register_buffer("sizes", sizes, persistent=False)
        cos, sin = rotations(table, width // heads)
        if encoding == "absolute":
            cos, sin = torch.ones_like(cos), torch.zeros_like(sin)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)
        self.embed = embed
        self.input_factors = _factor_tables(sizes, width)
        self.target_factors = _factor_tables(sizes, width)
        self.offset_factors = _factor_tables(2 * sizes - 1, width)
        self.begin = nn.Parameter(0.5 * torch.randn(width))
        self.encode_up = nn.Linear(width, 2 * width)
        self.encode_down = nn.Linear(2 * width, width)
        self.blocks = nn.ModuleList(Block(width, heads, positions.shape[1], seed) for seed in range(depth))
        self.head = nn.Linear(width, outputs)
        self.position_bias = nn.Parameter(torch.zeros(self.count, outputs))
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)
        # Every form has the same weights; several processes would wait for gradients of those that it has no use for.
        for part in self._unused():
            part.requires_grad_(False)

    def forward(self, order: Tensor, values: Tensor, hints: Tensor | None = None) -> Tensor:
        """Parameters (B, N, outputs) of what is at order[k], given the values at order[:k]: all k in one pass.

        order: (B, N) positions, none twice; N may be less than P. values: (B, N) or (B, N, V), in that order.
        hints: (B, N, width), added to what asks for order[k]; may tell of order[:k] what the caller worked out itself.
        """
        inputs = torch.cat((order.new_full((len(order), 1), self.count), order[:, :-1]), dim=1)
        before = torch.cat((values[:, :1], values[:, :-1]), dim=1)  # the first is never seen: it stands under begin
        pairs, asked = self._pairs(inputs, before), self._asked(order)
        if hints is not None:
            asked = asked + hints
        mask = causal_mask(order.shape[1], asked.device)
        stream = self._stream(pairs, asked, inputs, order)
        turn, input_turn = self._turn(self._queried(inputs, order)), self._turn(inputs)
        for block in self.blocks:
            source = pairs if self.form == "queries" else stream
            stream = block(stream, block.keys_values(source, input_turn), turn, mask)
        return self._read_out(stream, order)

    def predict(
        self,
        known: Tensor,
        values: Tensor,
        queries: Tensor,
        absent: Tensor | None = None,
        hints: Tensor | None = None,
    ) -> Tensor:
        """Parameters (B, Q, outputs) at positions `queries` (B, Q), each given the known set alone: the `queries` form.

        known: (B, K) positions, K may be 0. values: (B, K) or (B, K, V). absent: (B, K), true where an entry of `known`
        is padding. hints: (B, Q, width), as in `forward`.
        Raises ValueError in another form: there the known positions are an order, so ask through `forward`.
        """
        begin = known.new_full((len(known), 1), self.count)
        filler = values.new_zeros((len(values), 1, *values.shape[2:]))
        told = self.encode(torch.cat((begin, known), dim=1), torch.cat((filler, values), dim=1))
        if absent is not None:
            absent = torch.cat((torch.zeros_like(absent[:, :1]), absent), dim=1)
        return self.ask(*told, queries, absent, hints)

    def encode(self, known: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Keys and values (L, B, H, K, D) of known pairs, each on its own: kept as long as they stay known.

        known: (B, K) positions, P for the begin token, which every set holds. values: (B, K) or (B, K, V).
        Raises ValueError in another form than `queries`: there the known positions are an order, not a set.
        """
        if self.form != "queries":
            raise ValueError(f"Only the form 'queries' takes the known as a set, not {self.form!r}.")
        pairs, turn = self._pairs(known, values), self._turn(known)
        each = [block.keys_values(pairs, turn) for block in self.blocks]
        return torch.stack([key for key, _ in each]), torch.stack([value for _, value in each])

    def ask(
        self, keys: Tensor, values: Tensor, queries: Tensor, absent: Tensor | None = None, hints: Tensor | None = None
    ) -> Tensor:
        """Parameters (B, Q, outputs) at `queries` (B, Q), each on its own, from what `encode` made of the known.

        absent: (B, K), true where a known pair is to be passed over. hints: (B, Q, width).
        """
        stream = self._asked(queries) if hints is None else self._asked(queries) + hints
        mask = None
        if absent is not None:
            mask = torch.zeros(absent.shape, device=absent.device).masked_fill(absent, -torch.inf)[:, None, None]
        turn = self._turn(queries)
        for layer, block in enumerate(self.blocks):
            stream = block(stream, (keys[layer], values[layer]), turn, mask)
        return self._read_out(stream, queries)

    def step(
        self, last: Tensor, value: Tensor, candidates: Tensor, keys: Tensor, cached: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """One step of a causal form with a cache: what may come after `last`, at each candidate position.

        last: (B, 1) the position revealed last, P before the first. value: (B, 1, …) its value. candidates: (B, Q).
        keys, cached: (L, B, H, T, D) of the T tokens chosen so far; T = 0 before the first.
        Returns parameters (B, Q, outputs), and the new keys and values (L, B, H, Q, D) of each candidate's token:
        append those of the one that is then revealed.
        """
        count = candidates.shape[1]
        shape = (-1, count) + (-1,) * (value.dim() - 2)
        # A candidate's token sees the tokens before and itself, not the other candidates.
        mask = torch.full((count, count), -torch.inf, device=keys.device).fill_diagonal_(0)
        mask = torch.cat((mask.new_zeros(count, keys.shape[3]), mask), dim=1)
        return self.extend(last.expand(-1, count), value.expand(shape), candidates, mask, keys, cached)

    def extend(
        self, inputs: Tensor, values: Tensor, targets: Tensor, mask: Tensor, keys: Tensor, cached: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """N more tokens of a causal form, `triples` or `pairs`, after T that are cached, whatever may see whatever.

        inputs, targets: (B, N) positions. values: (B, N) or (B, N, V). mask: (N, T + N), 0 where a token sees another
        and minus infinity where it does not. keys, cached: (L, B, H, T, D).
        Returns parameters (B, N, outputs) and the tokens' own keys and values (L, B, H, N, D).
        """
        stream = self._stream(self._pairs(inputs, values), self._asked(targets), inputs, targets)
        turn, input_turn = self._turn(self._queried(inputs, targets)), self._turn(inputs)
        new_keys, new_values = [], []
        for layer, block in enumerate(self.blocks):
            key, value = block.keys_values(stream, input_turn)
            new_keys.append(key)
            new_values.append(value)
            seen = torch.cat((keys[layer], key), dim=2), torch.cat((cached[layer], value), dim=2)
            stream = block(stream, seen, turn, mask)
        return self._read_out(stream, targets), torch.stack(new_keys), torch.stack(new_values)

    def start_at(self, bias: Tensor) -> None:
        """Let the fresh network predict `bias` (P, outputs) everywhere: the head's parameters of the marginals."""
        self.position_bias.data.copy_(bias)

    def _unused(self) -> tuple[nn.Module, ...]:
        if self.form == "queries":
            return (self.offset_factors,)
        if self.form == "pairs":
            return self.offset_factors, self.target_factors, self.encode_up, self.encode_down
        encoder = (self.encode_up, self.encode_down)
        return encoder if self.encoding == "relative" else (*encoder, self.offset_factors)

    def _pairs(self, inputs: Tensor, values: Tensor) -> Tensor:
        """(B, K, width) each (position, value) on its own; position P is the begin token, whatever its value."""
        pairs = self._factors(self.input_factors, self.positions[inputs]) + self.embed(values)
        pairs = torch.where((inputs == self.count)[..., None], self.begin.to(pairs.dtype), pairs)
        if self.form != "queries":
            return pairs
        inner = nn.functional.gelu(self.encode_up(norm(pairs)), approximate="tanh")
        return pairs + self.encode_down(inner)

    def _asked(self, targets: Tensor) -> Tensor:
        return self._factors(self.target_factors, self.positions[targets])

    def _stream(self, pairs: Tensor, asked: Tensor, inputs: Tensor, targets: Tensor) -> Tensor:
        """Where the blocks start from: (B, N, width)."""
        if self.form == "queries":
            return asked
        if self.form == "pairs":
            return pairs
        if self.encoding == "absolute":
            return pairs + asked
        offsets = self.positions[targets] - self.positions[inputs] + self.sizes - 1
        return pairs + asked + self._factors(self.offset_factors, offsets)

    def _queried(self, inputs: Tensor, targets: Tensor) -> Tensor:
        """The positions that offsets are counted from: a token of pairs does not know its target's."""
        return inputs if self.form == "pairs" else targets

    def _turn(self, positions: Tensor) -> Rotation:
        return self.cos[positions][:, None], self.sin[positions][:, None]

    def _read_out(self, stream: Tensor, targets: Tensor) -> Tensor:
        return self.head(norm(stream)).float() + self.position_bias[targets]

    @staticmethod
    def _factors(tables: nn.ModuleList, parts: Tensor) -> Tensor:
        """(…, width) the sum over factors of the embeddings of parts (…, F)."""
        embedded = [table(parts[..., factor]) for factor, table in enumerate(tables)]
        return torch.stack(embedded).sum(dim=0) if len(embedded) > 2 else sum(embedded[1:], embedded[0])


def causal_mask(count: int, device: torch.device) -> Tensor:
    """(N, N) to add to scores: each place sees itself and those before."""
    return torch.full((count, count), -torch.inf, device=device).triu(1)


def _factor_tables(sizes: Tensor, width: int) -> nn.ModuleList:
    tables = nn.ModuleList(nn.Embedding(int(size), width) for size in sizes)
    for table in tables:
        nn.init.normal_(table.weight, std=0.5)
    return tables
