"""The hands of a rig at rest: found among its bones, and how their angles turn these. What was asked before is kept."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..hand import SIDES, HandShapeError
from ..rotation import Array, from_matrix
from .finger_rig import FingerRig, finger_rig, side_of
from .hands import find_hands
from .loose_hand import LooseHand, loose_hand
from .names import read

_KEPT = 8  # rigs, each with all that changes what is found on it


@dataclass(frozen=True, eq=False)
class RestingHand:
    """side: which of `core.hand.SIDES` it is. loose: where its bones hang beside each other, else None."""

    side: int
    rig: FingerRig
    loose: LooseHand | None


def resting_hands(
    names: Sequence[str],
    parents: Sequence[int],
    heads: NDArray[np.float32],
    tails: NDArray[np.float32],
    axes: NDArray[np.float32],
    keyed: Collection[str],
    chosen: Mapping[str, str],
    called: str,
) -> tuple[RestingHand, ...]:
    """The hands of a rig of N bones; none where it has none. Views ask for them every time that they are drawn.

    heads, tails: (N, 3), axes: (N, 3, 3) the bones' own axes as columns, all in the armature. names, parents, keyed,
    chosen: as `find_hands` takes them. called: the rig's own name, which may tell the side of a hand alone.
    Raises HandShapeError where there are hands, and of none of them a palm can be told.
    """
    bones = tuple(names), tuple(parents), heads.tobytes(), tails.tobytes(), axes.tobytes()
    found, problem = _found(*bones, frozenset(keyed), tuple(chosen.items()), called)
    if problem and not found:
        raise HandShapeError(problem)
    return found


@lru_cache(maxsize=_KEPT)
def _found(
    names: tuple[str, ...],
    parents: tuple[int, ...],
    heads: bytes,
    tails: bytes,
    axes: bytes,
    keyed: frozenset[str],
    chosen: tuple[tuple[str, str], ...],
    called: str,
) -> tuple[tuple[RestingHand, ...], str]:
    """The hands, and what is wrong with the first of those that cannot be read."""
    head_of, tail_of = (dict(zip(names, _numbers(ends).reshape(-1, 3), strict=True)) for ends in (heads, tails))
    rest_of = dict(zip(names, from_matrix(_numbers(axes).reshape(-1, 3, 3)), strict=True))
    result, problem = [], ""
    for name, bones in find_hands(names, parents, keyed, dict(chosen)).items():
        try:
            side = (name or read(called).side or side_of(bones, head_of, tail_of) or "Right").lower()
            rig = finger_rig(bones, side == "right", head_of, tail_of, rest_of)
        except HandShapeError as error:
            problem = problem or str(error)
            continue
        loose = None if bones.linked else loose_hand(bones, rig.bones, head_of, rest_of)
        result.append(RestingHand(SIDES.index(side), rig, loose))
    return tuple(result), problem


def _numbers(stored: bytes) -> Array:
    return np.frombuffer(stored, dtype=np.float32).astype(np.float64)
