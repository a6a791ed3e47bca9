"""A whole clip in other axes or in another unit: the way between a file and a scene."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .clip import Clip
from .rotation import Array, to_matrix
from .skeleton import Skeleton

Y_UP_TO_Z_UP: Array = np.array([np.sqrt(0.5), np.sqrt(0.5), 0.0, 0.0])
"""(x, y, z) becomes (x, -z, y): what a Y-up file calls up and front is up and front in Blender."""


def turned(clip: Clip, turn: Array) -> Clip:
    """The same motion in axes that the unit quaternion `turn` (4,) leads to: R becomes C·R·C⁻¹, points become C·p."""
    matrix = _matrix(turn)
    rotations = clip.rotations.copy()
    rotations[..., 1:] = clip.rotations[..., 1:] @ matrix.T
    return replace(
        clip,
        skeleton=clip.skeleton.mapped(matrix),
        root_position=clip.root_position @ matrix.T,
        rotations=rotations,
        translations={joint: positions @ matrix.T for joint, positions in clip.translations.items()},
    )


def turned_skeleton(skeleton: Skeleton, turn: Array) -> Skeleton:
    """The skeleton of a clip that is `turned`."""
    return skeleton.mapped(_matrix(turn))


def rescaled(clip: Clip, factor: float) -> Clip:
    """The same motion with all lengths multiplied by `factor`. `Clip.unit` stays what it is."""
    return replace(
        clip,
        skeleton=clip.skeleton.scaled(factor),
        root_position=clip.root_position * factor,
        translations={joint: positions * factor for joint, positions in clip.translations.items()},
    )


def _matrix(turn: Array) -> Array:
    return np.round(to_matrix(turn.astype(np.float64)), 15).astype(np.float32)
