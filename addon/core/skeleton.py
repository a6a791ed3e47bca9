"""The skeleton: joints by name, who hangs on whom, and where each one sits in the rest pose."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from .rotation import Array

DEFAULT_ROTATION_ORDER = "ZYX"


@dataclass(frozen=True)
class EndSite:
    """The tip of a chain: a point without a rotation of its own. `offset` (3,) in metres from joint `parent`."""

    parent: int
    offset: tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class Skeleton:
    """Joints in an order in which parents come first.

    names: J joint names, each once.
    parents: J indices, -1 for a root; joint 0 is the root that `Clip.root_position` moves.
    offsets: (J, 3) metres, from the parent's position, in the axes of the rest pose, where all rotations are identity.
    end_sites: tips of chains, for bone lengths and for writing the file again; each hangs on one of the joints.
    rotation_orders: J Euler orders in BVH's reading ("ZYX" is Rz·Ry·Rx), for files that store angles.

    Raises ValueError where these do not fit together.
    """

    names: tuple[str, ...]
    parents: tuple[int, ...]
    offsets: Array
    end_sites: tuple[EndSite, ...] = ()
    rotation_orders: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        count = len(self.names)
        if not count:
            raise ValueError("a skeleton needs at least one joint")
        if len(set(self.names)) != count:
            twice = sorted({name for name in self.names if self.names.count(name) > 1})
            raise ValueError(f"joint names must be unique; named twice: {', '.join(twice)}")
        if len(self.parents) != count or np.shape(self.offsets) != (count, 3):
            raise ValueError(
                f"{count} joints need {count} parents and offsets ({count}, 3), not {len(self.parents)} parents "
                f"and offsets {np.shape(self.offsets)}"
            )
        if any(not -1 <= parent < joint for joint, parent in enumerate(self.parents)):
            raise ValueError("every joint must come after its parent")
        if any(not 0 <= site.parent < count for site in self.end_sites):
            raise ValueError("every end site must hang on a joint")
        if not self.rotation_orders:
            object.__setattr__(self, "rotation_orders", (DEFAULT_ROTATION_ORDER,) * count)
        if len(self.rotation_orders) != count:
            raise ValueError(f"{count} joints need {count} rotation orders, not {len(self.rotation_orders)}")
        object.__setattr__(self, "offsets", np.asarray(self.offsets, dtype=np.float32))

    def __len__(self) -> int:
        return len(self.names)

    def index(self, name: str) -> int:
        """Position of the joint `name`. Raises KeyError with the name where there is none."""
        try:
            return self.names.index(name)
        except ValueError:
            raise KeyError(name) from None

    def children(self, joint: int) -> list[int]:
        """Indices of the joints that hang directly on `joint`."""
        return [child for child, parent in enumerate(self.parents) if parent == joint]

    def rest_positions(self) -> Array:
        """(J, 3) metres: where the joints are in the rest pose, joint 0 at its own offset."""
        positions = np.zeros((len(self), 3), dtype=np.float64)
        for joint, parent in enumerate(self.parents):
            positions[joint] = self.offsets[joint] + (positions[parent] if parent >= 0 else 0)
        return positions.astype(np.float32)

    def tips(self) -> Array:
        """(J, 3) metres: from each joint to the end site that hangs on it, of several to the first; zero without.

        `end_sites_of` reads them back.
        """
        found = np.zeros((len(self), 3), dtype=np.float32)
        for site in reversed(self.end_sites):
            found[site.parent] = site.offset
        return found

    def mapped(self, matrix: Array) -> Skeleton:
        """The skeleton with all its offsets, those of end sites too, multiplied from the left by `matrix` (3, 3)."""
        sites = [(site.parent, (matrix @ np.array(site.offset)).tolist()) for site in self.end_sites]
        return replace(
            self,
            offsets=self.offsets @ matrix.T,
            end_sites=tuple(EndSite(parent, (x, y, z)) for parent, (x, y, z) in sites),
        )

    def scaled(self, factor: float) -> Skeleton:
        """The skeleton with all lengths multiplied by `factor`."""
        return self.mapped(factor * np.eye(3))

    def subset(self, names: Iterable[str]) -> Skeleton:
        """The skeleton of the joints in `names`, in this skeleton's order; gaps are bridged by adding offsets up.

        Raises KeyError for a name that is not here, ValueError where nothing is left.
        """
        wanted = {self.index(name) for name in names}
        kept = [joint for joint in range(len(self)) if joint in wanted]
        place = {joint: i for i, joint in enumerate(kept)}
        parents, offsets = [], []
        for joint in kept:
            offset = self.offsets[joint].astype(np.float64)
            parent = self.parents[joint]
            while parent >= 0 and parent not in place:
                offset = offset + self.offsets[parent]
                parent = self.parents[parent]
            parents.append(place.get(parent, -1))
            offsets.append(offset)
        return Skeleton(
            names=tuple(self.names[joint] for joint in kept),
            parents=tuple(parents),
            offsets=np.array(offsets).reshape(-1, 3),
            end_sites=tuple(EndSite(place[s.parent], s.offset) for s in self.end_sites if s.parent in place),
            rotation_orders=tuple(self.rotation_orders[joint] for joint in kept),
        )


def end_sites_of(tips: Array) -> tuple[EndSite, ...]:
    """The end sites that `tips` (J, 3) of the joints tell of; a zero is none. Raises ValueError for another shape."""
    if np.ndim(tips) != 2 or tips.shape[1] != 3:
        raise ValueError(f"tips must be (J, 3), not {np.shape(tips)}")
    found = [(int(joint), tips[joint].tolist()) for joint in np.flatnonzero(tips.any(axis=-1))]
    return tuple(EndSite(joint, (x, y, z)) for joint, (x, y, z) in found)
