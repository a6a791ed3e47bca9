"""An armature's bones fitted to a model's joints once, so that poses can be turned into joints in arrays alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..core.rigs.fit import Fit
from ..core.rigs.joint_map import JointMap
from ..core.rotation import Array, conjugate, multiply
from ..core.skeleton import Skeleton
from . import retarget
from .steps import finish
from .tracks import ArmatureObject, Track


@dataclass(frozen=True)
class NoChannels:
    """What stands for the curves of an armature that has no action."""

    fcurves: Sequence[object] = ()


def fit_of(obj: ArmatureObject, joints: JointMap, skeleton: Skeleton, reference: Array) -> Fit:
    """How the joints of a model follow from the bones that `joints` names.

    skeleton, reference: the model's joints and (J, 4) the rotations that stand in for those that the rig lacks.
    Raises RetargetError where the rig has none of them.
    """
    binding = finish(retarget.bind(obj, NoChannels(), joints, skeleton, reference))
    present = [joint for joint, track in enumerate(binding.tracks) if track is not None]
    tracks: list[Track] = binding.matched
    place = {track.bone: i for i, track in enumerate(tracks)}
    for track in (track for joint in present for track in binding.between[joint]):
        if track.bone not in place:
            place[track.bone] = len(tracks)
            tracks.append(track)
    rest = np.stack([track.rest for track in tracks])
    own = rest[: len(present)]
    return Fit(
        bones=tuple(track.bone for track in tracks),
        joints=np.array(present, dtype=np.intp),
        reference=binding.reference,
        left=multiply(binding.alignment.left[present], own),
        right=multiply(conjugate(own), binding.alignment.right[present]),
        rest=rest,
        between={
            i: tuple(place[track.bone] for track in binding.between[joint])
            for i, joint in enumerate(present)
            if binding.between[joint]
        },
    )
