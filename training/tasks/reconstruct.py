"""The tutorial's task: give back the pose that came in, judged by the mean squared error of its components."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..models.tutorial import TutorialAutoencoder


@dataclass(frozen=True, eq=False)
class Reconstruct:
    """poses: (N, features), hemisphere-aligned. activity_l1: penalty on the first hidden layer's activations."""

    poses: Tensor
    activity_l1: float = 0.0

    @property
    def size(self) -> int:
        """How many poses there are."""
        return len(self.poses)

    def batch(self, indices: Tensor, generator: torch.Generator) -> tuple[Tensor]:
        """The poses at `indices`; nothing about them is random."""
        return (self.poses[indices],)

    def losses(self, model: TutorialAutoencoder, pose: Tensor) -> Tensor:
        """(N,) mean squared error and the penalty, which Keras sums over the layer and divides by the batch size."""
        activity = model.activity(pose)
        error = (model.decode(model.compress(activity)) - pose).square().mean(dim=-1)
        return error + self.activity_l1 * activity.abs().sum(dim=-1)
