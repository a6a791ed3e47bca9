"""Our denoiser of single poses: it reads the noise from the pose itself, and takes out what the body does not explain.

CMU's skeleton has joints that never move and hinges, so a clean pose has directions in which nothing happens. What is
found there is noise, and says how much of it there is everywhere: the gauge. A Gaussian prior of poses then shrinks
each principal direction by the share that is noise (the Wiener filter), and a network corrects the result within what
the prior leaves open. All of it is in proportion to the gauge: a clean pose passes as it is.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from addon.core.rotation import Array

from . import rotations

STILL_RADIANS = np.radians(0.02)
_FLOOR = 1e-14


class PoseDenoiser(nn.Module):
    """Noisy poses (N, J*4), unit quaternions aligned to the reference, to poses with less noise."""

    reference: Tensor
    mean: Tensor
    directions: Tensor
    still: Tensor
    still_counts: Tensor

    def __init__(self, reference: Array, width: int) -> None:
        """reference: (J, 4)."""
        super().__init__()
        joints = len(reference)
        features = 3 * joints
        self.register_buffer("reference", torch.from_numpy(reference))
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("directions", torch.eye(features))
        self.register_buffer("still", torch.zeros(joints, 3, 3))
        self.register_buffer("still_counts", torch.zeros(joints))
        self.log_variance = nn.Parameter(torch.zeros(features))
        self.gauge = nn.Sequential(nn.Linear(2 * joints, 32), nn.GELU(), _zero(nn.Linear(32, joints)))
        self.correct = nn.Sequential(
            nn.Linear(features + joints + 1, width),
            nn.GELU(),
            nn.Linear(width, width),
            nn.GELU(),
            nn.Linear(width, width),
            nn.GELU(),
            _zero(nn.Linear(width, features)),
        )

    def start_from(self, prior: Prior) -> None:
        """Start as the Wiener filter of a Gaussian prior."""
        with torch.no_grad():
            self.mean.copy_(torch.from_numpy(prior.mean))
            self.directions.copy_(torch.from_numpy(prior.directions))
            self.log_variance.copy_(torch.from_numpy(prior.log_variance))
            self.still.copy_(torch.from_numpy(prior.still))
            self.still_counts.copy_(torch.from_numpy(prior.still_counts))

    def noise_level(self, centred: Tensor) -> tuple[Tensor, Tensor]:
        """Noise of poses (N, J*3), radians about each axis: (N, 1) of the pose, and (N, J) what each joint says.

        Which joints to believe is learned: a joint may be still because nobody recorded it, or be held elsewhere.
        """
        strays = torch.einsum("njk,jik->nji", centred.unflatten(1, (-1, 3)), self.still)
        energy = (strays.square().sum(dim=-1) / self.still_counts.clamp(min=1)).clamp(min=_FLOOR)  # (N, J)
        tells = (self.still_counts > 0).to(energy.dtype)
        overall = (energy * tells).sum(dim=-1, keepdim=True) / tells.sum().clamp(min=1)
        ratio = (energy / overall).log() * tells
        level = overall.log().expand_as(ratio)
        scores = self.gauge(torch.cat([ratio / 4, level / 10], dim=-1)) - 1e4 * (1 - tells)
        level = (scores.softmax(dim=-1) * energy).sum(dim=-1, keepdim=True).sqrt()
        return level, ((energy / level.square()).log() * tells).clamp(-8, 8) / 4

    def forward(self, pose: Tensor) -> Tensor:
        """(N, J*4) unit quaternions."""
        q = rotations.normalize(pose.unflatten(1, (-1, 4)))
        relative = rotations.multiply(rotations.conjugate(self.reference), q)
        vectors = rotations.log(relative).flatten(1)
        centred = vectors - self.mean
        level, told = self.noise_level(centred)
        along = centred @ self.directions.T
        variance = self.log_variance.exp()
        total = variance + level.square()  # (N, J*3)
        seen = torch.cat([along / total.sqrt(), told, level.log() / 3], dim=-1)
        left_open = level * (variance / total).sqrt()
        change = left_open * self.correct(seen) - along * level.square() / total
        moved = (change @ self.directions).unflatten(1, (-1, 3))
        # The change is made in vectors and applied as vectors: where it is nothing, the pose comes back as it came.
        cleaned = rotations.exp(vectors.unflatten(1, (-1, 3)) + moved)
        return rotations.multiply(self.reference, cleaned).flatten(1)


class Prior:
    """A Gaussian of rotation vectors with limbs loosely coupled, and the directions in which no joint moves.

    mean (F,), directions (F, F) rows, log_variance (F,), still (J, 3, 3) rows that are directions or zero,
    still_counts (J,), F = J*3; all float32.
    """

    def __init__(self, vectors: Array, limbs: Array, independence: float) -> None:
        """vectors: (N, J, 3) of clean poses. limbs: (J,) indices. independence: share of coupling not believed."""
        features = vectors.reshape(len(vectors), -1).astype(np.float64)
        limb = np.repeat(limbs, 3)
        trust = np.where(limb[:, None] == limb[None, :], 1.0, 1 - independence)
        variance, directions = np.linalg.eigh(np.cov(features.T) * trust)
        self.mean = features.mean(axis=0).astype(np.float32)
        self.directions = directions.T.astype(np.float32)
        self.log_variance = np.log(np.maximum(variance, (STILL_RADIANS / 10) ** 2)).astype(np.float32)
        self.still = np.zeros((vectors.shape[1], 3, 3), dtype=np.float32)
        for joint in range(vectors.shape[1]):
            spread, axes = np.linalg.eigh(np.cov(vectors[:, joint].T.astype(np.float64)))
            still = np.sqrt(np.maximum(spread, 0)) < STILL_RADIANS
            self.still[joint, still] = axes.T[still]
        self.still_counts = (np.abs(self.still).sum(axis=-1) > 0).sum(axis=-1).astype(np.float32)


def _zero(layer: nn.Linear) -> nn.Linear:
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer
