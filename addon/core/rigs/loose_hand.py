"""A hand whose bones hang beside each other, as in WebXR's layout: each is told by itself where it is and how it lies.

There turning a bone moves no other. Here the bones are read as if each hung on the one before it in its finger, and
what that makes of them is put back as turns and places of their own.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..rotation import Array, conjugate, multiply, rotate
from .hands import HandBones


@dataclass(frozen=True, eq=False)
class LooseHand:
    """N bones of a hand: the B that bend first, in the order that was given, then those that follow: palm and tips.

    bones: names. above: (N,) the place of the bone that carries each one, parents first among the B; -1 for the wrist.
    rest: (N, 4) and heads: (N, 3) at rest, in the armature. wrist: its name, "" for none; wrist_rest, wrist_head: its.
    """

    bones: tuple[str, ...]
    bending: int
    above: NDArray[np.intp]
    rest: Array
    heads: Array
    wrist: str
    wrist_rest: Array
    wrist_head: Array

    def carried_by(self, bones: Collection[str]) -> set[str]:
        """Those of `bones` that are this hand's, all further out on their fingers, and its palm; none for none."""
        moved = {place for place, bone in enumerate(self.bones) if bone in bones}
        if not moved:
            return set()
        for place, above in enumerate(self.above.tolist()):
            if above in moved or (above < 0 and place >= self.bending):
                moved.add(place)
        return {self.bones[place] for place in moved}

    def linked(self, own: Array, wrist: Array) -> Array:
        """(..., B, 4) rotations as if each bone hung on the one above, of those that the bones have (..., B, 4).

        wrist: (..., 4) the wrist's own rotation.
        """
        rest = self.rest[: self.bending]
        turned = multiply(multiply(rest, own), conjugate(rest))
        carried = np.empty_like(turned)
        for place, above in enumerate(self.above[: self.bending].tolist()):
            carried[..., place, :] = self._wrist_turn(wrist) if above < 0 else turned[..., above, :]
        return multiply(conjugate(rest), multiply(multiply(conjugate(carried), turned), rest))

    def loosened(self, linked: Array, wrist: Array, moved: Array) -> tuple[Array, Array]:
        """Own rotations (..., N, 4) and places (..., N, 3), in each bone's own axes, of such rotations (..., B, 4).

        wrist: (..., 4) the wrist's own rotation; moved: (..., 3) its place, in its own axes.
        """
        count = len(self.bones)
        turns = np.empty((*linked.shape[:-2], count, 4))
        heads = np.empty((*linked.shape[:-2], count, 3))
        wrist_turn = self._wrist_turn(wrist)
        wrist_head = self.wrist_head + rotate(self.wrist_rest, moved)
        for place, above in enumerate(self.above.tolist()):
            turn, head = (wrist_turn, wrist_head) if above < 0 else (turns[..., above, :], heads[..., above, :])
            start = self.wrist_head if above < 0 else self.heads[above]
            heads[..., place, :] = head + rotate(turn, self.heads[place] - start)
            if place < self.bending:
                own = multiply(multiply(self.rest[place], linked[..., place, :]), conjugate(self.rest[place]))
                turn = multiply(turn, own)
            turns[..., place, :] = turn
        back = conjugate(self.rest)
        return multiply(multiply(back, turns), self.rest), rotate(back, heads - self.heads)

    def _wrist_turn(self, wrist: Array) -> Array:
        return multiply(multiply(self.wrist_rest, wrist), conjugate(self.wrist_rest))


def loose_hand(
    bones: HandBones, bending: tuple[str, ...], heads: Mapping[str, Array], rests: Mapping[str, Array]
) -> LooseHand:
    """The bones of a hand that is not `linked`. bending: (B,) those that the hand's angles turn, from each knuckle out.

    heads: (3,) and rests: (4,) of all bones, in the armature.
    """
    above: dict[str, str] = {}
    for finger in bones.fingers.values():
        before = ""
        for bone in finger.bones:
            above[bone] = before
            before = bone
        above |= dict.fromkeys(finger.metacarpals, "")
        if finger.tip:
            above[finger.tip] = finger.bones[-1]
    names = (*bending, *(bone for bone in above if bone not in bending))
    place = {bone: i for i, bone in enumerate(names)}
    return LooseHand(
        bones=names,
        bending=len(bending),
        above=np.array([place.get(above[bone], -1) for bone in names], dtype=np.intp),
        rest=np.array([rests[bone] for bone in names], dtype=np.float64),
        heads=np.array([heads[bone] for bone in names], dtype=np.float64),
        wrist=bones.hand,
        wrist_rest=np.array(rests[bones.hand] if bones.hand else (1, 0, 0, 0), dtype=np.float64),
        wrist_head=np.array(heads[bones.hand] if bones.hand else (0, 0, 0), dtype=np.float64),
    )
