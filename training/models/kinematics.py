"""Where the joints are, inside a loss: the torch twin of `addon.core.kinematics`."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from . import rotations


def joint_positions(q: Tensor, parents: Sequence[int], offsets: Tensor) -> Tensor:
    """(N, J, 3) positions of unit quaternions (N, J, 4), in the unit of `offsets` (J, 3).

    A joint with parent -1 hangs on the body's root, which sits unturned at the origin.
    """
    turned: list[Tensor] = []
    positions: list[Tensor] = []
    for joint, parent in enumerate(parents):
        local = q[:, joint]
        offset = offsets[joint].expand(len(q), 3)
        if parent < 0:
            turned.append(local)
            positions.append(offset)
        else:
            turned.append(rotations.multiply(turned[parent], local))
            positions.append(positions[parent] + rotations.rotate(turned[parent], offset))
    return torch.stack(positions, dim=1)
