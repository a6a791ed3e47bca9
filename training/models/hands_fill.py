"""The network behind filling: dilated convolutions over time that say how key-to-key motion is timed."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from addon.core.finger_base import FAR, FINER
from addon.core.finger_fill import ANGLES, FEATURES, FPS, OWN_WRIST_KNOWN, OWN_WRIST_SPEEDS, SINCE, UNTIL

DILATIONS = (1, 2, 4, 8, 16, 32, 1, 4, 16)
_FINGERS = 5
_LARGEST_ADDED = 0.3
_LOG_DEVIATION = (-7.0, 0.0)
"""Radians, logarithms: 0.05 to 57 degrees."""
_HURRY = (0.5, 0.3)
"""Powers of the wrist's two speeds that a fresh network takes for the fingers' pace: re-timing by the wrist's speed."""


class Block(nn.Module):
    """A gated residual convolution over three frames, `dilation` apart; the ends see nothing beyond them."""

    def __init__(self, width: int, dilation: int, dropout: float) -> None:
        super().__init__()
        self.dilation = dilation
        self.norm = nn.LayerNorm(width)
        self.mix = nn.Conv1d(width, 2 * width, 3, padding=dilation, dilation=dilation)
        self.leave = nn.Linear(width, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, width) to the same."""
        gate, value = self.mix(self.norm(x).transpose(1, 2)).transpose(1, 2).chunk(2, dim=-1)
        return x + self.dropout(self.leave(functional.silu(gate) * value))


class FillNetwork(nn.Module):
    """One member: features of one hand, which hold the other's, to what `core.finger_fill` makes of them."""

    def __init__(self, width: int = 96, dropout: float = 0.1) -> None:
        super().__init__()
        self.enter = nn.Linear(FEATURES, width)
        self.blocks = nn.ModuleList(Block(width, dilation, dropout) for dilation in DILATIONS)
        self.norm = nn.LayerNorm(width)
        self.leave = nn.Linear(width, 3 * ANGLES + _FINGERS + 1)
        self.hurry = nn.Parameter(torch.tensor(_HURRY))
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)
        with torch.no_grad():
            self.leave.bias[-ANGLES:] = -3.0

    def forward(self, features: Tensor) -> Tensor:
        """(B, T, FEATURES) to (B, T, OUTPUTS)."""
        x = self.enter(features)
        for block in self.blocks:
            x = block(x)
        found = self.leave(self.norm(x))
        added, rate, finger, hand, deviation = found.split([ANGLES, ANGLES, _FINGERS, 1, ANGLES], dim=-1)
        hand = hand + (features[..., OWN_WRIST_SPEEDS] * self.hurry).sum(dim=-1, keepdim=True)
        rate = rate + finger.repeat_interleave(ANGLES // _FINGERS, dim=-1) + hand
        return torch.cat([_LARGEST_ADDED * added, rate, deviation.clamp(*_LOG_DEVIATION)], dim=-1)


class FillEnsemble(nn.Module):
    """Several members that were trained from different seeds, averaged, and trusted as far as validation takes allow.

    trust: (2, 3), where the hand's wrist is known and where it is not: shares of what is added and of what was learnt
    of the rate that are believed, and the seconds between keys at which re-timing is believed half: between keys close
    together, what is left is mostly the recording's noise.
    """

    trust: Tensor

    def __init__(self, members: list[FillNetwork]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)
        self.register_buffer("trust", torch.tensor([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0]]))

    def forward(self, features: Tensor) -> Tensor:
        """(B, T, FEATURES) to (B, T, OUTPUTS)."""
        found = torch.stack([member(features) for member in self.members]).mean(dim=0)
        hurry = torch.stack([member.hurry for member in self.members]).mean(dim=0)
        added, rate, deviation = found.split(ANGLES, dim=-1)
        by_wrist = (features[..., OWN_WRIST_SPEEDS] * hurry).sum(dim=-1, keepdim=True)
        known = features[..., OWN_WRIST_KNOWN]
        of_added, of_rate, half = (self.trust[0] * known + self.trust[1] * (1 - known)).split(1, dim=-1)
        since, until = ((torch.exp(3 * features[..., part]) - 1) / FPS for part in (SINCE, UNTIL))
        gap = since + until
        asked = _asked(since, until)
        believed = asked * gap / (gap + half).clamp_min(1e-6)
        return torch.cat(
            [asked * of_added * added, believed * (by_wrist + of_rate * (rate - by_wrist)), deviation], dim=-1
        )


def _asked(since: Tensor, until: Tensor) -> Tensor:
    """1 for the angles that the network is to speak of, 0 for those that the closed form knows better, (B, T, ANGLES).

    It knows better where other angles of the hand have keys much closer together, or have keys at all; where the hand
    has none, the wrist is all there is.
    """
    gap = since + until
    keyed = (torch.maximum(since, until) < FAR - 1 / FPS).to(gap.dtype)
    closest = gap.amin(dim=-1, keepdim=True)
    dense = (gap <= closest / FINER).to(gap.dtype)
    alone = 1 - keyed.amax(dim=-1, keepdim=True)
    return torch.maximum(keyed * dense, alone)
