"""What moves an armature's bones beside their keys: constraints, inverse kinematics, drivers and NLA tracks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import bpy

from . import fcurves
from .action import Channels
from .tracks import ArmatureObject

_CHAINS = ("IK", "SPLINE_IK")
_TRANSFORMS = ("location", "rotation_euler", "rotation_quaternion", "rotation_axis_angle", "scale")
_BONE_PATH = re.compile(r'pose\.bones\["((?:[^"\\]|\\.)+)"\]\.(\w+)(?:\[\d+\])?$')


@dataclass(frozen=True)
class WhatMoves:
    """What moves bones of one armature.

    keyed: bones with rotation keys that play. constraints: bone -> names of the constraints on it that act.
    chains: bone -> the bone whose inverse kinematics (or spline) moves it along. drivers: bone -> its driven
    properties. nla: names of the NLA tracks that play as well.
    """

    keyed: frozenset[str]
    constraints: Mapping[str, tuple[str, ...]]
    chains: Mapping[str, str]
    drivers: Mapping[str, tuple[str, ...]]
    nla: tuple[str, ...] = ()

    @property
    def moved(self) -> frozenset[str]:
        """All bones whose pose does not come from keys alone."""
        return frozenset({*self.constraints, *self.chains, *self.drivers})

    @property
    def overruled(self) -> frozenset[str]:
        """Bones that are keyed, though what is seen of them is not, or not only, what their keys say."""
        return self.keyed & self.moved

    def why(self, bone: str) -> str:
        """What moves the bone beside keys, in a few words; empty where nothing does."""
        parts = []
        if bone in self.constraints:
            parts.append(f"constraints ({', '.join(self.constraints[bone])})")
        if bone in self.chains:
            parts.append(f"the IK of {self.chains[bone]}")
        if bone in self.drivers:
            parts.append("drivers")
        return " and ".join(parts)


def what_moves(obj: ArmatureObject, channels: Channels | None) -> WhatMoves:
    """What moves the bones of the armature object `obj`, whose assigned curves are `channels` (None: no action).

    A constraint acts if it is on, valid and has influence: keyed influence counts if it ever has any.
    """
    curves = fcurves.by_path(channels) if channels is not None else {}
    playing = {
        path for (path, _), curve in curves.items() if len(curve.keyframe_points) and not fcurves.is_muted(curve)
    }
    keyed = set()
    constraints: dict[str, tuple[str, ...]] = {}
    chains: dict[str, str] = {}
    for bone in obj.pose.bones:
        if any(fcurves.bone_path(bone.name, name) in playing for name in _TRANSFORMS if name.startswith("rotation")):
            keyed.add(bone.name)
        acting = [constraint for constraint in bone.constraints if _acts(bone, constraint, curves)]
        if acting:
            constraints[bone.name] = tuple(constraint.name for constraint in acting)
        for constraint in acting:
            if constraint.type in _CHAINS:
                chains |= dict.fromkeys(_chain(bone, constraint), bone.name)
    return WhatMoves(frozenset(keyed), constraints, chains, _driven(obj), _tracks(obj))


def _acts(bone: Any, constraint: Any, curves: Mapping[tuple[str, int], bpy.types.FCurve]) -> bool:
    if constraint.mute or not constraint.is_valid:
        return False
    path = f'{fcurves.bone_path(bone.name, "constraints")}["{bpy.utils.escape_identifier(constraint.name)}"].influence'
    curve = curves.get((path, 0))
    if curve is None or fcurves.is_muted(curve):
        return bool(constraint.influence > 0)
    return bool((fcurves.read_points(curve)[:, 1] > 0).any())


def _chain(bone: Any, constraint: Any) -> list[str]:
    """The bones above that the constraint moves along with its own."""
    above = [parent.name for parent in bone.parent_recursive]
    if constraint.type == "IK" and not constraint.use_tail:  # then the chain starts above its own bone
        above = above[: constraint.chain_count] if constraint.chain_count else above
    elif constraint.chain_count:
        above = above[: constraint.chain_count - 1]
    return above


def _driven(obj: ArmatureObject) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    data = obj.animation_data
    for driver in data.drivers if data else ():
        match = _BONE_PATH.match(driver.data_path)
        if match and match[2] in _TRANSFORMS and not driver.mute:
            name = bpy.utils.unescape_identifier(match[1])
            if match[2] not in found.setdefault(name, []):
                found[name].append(match[2])
    return {bone: tuple(properties) for bone, properties in found.items()}


def _tracks(obj: ArmatureObject) -> tuple[str, ...]:
    data = obj.animation_data
    if data is None or not data.use_nla:
        return ()
    return tuple(track.name for track in data.nla_tracks if not track.mute and any(not s.mute for s in track.strips))
