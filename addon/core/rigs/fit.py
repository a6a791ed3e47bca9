"""A rig's bones as a model's joints, and turns of these joints back on the bones: the arithmetic, in arrays alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..rotation import Array, conjugate, multiply


@dataclass(frozen=True, eq=False)
class Fit:
    """How J joints follow from B bones, the first M of which are the joints' own, in the joints' order.

    bones: B names. joints: (M,) the joints that the rig has. reference: (J, 4) what stands in for the others.
    left, right: (M, 4). The joint's local rotation is left·q·right for the bone's own rotation q.
    rest: (B, 4) the bones' rest orientations in the armature. between: place in `joints` -> the bones, by place in
    `bones` and from above, that turn between it and the next joint above.
    """

    bones: tuple[str, ...]
    joints: NDArray[np.intp]
    reference: Array
    left: Array
    right: Array
    rest: Array
    between: Mapping[int, tuple[int, ...]]

    @property
    def absent(self) -> NDArray[np.bool_]:
        """(J,) the joints that the rig lacks."""
        lacking = np.ones(len(self.reference), dtype=bool)
        lacking[self.joints] = False
        return lacking

    @property
    def moving(self) -> tuple[str, ...]:
        """The bones that are joints: those that a turn of the joints moves."""
        return self.bones[: len(self.joints)]


def joint_rotations(fit: Fit, q: Array) -> Array:
    """(T, J, 4) local rotations of the joints, of the bones' own rotations (T, B, 4)."""
    result = np.empty((len(q), *fit.reference.shape), dtype=np.float32)
    result[:] = fit.reference
    result[:, fit.joints] = multiply(multiply(fit.left, q[:, : len(fit.joints)]), fit.right)
    for place, bones in fit.between.items():
        left = fit.left[place]
        above = multiply(left, conjugate(fit.rest[place]))
        for bone in bones:
            above = multiply(above, multiply(multiply(fit.rest[bone], q[:, bone]), conjugate(fit.rest[bone])))
        own = multiply(multiply(fit.rest[place], q[:, place]), fit.right[place])
        result[:, fit.joints[place]] = multiply(above, own)
    return result


def turned_bones(fit: Fit, q: Array, turns: Array) -> Array:
    """(T, M, 4) the rotations `q` (T, M, 4) of the joints' bones, where the joints turn by `turns` (T, J, 4) after
    their own local rotations."""
    return multiply(q, multiply(multiply(fit.right, turns[:, fit.joints]), conjugate(fit.right)))
