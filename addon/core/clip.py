"""The clip: a skeleton's motion over time, the one form in which motion travels between the rooms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from .rotation import Array, continuous, normalize
from .skeleton import Skeleton

_SAME_RATE = 1e-3  # rates that differ by less, as a share, are the same one in other digits


@dataclass(frozen=True, eq=False)
class Clip:
    """T frames of J joints at a steady rate. Axes are the skeleton's own: Y up in BVH and ASF/AMC files.

    fps: frames per second, positive; not always a whole number.
    root_position: (T, 3) metres, where joint 0 is.
    rotations: (T, J, 4) unit quaternions, local to the parent, relative to the rest pose.
    translations: joint index -> (T, 3) metres, local positions that replace the offset of a joint (other than
        joint 0) which moves against its parent. Most skeletons have none.
    unit: metres per length unit of the file that the clip came from or goes to.
    notes: sentences for the person about what a reader had to find out by itself.

    Raises ValueError where shapes or numbers do not fit.
    """

    skeleton: Skeleton
    fps: float
    root_position: Array
    rotations: Array
    translations: Mapping[int, Array] = field(default_factory=dict)
    unit: float = 1.0
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not (np.isfinite(self.fps) and self.fps > 0):
            raise ValueError(f"fps must be a positive number, not {self.fps}")
        if not (np.isfinite(self.unit) and self.unit > 0):
            raise ValueError(f"the length unit must be a positive number of metres, not {self.unit}")
        frames = len(self.rotations)
        if np.shape(self.rotations) != (frames, len(self.skeleton), 4):
            raise ValueError(f"rotations must be (T, {len(self.skeleton)}, 4), not {np.shape(self.rotations)}")
        if np.shape(self.root_position) != (frames, 3):
            raise ValueError(f"root positions must be ({frames}, 3), not {np.shape(self.root_position)}")
        for joint, positions in self.translations.items():
            if not 0 < joint < len(self.skeleton) or np.shape(positions) != (frames, 3):
                raise ValueError(f"translations of joint {joint} must be ({frames}, 3), not {np.shape(positions)}")
        object.__setattr__(self, "rotations", normalize(np.asarray(self.rotations, dtype=np.float32)))
        object.__setattr__(self, "root_position", np.asarray(self.root_position, dtype=np.float32))
        object.__setattr__(
            self, "translations", {j: np.asarray(p, dtype=np.float32) for j, p in self.translations.items()}
        )

    def __len__(self) -> int:
        return len(self.rotations)

    @property
    def duration(self) -> float:
        """Seconds from the first frame to the last."""
        return max(len(self) - 1, 0) / self.fps

    def with_rotations(self, rotations: Array) -> Clip:
        """The same clip with other rotations (T, J, 4)."""
        return replace(self, rotations=rotations)

    def section(self, start: int, stop: int, step: int = 1) -> Clip:
        """Frames start, start + step, … before `stop`; the rate falls with the step."""
        frames = slice(start, stop, step)
        return replace(
            self,
            fps=self.fps / step,
            root_position=self.root_position[frames],
            rotations=self.rotations[frames],
            translations={joint: positions[frames] for joint, positions in self.translations.items()},
        )

    def at_rate(self, fps: float) -> Clip:
        """The same motion at another rate, read between its frames: the straight way, rotations made unit again."""
        if len(self) < 2 or abs(self.fps - fps) <= _SAME_RATE * fps:
            return self if self.fps == fps else replace(self, fps=fps)
        count = int(np.floor(self.duration * fps + _SAME_RATE)) + 1
        at = np.minimum(np.arange(count) * (self.fps / fps), len(self) - 1)
        before = np.minimum(at.astype(int), len(self) - 2)
        share = (at - before).astype(np.float32)

        def between(values: Array) -> Array:
            weight = share.reshape(-1, *(1,) * (values.ndim - 1))
            return values[before] * (1 - weight) + values[before + 1] * weight

        return replace(
            self,
            fps=fps,
            root_position=between(self.root_position),
            rotations=between(continuous(self.rotations)),
            translations={joint: between(positions) for joint, positions in self.translations.items()},
        )
