"""Ways to represent an angle, compared on one small network: what it is told of angles, and what it says of one.

The same order-agnostic perceptron (as in DeepNADE, Uria et al., arXiv 1310.1757) learns to complete poses from random
known angles, with a head that predicts a point on the circle by θ-MSE, 2 − 2·cos(y − ŷ); a mixture of von Mises; a
histogram of bins; or the hinge's quaternion.
"""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ..data import hands
from ..data.hands import HandSet
from ..models.hands_any_order import log_density

Head = Literal["θ-MSE", "von Mises mixture", "bins", "quaternions"]
STEPS, BATCH, WIDTH = 400, 128, 128
KNOWN = (3, 5, 10, 15)
COMPONENTS, BINS = 6, 60
_LOW, _HIGH = -1.2, 2.4
"""Radians that the bins lie between."""
_ANGLES = 20
_SIZES = {"θ-MSE": 2, "von Mises mixture": 3 * COMPONENTS, "bins": BINS, "quaternions": 2}
_TEST_POSES = 400


class Completer(nn.Module):
    """Known angles and which they are to what the head needs of every angle."""

    def __init__(self, head: Head) -> None:
        super().__init__()
        self.head = head
        self.body = nn.Sequential(
            *(nn.Linear(3 * _ANGLES, WIDTH), nn.GELU(), nn.Linear(WIDTH, WIDTH), nn.GELU()),
            nn.Linear(WIDTH, _ANGLES * _SIZES[head]),
        )

    def forward(self, angles: Tensor, known: Tensor) -> Tensor:
        """(B, 20) radians and what is known of them, 1 or 0, to (B, 20, size)."""
        turn = angles / 2 if self.head == "quaternions" else angles
        told = torch.cat([turn.sin() * known, turn.cos() * known, known], dim=-1)
        return self.body(told).unflatten(-1, (_ANGLES, -1))

    def loss(self, raw: Tensor, angles: Tensor) -> Tensor:
        """(B, 20)."""
        if self.head == "von Mises mixture":
            return -log_density(_mixture(raw), angles)
        if self.head == "bins":
            return functional.cross_entropy(raw.transpose(1, 2), _bin(angles), reduction="none")
        turn = angles / 2 if self.head == "quaternions" else angles
        unit = functional.normalize(raw, dim=-1)
        along = (unit * torch.stack([turn.sin(), turn.cos()], dim=-1)).sum(dim=-1)
        # A quaternion and its negative are the same rotation: squared, their distance does not tell them apart.
        return 1 - along.square() if self.head == "quaternions" else 2 - 2 * along

    def point(self, raw: Tensor) -> Tensor:
        """(B, 20) radians: the predicted angle, the median where there is a density."""
        if self.head in ("von Mises mixture", "bins"):
            grid = torch.linspace(_LOW, _HIGH, 10 * BINS)
            if self.head == "bins":
                share = torch.softmax(raw, dim=-1).repeat_interleave(10, dim=-1) / 10
            else:
                wide = _mixture(raw)[:, :, None].expand(-1, -1, len(grid), -1, -1).flatten(1, 2)
                logs = log_density(wide, grid.repeat(raw.shape[0], _ANGLES)).unflatten(1, (_ANGLES, -1))
                share = torch.softmax(logs, dim=-1)
            place = (share.cumsum(dim=-1) < 0.5).sum(dim=-1).clamp_max(len(grid) - 1)
            return grid[place]
        found = torch.atan2(raw[..., 0], raw[..., 1])
        if self.head == "quaternions":
            found = 2 * found
        return torch.atan2(found.sin(), found.cos())


def compare_heads(train: HandSet) -> dict[str, Any]:
    """By head and number known: mean absolute error in degrees on test poses of all sets, after STEPS steps each."""
    poses = torch.from_numpy(hands.single(hands.poses(train.takes))).float()
    test = hands.single(hands.poses(hands.load("all", "test").takes))
    rng = np.random.default_rng(0)
    test = test[rng.choice(len(test), min(_TEST_POSES, len(test)), replace=False)]
    order = np.argsort(np.argsort(rng.random(test.shape), axis=1), axis=1)
    rows: dict[str, Any] = {}
    for head in get_args(Head):
        model = _trained(head, poses)
        row = {}
        for count in KNOWN:
            known = order < count
            with torch.no_grad():
                found = model.point(model(torch.from_numpy(test).float(), torch.from_numpy(known).float())).numpy()
            row[str(count)] = round(float(np.degrees(np.abs(found - test)[~known].mean())), 3)
        rows[head] = row
    return rows


def _trained(head: Head, poses: Tensor) -> Completer:
    generator = torch.Generator().manual_seed(0)
    torch.manual_seed(0)
    model = Completer(head)
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS)
    for _ in range(STEPS):
        angles = poses[torch.randint(len(poses), (BATCH,), generator=generator)]
        count = torch.randint(0, _ANGLES, (BATCH, 1), generator=generator)
        known = (torch.rand(BATCH, _ANGLES, generator=generator).argsort(dim=1).argsort(dim=1) < count).float()
        losses = model.loss(model(angles, known), angles) * (1 - known)
        optimizer.zero_grad()
        (losses.sum() / (1 - known).sum()).backward()
        optimizer.step()
        schedule.step()
    return model.eval()


def _mixture(raw: Tensor) -> Tensor:
    """(B, N, 3, COMPONENTS): weights, means, logarithms of kappa; the means start spread over the usual angles."""
    weight, mean, log_kappa = raw.unflatten(-1, (3, COMPONENTS)).unbind(dim=-2)
    mean = mean + torch.linspace(-0.3, 1.5, COMPONENTS)
    return torch.stack([weight, mean, (log_kappa + 2).clamp(-2, 7.6)], dim=-2)


def _bin(angles: Tensor) -> Tensor:
    """Which of the BINS an angle falls into."""
    return ((angles - _LOW) / (_HIGH - _LOW) * BINS).long().clamp(0, BINS - 1)
