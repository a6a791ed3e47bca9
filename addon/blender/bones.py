"""How an armature's bones hang together and rest: what carries them, and how a model's rest pose lies in theirs."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from ..core.rigs.alignment import Alignment, align
from ..core.rotation import Array
from ..core.skeleton import Skeleton
from .tracks import ArmatureObject


def above(obj: ArmatureObject, bone: str) -> list[str]:
    """The bones that carry a bone, the nearest first."""
    return [parent.name for parent in obj.data.bones[bone].parent_recursive]


def carrying(obj: ArmatureObject, bones: Collection[str]) -> set[str]:
    """The bones that carry all `bones`: what is above every one of them that hangs on none of the others."""
    ways = [set(above(obj, bone)) for bone in bones]
    tops = [way for way in ways if way.isdisjoint(bones)]
    return set.intersection(*tops) if tops else set()


def alignment_of(obj: ArmatureObject, bones: Sequence[str | None], skeleton: Skeleton, reference: Array) -> Alignment:
    """The armature's rest pose aligned with a model's: for each of its J joints the rig's bone, or None.

    skeleton, reference: the model's joints and (J, 4) the rotations that stand in for those that the rig lacks.
    """
    heads = np.array([obj.data.bones[bone].head_local if bone else (0, 0, 0) for bone in bones])
    tips = np.array([_tip(obj, bone) if bone else (np.nan,) * 3 for bone in bones])
    return align(skeleton, reference, np.array([bone is not None for bone in bones]), heads, tips)


def _tip(obj: ArmatureObject, name: str) -> tuple[float, float, float]:
    """Where the bone's only child begins, such as "Head_end". Where it has none its own tail may point anywhere."""
    children = obj.data.bones[name].children
    return tuple(children[0].head_local) if len(children) == 1 else (np.nan, np.nan, np.nan)
