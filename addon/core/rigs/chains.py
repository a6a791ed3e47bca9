"""A spine or a neck of fewer bones than the model's: what its bones turn, shared out over the joints that they span.

A network that has seen three joints in a spine knows how far each of them bends, and takes a bone that bends for two
of them for something else. So what one bone turns is given to all joints that it stands for, each its usual part of
the same rotation. Parts of one rotation come in any order to the same whole: put together they are the bone's again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ..rotation import IDENTITY, Array, Mask, conjugate, multiply, normalize, steadily_aligned

CHAINS = (("LowerBack", "Spine", "Spine1"), ("Neck", "Neck1", "Head"))
"""Joints that follow each other from below, with nothing else hanging on any but the last."""

CARRIES_ON = "Spine1"
"""What hangs on the last joint of a spine, shoulders and neck, hangs on the rig's last bone where that joint lacks."""

USUAL = {"LowerBack": 1.0, "Spine": 1.0, "Spine1": 1.0, "Neck": 0.3, "Neck1": 0.7, "Head": 0.3}
"""How much of a chain's turn each joint makes, beside the others: about as in the CMU database (least squares over all
takes that the models were trained on gives Neck1 0.7 and Head 0.3, and Spine 0.4 to 0.7 of what it makes with Spine1).
The spine's joints count alike, because foreign rigs do not share CMU's habits there."""


Denoise = Callable[[Array, Mask | None, Mask | None, Mask | None], Array]
"""Rotations (T, J, 4), what is missing (T, J), which joints lack (J,) and which share a bone (J,), to clean ones."""


@dataclass(frozen=True)
class _Run:
    """Joints in a row for which one bone turns.

    joints: their places in the model, from above in the hierarchy downwards. bone: the place among them of the one that
    the rig has. shares: of the whole turn, summing to 1.
    """

    joints: tuple[int, ...]
    bone: int
    shares: tuple[float, ...]


def on_whole_chains(
    denoise: Denoise,
    rotations: Array,
    missing: Mask | None,
    absent: Mask | None,
    joints: Sequence[str],
    reference: Array,
) -> Array:
    """What `denoise` makes of rotations (T, J, 4), shown to it on a body that has the joints of whole chains.

    missing: (T, J) or None, what of them is unknown. absent: (J,) or None, the joints that the rig lacks; in the result
    they are as they were. joints: J names; other names than the canonical ones have no chains. reference: (J, 4) local
    rotations that stand in for absent joints.
    """
    runs = _runs(joints, absent)
    if not runs or absent is None:
        return denoise(rotations, missing, absent, None)
    whole, unknown, lacking = rotations.copy(), None if missing is None else missing.copy(), absent.copy()
    sharing = np.zeros_like(absent)
    for run in runs:
        rows = list(run.joints)
        whole[:, rows] = _shared_out(rotations[:, rows[run.bone]], run, reference)
        lacking[rows], sharing[rows] = False, True
        if unknown is not None:
            unknown[:, rows] = unknown[:, [rows[run.bone]]]
    clean = on_fewer_bones(denoise(whole, unknown, lacking, sharing), absent, joints, reference)
    clean[:, absent] = rotations[:, absent]
    return clean


def on_fewer_bones(rotations: Array, absent: Mask, joints: Sequence[str], reference: Array) -> Array:
    """Rotations (T, J, 4) of a whole body as they are on a rig that lacks the joints at `absent` (J,), which rest.

    joints, reference: as `on_whole_chains` takes them. One bone turns for all joints that it spans.
    """
    result = rotations.copy()
    for run in _runs(joints, absent):
        result[:, run.joints[run.bone]] = _put_together(rotations[:, list(run.joints)], run, reference)
    result[:, absent] = reference[absent]
    return result


def _runs(joints: Sequence[str], absent: Mask | None) -> tuple[_Run, ...]:
    """The runs on a rig that lacks the joints at `absent` (J,); none for names that are not canonical."""
    if absent is None or not absent.any():
        return ()
    place = {joint: i for i, joint in enumerate(joints)}
    found = []
    for chain in CHAINS:
        known = [joint for joint in chain if joint in place]
        row: list[str] = []
        rows: list[list[str]] = []
        for joint in known:
            row.append(joint)
            if not absent[place[joint]]:
                rows.append(row)
                row = []
        if rows and row and row[-1] == CARRIES_ON:
            rows[-1] = rows[-1] + row
        found += [row for row in rows if len(row) > 1]
    return tuple(_run(row, place, absent) for row in found)


def _shared_out(own: Array, run: _Run, reference: Array) -> Array:
    """(T, n, 4) the joints of a run for its bone's rotations (T, 4); no rotation where the bone has none."""
    above, below = _standing_in(run, reference)
    length = np.linalg.norm(own, axis=-1)
    known = (np.isfinite(length) & (length > 0))[:, None]
    whole = multiply(multiply(above, np.where(known, own, IDENTITY.astype(own.dtype))), below)
    whole = steadily_aligned(normalize(whole), IDENTITY)
    return np.stack([np.where(known, _part(whole, share), 0) for share in run.shares], axis=1)


def _put_together(clean: Array, run: _Run, reference: Array) -> Array:
    """(T, 4) the bone's rotations for those of the run's joints (T, n, 4)."""
    above, below = _standing_in(run, reference)
    whole = clean[:, 0]
    for place in range(1, len(run.joints)):
        whole = multiply(whole, clean[:, place])
    return normalize(multiply(multiply(conjugate(above), whole), conjugate(below)))


def _run(row: Sequence[str], place: dict[str, int], absent: Mask) -> _Run:
    joints = tuple(place[joint] for joint in row)
    total = sum(USUAL[joint] for joint in row)
    bone = next(i for i, joint in enumerate(joints) if not absent[joint])
    return _Run(joints, bone, tuple(USUAL[joint] / total for joint in row))


def _standing_in(run: _Run, reference: Array) -> tuple[Array, Array]:
    """(4,) what stands in for the joints of the run above the bone's own, and for those below it."""
    above = below = IDENTITY.astype(reference.dtype)
    for joint in run.joints[: run.bone]:
        above = multiply(above, reference[joint])
    for joint in run.joints[run.bone + 1 :]:
        below = multiply(below, reference[joint])
    return above, below


def _part(whole: Array, share: float) -> Array:
    """(T, 4) the share of rotations (T, 4) about their own axes, with the angle that their sign says, up to 2π."""
    sine = np.linalg.norm(whole[:, 1:], axis=-1, keepdims=True)
    half = share * np.arctan2(sine, whole[:, :1])
    axis = whole[:, 1:] / np.where(sine > 0, sine, 1)
    return np.concatenate([np.cos(half), np.sin(half) * axis], axis=-1)
