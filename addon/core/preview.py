"""What a preview shows at a frame: which frames a model has to see for it, noise, and the model's share. Arrays alone.

A preview has a frame for every whole frame of the scene. Whatever it does at one is kept as turns of the joints after
their local rotations, so that it can be put on a motion between two frames as well.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import rates, second_pass
from .noise import component_noise
from .rotation import Array, conjugate, exp, log, multiply, slerp
from .temporal import GRID, REACH, SPIKES_REACH
from .windows import Window, window_at

Floats = NDArray[np.float64]

FIRST_FRAME = 1
"""The frame of the scene at which a source begins, unless it is moved."""
KEPT = 512
"""Frames of a model's rate that one run of it is kept for: long enough to be quick on average, short enough to wait."""
_GRID = math.lcm(GRID, second_pass.BLOCK - second_pass.OVERLAP)
_REACH = REACH + second_pass.BLOCK + 2 * rates.REACH


@dataclass(frozen=True)
class Retiming:
    """How the scene's frames lie on the source's: `offset` of the scene's frames later in the source, `speed` times as
    fast, seen from the first frame on."""

    offset: float = 0.0
    speed: float = 1.0

    def of_source(self, frames: ArrayLike) -> Floats:
        """The source's frames, counted as the scene counts, that are seen at the scene's `frames`."""
        return FIRST_FRAME + (np.asarray(frames, dtype=np.float64) - FIRST_FRAME) * self.speed + self.offset

    def of_scene(self, frames: ArrayLike) -> Floats:
        """The scene's frames at which the source's `frames` are seen."""
        return FIRST_FRAME + (np.asarray(frames, dtype=np.float64) - FIRST_FRAME - self.offset) / self.speed


@dataclass(frozen=True, eq=False)
class Piece:
    """A stretch of whole frames that was worked out: poses (T, J, 4) as they are in the source at frames `first`,
    first + 1, …, and the turns (T, J, 4) that the preview adds to them."""

    first: int
    poses: Array
    turns: Array


def frames_over_time(frame: int, first: int, last: int, fps: float, model_fps: float | None) -> Window:
    """Which frames a model that sees time has to see for `frame`, and which it is then good for; counted from `first`.

    first, last: where the motion begins and ends. fps: at which the frames follow each other in the motion. Windows
    lie on the grid of all blocks that cleaning works in, so that the result hardly depends on where they lie.
    """
    step = rates.factor(fps, model_fps or fps)
    reach = _REACH * step + SPIKES_REACH
    return window_at(min(max(frame, first), last) - first, last - first + 1, KEPT * step, reach, _GRID * step)


def turns(
    poses: Array, first_frame: int, sigma: Array, strength: Array, model: Callable[[Array], Array] | None
) -> Array:
    """(T, J, 4) how much the preview turns each joint of `poses` (T, J, 4), the first of which is `first_frame`.

    sigma: (T,) deviation of the noise on each component. strength: (T,) 0 leaves the noisy poses, 1 takes what `model`,
    (T, J, 4) to (T, J, 4), makes of them; without a model there is only noise.
    """
    seen = component_noise(poses, sigma[:, None, None], first_frame) if sigma.any() else poses
    shown = seen
    if model is not None and strength.any():
        shown = model(seen)
        if (strength != 1).any():
            mending = log(multiply(conjugate(seen), shown))
            shown = multiply(seen, exp(strength[:, None, None].astype(np.float32) * mending))
    return multiply(conjugate(poses), shown)


def turns_at(piece: Piece, frame: float) -> Array:
    """(J, 4) the turns at `frame`, between two whole frames a share of both; beyond the piece, those at its end."""
    place = min(max(frame - piece.first, 0.0), len(piece.turns) - 1.0)
    before = int(place)
    if place == before:
        return piece.turns[before]
    return slerp(piece.turns[before], piece.turns[before + 1], np.full(piece.turns.shape[1], place - before))
