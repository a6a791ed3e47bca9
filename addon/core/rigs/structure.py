"""Finding a human in a skeleton whose names say nothing: two pairs of like limbs, one below the other.

Only rest positions and who hangs on whom are used. Which axis is up and which way the body faces come out of the body
itself: up from the legs' hub to the arms' hub, forward from the ankles to the toes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ..rotation import Array
from .canonical import FINGERS, SIDES, sided
from .family import spread

_LIMB_SHARE = 0.2  # of the skeleton's size: shorter pairs are fingers, eyes or toes
_ALIKE = 0.1  # relative difference in length that two limbs of a pair may have
_LEG_DOWN = -0.6  # cosine between a leg and the way up; even a stride stays below it


@dataclass(frozen=True)
class Found:
    """What was found: joint -> bone index, and whether the feet told which side is left."""

    joints: dict[str, int]
    facing_known: bool


class _Tree:
    """Bones by index: who hangs on whom, lengths, and the longest ways down."""

    def __init__(self, parents: Sequence[int], positions: Array) -> None:
        self.parents = list(parents)
        self.positions = np.asarray(positions, dtype=np.float64)
        self.children: list[list[int]] = [[] for _ in parents]
        for bone, parent in enumerate(parents):
            if parent >= 0:
                self.children[parent].append(bone)
        downwards = [bone for bone, parent in enumerate(parents) if parent < 0]
        for bone in downwards:  # grows while it is read: parents before children
            downwards.extend(self.children[bone])
        reach = [0.0] * len(self.parents)
        self._next: list[int | None] = [None] * len(self.parents)
        for bone in reversed(downwards):
            for child in self.children[bone]:
                if self._next[bone] is None or reach[bone] < self.length([bone, child]) + reach[child]:
                    reach[bone], self._next[bone] = self.length([bone, child]) + reach[child], child

    def length(self, chain: Sequence[int]) -> float:
        return float(np.linalg.norm(np.diff(self.positions[list(chain)], axis=0), axis=1).sum())

    def longest(self, bone: int) -> list[int]:
        """The chain from `bone` down to the leaf that is farthest away along the bones."""
        chain = [bone]
        while (following := self._next[chain[-1]]) is not None:
            chain.append(following)
        return chain

    def ancestors(self, bone: int) -> list[int]:
        """The bone and all above it, upwards."""
        chain = [bone]
        while self.parents[chain[-1]] >= 0:
            chain.append(self.parents[chain[-1]])
        return chain

    def direction(self, start: int, end: int) -> Array:
        way = self.positions[end] - self.positions[start]
        return way / max(float(np.linalg.norm(way)), 1e-9)


@dataclass(frozen=True)
class _Pair:
    """Two like chains that hang on one bone."""

    hub: int
    chains: tuple[list[int], list[int]]
    reach: float


def find(parents: Sequence[int], positions: Array) -> Found | None:
    """A human's joints in bones with `parents` (-1 for a root) and rest `positions` (N, 3), or None.

    Any unit and any axis up will do. Everything found is a guess and must be shown as one.
    """
    tree = _Tree(parents, positions)
    body = _legs_and_arms(tree)
    if body is None:
        return None
    legs, arms = body
    hips = next(bone for bone in tree.ancestors(legs.hub) if bone in tree.ancestors(arms.hub))
    up = tree.direction(legs.hub, arms.hub)
    left, facing_known = _left(tree, legs, up)

    joints = {"Hips": hips}
    above = tree.ancestors(arms.hub)
    spine = above[: above.index(hips)][::-1]
    joints |= _named(spread([str(bone) for bone in spine], []))
    joints |= _neck_and_head(tree, arms, up)
    for pair, parts in ((legs, ("HipJoint", "UpLeg", "Leg", "Foot")), (arms, ("Shoulder", "Arm", "ForeArm", "Hand"))):
        ordered = sorted(pair.chains, key=lambda chain: -float(tree.positions[chain[-1]] @ left))
        for side, chain in zip(SIDES, ordered, strict=True):
            joints |= _limb(tree, chain, parts, side)
    for side in SIDES:
        joints |= _fingers(tree, joints[sided("Hand", side)], side)
    return Found(joints, facing_known)


def _legs_and_arms(tree: _Tree) -> tuple[_Pair, _Pair] | None:
    """The longest pair that points down from the next hub with another pair, and that other pair."""
    size = float(np.ptp(tree.positions, axis=0).max()) if len(tree.parents) else 0.0
    pairs = []
    for hub, children in enumerate(tree.children):
        chains = [tree.longest(child) for child in children]
        for one, other in combinations([chain for chain in chains if len(chain) >= 3], 2):
            lengths = [tree.length([hub, *chain]) for chain in (one, other)]
            if min(lengths) >= _LIMB_SHARE * size and abs(lengths[0] - lengths[1]) <= _ALIKE * max(lengths):
                pairs.append(_Pair(hub, (one, other), min(lengths)))
    best: tuple[float, ...] = ()
    body = None
    for legs in pairs:
        for arms in pairs:
            apart = float(np.linalg.norm(tree.positions[arms.hub] - tree.positions[legs.hub]))
            if legs.hub == arms.hub or apart < 1e-3 * size or set(legs.chains[0] + legs.chains[1]) & {arms.hub}:
                continue
            up = tree.direction(legs.hub, arms.hub)
            if any(float(tree.direction(chain[0], chain[-1]) @ up) > _LEG_DOWN for chain in legs.chains):
                continue
            score = (legs.reach, -apart, arms.reach)
            if score > best:
                best, body = score, (legs, arms)
    return body


def _left(tree: _Tree, legs: _Pair, up: Array) -> tuple[Array, bool]:
    """The unit direction to the body's left, and whether the feet show it (else +X, as in most files)."""
    forward = np.zeros(3)
    for chain in legs.chains:
        limb = _limb(tree, chain, ("HipJoint", "UpLeg", "Leg", "Foot"), "Left")
        if "LeftFoot" in limb and "LeftToeBase" in limb:
            forward = forward + tree.positions[limb["LeftToeBase"]] - tree.positions[limb["LeftFoot"]]
    left = np.cross(up, forward)
    across = float(np.linalg.norm(left))
    if across < 0.1 * float(np.linalg.norm(forward)) or across == 0:
        return np.array([1.0, 0.0, 0.0]), False
    return left / across, True


