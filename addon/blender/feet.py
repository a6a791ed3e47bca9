"""An armature's feet kept where they stand in the scene, with its own bone lengths, scale and root."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from ..core import feet
from ..core.progress import Progress
from ..core.rigs.canonical import SIDES, sided
from ..core.rotation import Array, conjugate, multiply
from .fcurves import Floats
from .limbs import Curves, Limbs, Moved, Placed, in_scene, read
from .steps import Steps, part, threaded
from .tracks import ArmatureObject, Track

UP = np.array([0.0, 0.0, 1.0])
_TURNING = ("UpLeg", "Leg", "Foot")

Leg = tuple[str, str, str, str]
"""The bones of thigh, shin, foot and toes; without toes "" in their place."""


def legs_of(bone_of: Mapping[str, str], bones: Collection[str]) -> list[Leg]:
    """The legs of a map joint -> bone of which thigh, shin and foot are all among `bones`."""
    found = []
    for side in SIDES:
        thigh, shin, foot = (bone_of.get(sided(part, side), "") for part in _TURNING)
        if {thigh, shin, foot} <= set(bones):
            found.append((thigh, shin, foot, bone_of.get(sided("ToeBase", side), "")))
    return found


def planted(
    obj: ArmatureObject,
    curves: Curves,
    tracks: Mapping[str, Track],
    legs: Sequence[Leg],
    frames: Floats,
    fps: float,
    moved: Moved,
) -> Steps[dict[str, Array]]:
    """Bone -> (T, 4) its turn with its leg's correction, for the bones of `legs`.

    tracks: bone -> its track, where it has been read already. moved: what else changes at `frames` (T,), the legs' own
    turns among it. fps: of the scene. Raises ActionError where a curve says no rotation.
    """
    bones = [bone for leg in legs for bone in leg if bone]
    limbs = yield from part(read(obj, curves, bones, frames, tracks), 0.0, 0.4)
    return (yield from part(threaded(_planted, limbs, legs, frames / fps, moved), 0.4, 1.0))


def _planted(limbs: Limbs, legs: Sequence[Leg], times: Array, moved: Moved, progress: Progress) -> dict[str, Array]:
    before, after = in_scene(limbs), in_scene(limbs, moved)
    result = {}
    for done, leg in enumerate(legs):
        progress(done / len(legs))
        thigh, shin, foot, _ = leg
        limb = feet.Leg(after.heads[thigh], after.heads[shin], _points(after, leg), after.turns[thigh])
        turns = feet.planted(limb, _points(before, leg), times, UP)
        for place, bone in enumerate((thigh, shin, foot)):
            world = after.turns[bone]
            own = multiply(multiply(conjugate(world), turns[:, place]), world)
            result[bone] = multiply(moved.turns[bone], own).astype(np.float32)
    return result


def _points(placed: Placed, leg: Leg) -> Array:
    """(T, 2, 3) the ankle, and the ball of the foot: where the toes begin, or else where the foot's bone ends."""
    _, _, foot, toes = leg
    return np.stack([placed.heads[foot], placed.heads[toes] if toes else placed.tails[foot]], axis=1)
