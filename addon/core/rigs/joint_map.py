"""Which bone of a rig moves which joint of a model: the record, its edits by hand, and how it is kept."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..errors import MenderError
from .canonical import PARENTS

ROOT = "Hips"
BY_HAND = "by hand"
LEFT_OUT_BY_HAND = "left out by hand"


class JointMapError(MenderError):
    """A map that cannot be: a bone that is not there, is taken twice, or hangs elsewhere than the joint."""


@dataclass(frozen=True)
class JointMap:
    """Joints found on a rig.

    bone_of: joint of the model -> bone of the rig whose keys move it, for the joints that the rig has.
    left_out: joint of the model -> why no bone is taken for it, though one may be meant.
    family: whose names the bones bear, empty where they are the joints' own.
    suggested: joint -> the bone that may be meant, for joints in `left_out` that a person could confirm.
    seen_of: joint -> bone that shows the joint's pose, on rigs whose keyed bones are controls that move others through
    constraints; empty where the keyed bones themselves are what is seen.
    root: the bone of the pelvis, which carries the body and is no pose model's joint; empty where it is not known.
    """

    bone_of: Mapping[str, str]
    left_out: Mapping[str, str] = field(default_factory=dict)
    family: str = ""
    suggested: Mapping[str, str] = field(default_factory=dict)
    seen_of: Mapping[str, str] = field(default_factory=dict)
    root: str = ""

    def __len__(self) -> int:
        return len(self.bone_of)


def edited(
    found: JointMap, overrides: Mapping[str, str | None], names: Sequence[str], parents: Sequence[int]
) -> JointMap:
    """The map with what a person says: joint -> bone, or None for a joint that shall keep its motion.

    names, parents: the rig's bones and the index of each one's parent, -1 for none. To confirm what was suggested,
    give `found.suggested` or a part of it. Raises JointMapError as `require_possible` does.
    """
    bones = {joint: bone for joint, bone in found.bone_of.items() if joint not in overrides}
    chosen = {joint: bone for joint, bone in overrides.items() if bone}
    refused = {joint for joint, bone in overrides.items() if not bone}
    left_out = {joint: reason for joint, reason in found.left_out.items() if joint not in overrides}
    by_hand = any(found.bone_of.get(joint) != bone and joint != bone for joint, bone in chosen.items())
    result = replace(
        found,
        bone_of=_in_order(bones | chosen),
        left_out=_in_order(left_out | dict.fromkeys(refused, LEFT_OUT_BY_HAND)),
        family=found.family or (BY_HAND if by_hand else ""),
        suggested={joint: bone for joint, bone in found.suggested.items() if joint not in chosen},
        root=(overrides[ROOT] or "") if ROOT in overrides else found.root,
    )
    require_possible(result, names, parents)
    return result


def require_possible(joints: JointMap, names: Sequence[str], parents: Sequence[int]) -> None:
    """Raises JointMapError where the rig cannot have this map, such as one that was made for another rig.

    Every bone must be there and stand for one joint alone. Where no constraints lie between keys and pose (no
    `seen_of`), bones must hang on each other as their joints do, because rotations are read bone by bone downwards.
    """
    place = {name: i for i, name in enumerate(names)}
    joint_of: dict[str, str] = {}
    for joint, bone in joints.bone_of.items():
        if bone not in place:
            raise JointMapError(f"The rig has no bone called {bone}, which shall be {joint}: choose another bone.")
        if bone in joint_of:
            raise JointMapError(f"{bone} cannot be both {joint_of[bone]} and {joint}: choose another bone for one.")
        joint_of[bone] = joint
    if joints.seen_of:
        return
    for joint, bone in joints.bone_of.items():
        if joint not in PARENTS:
            continue
        carrying, above = set(), parents[place[bone]]
        while above >= 0:
            if joint_of.get(names[above]) in PARENTS:
                carrying.add(joint_of[names[above]])
            above = parents[above]
        wanted = {other for other in joints_above(joint) if other in joints.bone_of}
        for other in sorted(wanted ^ carrying, key=list(joints.bone_of).index):
            on = "does not hang" if other in wanted else "hangs"
            raise JointMapError(
                f"{bone} cannot be {joint}: it {on} on {joints.bone_of[other]}, which is {other}: choose another bone."
            )


def joints_above(joint: str) -> list[str]:
    """The joints that carry `joint`, the nearest first; none for one that is not canonical."""
    result = []
    while (above := PARENTS.get(joint)) is not None:
        result.append(above)
        joint = above
    return result


def to_json(joints: JointMap) -> str:
    """The map as text, for a preset or to be kept with an armature."""
    return json.dumps(
        {
            "bones": dict(joints.bone_of),
            "left_out": dict(joints.left_out),
            "family": joints.family,
            "suggested": dict(joints.suggested),
            "seen": dict(joints.seen_of),
            "root": joints.root,
        },
        indent=1,
        ensure_ascii=False,
    )


def from_json(text: str) -> JointMap:
    """The map that `to_json` wrote. Raises JointMapError for any other text; whether it fits a rig is not looked at."""
    try:
        kept: Any = json.loads(text)
        parts = [_words(kept[name]) for name in ("bones", "left_out", "suggested", "seen")]
        family, root = str(kept["family"]), str(kept["root"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise JointMapError("This is no map of joints and bones: choose a file that was saved here.") from error
    bones, left_out, suggested, seen = parts
    return JointMap(bones, left_out, family, suggested, seen, root)


def _words(kept: Any) -> dict[str, str]:
    if not isinstance(kept, dict) or not all(isinstance(value, str) for value in kept.values()):
        raise ValueError("no mapping of names to words")
    return dict(kept)


def _in_order(named: Mapping[str, str]) -> dict[str, str]:
    known = {joint: named[joint] for joint in PARENTS if joint in named}
    return known | {joint: value for joint, value in named.items() if joint not in known}
