"""What a preview plays: the armature's own action, or a clip that was fitted onto the armature.

Either gives the rotations of some bones at many frames, for a model to see, and the whole pose at one, to be shown. Its
frames count as the scene's do: the first of a clip is frame 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import bpy
import numpy as np

from ..core.axes import rescaled, turned
from ..core.clip import Clip
from ..core.preview import FIRST_FRAME
from ..core.rotation import Array, continuous, normalize
from . import fcurves, motion, pose
from .armature import rest_pose, turn_from
from .fcurves import Floats
from .pose import Places, Rig


@dataclass(frozen=True, eq=False)
class PlayedAction:
    """An action's curves, to be asked at once and not to be kept: Blender may move or delete them at any time.

    curves: place in the pose -> curve. decided: (D,) the places that are to be read, all others stay as they are.
    """

    rig: Rig
    curves: dict[int, bpy.types.FCurve]
    decided: Places

    def rotations(self, bones: tuple[str, ...], frames: Array, still: Floats) -> Array:
        """(T, B, 4) the own rotations of `bones` at `frames` (T,). Raises ActionError where one is none.

        still: (17·B,) the pose that holds where nothing is played.
        """
        found = pose.rotations_of(self.rig, bones)
        return pose.quaternions(self.values(found.places, frames, still), found.compact())

    def values(self, places: Places, frames: Array, still: Floats) -> Floats:
        """(T, C) the numbers at `places` (C,) of the pose, at `frames` (T,)."""
        values = np.tile(still[places], (len(frames), 1))
        for column, place in enumerate(places.tolist()):
            if place in self.curves:
                values[:, column] = _values(self.curves[place], frames)
        return values

    def whole_pose(self, frame: float, still: Floats) -> Floats:
        """(17·B,) the pose at `frame`, and `still` where nothing is played."""
        result = still.copy()
        for place in self.decided.tolist():
            result[place] = self.curves[place].evaluate(frame)
        return result

    def extent(self) -> tuple[float, float]:
        """First and last frame at which what is decided has a key; the same one twice where nothing has."""
        ends: list[Any] = [self.curves[place].range() for place in self.decided.tolist()]
        if not ends:
            return float(FIRST_FRAME), float(FIRST_FRAME)
        return min(end[0] for end in ends), max(end[1] for end in ends)


def played_action(animated: dict[int, bpy.types.FCurve], rig: Rig, bones: tuple[str, ...] | None) -> PlayedAction:
    """The action whose curves move the places of the pose that `animated` names: of `bones` the rotations, or all.

    Without being shifted in time an action needs no more: Blender has put the other bones where they belong.
    """
    wanted = animated.keys() if bones is None else animated.keys() & set(pose.rotations_of(rig, bones).places.tolist())
    return PlayedAction(rig, animated, np.array(sorted(wanted), dtype=np.intp))


def _values(curve: bpy.types.FCurve, frames: Array) -> Floats:
    if len(frames) == 1:
        return np.array([curve.evaluate(float(frames[0]))], dtype=np.float32)
    return fcurves.evaluate(curve, frames.astype(np.float32))


@dataclass(frozen=True, eq=False)
class FittedClip:
    """A clip of N frames on the bones of one armature.

    fps: of the clip. bones: F bones that it turns. rotations: (N, F, 4), continuous. moved: bones that it moves.
    locations: (N, L, 3). resting: bones above those that it turns, which rest.
    """

    fps: float
    bones: tuple[str, ...]
    rotations: Array
    moved: tuple[str, ...]
    locations: Array
    resting: tuple[str, ...]


def fitted_clip(obj: Any, clip: Clip, up_axis: str) -> FittedClip:
    """The clip on the armature's bones, as it is imported onto it. Raises MotionError where no bone is found."""
    rest = rest_pose(obj)
    bones = motion.bones_by_name(clip, rest)
    fitted = rescaled(turned(clip, turn_from(up_axis, obj)), motion.size_ratio(clip, rest, bones))
    found = motion.on_bones(obj, fitted, bones)
    locations = [places.astype(np.float32) for places in found.locations.values()]
    return FittedClip(
        fps=clip.fps,
        bones=tuple(found.rotations),
        rotations=continuous(np.stack([*found.rotations.values()], axis=1)),
        moved=tuple(found.locations),
        locations=np.stack(locations, axis=1) if locations else np.zeros((len(clip), 0, 3), dtype=np.float32),
        resting=tuple(sorted(found.still)),
    )


@dataclass(frozen=True, eq=False)
class PlayedClip:
    """A fitted clip as it is played in a scene.

    step: frames of the scene between two of the clip. decided: (D,) the places in the pose that it says something
    about.
    """

    clip: FittedClip
    rig: Rig
    step: float
    decided: Places

    def rotations(self, bones: tuple[str, ...], frames: Array, still: Floats) -> Array:
        """As those of `PlayedAction`."""
        own = {bone: i for i, bone in enumerate(self.clip.bones)}
        result = np.repeat(pose.quaternions(still[None], pose.rotations_of(self.rig, bones)), len(frames), axis=0)
        known = [i for i, bone in enumerate(bones) if bone in own]
        result[:, known] = self._between(self.clip.rotations, frames, [own[bones[i]] for i in known])
        return normalize(result)

    def whole_pose(self, frame: float, still: Floats) -> Floats:
        """As that of `PlayedAction`."""
        result = still.copy()
        result[self.decided] = pose.at_rest(self.rig)[self.decided]
        q = normalize(self._between(self.clip.rotations, np.array([frame])))[0]
        pose.put_quaternions(result, pose.rotations_of(self.rig, self.clip.bones), q)
        result[self.rig.places(self.clip.moved, "location")] = self._between(self.clip.locations, np.array([frame]))[0]
        return result

    def extent(self) -> tuple[float, float]:
        """The frames of the clip's first and last frame."""
        return float(FIRST_FRAME), FIRST_FRAME + (len(self.clip.rotations) - 1) * self.step

    def _between(self, values: Array, frames: Array, columns: Sequence[int] | slice = slice(None)) -> Array:
        """What lies between the clip's own frames, in a straight line; the first and the last hold beyond it."""
        place = np.clip((np.asarray(frames, dtype=np.float64) - FIRST_FRAME) / self.step, 0, len(values) - 1)
        before = place.astype(np.intp)
        after = np.minimum(before + 1, len(values) - 1)
        share = (place - before).astype(np.float32)[:, None, None]
        return values[before][:, columns] * (1 - share) + values[after][:, columns] * share


@lru_cache(maxsize=16)
def played_clip(clip: FittedClip, rig: Rig, scene_fps: float) -> PlayedClip:
    """The clip as a scene of `scene_fps` plays it, at its own speed."""
    bones = (*clip.bones, *clip.resting)
    decided = [
        pose.rotations_of(rig, bones).places,
        *(rig.places(bones, name).ravel() for name in ("location", "scale")),
    ]
    return PlayedClip(clip, rig, scene_fps / clip.fps, np.sort(np.concatenate(decided)))
