"""Which joints move together, and poses put together from the limbs of several."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

LIMBS: tuple[tuple[str, ...], ...] = (
    ("LowerBack", "Spine", "Spine1"),
    ("Neck", "Neck1", "Head"),
    ("LHipJoint", "LeftUpLeg", "LeftLeg", "LeftFoot", "LeftToeBase"),
    ("RHipJoint", "RightUpLeg", "RightLeg", "RightFoot", "RightToeBase"),
    ("LeftShoulder", "LeftArm", "LeftForeArm", "LeftHand", "LeftFingerBase", "LeftHandIndex1", "LThumb"),
    ("RightShoulder", "RightArm", "RightForeArm", "RightHand", "RightFingerBase", "RightHandIndex1", "RThumb"),
)

# Hands and feet on their own: people hold them in ways of their own, whatever arm and leg do.
PARTS: tuple[tuple[str, ...], ...] = (
    *LIMBS[:2],
    ("LHipJoint", "LeftUpLeg", "LeftLeg"),
    ("LeftFoot", "LeftToeBase"),
    ("RHipJoint", "RightUpLeg", "RightLeg"),
    ("RightFoot", "RightToeBase"),
    ("LeftShoulder", "LeftArm", "LeftForeArm"),
    ("LeftHand", "LeftFingerBase", "LeftHandIndex1", "LThumb"),
    ("RightShoulder", "RightArm", "RightForeArm"),
    ("RightHand", "RightFingerBase", "RightHandIndex1", "RThumb"),
)


def limb_of(joints: tuple[str, ...], limbs: tuple[tuple[str, ...], ...] = LIMBS) -> np.ndarray:
    """(J,) the limb of each CMU joint. Raises ValueError for a joint of no limb."""
    place = {name: limb for limb, names in enumerate(limbs) for name in names}
    unknown = [name for name in joints if name not in place]
    if unknown:
        raise ValueError(f"no limb is known for {', '.join(unknown)}")
    return np.array([place[name] for name in joints])


def blended(
    vectors: Tensor, others: Tensor, limbs: Tensor, share: float, reach: float, generator: torch.Generator
) -> Tensor:
    """Rotation vectors (N, J, 3) of which a `share` have limbs that are drawn towards those of `others` (N, J, 3).

    Each limb goes its own way: half of them stay, the rest go part of the way, past the other pose, or back from it, by
    up to `reach` of the way. So bodies appear that hold themselves as nobody in the takes does, while each limb moves
    as CMU's skeleton can.
    """
    count = int(limbs.max()) + 1
    chosen = torch.rand(len(vectors), 1, generator=generator) < share
    moved = torch.rand(len(vectors), count, generator=generator) < 0.5
    way = torch.rand(len(vectors), count, generator=generator) * (1 + 2 * reach) - reach
    amount = (way * moved * chosen)[:, limbs, None]
    return vectors + amount * (others - vectors)
