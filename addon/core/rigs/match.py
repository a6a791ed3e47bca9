"""Which bone of a rig is which joint: by name, and by structure where names say nothing. No guess is silent."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from ..rotation import Array
from . import structure
from .canonical import FINGER_JOINTS, JOINTS, LIMB_JOINTS, RARE_JOINTS, SIDES, matched_parent, sided
from .families import FAMILIES
from .family import Family, spread
from .names import BoneName, read, shared_prefixes, words

BY_STRUCTURE = "by structure"
_FEWEST_NAMED = 6  # joints; with fewer the names say nothing
_MOST_PREFIXES = 12


@dataclass(frozen=True)
class RigMatch:
    """A rig read.

    family: its name, `BY_STRUCTURE`, or "" where nothing was recognised.
    bones: canonical joint -> bone name, each bone once.
    doubtful: joint -> why its bone should be looked at, for joints in `bones`.
    unmatched_joints: canonical joints without a bone, without the `RARE_JOINTS`.
    unmatched_bones: bones that are no joint.
    seen: joint -> bone that shows its pose, where the rig's bones are controls of others; else empty.
    """

    family: str
    bones: Mapping[str, str] = field(default_factory=dict)
    doubtful: Mapping[str, str] = field(default_factory=dict)
    unmatched_joints: tuple[str, ...] = ()
    unmatched_bones: tuple[str, ...] = ()
    seen: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Fit:
    """A rig read as one family: joint -> bone, joint -> other bones of the same name, how well it fits, joint -> bone
    that shows what a control does."""

    family: Family
    bones: dict[str, str]
    others: dict[str, list[str]]
    score: float
    seen: dict[str, str] = field(default_factory=dict)


def match(
    names: Sequence[str],
    parents: Sequence[int],
    rest_positions: Array | None = None,
    keyed: Collection[str] = (),
) -> RigMatch:
    """Read a rig of N bones.

    parents: index of each bone's parent, -1 for none. rest_positions: (N, 3) where the bones begin, in any unit and
    axes; without them there is no match by structure and no check of sides.
    keyed: bones that carry keys: where a rig has several sets of bones, its keyed set is the one that is meant.

    Raises ValueError where the lengths differ or a name is there twice.
    """
    if len(set(names)) != len(names) or len(parents) != len(names):
        raise ValueError("a rig needs bone names that are unique and one parent a bone")
    if rest_positions is not None and np.shape(rest_positions) != (len(names), 3):
        raise ValueError(f"rest positions must be ({len(names)}, 3), not {np.shape(rest_positions)}")
    fit = _best_fit(names, frozenset(keyed))
    found = structure.find(parents, rest_positions) if rest_positions is not None else None
    if fit is not None and len(fit.bones) >= _FEWEST_NAMED:
        family, bones, doubtful = fit.family.name, dict(fit.bones), _double_names(fit)
        doubtful |= _missing_limbs(bones, found, names)
        seen = fit.seen
        if not seen:
            doubtful |= off_chain(bones, names, parents)
        doubtful |= _wrong_sides(bones, names, rest_positions)
    elif found is not None:
        seen = {}
        family, bones = BY_STRUCTURE, {joint: names[bone] for joint, bone in found.joints.items()}
        reason = "found by its place in the skeleton, not by its name"
        sided_reason = reason if found.facing_known else f"{reason}; left and right may be swapped"
        doubtful = {joint: sided_reason if _is_sided(joint) else reason for joint in bones}
    else:
        return RigMatch("", unmatched_joints=_without(JOINTS, RARE_JOINTS), unmatched_bones=tuple(names))
    return RigMatch(
        family,
        {joint: bones[joint] for joint in JOINTS if joint in bones},
        {joint: doubtful[joint] for joint in JOINTS if joint in doubtful},
        tuple(joint for joint in _without(JOINTS, RARE_JOINTS) if joint not in bones),
        _without(names, set(bones.values())),
        {joint: seen[joint] for joint in JOINTS if joint in seen},
    )


def _best_fit(names: Sequence[str], keyed: frozenset[str]) -> _Fit | None:
    """The family and prefix under which most bones are known; earlier families win a tie."""
    best: _Fit | None = None
    for prefix in [(), *shared_prefixes(names)[:_MOST_PREFIXES]]:
        readings: dict[BoneName, list[str]] = {}
        for name in names:
            if not prefix or words(name)[: len(prefix)] == list(prefix):
                readings.setdefault(read(name, prefix), []).append(name)
        for family in FAMILIES:
            fit = _fit(family, readings, keyed)
            if fit.bones and (best is None or fit.score > best.score):
                best = fit
    return best


def _fit(family: Family, readings: Mapping[BoneName, list[str]], keyed: frozenset[str]) -> _Fit:
    bones: dict[str, str] = {}
    others: dict[str, list[str]] = {}
    exact = 0

    def bone_of(side: str, bone: str) -> list[str]:
        """The rig's bones with this name, the likeliest first."""
        spelled = family.spelled(bone, side)
        candidates = next((readings[name] for name in _readings(family, bone, side) if name in readings), [])
        return sorted(candidates, key=lambda name: (name not in keyed, name != spelled))

    for joint, side, bone in family.entries():
        if candidates := bone_of(side, bone):
            bones[joint] = candidates[0]
            exact += candidates[0] == family.spelled(bone, side)
            if len(candidates) > 1:
                others[joint] = candidates[1:]
    chains = [[found[0] for bone in chain if (found := bone_of("", bone))] for chain in (family.spine, family.neck)]
    bones |= spread(*chains)
    marks = sum(read(mark) in readings for mark in family.marks)
    animated = sum(bone in keyed for bone in bones.values())
    seen = _fit(family.shown, readings, keyed).bones if family.shown else {}
    return _Fit(family, bones, others, len(bones) + marks + 2 * animated + exact / max(len(bones), 1), seen)


