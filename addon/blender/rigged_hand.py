"""One hand of an armature: its bones' rotations as the hand's angles mean them, and as the bones have them.

The two differ where a bone above shares a finger bone's joint, as in a thumb whose root is split into two axes, and
where a hand's bones hang beside each other (`core.rigs.loose_hand`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import bpy
import numpy as np
from numpy.typing import NDArray

from ..core.rigs.finger_rig import FingerRig
from ..core.rigs.loose_hand import LooseHand
from ..core.rotation import Array, conjugate, continuous, multiply
from ..core.rotation_mode import property_of, to_quaternion
from . import fcurves, limbs
from .fcurves import Floats
from .tracks import ArmatureObject, Track, own_frames, rotation, union


@dataclass(frozen=True, eq=False)
class Around:
    """What a hand's bones depend on beside themselves.

    above: finger bone -> (..., 4) the own rotation of the bone above it that shares its joint. wrist: (..., 4) the own
    rotation of the wrist of a loose hand, moved: (..., 3) its own location.
    """

    above: Mapping[str, Array]
    wrist: Array
    moved: Array


@dataclass(frozen=True, eq=False)
class Turned:
    """A bone as it is to be: its own rotations (..., 4), and its own locations (..., 3) where the hand is loose."""

    track: Track
    rotations: Array
    places: Array | None = None


@dataclass(frozen=True, eq=False)
class RiggedHand:
    """A hand of an armature: which of `core.hand.SIDES` it is, its rig, its bones' tracks, and the bone above one that
    shares its joint.

    loose: where its bones hang beside each other. followers: its bones that turn with the others. wrist: that of a
    loose hand. curves: of the armature's action.
    """

    side: int
    rig: FingerRig
    tracks: tuple[Track, ...]
    before: Mapping[str, Track]
    curves: Mapping[tuple[str, int], bpy.types.FCurve]
    loose: LooseHand | None = None
    followers: tuple[Track, ...] = ()
    wrist: Track | None = None

    def frames(self) -> Floats:
        """(K,) rising: every frame at which the animator keyed one of the finger bones."""
        return union([own_frames(track) for track in self.tracks])

    def rotations(self, frames: Floats) -> Array:
        """(T, B, 4) how the bones are turned at `frames`. Raises ActionError where a curve says no rotation."""
        own = [np.broadcast_to(rotation(track, frames), (len(frames), 4)) for track in self.tracks]
        return continuous(self.joined(np.stack(own, axis=1).astype(np.float64), self.around(frames)))

    def known(self, frames: Floats) -> NDArray[np.bool_]:
        """(T, 20) whether the animator keyed the bone that shows an angle at each of the frames."""
        keyed = np.stack([np.isin(frames, own_frames(track)) for track in self.tracks], axis=1)
        result = np.zeros((len(frames), len(self.rig.usable)), dtype=bool)
        for place, joint in enumerate(self.rig.joint):
            joints = (joint, joint + 1) if self.rig.doubled[place] else (joint,)
            result[:, np.isin(self.rig.hand.joint, joints)] = keyed[:, place : place + 1]
        return result & self.rig.usable

    def around(self, frames: Floats) -> Around:
        """What curves say of it at `frames` (T,). Raises ActionError where one says no rotation."""
        if self.wrist is None:
            return self._around(lambda track: rotation(track, frames), np.zeros(3))
        path, still = fcurves.bone_path(self.wrist.bone, "location"), np.zeros(3, dtype=np.float32)
        return self._around(lambda track: rotation(track, frames), limbs.numbers(self.curves, path, still, frames))

    def around_now(self, obj: ArmatureObject) -> Around:
        """What the pose says of it as it stands."""
        moved = obj.pose.bones[self.wrist.bone].location if self.wrist else (0, 0, 0)
        return self._around(lambda track: standing_rotation(obj, track), np.array(moved, dtype=np.float64))

    def _around(self, of: Callable[[Track], Array], moved: Array) -> Around:
        above = {bone: of(track).astype(np.float64) for bone, track in self.before.items()}
        wrist = of(self.wrist).astype(np.float64) if self.wrist else np.array([1.0, 0, 0, 0])
        return Around(above, wrist, moved)

    def joined(self, own: Array, around: Around) -> Array:
        """(..., B, 4) rotations as the hand's angles mean them, of the bones' own (..., B, 4)."""
        if self.loose:
            return self.loose.linked(own, around.wrist)
        joined = own.copy()
        for place, track in enumerate(self.tracks):
            if track.bone in self.before:
                joined[..., place, :] = multiply(self._shared(track, around), own[..., place, :])
        return joined

    def turned(self, joined: Array, around: Around, bones: Collection[str]) -> list[Turned]:
        """What has to become of `bones`, and of what moves along, for `joined` (..., B, 4) to be theirs."""
        if self.loose:
            rotations, places = self.loose.loosened(joined, around.wrist, around.moved)
            moving = self.loose.carried_by(bones)
            all_tracks: Sequence[Track] = (*self.tracks, *self.followers)
            return [
                Turned(track, rotations[..., place, :], places[..., place, :])
                for place, track in enumerate(all_tracks)
                if track.bone in moving
            ]
        own = joined.copy()
        for place, track in enumerate(self.tracks):
            if track.bone in self.before:
                own[..., place, :] = multiply(conjugate(self._shared(track, around)), joined[..., place, :])
        return [Turned(track, own[..., i, :]) for i, track in enumerate(self.tracks) if track.bone in bones]

    def _shared(self, track: Track, around: Around) -> Array:
        """The rotation of the bone that shares a joint, in the axes of the one below it."""
        change = multiply(conjugate(track.rest), self.before[track.bone].rest)
        return multiply(multiply(change, around.above[track.bone]), conjugate(change))


def standing_rotation(obj: ArmatureObject, track: Track) -> Array:
    """(4,) how a bone is turned now, keyed or not."""
    values = np.array(getattr(obj.pose.bones[track.bone], property_of(track.mode)), dtype=np.float64)
    return to_quaternion(values, track.mode)


def moving_with(hands: Sequence[RiggedHand], bones: Collection[str]) -> set[str]:
    """`bones`, and the bones of loose hands among `hands` that move along with them."""
    return set(bones).union(*(hand.loose.carried_by(bones) for hand in hands if hand.loose))
