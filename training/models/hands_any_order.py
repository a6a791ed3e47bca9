"""The any-order network of hands: an angle's density as a mixture of von Mises, told beside what the Gaussian expects.

Positions are made of hand, joint, angle of the joint, and frame. A hint with each question carries what the closed
forms, the Gaussian and the prototypes, expect there, and how far apart frames are: components are placed relative to
what the prototypes expect, or the Gaussian where it is much surer: it alone knows of other times and the other hand.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from addon.core.hand_gaussian import CHANNELS, FRAMES, PER_HAND, WRIST
from addon.core.von_mises import LARGEST_KAPPA

from .any_order import AnyOrderTransformer, Form
from .values import Angles

COMPONENTS = 6
HARMONICS = 4
FORMS = 2
"""Closed forms behind the hints: the Gaussian, the prototypes."""
HINTS = 3 * FORMS + 1
MUCH_SURER = 2.0
Head = Literal["mixture", "angle", "bins"]
_FINGERS, _PER_FINGER = 5, 4
LOG_KAPPA = (-2.0, float(np.log(LARGEST_KAPPA)))


def position_table() -> Tensor:
    """(FRAMES · CHANNELS, 4) hand, joint, angle of the joint and frame of each position."""
    channel = np.arange(CHANNELS)
    hand, angle = np.divmod(channel, PER_HAND)
    finger, place = np.divmod(np.minimum(angle, _FINGERS * _PER_FINGER - 1), _PER_FINGER)
    is_wrist = angle >= PER_HAND - WRIST
    joint = np.where(is_wrist, 3 * _FINGERS, 3 * finger + np.maximum(place - 1, 0))
    part = np.where(is_wrist, angle - (PER_HAND - WRIST), np.where(place == 1, 1, 0))
    one = np.stack([hand, joint, part], axis=-1)
    frame = np.repeat(np.arange(FRAMES), CHANNELS)
    return torch.from_numpy(np.concatenate([np.tile(one, (FRAMES, 1)), frame[:, None]], axis=-1))


class HandAnyOrder(nn.Module):
    """width, depth, heads: of the transformer. form: `queries` or `triples`.

    belief: the share of what the network says beside the closed forms that is believed. softening: what is taken from
    the logarithms of kappa, so that intervals hold on takes that were not learned from.
    """

    spread: Tensor
    belief: Tensor
    softening: Tensor

    def __init__(self, form: Form = "queries", width: int = 64, depth: int = 3, heads: int = 4) -> None:
        super().__init__()
        embed = Angles(HARMONICS, width)
        self.transformer = AnyOrderTransformer(
            position_table(), embed, 3 * COMPONENTS, form, width=width, depth=depth, heads=heads
        )
        self.transformer.position_bias.requires_grad_(False)
        self.hint = nn.Sequential(nn.Linear(HINTS, width), nn.GELU(), nn.Linear(width, width))
        self.register_buffer("belief", torch.ones(()))
        self.register_buffer("softening", torch.zeros(()))
        self.register_buffer("spread", torch.linspace(-1.0, 1.0, COMPONENTS), persistent=False)

    def forward(self, order: Tensor, values: Tensor, mean: Tensor, deviation: Tensor, spacing: Tensor) -> Tensor:
        """(B, N, 3, COMPONENTS) of the density at order[k], given the values at order[:k].

        order, values: (B, N) positions and radians. mean, deviation: (B, N, FORMS) of the closed forms given the same.
        spacing: (B,) seconds between frames. The three: logarithms of weights, not normalised; means in radians;
        logarithms of kappa.
        """
        hints = self._hints(mean, deviation, spacing)
        return self._mixture(self.transformer(order, values, hints), mean, deviation)

    def predict(
        self,
        known: Tensor,
        values: Tensor,
        queries: Tensor,
        mean: Tensor,
        deviation: Tensor,
        spacing: Tensor,
        absent: Tensor | None = None,
    ) -> Tensor:
        """(B, Q, 3, COMPONENTS) at `queries` (B, Q), each given the known set (B, K) alone; the `queries` form."""
        hints = self._hints(mean, deviation, spacing)
        return self._mixture(self.transformer.predict(known, values, queries, absent, hints), mean, deviation)

    def _hints(self, mean: Tensor, deviation: Tensor, spacing: Tensor) -> Tensor:
        apart = torch.log(spacing)[:, None, None].expand_as(mean[..., :1])
        return self.hint(torch.cat([mean.sin(), mean.cos(), torch.log(deviation) + 2.0, apart], dim=-1))

    def _mixture(self, raw: Tensor, mean: Tensor, deviation: Tensor) -> Tensor:
        weight, place, sharpness = (self.belief * raw).unflatten(-1, (3, COMPONENTS)).unbind(dim=-2)
        follow = deviation[..., 1:] < MUCH_SURER * deviation[..., :1]
        mean, deviation = (torch.where(follow, both[..., 1:], both[..., :1]) for both in (mean, deviation))
        kappa = (sharpness - 2 * torch.log(deviation) - self.softening).clamp(*LOG_KAPPA)
        return torch.stack([weight, mean + deviation * (place + self.spread), kappa], dim=-2)


def log_density(mixture: Tensor, angles: Tensor) -> Tensor:
    """(B, N) logarithm of the densities (B, N, 3, COMPONENTS) at angles (B, N)."""
    weight, mean, log_kappa = mixture.unbind(dim=-2)
    kappa = log_kappa.exp()
    parts = torch.log_softmax(weight, dim=-1) + kappa * (torch.cos(angles[..., None] - mean) - 1)
    return torch.logsumexp(parts - torch.log(2 * torch.pi * torch.special.i0e(kappa)), dim=-1)
