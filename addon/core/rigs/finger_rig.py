"""The finger bones of one rig as the hand's 20 angles: from its rest pose alone, whatever its axes, rolls and counts.

Rotations are the bones' own, relative to their rest, as Blender's pose bones have them. Fingers may have three bones,
two or one, and may be missing. Of a finger of two bones the second does what the two outer joints do together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..hand import Hand, HandShapeError, hand_axes, hand_from_rest
from ..rotation import Array, conjugate, multiply
from .canonical import FINGERS
from .hands import FingerBones, HandBones

_JOINTS_A_FINGER = 3
_PALM = FINGERS[1:]
_OUTER_SHARE = 1 / 3
"""Of what the two outer joints of a finger bend together, the outermost's: it bends about half as far as the other
(measured on the Ballplay recordings, .47 to .50)."""
_KNUCKLES_APART = 0.25
"""Of a finger's length: how far a knuckle that is missing is put beside its neighbour."""
_STRAIGHT = np.radians(3.0)
_LAST_BONE = 0.8
"""Of the bone before: the length of a last bone of which nothing tells it."""


@dataclass(frozen=True, eq=False)
class FingerRig:
    """The B bones of one hand that the angles turn.

    bones: (B,) names. joint: (B,) the joint of `core.hand.JOINTS` that a bone turns about. doubled: (B,) whether it
    makes the next joint's turns as well. rest: (B, 4) their rest orientations in the armature.
    before: bone -> the bone above it that shares its joint, in a thumb whose root is split into two axes.
    hand: the angles' joints, in the armature's axes. usable: (20,) whether some bone shows the angle.
    carrier: the bone that carries the fingers, "" where none does; carrier_rest: (4,) its rest orientation.
    """

    bones: tuple[str, ...]
    joint: NDArray[np.intp]
    doubled: NDArray[np.bool_]
    rest: Array
    before: Mapping[str, str]
    hand: Hand
    usable: NDArray[np.bool_]
    carrier: str
    carrier_rest: Array

    def rotations(self, dof: Array) -> Array:
        """Angles (..., 20) to the bones' own rotations (..., B, 4). An angle that is NaN is taken as at rest."""
        turns = self.hand.rotations(np.where(np.isfinite(dof), dof, self.rest_dof()))
        own = turns[..., self.joint, :]
        own[..., self.doubled, :] = multiply(own[..., self.doubled, :], turns[..., self.joint[self.doubled] + 1, :])
        return multiply(multiply(conjugate(self.rest), own), self.rest)

    def dof(self, rotations: Array) -> Array:
        """The bones' own rotations (..., B, 4) to angles (..., 20), NaN for those that no bone shows.

        What the angles cannot do, such as a twist, is left out: see `beside`.
        """
        turns = np.empty((*rotations.shape[:-2], *self.hand.zero.shape))
        turns[:] = self.hand.zero
        turns[..., self.joint, :] = multiply(multiply(self.rest, rotations), conjugate(self.rest))
        result = self.hand.dof(turns)
        for joint in self.joint[self.doubled]:
            inner, outer = (int(np.flatnonzero(self.hand.joint == j)[-1]) for j in (joint, joint + 1))
            result[..., outer] = _OUTER_SHARE * result[..., inner]
            result[..., inner] -= result[..., outer]
        return np.where(self.usable, result, np.nan)

    def beside(self, rotations: Array) -> Array:
        """(..., B, 4) what is left of the bones' rotations after their angles: a rotation R is angles · beside."""
        return multiply(conjugate(self.rotations(self.dof(rotations))), rotations)

    def rest_dof(self) -> Array:
        """(20,) the angles of the rest pose."""
        still = np.zeros_like(self.hand.zero)
        still[:, 0] = 1
        return self.hand.dof(still)


def finger_rig(
    bones: HandBones, right: bool, heads: Mapping[str, Array], tails: Mapping[str, Array], rests: Mapping[str, Array]
) -> FingerRig:
    """The rig of a hand from its bones' heads and tails (3,) and rest orientations (4,), all in the armature.

    Raises HandShapeError where the palm cannot be told: fewer than two fingers beside the thumb, or joints in one
    place.
    """
    _require_palm(bones)
    wrist = _wrist(bones, heads)
    chains = {finger: _points(parts, finger, heads, tails) - wrist for finger, parts in bones.fingers.items()}
    hand = hand_from_rest(_completed(chains), right)
    names: list[str] = []
    joint: list[int] = []
    doubled: list[bool] = []
    before: dict[str, str] = {}
    for number, finger in enumerate(FINGERS):
        if finger not in bones.fingers:
            continue
        own, axis = _bending(bones.fingers[finger], finger)
        if axis:
            before[own[0]] = axis
        names += own
        joint += [number * _JOINTS_A_FINGER + place for place in range(len(own))]
        doubled += [len(own) == place == 2 for place in range(1, len(own) + 1)]
    shown = {*joint, *(j + 1 for j, both in zip(joint, doubled, strict=True) if both)}
    return FingerRig(
        bones=tuple(names),
        joint=np.array(joint, dtype=np.intp),
        doubled=np.array(doubled, dtype=bool),
        rest=np.array([rests[name] for name in names], dtype=np.float64),
        before=before,
        hand=hand,
        usable=np.isin(hand.joint, list(shown)),
        carrier=bones.hand,
        carrier_rest=np.asarray(rests[bones.hand] if bones.hand else (1, 0, 0, 0), dtype=np.float64),
    )


