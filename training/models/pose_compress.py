"""Our compression of a pose: rotation vectors to 30 numbers and back, a linear code with a learned correction.

The linear code is PCA of limbs that are only loosely coupled: what limbs do together in the training takes is trusted
in part, because another person combines them differently (a shrunk covariance, as in Ledoit & Wolf, 2004). The network
corrects, both ways, what is not linear, such as the thumb that CMU's skeleton derives from the hand.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from addon.core.rotation import Array

from . import rotations

INDEPENDENCE = 0.3


class PoseCompressor(nn.Module):
    """Poses (N, J*4), hemisphere-aligned to the reference, to `code` numbers and back.

    Joints that the training poses never move are not coded: they come back as they were there.
    """

    reference: Tensor
    moving: Tensor
    place: Tensor
    mean: Tensor

    def __init__(self, reference: Array, moving: Array, code: int, width: int) -> None:
        """reference: (J, 4). moving: (M,) indices of the joints to code."""
        super().__init__()
        features = 3 * len(moving)
        self.register_buffer("reference", torch.from_numpy(reference))
        self.register_buffer("moving", torch.from_numpy(moving))
        # Where each joint finds its rotation vector: among the moving ones, or behind them, where a zero stands.
        place = np.full(len(reference), len(moving))
        place[moving] = np.arange(len(moving))
        self.register_buffer("place", torch.from_numpy(place), persistent=False)
        self.register_buffer("mean", torch.zeros(features))
        self.project = nn.Linear(features, code, bias=False)
        self.restore = nn.Linear(code, features, bias=False)
        self.correct_code = _correction(features, width, code)
        self.correct_pose = _correction(code, width, features)

    def start_linear(self, mean: Array, basis: Array) -> None:
        """Start as the linear code `basis` (K, features) about `mean` (features,)."""
        with torch.no_grad():
            self.mean.copy_(torch.from_numpy(mean))
            self.project.weight.copy_(torch.from_numpy(basis))
            self.restore.weight.copy_(torch.from_numpy(basis.T))

    def encode(self, pose: Tensor) -> Tensor:
        """(N, K) code of poses (N, J*4)."""
        q = rotations.normalize(pose.unflatten(1, (-1, 4)).index_select(1, self.moving))
        relative = rotations.multiply(rotations.conjugate(self.reference[self.moving]), q)
        features = rotations.log(relative).flatten(1) - self.mean
        return self.project(features) + self.correct_code(features)

    def decode(self, code: Tensor) -> Tensor:
        """(N, J*4) unit quaternions of codes (N, K)."""
        features = self.restore(code) + self.correct_pose(code) + self.mean
        vectors = features.unflatten(1, (-1, 3))
        every = torch.cat([vectors, 0 * vectors[:, :1]], dim=1).index_select(1, self.place)
        return rotations.multiply(self.reference, rotations.exp(every)).flatten(1)

    def forward(self, pose: Tensor) -> tuple[Tensor, Tensor]:
        """Poses (N, J*4) to the poses that come back and their codes (N, K)."""
        code = self.encode(pose)
        return self.decode(code), code


def loosely_coupled_basis(vectors: Array, limbs: Array, count: int) -> tuple[Array, Array]:
    """Mean (F,) and principal directions (count, F) of rotation vectors (N, M, 3), F = M*3, with limbs loosely coupled.

    limbs: (M,) the limb that each joint belongs to. Covariances between limbs count 1 - INDEPENDENCE.
    """
    features = vectors.reshape(len(vectors), -1).astype(np.float64)
    limb = np.repeat(limbs, 3)
    trust = np.where(limb[:, None] == limb[None, :], 1.0, 1 - INDEPENDENCE)
    directions = np.linalg.eigh(np.cov(features.T) * trust)[1][:, ::-1]
    return features.mean(axis=0).astype(np.float32), directions[:, :count].T.astype(np.float32)


def _correction(inputs: int, width: int, outputs: int) -> nn.Sequential:
    """Two hidden layers whose output starts at zero."""
    last = nn.Linear(width, outputs)
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)
    return nn.Sequential(nn.Linear(inputs, width), nn.GELU(), nn.Linear(width, width), nn.GELU(), last)
