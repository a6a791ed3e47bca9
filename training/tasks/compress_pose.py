"""Our compression's task: the pose that comes back is near in angle, for bodies that the takes do not show too."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..data.limbs import blended
from ..models import rotations
from ..models.kinematics import joint_positions

_REACH = 0.5


@dataclass(frozen=True, eq=False)
class CompressPose:
    """vectors: (N, J, 3) rotation vectors relative to `reference` (J, 4). limbs: (J,) indices.

    parents: J indices, -1 for the body's root; offsets: (J, 3) metres.
    blend: share of poses with blended limbs. position: weight of the distance between joints, in metres.
    """

    vectors: Tensor
    reference: Tensor
    limbs: Tensor
    parents: tuple[int, ...]
    offsets: Tensor
    blend: float
    position: float

    @property
    def size(self) -> int:
        """How many poses there are."""
        return len(self.vectors)

    def batch(self, indices: Tensor, generator: torch.Generator) -> tuple[Tensor]:
        """(N, J*4) poses, a share of them with limbs blended towards those of other poses."""
        others = torch.randint(self.size, (len(indices),), generator=generator)
        vectors = blended(self.vectors[indices], self.vectors[others], self.limbs, self.blend, _REACH, generator)
        return (rotations.multiply(self.reference, rotations.exp(vectors)).flatten(1),)

    def losses(self, model: nn.Module, pose: Tensor) -> Tensor:
        """(N,) mean distance of rotations and of positions: of first order, like the mean angle that is reported.

        The positions see to it that the angle is not saved at the expense of a joint that moves a whole leg.
        """
        back, _ = model(pose)
        given, got = pose.unflatten(1, (-1, 4)), back.unflatten(1, (-1, 4))
        offsets = self.offsets.to(got.device)
        distance = joint_positions(got, self.parents, offsets) - joint_positions(given, self.parents, offsets)
        moved = (distance.square().sum(dim=-1) + 1e-8).sqrt().mean(dim=-1)
        return rotations.chord(got, given).mean(dim=-1) + self.position * moved
