"""Which bone of a rig moves which joint of a model, by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .cmu import JOINT_OF_BONE

MOST = 0.75


@dataclass(frozen=True)
class JointMap:
    """bone_of: joint of the model -> bone of the rig, for the joints that the rig has."""

    bone_of: Mapping[str, str]

    def __len__(self) -> int:
        return len(self.bone_of)


def match_by_name(bones: Iterable[str], joints: Sequence[str]) -> JointMap:
    """The bones that bear the joints' names, all with the same prefix (such as "Neo_") or with none.

    Of several prefixes the one that finds most joints is taken, of equal ones the shortest. The bones of the CMU
    database's ASF/AMC files (such as "lfemur") count by the joints that its BVH files name ("LeftUpLeg"). Names that
    are not the joints' own must agree for `MOST` of the joints: fewer are chance, or another kind of rig whose "Spine"
    is another bone.
    """
    present = set(bones)
    found = Counter(bone[: -len(joint)] for bone in present for joint in joints if bone.endswith(joint))
    prefix = max(found, key=lambda text: (found[text], -len(text)), default="")
    prefixed = {joint: prefix + joint for joint in joints if prefix + joint in present}
    acclaim = {JOINT_OF_BONE[bone]: bone for bone in present if JOINT_OF_BONE.get(bone) in joints}
    plain = {joint: joint for joint in joints if joint in present}
    best = max(prefixed, acclaim, key=len)
    return JointMap(best if len(best) >= MOST * len(joints) else plain)
