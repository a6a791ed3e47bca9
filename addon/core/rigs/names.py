"""Reading a bone's name: which side it says and what is left of it, however it is spelled.

"mixamorig:LeftUpLeg", "thigh_l", "Bip01 L Thigh", "DEF-f_index.01.R", "lShldr", "Upper Arm.L", "Rgt_Calf": the side is
found as a word of its own (or glued on in front, "leftupleg"), separators and case are dropped, digits are kept as they
are written, because in some rigs "Finger1" and "Finger01" are two bones.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

_SIDE_WORDS = {
    **dict.fromkeys(("l", "left", "lft", "lf", "lt"), "Left"),
    **dict.fromkeys(("r", "right", "rgt", "rght", "rt"), "Right"),
}
_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_GLUED_SIDE = re.compile(r"(left|right)(.{2,})")
_GLUED_LETTER = re.compile(r"([lr])((?:thumb|index|middle|ring|pinky|little).*)")

_LONGEST_PREFIX = 3  # words, as in "m avg …" or "Character 1 …"
_SHARED_BY = 8  # bones; fewer alike are a part of the body ("hand…"), not a prefix


class BoneName(NamedTuple):
    """A bone's name read: `side` "Left", "Right" or "", and the rest, lower case without separators."""

    side: str
    stem: str


def words(name: str) -> list[str]:
    """The words of a bone's name without its namespace, in lower case: "rig:LeftUpLeg" -> left, up, leg."""
    return [word.lower() for word in _WORD.findall(name.rsplit(":", 1)[-1])]


def read(name: str, prefix: Sequence[str] = ()) -> BoneName:
    """The name's side and stem, after the leading words `prefix` are taken off where they are there."""
    parts = words(name)
    if prefix and parts[: len(prefix)] == list(prefix):
        parts = parts[len(prefix) :]
    place = _side_place(parts)
    if place is not None:
        return BoneName(_SIDE_WORDS[parts[place]], "".join(parts[:place] + parts[place + 1 :]))
    stem = "".join(parts)
    glued = _GLUED_SIDE.fullmatch(stem) or _GLUED_LETTER.fullmatch(stem)
    return BoneName(_SIDE_WORDS[glued[1]], glued[2]) if glued else BoneName("", stem)


def shared_prefixes(names: Iterable[str]) -> list[tuple[str, ...]]:
    """Leading words that many bones share and that may be no part of their names, the most shared one first.

    Words that are a side are none: "Left" in "LeftArm" belongs to the name.
    """
    counts: Counter[tuple[str, ...]] = Counter()
    for name in names:
        parts = words(name)
        for length in range(1, min(_LONGEST_PREFIX, len(parts) - 1) + 1):
            if parts[length - 1] in _SIDE_WORDS:
                break
            counts[tuple(parts[:length])] += 1
    return [prefix for prefix, count in counts.most_common() if count >= _SHARED_BY]


def _side_place(parts: Sequence[str]) -> int | None:
    """Where the word for the side is: first, last but for numbers, or else anywhere."""
    last = next((i for i in range(len(parts) - 1, -1, -1) if not parts[i].isdigit()), 0)
    for place in (0, last, *range(len(parts))):
        if place < len(parts) and parts[place] in _SIDE_WORDS:
            return place
    return None
