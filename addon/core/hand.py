"""The hand as 20 angles: which joint turns about which axis, and the way from angles to rotations and back.

The order of the angles is `DOF`: the thumb's carpometacarpal (CMC) flexion and abduction, its MCP and IP; then index,
middle, ring and pinky, each MCP flexion, MCP abduction, PIP, DIP. Radians; positive flexion closes the hand. All angles
are zero on a flat hand with straight fingers that point the way of the middle metacarpal, the thumb's metacarpal in
the palm's plane and half way between them and sideways. Positive abduction leans a finger to the thumb's side, and
lifts the thumb out of the palm's plane on the palm's side. A left hand's angles are those of its mirror image.

Axes of a hand: Z the way the fingers point, Y out of the hand's back, X = Y × Z: the thumb's side of a right hand, the
other side of a left one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .errors import MenderError
from .rotation import Array, between, conjugate, exp, from_matrix, log, multiply, rotate

FINGERS = ("thumb", "index", "middle", "ring", "pinky")
DOF = (
    "thumb CMC flexion",
    "thumb CMC abduction",
    "thumb MCP",
    "thumb IP",
    *(f"{finger} {angle}" for finger in FINGERS[1:] for angle in ("MCP flexion", "MCP abduction", "PIP", "DIP")),
)
SIDES = ("left", "right")
JOINTS = tuple(f"{finger} {joint}" for finger in FINGERS for joint in ("root", "middle", "end"))
"""The 15 joints of a hand whose thumb has one joint at its root, in the order of `hand_from_rest`."""

THUMB_ROLL = np.radians(10.0)
"""How far the axis that the thumb's MCP and IP bend about is turned, about the thumb, from the axis of CMC flexion to
that of CMC abduction, where a rest pose does not show it. Measured on the mean pose of the ManipNet recordings."""
_ROLLED, _PLACED = np.radians(10.0), np.radians(6.0)
"""Deviations: of that roll from hand to hand, and of how far a rest pose's joints are bent sideways by mere placing."""


class HandShapeError(MenderError):
    """A rest pose that is no hand's: joints fall together or lie in one line."""


@dataclass(frozen=True, eq=False)
class Hand:
    """How the 20 angles turn J joints.

    zero: (J, 4) the joints' rotations from which their angles are measured.
    joint: (20,) which joint each angle turns. axes: (20, 3) unit, orthogonal within a joint, in the joint's own axes
        at `zero`. offset: (20,) the angles that stand at `zero`.
    frame: (4,) the rotation from the hand's axes (see above) to those of the wrist at rest.
    """

    zero: Array
    joint: np.ndarray
    axes: Array
    offset: Array
    frame: Array

    def rotations(self, dof: Array) -> Array:
        """Angles (..., 20) to local rotations (..., J, 4)."""
        vectors = np.zeros((*dof.shape[:-1], len(self.zero), 3), dtype=np.result_type(dof, np.float32))
        turned = (dof - self.offset)[..., None] * self.axes
        for angle, joint in enumerate(self.joint):
            vectors[..., joint, :] += turned[..., angle, :]
        return multiply(self.zero.astype(vectors.dtype), exp(vectors))

    def dof(self, rotations: Array) -> Array:
        """Local rotations (..., J, 4) to angles (..., 20): of each joint's turn from `zero`, what its axes can do."""
        vectors = log(multiply(conjugate(self.zero).astype(rotations.dtype), rotations))
        return np.einsum("...di,di->...d", vectors[..., self.joint, :], self.axes.astype(vectors.dtype)) + self.offset


def hand_axes(points: Array, right: bool) -> Array:
    """(3, 3) the hand's axes as columns X, Y, Z, from its points (6, 3).

    points: wrist, then where thumb, index, middle, ring and pinky begin; the thumb's is not looked at.
    Raises HandShapeError where the knuckles and the wrist lie in one line.
    """
    wrist, _, index, middle, _, pinky = np.asarray(points, dtype=np.float64)
    forward = _unit(middle - wrist, "the wrist and the middle finger")
    side = (index - pinky) if right else (pinky - index)
    side = _unit(side - forward * (side @ forward), "the knuckles of index and pinky")
    return np.stack([side, np.cross(forward, side), forward], axis=-1)


def hand_from_rest(points: Array, right: bool) -> Hand:
    """The hand of a rig whose joints' rotations are relative to a rest pose, all in one set of axes.

    points: (5, 4, 3) where root, middle, end and tip of thumb, index, middle, ring and pinky are in the rest pose, from
    the wrist, in the axes that rotations are told in; NaN for a tip that is not known, which goes on straight.
    The joints of the result are `JOINTS`. Raises HandShapeError where joints fall together.
    """
    points = np.array(points, dtype=np.float64)
    unknown = np.isnan(points[:, 3]).any(axis=-1)
    points[unknown, 3] = 2 * points[unknown, 2] - points[unknown, 1]
    axes = hand_axes(np.concatenate([np.zeros((1, 3)), points[:, 0]]), right)
    x, y, z = axes.T
    outwards = 1.0 if right else -1.0
    zeros, turns = [], []
    for finger, chain in zip(FINGERS, points, strict=True):
        bones = [_unit(bone, f"two joints of the {finger}") for bone in np.diff(chain, axis=0)]
        if finger == "thumb":
            straight = (z + outwards * x) / np.sqrt(2)
            root_axes = np.stack([-outwards * y, np.cross(straight, -y)])
            rolled = np.cos(THUMB_ROLL) * root_axes[0] + np.sin(THUMB_ROLL) * root_axes[1]
        else:
            straight, root_axes, rolled = z, np.stack([x, outwards * y]), x
        root = between(bones[0], straight)
        hinge = rotate(conjugate(root), rolled)
        if finger == "thumb":
            hinge = _bending_axis(bones, hinge)
        zeros += [root, between(bones[1], bones[0]), between(bones[2], bones[1])]
        turns += [*rotate(conjugate(root), root_axes), *(rotate(conjugate(zero), hinge) for zero in zeros[-2:])]
    # A hinge's axis was told in the axes of the joint before it; at zero those differ by what straightens it.
    joint = np.array([3 * finger + place for finger in range(5) for place in (0, 0, 1, 2)])
    frame = from_matrix(axes)
    return Hand(np.stack(zeros), joint, np.stack(turns), np.zeros(len(DOF)), frame)


def _bending_axis(bones: list[Array], usual: Array) -> Array:
    """`usual`, turned to the axis that a chain at rest already bends about, the more the farther it is bent.

    A rest pose that is hardly bent says more of how its joints were placed than of their axes: both are weighed by
    their variance.
    """
    bend = np.cross(bones[0], bones[1]) + np.cross(bones[1], bones[2])
    angle = np.arcsin(np.clip(np.linalg.norm(bend) / 2, 0, 1))
    found = bend - bones[0] * (bend @ bones[0])
    length = np.linalg.norm(found)
    # A thumb bends towards the palm; a rest pose that is bent back, or sideways, says nothing of its axis.
    if not length > 1e-9 or found @ usual < length * np.cos(np.radians(60)):
        return usual
    share = angle**2 / (angle**2 + (_PLACED / _ROLLED) ** 2)
    mixed = share * found / length + (1 - share) * usual
    axis: Array = mixed / np.linalg.norm(mixed)
    return axis


def _unit(vector: Array, what: str) -> Array:
    length = np.linalg.norm(vector)
    if not length > 1e-9:
        raise HandShapeError(f"In the rest pose {what} lie in one place: give the hand a rest pose that shows them.")
    return vector / length