def side_of(bones: HandBones, heads: Mapping[str, Array], tails: Mapping[str, Array]) -> str:
    """ "Left" or "Right" of a hand whose names tell no side, as its fingers lean to the palm at rest; "" for neither.

    heads, tails: (3,) of its bones, in the armature. Raises HandShapeError as `finger_rig` does.
    """
    _require_palm(bones)
    wrist = _wrist(bones, heads)
    chains = _completed({f: _points(parts, f, heads, tails) - wrist for f, parts in bones.fingers.items()})
    back = hand_axes(np.concatenate([np.zeros((1, 3)), chains[:, 0]]), right=True)[:, 1]
    bend = np.mean([_unit(chain[2] - chain[0]) @ back for chain in chains])
    if abs(bend) < np.sin(_STRAIGHT):
        return ""
    return "Right" if bend < 0 else "Left"


def _require_palm(bones: HandBones) -> None:
    if sum(finger in bones.fingers for finger in _PALM) < 2:
        raise HandShapeError(
            "This hand has fewer than two fingers beside the thumb, and how its palm lies cannot be told: check the "
            "names of its finger bones."
        )


def _wrist(bones: HandBones, heads: Mapping[str, Array]) -> Array:
    return np.asarray(heads[bones.hand] if bones.hand else _mean_root(bones, heads), dtype=np.float64)


def _unit(vector: Array) -> Array:
    result: Array = vector / max(float(np.linalg.norm(vector)), 1e-12)
    return result


def _bending(parts: FingerBones, finger: str) -> tuple[list[str], str]:
    """The bones of a finger, three at most, and the one that is but an axis of a split thumb."""
    own = list(parts.bones)
    if finger == "Thumb" and len(own) > _JOINTS_A_FINGER:
        return own[1 : 1 + _JOINTS_A_FINGER], own[0]
    return own[:_JOINTS_A_FINGER], ""


def _mean_root(bones: HandBones, heads: Mapping[str, Array]) -> Array:
    """Where the wrist would be, of a hand without a bone: behind its knuckles, as far as fingers are long."""
    chains = [[np.asarray(heads[bone]) for bone in finger.bones] for finger in bones.fingers.values()]
    out = np.mean([chain[-1] - chain[0] for chain in chains if len(chain) > 1], axis=0)
    wrist: Array = np.mean([chain[0] for chain in chains], axis=0) - out
    return wrist


def _points(parts: FingerBones, finger: str, heads: Mapping[str, Array], tails: Mapping[str, Array]) -> Array:
    """(4, 3) root, middle, end and tip of a finger."""
    own, _ = _bending(parts, finger)
    points = [np.asarray(heads[bone], dtype=np.float64) for bone in own]
    if parts.tip:
        tip = np.asarray(heads[parts.tip], dtype=np.float64)
    elif len(points) > 1:
        tip = points[-1] + _LAST_BONE * (points[-1] - points[-2])
    else:
        tip = np.asarray(tails[own[0]], dtype=np.float64)
    while len(points) < _JOINTS_A_FINGER:  # joints that no bone has lie on the way to the tip
        points.append(points[-1] + (tip - points[-1]) / (_JOINTS_A_FINGER + 1 - len(points)))
    return np.stack([*points, tip])


def _completed(chains: Mapping[str, Array]) -> Array:
    """(5, 4, 3) all fingers: those that are missing put beside their neighbours, only for the palm's sake."""
    there = [i for i, finger in enumerate(FINGERS) if finger in chains and finger != "Thumb"]
    roots = np.array([chains[FINGERS[i]][0] for i in there])
    slope = np.polyfit(there, roots, 1)[0]
    result = np.empty((len(FINGERS), 4, 3))
    for i, finger in enumerate(FINGERS):
        if finger in chains:
            result[i] = chains[finger]
            continue
        near = min(there, key=lambda other, i=i: abs(other - i))  # type: ignore[misc]
        length = np.linalg.norm(chains[FINGERS[near]][3] - chains[FINGERS[near]][0])
        step = slope if np.linalg.norm(slope) > 1e-9 else np.array([_KNUCKLES_APART * length, 0, 0])
        result[i] = chains[FINGERS[near]] + (i - near) * step
    return result