@cache
def _readings(family: Family, bone: str, side: str) -> tuple[BoneName, ...]:
    """How the family's bone may be read: with what it writes around the name, and without."""
    return read(family.spelled(bone, side)), read(f"{side} {bone}")


def _double_names(fit: _Fit) -> dict[str, str]:
    return {joint: f"another bone has the same name: {', '.join(bones)}" for joint, bones in fit.others.items()}


def off_chain(bones: Mapping[str, str], names: Sequence[str], parents: Sequence[int]) -> dict[str, str]:
    """Joints of `bones` whose bone hangs on another joint's bone than it should, and why, as in control rigs."""
    index = {name: i for i, name in enumerate(names)}
    joint_of = {bone: joint for joint, bone in bones.items()}
    doubtful = {}
    for joint, bone in bones.items():
        above = matched_parent(joint, bones)
        ancestor = parents[index[bone]]
        while ancestor >= 0 and names[ancestor] not in joint_of:
            ancestor = parents[ancestor]
        if (joint_of[names[ancestor]] if ancestor >= 0 else None) != above:
            there = f"on {names[ancestor]}" if ancestor >= 0 else "on no joint's bone"
            doubtful[joint] = f"{bone} hangs {there}" + (f", not on {bones[above]}" if above else "")
    return doubtful


def _missing_limbs(bones: dict[str, str], found: structure.Found | None, names: Sequence[str]) -> dict[str, str]:
    """Add limbs and head that the names left out but the structure shows; returns why they are doubtful."""
    doubtful = {}
    for joint in (*LIMB_JOINTS, "Head"):
        if found is not None and joint not in bones and joint in found.joints:
            bone = names[found.joints[joint]]
            if bone not in bones.values():
                bones[joint] = bone
                doubtful[joint] = "found by its place in the skeleton, not by its name"
    return doubtful


def _wrong_sides(bones: Mapping[str, str], names: Sequence[str], positions: Array | None) -> dict[str, str]:
    """Joints whose left and right bones lie the other way round than the thighs, or than the feet point."""
    if positions is None or not {"LeftUpLeg", "RightUpLeg"} <= set(bones):
        return {}
    place = {joint: np.asarray(positions[names.index(bone)], dtype=np.float64) for joint, bone in bones.items()}
    left = place["LeftUpLeg"] - place["RightUpLeg"]
    doubtful: dict[str, str] = {}
    for part in ("Leg", "Foot", "Shoulder", "Arm", "ForeArm", "Hand"):
        pair = [sided(part, side) for side in SIDES]
        if set(pair) <= set(bones) and float((place[pair[0]] - place[pair[1]]) @ left) < 0:
            doubtful |= dict.fromkeys(pair, "left and right lie the other way round than at the thighs")
    feet = [(sided("Foot", side), sided("ToeBase", side)) for side in SIDES]
    if {"Hips", "Head", *feet[0], *feet[1]} <= set(place):
        forward = sum((place[toes] - place[foot] for foot, toes in feet), np.zeros(3))
        if float(np.cross(place["Head"] - place["Hips"], forward) @ left) < 0:
            reason = "the names say left where the feet say right"
            doubtful |= {joint: doubtful.get(joint, reason) for joint in bones if _is_sided(joint)}
    return doubtful


def _is_sided(joint: str) -> bool:
    return joint in FINGER_JOINTS or joint in RARE_JOINTS or joint.startswith(SIDES)


def _without(names: Sequence[str], left_out: Collection[str]) -> tuple[str, ...]:
    return tuple(name for name in names if name not in left_out)
