"""A family of rigs: what its bones are called, in one small dictionary.

A family is data. Sided bones are given once, without their side; the chain of the spine is given in order, because
families differ in the number of its bones, and `spread` says which of them are LowerBack, Spine and Spine1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .canonical import SIDES, sided


@dataclass(frozen=True, eq=False)
class Family:
    """Bone names of one kind of rig.

    name: as the user knows it.
    centre: joint -> bone, for bones without a side.
    sides: part of a side ("UpLeg", "Hand", "Index1") -> bone without its side.
    spine, neck: bones from the pelvis up to the one that carries the shoulders, and from there up to below the head.
    side_words, sided_form, centre_form: how the family writes a name, as in "Left" and "{side}{bone}".
    marks: bones that tell this family from another one with the same names.
    shown: where the bones are controls that move others through constraints, the bones that show each joint's pose.
    """

    name: str
    centre: Mapping[str, str]
    sides: Mapping[str, str]
    spine: tuple[str, ...] = ()
    neck: tuple[str, ...] = ()
    side_words: tuple[str, str] = ("Left", "Right")
    sided_form: str = "{side}{bone}"
    centre_form: str = "{bone}"
    marks: tuple[str, ...] = ()
    shown: Family | None = None

    def spelled(self, bone: str, side: str = "") -> str:
        """The bone's name as this family writes it; `side` is "Left", "Right" or ""."""
        if not side:
            return self.centre_form.format(bone=bone)
        return self.sided_form.format(bone=bone, side=self.side_words[SIDES.index(side)])

    def entries(self) -> list[tuple[str, str, str]]:
        """(joint, side, bone) of every bone with a fixed joint: all but those of the spine and neck."""
        centre = [(joint, "", bone) for joint, bone in self.centre.items()]
        return centre + [(sided(part, side), side, bone) for side in SIDES for part, bone in self.sides.items()]

    def bones(self) -> dict[str, str]:
        """Joint -> bone of a complete rig of this family, spelled as it writes them."""
        chains = spread(self.spine, self.neck)
        return {joint: self.spelled(bone) for joint, bone in chains.items()} | {
            joint: self.spelled(bone, side) for joint, side, bone in self.entries()
        }


def spread(spine: Sequence[str], neck: Sequence[str]) -> dict[str, str]:
    """Joint -> bone for the bones of a spine and a neck, given from below upwards.

    The lowest spine bone is LowerBack, the one that carries the shoulders Spine1, the (lower) middle one Spine; bones
    in between keep their own motion. Of a neck the lowest bone is Neck and the highest Neck1.
    """
    joints: dict[str, str] = {}
    if spine:
        joints["LowerBack"] = spine[0]
    if len(spine) > 2:
        joints["Spine"] = spine[(len(spine) - 1) // 2]
    if len(spine) > 1:
        joints["Spine1"] = spine[-1]
    if neck:
        joints["Neck"] = neck[0]
    if len(neck) > 1:
        joints["Neck1"] = neck[-1]
    return joints


def fingers(form: str, names: Sequence[str], places: Sequence[str]) -> dict[str, str]:
    """Parts "Thumb1" … "Pinky3" -> bones `form` with {finger} and {place} filled in, for families that count alike.

    names: the five fingers from the thumb on, as the family calls them. places: its words for 1, 2 and 3.
    """
    return {
        f"{finger}{i}": form.format(finger=name, place=place)
        for finger, name in zip(("Thumb", "Index", "Middle", "Ring", "Pinky"), names, strict=True)
        for i, place in enumerate(places, 1)
    }
