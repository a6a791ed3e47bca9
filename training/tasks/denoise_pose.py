"""Our denoiser's task: the clean pose, from one with noise of a level that nobody tells."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..data.limbs import blended
from ..models import rotations

_LEAST_LEVEL = 1e-3
_SPREAD = 0.4
_ASTRAY_DEGREES = 15.0
_REACH = 1.0


@dataclass(frozen=True, eq=False)
class DenoisePose:
    """vectors: (N, J, 3) rotation vectors of clean poses relative to `reference` (J, 4). limbs: (J,) indices.

    still: (J,) which joints never move. sigma_low, sigma_high: noise on quaternion components, log-uniform between.
    Shares of the poses: clean ones; quiet ones, where still joints or some at random carry no noise; uneven ones, where
    joints differ in noise; astray ones, where a still joint is held elsewhere; blended ones.
    """

    vectors: Tensor
    reference: Tensor
    limbs: Tensor
    still: Tensor
    sigma_low: float
    sigma_high: float
    clean: float
    quiet: float
    uneven: float
    astray: float
    blend: float

    @property
    def size(self) -> int:
        """How many poses there are."""
        return len(self.vectors)

    def batch(self, indices: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """Noisy poses (N, J*4), clean poses (N, J*4), and the noise level (N, 1) that the errors are measured by."""
        count = len(indices)

        def chance(share: float, *shape: int) -> Tensor:
            return torch.rand(count, *(shape or (1,)), generator=generator) < share

        others = torch.randint(self.size, (count,), generator=generator)
        vectors = blended(self.vectors[indices], self.vectors[others], self.limbs, self.blend, _REACH, generator)
        away = torch.randn(vectors.shape, generator=generator) * math.radians(_ASTRAY_DEGREES)
        elsewhere = chance(self.astray) & self.still & chance(0.5, len(self.still))
        clean = rotations.multiply(self.reference, rotations.exp(vectors + away * elsewhere[..., None]))
        low, high = math.log(self.sigma_low), math.log(self.sigma_high)
        level = (low + (high - low) * torch.rand(count, 1, generator=generator)).exp()
        uneven = (_SPREAD * torch.randn(count, len(self.still), generator=generator) * chance(self.uneven)).exp()
        silent = chance(self.quiet) & torch.where(chance(0.5), self.still, chance(0.3, len(self.still)))
        sigma = level * uneven * ~silent * ~chance(self.clean)
        noise = torch.randn(clean.shape, generator=generator) * sigma[..., None]
        noisy = rotations.normalize(clean + noise)
        facing = torch.sign((noisy * self.reference).sum(dim=-1, keepdim=True))
        return (noisy * facing).flatten(1), (clean * facing).flatten(1), level

    def losses(self, model: nn.Module, noisy: Tensor, clean: Tensor, level: Tensor) -> Tensor:
        """(N,) mean distance in units of the noise, so that every level counts the same."""
        back = model(noisy).unflatten(1, (-1, 4))
        distance = rotations.chord(back, clean.unflatten(1, (-1, 4))).mean(dim=-1)
        return distance / (level[:, 0] + _LEAST_LEVEL)
