"""The hands of a rig: which bones are its fingers, from the knuckles out, whatever family it is of.

Names are read by the families' dictionaries first, and by the fingers' own words (index, proximal, PIP) where these say
nothing, as on skeletons that are a hand alone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from .canonical import FINGERS, SIDES, sided
from .match import match
from .names import read, words

_WORDS = {
    **dict.fromkeys(("thumb", "pollex"), "Thumb"),
    **dict.fromkeys(("index", "pointer", "fore"), "Index"),
    **dict.fromkeys(("middle", "mid"), "Middle"),
    "ring": "Ring",
    **dict.fromkeys(("pinky", "pinkie", "little", "small"), "Pinky"),
}
_METACARPAL = ("metacarpal", "meta", "carpal", "palm", "inhand")
_ORDER = (
    (*_METACARPAL, "cmc"),
    ("proximal", "prox", "mcp"),
    ("intermediate", "inter", "medial", "pip"),
    ("distal", "dist", "dip", "ip"),
)
_BESIDE = ("finger", "phalanx", "hand", "f", "fe", "aa", "l", "r", "left", "right")
_TIP, _WRIST = "tip", "wrist"
_MOST = 3  # bones that bend, beside a metacarpal that hardly does


@dataclass(frozen=True)
class FingerBones:
    """One finger.

    bones: those that bend, from the knuckle out: three, or two, or one; of a thumb the metacarpal is the first of them,
    which may be split into two bones, one an axis. metacarpals: bones of the palm between the hand and the knuckle,
    from the hand out, mostly none. tip: the bone without a joint of its own beyond the last, "" where there is none.
    """

    bones: tuple[str, ...]
    metacarpals: tuple[str, ...] = ()
    tip: str = ""


@dataclass(frozen=True)
class HandBones:
    """One hand.

    hand: the bone that carries all its fingers and shows how the wrist is turned; "" where none does.
    fingers: "Thumb", "Index", … in this order, those that the rig has. linked: whether each bone of a finger hangs on
    the one before; in WebXR hands all bones, the wrist and the tips too, may hang beside each other, and turning one
    moves no other.
    """

    hand: str
    fingers: Mapping[str, FingerBones]
    linked: bool = True

    @property
    def bones(self) -> tuple[str, ...]:
        """All bones that bend."""
        return tuple(bone for finger in self.fingers.values() for bone in finger.bones)


def find_hands(
    names: Sequence[str],
    parents: Sequence[int],
    keyed: Collection[str] = (),
    chosen: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, HandBones]:
    """ "Left" and "Right" -> the hand, for the hands that a rig of N bones has.

    names, parents: the bones, and the index of each one's parent, -1 for none. keyed: bones that carry keys: of several
    sets of bones the keyed one is meant. A hand alone whose names tell no side stands under "".
    chosen: joint -> the bone that a person chose for it, "" for none.
    A finger's bones hang on each other in order; what does not is left out. Raises ValueError as `match` does.
    """
    tree = _Tree(names, parents)
    known = {**match(names, parents, keyed=keyed).bones, **chosen}
    by_words = _by_words(tree, set(known.values()))
    hands = {}
    for side in (*SIDES, ""):
        fingers, linked = {}, True
        for finger in FINGERS:
            parts = [sided(f"{finger}{place}", side) for place in (1, 2, 3)] if side else []
            chain = tree.chain([known[part] for part in parts if known.get(part)])
            spoken = [] if any(part in chosen for part in parts) else by_words.get((side, finger), [])
            chain = chain or tree.chain(spoken)
            if not known and len(spoken) > 1 and len({tree.parent[bone] for bone in spoken}) == 1:
                chain, linked = sorted(spoken, key=_rank), False
            if chain:
                fingers[finger] = _finger(tree, finger, chain)
        if fingers and linked:
            named = known.get(sided("Hand", side), "") if side else ""
            hands[side] = HandBones(_hand(tree, fingers, named), fingers)
        elif fingers:
            tipped = {
                finger: replace(bones, tip=_beside(tree, side, finger, _TIP)) for finger, bones in fingers.items()
            }
            hands[side] = HandBones(_beside(tree, side, "", _WRIST), tipped, linked)
    return hands


class _Tree:
    """Bones by name: who hangs on whom."""

    def __init__(self, names: Sequence[str], parents: Sequence[int]) -> None:
        self.names = list(names)
        self.parent = {name: names[above] if above >= 0 else "" for name, above in zip(names, parents, strict=True)}
        self.children: dict[str, list[str]] = {name: [] for name in names}
        for name, above in self.parent.items():
            if above:
                self.children[above].append(name)

    def above(self, bone: str) -> list[str]:
        """The bones that carry a bone, the nearest first."""
        result = []
        while bone := self.parent[bone]:
            result.append(bone)
        return result

    def chain(self, bones: Sequence[str]) -> list[str]:
        """The bones, given from the top down, as far as each hangs on the one before."""
        result: list[str] = []
        for bone in bones:
            if result and result[-1] not in self.above(bone):
                break
            result.append(bone)
        return result


def _by_words(tree: _Tree, known: Collection[str]) -> dict[tuple[str, str], list[str]]:
    """(side, finger) -> bones, from the top down, of which every word is one that fingers have. Tips are none.

    known: bones that are some joint already, such as those of CMU's mitten, and no finger.
    """
    placing = {*_BESIDE, *(word for words_of_place in _ORDER for word in words_of_place)}
    found: dict[tuple[str, str], list[str]] = {}
    for name in sorted(set(tree.names) - set(known), key=lambda bone: (len(tree.above(bone)), tree.names.index(bone))):
        spoken = [word for word in words(name) if not word.isdigit()]
        fingers = [_WORDS[word] for word in spoken if word in _WORDS]
        if len(fingers) == 1 and all(word in _WORDS or word in placing for word in spoken):
            found.setdefault((read(name).side, fingers[0]), []).append(name)
    return found


def _rank(bone: str) -> tuple[int, str]:
    """Where on its finger the bone's words place it."""
    spoken = words(bone)
    return next((i for i, placing in enumerate(_ORDER) if any(word in placing for word in spoken)), len(_ORDER)), bone


