"""One motion on two skeletons: a rig's rotations as the model's skeleton would make them, and back.

Both rotate relative to their own rest pose, in their own axes. A turns the rig's axes into the model's, and C_j the
model's rest bone at joint j into the rig's. A rig's joint that points somewhere in the world shall make the model's
joint point there too, so the model's global rotation is A·S_j·A⁻¹·C_j for the rig's global rotation S_j.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..axes import Y_UP_TO_Z_UP
from ..rotation import Array, between, conjugate, from_matrix, multiply, rotate
from ..skeleton import Skeleton

SAME_REST = np.radians(3.0)
"""Where half of the bones point closer than this, both rest in the same pose and only the proportions differ …"""

OTHER_REST = np.radians(20.0)
"""… unless a limb points farther away than proportions explain, as the arms of an A-pose do."""

SQUARE = np.radians(30.0)
"""Axes this near to quarter turns of each other are taken for exactly that: up is up, forward is forward."""

UP_Z_TO_Y = conjugate(Y_UP_TO_Z_UP)

_NO_TURN = np.array([1.0, 0.0, 0.0, 0.0])


@dataclass(frozen=True, eq=False)
class Alignment:
    """left, right: (J, 4). The model's local rotation of joint j is left[j]·R·right[j] for the rig's local rotation R.

    R is relative to the nearest joint above that the rig has, in the rig's axes. Rows of joints that the rig lacks
    have no meaning.
    """

    left: Array
    right: Array


def align(
    model: Skeleton, reference: Array, present: NDArray[np.bool_], heads: Array, tips: Array | None = None
) -> Alignment:
    """Align a rig's rest pose with the model's.

    reference: (J, 4) local rotations that stand in for joints which the rig lacks. present: (J,) which joints it has.
    heads: (J, 3) where these sit in the rig's rest pose, in any unit; rows of the others are ignored. tips: (J, 3)
    where the last joints of chains have their tips, not a number where that is not known.
    """
    bones = _bones(model, present, heads, np.full((len(model), 3), np.nan) if tips is None else tips)
    axes = _axes(bones)
    turns = _turns(model, bones, axes)
    left, right = np.tile(_NO_TURN, (len(model), 1)), np.tile(_NO_TURN, (len(model), 1))
    absent = np.tile(_NO_TURN, (len(model), 1))  # rotations of the joints that the rig lacks, from the next above on
    for joint, parent in enumerate(model.parents):
        above, turn_above = (absent[parent], turns[parent]) if parent >= 0 else (_NO_TURN, _NO_TURN)
        if present[joint]:
            left[joint] = multiply(conjugate(multiply(turn_above, above)), axes)
            right[joint] = multiply(conjugate(axes), turns[joint])
        else:
            absent[joint] = multiply(above, reference[joint].astype(np.float64))
    return Alignment(left.astype(np.float32), right.astype(np.float32))


def _bones(model: Skeleton, present: NDArray[np.bool_], heads: Array, tips: Array) -> dict[int, tuple[Array, Array]]:
    """Joint -> unit directions (n, 3) to the next joints below, on the model and on the rig; only where both are."""
    rest = model.rest_positions().astype(np.float64)
    extent = np.ptp(heads[present], axis=0).max() if present.any() else 0.0
    found: dict[int, list[tuple[Array, Array]]] = {}

    def add(joint: int, ours: Array, theirs: Array) -> None:
        lengths = np.linalg.norm(ours), np.linalg.norm(theirs)
        if lengths[0] > 1e-3 and lengths[1] > 1e-3 * extent:
            found.setdefault(joint, []).append((ours / lengths[0], theirs / lengths[1]))

    for joint in np.flatnonzero(present):
        above = model.parents[joint]
        while above >= 0 and not present[above]:
            above = model.parents[above]
        if above >= 0:
            add(above, rest[joint] - rest[above], (heads[joint] - heads[above]).astype(np.float64))
    for site in model.end_sites:
        if present[site.parent] and site.parent not in found and np.isfinite(tips[site.parent]).all():
            add(site.parent, np.array(site.offset), (tips[site.parent] - heads[site.parent]).astype(np.float64))
    return {joint: (np.array([a for a, _ in pairs]), np.array([b for _, b in pairs])) for joint, pairs in found.items()}


def _axes(bones: dict[int, tuple[Array, Array]]) -> Array:
    """A (4,): the turn from the rig's axes to the model's; a quarter turn where one is near."""
    if not bones:
        return UP_Z_TO_Y
    ours = np.concatenate([a for a, _ in bones.values()])
    theirs = np.concatenate([b for _, b in bones.values()])
    candidates = np.stack([UP_Z_TO_Y, *_quarter_turns()])
    scores = np.einsum("ni,kni->k", ours, rotate(candidates[:, None], theirs[None]))
    # The first of equals is taken: with too few bones to tell, Blender's own axes.
    square = candidates[np.argmax(np.round(scores, 6))]
    best, certain = _fit(theirs, ours)
    return best if certain and _angle(best, square) > SQUARE else square


def _turns(model: Skeleton, bones: dict[int, tuple[Array, Array]], axes: Array) -> NDArray[np.float64]:
    """C (J, 4): the turn of every joint's rest bone from the model to the rig, in the model's axes."""
    turns = np.tile(_NO_TURN, (len(model), 1))
    anatomy = _paired(model)
    apart = {joint: _angle_between(ours, rotate(axes, theirs)) for joint, (ours, theirs) in bones.items()}
    farthest = max((angles.max() for joint, angles in apart.items() if joint not in anatomy), default=0.0)
    if not apart or (np.median(np.concatenate([*apart.values()])) < SAME_REST and farthest < OTHER_REST):
        return turns
    for joint, parent in enumerate(model.parents):
        turns[joint] = turns[parent] if parent >= 0 else _NO_TURN
        if joint in bones and joint not in anatomy:
            # Seen from the turned parent, so that a limb which rests turned as a whole keeps its twist.
            ours, theirs = rotate(turns[joint], bones[joint][0]), rotate(axes, bones[joint][1])
            fitted, certain = _fit(ours, theirs)
            turns[joint] = multiply(
                fitted if certain else between(ours.mean(axis=0), theirs.mean(axis=0)), turns[joint]
            )
    return turns


def _paired(model: Skeleton) -> set[int]:
    """Joints that lead from a fork to a pair of limbs, left and right, as to the hips and the shoulders.

    Where a rig has these joints is its anatomy and says nothing about the pose that it rests in.
    """
    starts = {joint: model.offsets[model.children(joint)[0]] for joint in range(len(model)) if model.children(joint)}
    mirror = np.array([-1, 1, 1])
    return {
        joint
        for joint, other in itertools.permutations(starts, 2)
        if model.parents[joint] == model.parents[other]
        and starts[joint][0] * starts[other][0] < 0
        and np.linalg.norm(starts[joint] - starts[other] * mirror) < 0.3 * np.linalg.norm(starts[joint])
    }


def _fit(source: Array, target: Array) -> tuple[Array, bool]:
    """The turn (4,) that brings directions `source` (n, 3) closest to `target`, and whether they determine it.

    Kabsch, "A solution for the best rotation to relate two sets of vectors", 1976.
    """
    u, weights, v = np.linalg.svd(target.T @ source)
    sign = np.sign(np.linalg.det(u @ v))
    return from_matrix(u @ np.diag([1, 1, sign]) @ v), bool(weights[1] > 0.05 * weights[0])


def _angle(a: Array, b: Array) -> float:
    return float(2 * np.arccos(np.clip(abs(np.dot(a, b)), 0, 1)))


def _angle_between(a: Array, b: Array) -> Array:
    return np.arccos(np.clip(np.sum(a * b, axis=-1), -1, 1))


def _quarter_turns() -> list[Array]:
    """The 24 rotations (4,) that bring axes onto axes."""
    matrices = [
        np.eye(3)[list(order)] * np.array(signs)[:, None]
        for order in itertools.permutations(range(3))
        for signs in itertools.product((1.0, -1.0), repeat=3)
    ]
    return [from_matrix(matrix) for matrix in matrices if np.linalg.det(matrix) > 0]
