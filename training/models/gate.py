"""Networks that know no skeleton: they see one rotation curve at a time, whatever bone it turns.

`SpikeGate` finds frames that stick out and puts a median in their place; `FilterBank` chooses, per joint and frame,
how much to smooth. Both are small, shared by all joints, and blind to names and hierarchy.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

SCALES = (0.6, 1.0, 1.6, 2.5, 4.0, 7.0)
REACH = 16
LOCAL = 9
STATISTICS_REACH = 48
CERTAIN = 0.85
"""Share of its replacement below which a frame is no spike."""
TINY = 1e-9
"""Energy below which a curve counts as still."""


def padded(x: Tensor, before: int, after: int) -> Tensor:
    """(B, C, T) with its ends held for `before` and `after` frames."""
    return functional.pad(x, (before, after), mode="replicate")


def averaged(x: Tensor, reach: int) -> Tensor:
    """(B, C, T): each frame the mean of the frames up to `reach` away, of those that there are."""
    return functional.avg_pool1d(x, 2 * reach + 1, 1, reach, count_include_pad=False)


def median_of_five(x: Tensor) -> Tensor:
    """(B, C, T): the median of each value, two before and two after, by comparisons alone."""
    frames = x.shape[-1]
    held = padded(x, 2, 2)
    a, b, e, c, d = (held[..., i : i + frames] for i in range(5))
    low = torch.maximum(torch.minimum(a, b), torch.minimum(c, d))
    high = torch.minimum(torch.maximum(a, b), torch.maximum(c, d))
    return torch.maximum(torch.minimum(low, high), torch.minimum(torch.maximum(low, high), e))


def log_energy(x: Tensor) -> Tensor:
    """log(x + TINY) of energies, written so that an exporter which drops small sums as zeros cannot harm it."""
    return torch.log(x * (1 / TINY) + 1) + math.log(TINY)


def square_length(x: Tensor, joints: int) -> Tensor:
    """(B, J, T): sum over the four components of (B, J·4, T)."""
    return x.unflatten(1, (joints, 4)).square().sum(dim=2)


def jitter(x: Tensor, joints: int) -> Tensor:
    """(B, J, T): half the log mean square second difference of (B, J·4, T): its noise, where it is noise."""
    held = padded(x, 1, 1)
    second = held[..., 2:] - 2 * x + held[..., :-2]
    # The variance of a second difference of white noise is six times the noise's; four components.
    return 0.5 * log_energy(square_length(second, joints) / 24)


class SpikeGate(nn.Module):
    """Replaces outliers of single frames by the median of five.

    The share of the replacement comes from how far a frame lies off the median, how far its neighbours do, and how
    fast the median itself moves.
    """

    def __init__(self, hidden: int = 16) -> None:
        super().__init__()
        self.look = nn.Conv1d(4, hidden, 5)
        self.decide = nn.Conv1d(hidden, 1, 1)
        nn.init.constant_(self.decide.bias, -1.0)

    def forward(self, x: Tensor, joints: int) -> tuple[Tensor, Tensor]:
        """Channels (B, J·4, T) to the channels without spikes and the share (B, J, T) that was replaced."""
        middle = median_of_five(x)
        off = square_length(x - middle, joints)
        usual = averaged(off.clamp_min(TINY).sqrt().sqrt(), 8).square()
        held = padded(middle, 1, 1)
        speed = square_length(held[..., 2:] - held[..., :-2], joints)
        off_log = 0.5 * log_energy(off)
        usual_log = log_energy(usual)
        seen = torch.stack([off_log - usual_log, off_log, usual_log, 0.5 * log_energy(speed)], dim=2)
        seen = (seen + torch.tensor([0.0, 4.0, 4.0, 4.0], device=x.device)[:, None]) / 2
        decided = self.decide(functional.gelu(self.look(padded(seen.flatten(0, 1), 2, 2))))
        share = decided.sigmoid().pow(3).view_as(off)  # the power keeps small doubts from blurring lively motion
        if not self.training:  # learning needs doubts, the result none
            share = ((share - CERTAIN) / (1 - CERTAIN)).clamp_min(0)
        return x + share.repeat_interleave(4, dim=1) * (middle - x), share


class FilterBank(nn.Module):
    """Gaussian filters of several widths, blended per joint and frame by a small network that sees their differences.

    It starts between classical filters and can only choose among them, so it cannot invent motion.
    """

    def __init__(self, hidden: int = 32) -> None:
        super().__init__()
        times = torch.arange(-REACH, REACH + 1)
        kernels = torch.stack([torch.exp(-(times**2) / (2 * scale**2)) for scale in SCALES])
        self.register_buffer("kernels", (kernels / kernels.sum(1, keepdim=True))[:, None], persistent=False)
        self.choose = nn.Sequential(
            nn.Conv1d(len(SCALES) + 2, hidden, 1),
            nn.GELU(),
            nn.Conv1d(hidden, hidden, 1),
            nn.GELU(),
            nn.Conv1d(hidden, len(SCALES) + 1, 1),
        )

    def forward(self, x: Tensor, noise: Tensor) -> Tensor:
        """Channels (B, J·4, T) and log noise (B, J, T), `jitter` averaged, to the smoothed channels."""
        batch, channels, frames = x.shape
        joints = channels // 4
        rows = padded(x, REACH, REACH).reshape(batch * channels, 1, frames + 2 * REACH)
        smooth = functional.conv1d(rows, self.kernels).view(batch, joints, 4, len(SCALES), frames)
        bank = torch.cat([x.view(batch, joints, 4, 1, frames), smooth], dim=3)
        change = (bank[:, :, :, 1:] - bank[:, :, :, :-1]).square().sum(dim=2)
        change = averaged(change.flatten(0, 1), LOCAL // 2)
        level = noise.reshape(batch * joints, 1, frames)
        together = noise.mean(dim=1, keepdim=True).expand(-1, joints, -1).reshape(batch * joints, 1, frames)
        seen = torch.cat([0.5 * log_energy(change) - level, (level + 4) / 2, (together + 4) / 2], dim=1)
        weights = self.choose(seen).softmax(dim=1).view(batch, joints, 1, -1, frames)
        return (bank * weights).sum(dim=3).reshape(batch, channels, frames)


class CurveDenoiser(nn.Module):
    """The part that works on any rotation curve: fingers, tails, props."""

    def __init__(self) -> None:
        super().__init__()
        self.spikes = SpikeGate()
        self.bank = FilterBank()

    def calmed(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Of (B, J·4, T): the same without spikes, the share replaced (B, J, T), the log noise (B, J, T)."""
        joints = x.shape[1] // 4
        calm, share = self.spikes(x, joints)
        return calm, share, averaged(jitter(calm, joints), STATISTICS_REACH)

    def forward(self, rotations: Tensor) -> Tensor:
        """Hemisphere-continuous rotations (B, T, J, 4) to denoised ones (B, T, J, 4)."""
        x = functional.normalize(rotations, dim=-1).flatten(2).transpose(1, 2)
        calm, _, noise = self.calmed(x)
        return functional.normalize(self.bank(calm, noise).transpose(1, 2).unflatten(2, (-1, 4)), dim=-1)
