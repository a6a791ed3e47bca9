"""Finding which bone of a rig moves which joint of a model: what is certain is taken, what is not is suggested."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from ..rotation import Array
from .cmu import JOINT_OF_BONE
from .joint_map import ROOT, JointMap, joints_above
from .match import BY_STRUCTURE, match, off_chain

MOST = 0.75


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


def match_rig(
    bones: Sequence[str], parents: Sequence[int], rest_positions: Array, joints: Sequence[str], keyed: Iterable[str]
) -> JointMap:
    """The bones of a rig of any known family, or else those that bear the joints' names.

    bones, parents, rest_positions, keyed: as `match` takes them. joints: the model's. Doubtful joints are left out and
    suggested, among them all that only the rig's structure shows; and with one that hangs elsewhere in the rig those
    below it, because their local rotations are others. Of controls it does not matter where they hang.
    """
    rig = match(bones, parents, rest_positions, frozenset(keyed))
    own = replace(match_by_name(bones, joints), root=rig.bones.get(ROOT, ""))
    known = {joint: bone for joint, bone in rig.bones.items() if joint in joints}
    if rig.family == BY_STRUCTURE:
        found = {joint: bone for joint, bone in known.items() if joint not in own.bone_of}
        found = {joint: bone for joint, bone in found.items() if bone not in own.bone_of.values()}
        return replace(own, left_out={joint: rig.doubtful[joint] for joint in found}, suggested=found)
    if not rig.family or len(known) < MOST * len(own):
        return own
    unseen = [joint for joint in known if rig.seen and joint not in rig.seen]
    left_out = {joint: f"no bone shows what {known[joint]} does" for joint in unseen}
    for joint in rig.bones:
        above = next((other for other in joints_above(joint) if other in left_out), None)
        if joint in rig.doubtful:
            left_out[joint] = rig.doubtful[joint]
        elif above is not None and not rig.seen:
            left_out[joint] = f"it hangs below {above}, which is left out"
    elsewhere = {} if rig.seen else off_chain(known, bones, parents)
    return JointMap(
        {joint: bone for joint, bone in known.items() if joint not in left_out},
        {joint: reason for joint, reason in left_out.items() if joint in joints},
        "" if known.items() <= own.bone_of.items() else rig.family,
        {joint: bone for joint, bone in known.items() if joint in left_out and joint not in elsewhere},
        {joint: bone for joint, bone in rig.seen.items() if joint in joints or joint == ROOT},
        own.root,
    )
