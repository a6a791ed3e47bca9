"""From local rotations to where the joints are: forward kinematics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from .clip import Clip
from .rotation import Array, multiply, rotate


def global_rotations(rotations: Array, parents: Sequence[int]) -> Array:
    """(..., J, 4) rotations against the world, from (..., J, 4) local ones; parents come first."""
    result = np.empty_like(rotations)
    for joint, parent in enumerate(parents):
        local = rotations[..., joint, :]
        result[..., joint, :] = local if parent < 0 else multiply(result[..., parent, :], local)
    return result


def joint_positions(
    rotations: Array,
    parents: Sequence[int],
    offsets: Array,
    root_position: Array | None = None,
    translations: Mapping[int, Array] | None = None,
) -> Array:
    """(..., J, 3) world positions, in the unit of `offsets` (J, 3).

    rotations: (..., J, 4) local. root_position: (..., 3), where joint 0 is; without it joint 0 sits at the origin.
    translations: joint -> (..., 3) local positions that replace the offset.
    """
    turned = global_rotations(rotations, parents)
    result = np.empty((*rotations.shape[:-1], 3), dtype=rotations.dtype)
    for joint, parent in enumerate(parents):
        local = offsets[joint] if not translations else translations.get(joint, offsets[joint])
        if joint == 0:
            result[..., 0, :] = 0 if root_position is None else root_position
        elif parent < 0:
            result[..., joint, :] = local
        else:
            result[..., joint, :] = result[..., parent, :] + rotate(turned[..., parent, :], local)
    return result


def clip_positions(clip: Clip) -> Array:
    """(T, J, 3) metres: where every joint of the clip is, in the clip's axes."""
    skeleton = clip.skeleton
    return joint_positions(clip.rotations, skeleton.parents, skeleton.offsets, clip.root_position, clip.translations)
