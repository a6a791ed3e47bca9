"""A recording of hands, whatever it came from: 20 angles a hand over time, and how the wrists moved meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from addon.core.rotation import Array, normalize, steadily_aligned

HANDS = 2
"""Left and right, in this order, on every axis named H."""


@dataclass(frozen=True, eq=False)
class HandTake:
    """T frames of both hands.

    name: of the take; source: of the data set. dof: (T, H, 20) radians in the order of `addon.core.hand.DOF`, NaN for a
    hand that was not recorded. wrist: (T, H, 7) position in metres and rotation wxyz of the hand's axes in the world,
    Y up, NaN where not known. bend: (T, H, 3) rotation vector of the wrist against the forearm, or against its mean
    over the take where there is no forearm, in the hand's axes of a right hand.
    """

    name: str
    source: str
    fps: float
    dof: Array
    wrist: Array
    bend: Array

    def __len__(self) -> int:
        return len(self.dof)

    def at(self, fps: float, phase: float = 0.0) -> HandTake:
        """The take at another rate, between its frames where need be; `phase` (0 to 1) of a new frame later."""
        step = self.fps / fps
        times = np.arange(phase * step, len(self) - 1 + 1e-6, step)
        before = np.minimum(times.astype(int), max(len(self) - 2, 0))
        share = (times - before)[:, None, None]
        after = np.minimum(before + 1, len(self) - 1)

        def between(values: Array) -> Array:
            return values[before] * (1 - share) + values[after] * share

        rotations = between(steadily_aligned(self.wrist[..., 3:], self.wrist[:1, :, 3:]))
        wrist = np.concatenate([between(self.wrist[..., :3]), unit(rotations)], axis=-1)
        return replace(self, fps=fps, dof=between(self.dof), wrist=wrist, bend=between(self.bend))


def unit(rotations: Array) -> Array:
    """Unit quaternions (..., 4); those of a hand that is not there stay NaN."""
    known = np.isfinite(rotations).all(axis=-1, keepdims=True)
    return np.where(known, normalize(np.where(known, rotations, 1.0)), np.nan)