def _limb(tree: _Tree, chain: Sequence[int], parts: Sequence[str], side: str) -> dict[str, int]:
    """Upper and lower limb are two neighbouring long bones that a short one follows."""
    lengths = [tree.length(chain[i : i + 2]) for i in range(len(chain) - 1)] + [0.0]
    upper = max(range(len(lengths) - 2), key=lambda i: min(lengths[i], lengths[i + 1]) - lengths[i + 2] / 2)
    names = [*parts, "ToeBase"] if parts[-1] == "Foot" else list(parts)
    places = range(upper - 1, len(chain))
    return {sided(part, side): chain[place] for part, place in zip(names, places, strict=False) if place >= 0}


def _neck_and_head(tree: _Tree, arms: _Pair, up: Array) -> dict[str, int]:
    """The chain above the shoulders that rises highest: neck and head, two neck bones only if it is long."""

    def height(chain: Sequence[int]) -> float:
        return float((tree.positions[chain[-1]] - tree.positions[arms.hub]) @ up)

    limbs = {chain[0] for chain in arms.chains}
    ways = [tree.longest(child) for child in tree.children[arms.hub] if child not in limbs]
    chain = max(ways, key=height, default=[])
    if not chain or height(chain) < 0:
        return {}
    head = min(len(chain) - 1, 2 if len(chain) > 3 else 1)  # what follows is the head's end, or an eye
    return {"Head": chain[head]} | _named(spread([], [str(bone) for bone in chain[:head]]))


def _fingers(tree: _Tree, hand: int, side: str) -> dict[str, int]:
    """Five chains on the hand: the thumb's tip is farthest from the others, which follow by distance from it."""
    chains = [tree.longest(child) for child in tree.children[hand]]
    chains = [chain for chain in chains if len(chain) >= 2]
    if len(chains) != len(FINGERS):
        return {}
    tips = tree.positions[[chain[-1] for chain in chains]]
    apart = np.linalg.norm(tips[:, None] - tips[None], axis=-1)
    order = np.argsort(apart[int(np.argmax(apart.sum(axis=1)))])
    joints: dict[str, int] = {}
    for finger, index in zip(FINGERS, order, strict=True):
        chain = chains[int(index)]
        if finger != "Thumb" and len(chain) > 3 and tree.length(chain[:2]) > 1.5 * tree.length(chain[1:3]):
            chain = chain[1:]  # a metacarpal
        joints |= {sided(f"{finger}{place}", side): bone for place, bone in enumerate(chain[:3], 1)}
    return joints


def _named(chain: dict[str, str]) -> dict[str, int]:
    return {joint: int(bone) for joint, bone in chain.items()}