def _finger(tree: _Tree, finger: str, chain: list[str]) -> FingerBones:
    """The chain without metacarpals before it and tips behind it."""
    metacarpals = []
    if finger != "Thumb":
        while len(chain) > 1 and (_says(chain[0], _METACARPAL) or len(chain) > _MOST + 1):
            metacarpals.append(chain.pop(0))
        chain = chain[:_MOST]
    above = tree.parent[chain[0]]
    while finger != "Thumb" and not metacarpals and above and _says(above, _METACARPAL):
        metacarpals.insert(0, above)
        above = tree.parent[above]
    below = tree.children[chain[-1]]
    return FingerBones(tuple(chain), tuple(metacarpals), below[0] if len(below) == 1 else "")


def _beside(tree: _Tree, side: str, finger: str, meant: str) -> str:
    """The bone of a side and a finger, "" for none, that a word of its name says is meant; "" where there is none."""
    for bone in tree.names:
        spoken = words(bone)
        own = {_WORDS[word] for word in spoken if word in _WORDS}
        if meant in spoken and own == ({finger} if finger else set()) and read(bone).side == side:
            return bone
    return ""


def _says(bone: str, meant: Collection[str]) -> bool:
    """Whether a word of the name, or a long part of one (LeftInHandIndex), is meant."""
    glued = "".join(words(bone))
    return any(word in meant for word in words(bone)) or any(word in glued for word in meant if len(word) > 5)


def _hand(tree: _Tree, fingers: Mapping[str, FingerBones], named: str) -> str:
    """The lowest bone that carries all fingers; the one that is named so if there is one finger only."""
    above = [tree.above((finger.metacarpals or finger.bones)[0]) for finger in fingers.values()]
    shared = [bone for bone in above[0] if all(bone in others for others in above[1:])]
    if named in shared and len(fingers) == 1:
        return named
    return shared[0] if shared else ""
