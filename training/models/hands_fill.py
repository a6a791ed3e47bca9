"""The network behind filling: dilated convolutions over time that say how key-to-key motion is timed."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from addon.core.finger_curves import FAR
from addon.core.finger_fill import ANGLES, FEATURES, FPS, OWN_WRIST_KNOWN, OWN_WRIST_SPEEDS, SINCE, UNTIL
from addon.core.finger_follow import FINER
from addon.core.wrist import STILL

DILATIONS = (1, 2, 4, 8, 16, 32, 1, 4, 16)
_FINGERS = 5
_LARGEST_ADDED = 0.3
_LOG_DEVIATION = (-7.0, 0.0)
"""Radians, logarithms: 0.05 to 57 degrees."""
_HURRY = (0.5, 0.3)
"""Powers of the wrist's two speeds that a fresh network takes for the fingers' pace: re-timing by the wrist's speed."""


TRUSTED = ("full keys, wrist known", "full keys, wrist not known", "fewer keys than other angles of the hand")


class Block(nn.Module):
    """A gated residual convolution over three frames, `dilation` apart; the ends see nothing beyond them.

    It is worked out as one product with the three frames side by side, which a CPU does in half the time.
    """

    def __init__(self, width: int, dilation: int, dropout: float) -> None:
        super().__init__()
        self.dilation = dilation
        self.norm = nn.LayerNorm(width)
        self.mix = nn.Conv1d(width, 2 * width, 3, padding=dilation, dilation=dilation)
        self.leave = nn.Linear(width, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, width) to the same."""
        frames, apart = x.shape[1], self.dilation
        padded = functional.pad(self.norm(x), (0, 0, apart, apart))
        three = torch.cat([padded[:, start : start + frames] for start in (0, apart, 2 * apart)], dim=-1)
        weight = self.mix.weight.transpose(1, 2).flatten(1)
        gate, value = functional.linear(three, weight, self.mix.bias).chunk(2, dim=-1)
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
        found = self.leave(self.norm(x)).float()
        added, rate, finger, hand, deviation = found.split([ANGLES, ANGLES, _FINGERS, 1, ANGLES], dim=-1)
        hand = hand + (features[..., OWN_WRIST_SPEEDS] * self.hurry).sum(dim=-1, keepdim=True)
        rate = rate + finger.repeat_interleave(ANGLES // _FINGERS, dim=-1) + hand
        return torch.cat([_LARGEST_ADDED * added, rate, deviation.clamp(*_LOG_DEVIATION)], dim=-1)


class FillEnsemble(nn.Module):
    """Several members that were trained from different seeds, averaged, and trusted as far as validation takes allow.

    trust: (3, 4), a row for each of TRUSTED. Of each the shares of what is added and of what was learnt of the rate
    that are believed; the seconds between keys at which both are believed half, since between keys close together what
    is left is mostly the recording's noise; and the wrist's speed in metres a second up to which the network is
    believed, not at all at twice that: a wrist that the body carries along moves for other reasons than the fingers'.
    """

    trust: Tensor

    def __init__(self, members: list[FillNetwork]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)
        self.register_buffer("trust", torch.tensor([[1.0, 1.0, 0.0, 100.0]] * len(TRUSTED)))

    def forward(self, features: Tensor) -> Tensor:
        """(B, T, FEATURES) to (B, T, OUTPUTS)."""
        return self.believed(self.told(features), features)

    def told(self, features: Tensor) -> Tensor:
        """What the members say on average, (B, T, OUTPUTS)."""
        return torch.stack([member(features) for member in self.members]).mean(dim=0)

    def believed(self, told: Tensor, features: Tensor) -> Tensor:
        """What is made of what the members say (B, T, OUTPUTS)."""
        hurry = torch.stack([member.hurry for member in self.members]).mean(dim=0)
        added, rate, deviation = told.split(ANGLES, dim=-1)
        by_wrist = (features[..., OWN_WRIST_SPEEDS] * hurry).sum(dim=-1, keepdim=True)
        known = features[..., OWN_WRIST_KNOWN]
        since, until = (_seconds(features[..., part]) for part in (SINCE, UNTIL))
        gap = _widest(since + until)
        few = _has_fewer_keys(gap, torch.maximum(since, until) < FAR - 1 / FPS)
        full = (self.trust[0] * known + self.trust[1] * (1 - known))[..., None, :]
        trust = torch.where(few[..., None], self.trust[2] * known[..., None], full)
        of_added, of_rate, half, carried = trust.unbind(dim=-1)
        speed = _around((torch.exp(features[..., OWN_WRIST_SPEEDS][..., 1:]) - STILL) * known)
        share = (2 - speed / carried.clamp_min(1e-3)).clamp(0, 1)
        share = share * gap / (gap + half).clamp_min(1e-6)
        rate = by_wrist + of_rate * (rate - by_wrist)
        return torch.cat([share * of_added * added, share * rate, deviation], dim=-1)


def _seconds(logarithm: Tensor) -> Tensor:
    """The distance to a key that a feature stands for."""
    return (torch.exp(3 * logarithm) - 1) / FPS


def _around(speed: Tensor) -> Tensor:
    """(B, T, 1) the mean over a second on either side: belief that varied within a gap would re-time by itself."""
    reach = round(FPS)
    window = torch.ones(1, 1, 2 * reach + 1)
    sums = [functional.conv1d(x.transpose(1, 2), window, padding=reach) for x in (speed, torch.ones_like(speed))]
    return (sums[0] / sums[1]).transpose(1, 2)


def _widest(gap: Tensor) -> Tensor:
    """(B, T, ANGLES) the gap that a frame lies in; at a key, where it is nothing, the wider one beside it."""
    before, after = torch.cat([gap[:, :1], gap[:, :-1]], dim=1), torch.cat([gap[:, 1:], gap[:, -1:]], dim=1)
    return torch.maximum(gap, torch.maximum(before, after))


def _has_fewer_keys(gap: Tensor, keyed: Tensor) -> Tensor:
    """Where angles have keys much farther apart than others of the hand, or none where others have, (B, T, ANGLES)."""
    sparse = gap > gap.amin(dim=-1, keepdim=True) / FINER
    return (sparse | ~keyed) & keyed.any(dim=-1, keepdim=True)
