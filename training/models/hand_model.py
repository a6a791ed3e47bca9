"""A finger model whole: the network between keys, the any-order network, and their closed forms, as one module."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from addon.core.finger_follow import FingerStatistics
from addon.core.finger_samples import Liveliness
from addon.core.hand import DOF
from addon.core.hand_gaussian import CHANNELS, HandGaussian
from addon.core.hand_prototypes import HandPrototypes
from addon.core.rotation import Array

from ..data.hand_prototypes import GROUPS, PROTOTYPES
from .any_order import Form
from .hands_any_order import HandAnyOrder
from .hands_fill import FillEnsemble, FillNetwork

MEMORIES = 6
"""Rows kept for the exponentials of the correlation over time; those that are not needed weigh nothing."""


class HandModel(nn.Module):
    """members, width: of the networks between keys. pose_width, pose_depth, form: of the any-order network."""

    hand_mean: Tensor
    hand_covariance: Tensor
    hand_memory: Tensor
    curve_mean: Tensor
    curve_covariance: Tensor
    curve_between: Tensor
    prototype_poses: Tensor
    prototype_weight: Tensor
    prototype_group: Tensor
    prototype_spread: Tensor
    limits: Tensor
    best_order: Tensor
    liveliness: Tensor

    def __init__(self, members: int, width: int, pose_width: int, pose_depth: int, form: Form = "queries") -> None:
        super().__init__()
        self.fill = FillEnsemble([FillNetwork(width) for _ in range(members)])
        self.pose = HandAnyOrder(form, pose_width, pose_depth)
        angles = len(DOF)
        both = 2 * angles
        for name, shape in (
            ("hand_mean", (CHANNELS,)),
            ("hand_covariance", (CHANNELS, CHANNELS)),
            ("hand_memory", (MEMORIES, 2)),
            ("curve_mean", (both,)),
            ("curve_covariance", (both, both)),
            ("curve_between", (both, both)),
            ("prototype_poses", (PROTOTYPES, angles)),
            ("prototype_weight", (PROTOTYPES,)),
            ("prototype_spread", (GROUPS, angles, angles)),
            ("limits", (2, angles)),
            ("liveliness", (4,)),
        ):
            self.register_buffer(name, torch.zeros(shape))
        self.register_buffer("prototype_group", torch.zeros(PROTOTYPES, dtype=torch.int64))
        self.register_buffer("best_order", torch.arange(angles))

    def tell(self, gaussian: HandGaussian, curves: FingerStatistics, limits: Array) -> None:
        """Take up what the training takes say in closed form."""
        prototypes = curves.prototypes
        assert prototypes is not None, "statistics of takes hold prototypes"
        memory = np.concatenate([gaussian.memory, np.tile([0.0, 1.0], (MEMORIES - len(gaussian.memory), 1))])
        for name, values in (
            ("hand_mean", gaussian.mean),
            ("hand_covariance", gaussian.covariance),
            ("hand_memory", memory),
            ("curve_mean", curves.mean),
            ("curve_covariance", curves.covariance),
            ("curve_between", curves.between),
            ("prototype_poses", prototypes.poses),
            ("prototype_weight", prototypes.weight),
            ("prototype_group", prototypes.group),
            ("prototype_spread", prototypes.spread),
            ("limits", limits),
        ):
            getattr(self, name).copy_(torch.from_numpy(np.asarray(values)))

    def gaussian(self) -> HandGaussian:
        """The closed form of poses, wrists and time."""
        return HandGaussian(*(_numbers(getattr(self, f"hand_{part}")) for part in ("mean", "covariance", "memory")))

    def curves(self) -> FingerStatistics:
        """The closed form between keys."""
        mean, covariance, between = map(_numbers, (self.curve_mean, self.curve_covariance, self.curve_between))
        return FingerStatistics(mean, covariance, between, self.prototypes())

    def prototypes(self) -> HandPrototypes:
        """The closed form of a hand's pose."""
        poses, weight, spread = (_numbers(getattr(self, f"prototype_{part}")) for part in ("poses", "weight", "spread"))
        return HandPrototypes(poses, weight, self.prototype_group.numpy(), spread)

    def how_lively(self) -> Liveliness:
        """How samples move."""
        return Liveliness(*(float(number) for number in self.liveliness))


def _numbers(values: Tensor) -> Array:
    numbers: Array = values.numpy().astype(np.float64)
    return numbers
