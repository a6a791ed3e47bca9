"""Turns of bones as new values for the keys of an action, and these values written.

`edits` gives the new values and writes nothing; `write_edits` puts them into an action's curves.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..core.rotation import Array, dot, exp, log, multiply, normalize
from ..core.rotation_mode import from_quaternion, to_quaternion
from . import fcurves
from .action import ActionError, Channels
from .fcurves import Floats
from .steps import Steps
from .tracks import KeyRange, Track, frames_of, keyed, union


@dataclass(frozen=True, eq=False)
class Edit:
    """New values (N,) for one curve's keys, whose frames and values were `points` (N, 2)."""

    data_path: str
    index: int
    points: Floats
    values: Floats

    @property
    def changed(self) -> int:
        """How many keys have another value."""
        return int(np.count_nonzero(self.values != self.points[:, 1]))


def require_editable_curves(tracks: Iterable[Track], asked: Collection[str]) -> None:
    """Raises ActionError where a rotation curve of a bone in `asked` is locked or has samples instead of keys."""
    for track in tracks:
        for curve in track.curves.values() if track.bone in asked else ():
            if fcurves.is_locked(curve):
                raise ActionError(
                    f"The rotation curves of the bone {track.bone} are locked: unlock them in the graph editor, or "
                    "select other bones only."
                )
            if fcurves.is_baked(curve):
                raise ActionError(
                    f"The rotation curves of the bone {track.bone} are baked to samples: turn them into keys in the "
                    "graph editor (Key > Density > Samples to Keys) first."
                )


def edits(
    tracks: Sequence[Track],
    frames: Floats,
    turns: Mapping[str, Array],
    keys: KeyRange,
    strengths: Mapping[str, float],
) -> Steps[tuple[list[Edit], float]]:
    """New values for the keys of the bones in `strengths`, and the mean angle in degrees by which these bones turn.

    turns: bone -> (T, 4) at `frames` (T,), the turn in the bone's own space after its rotation. strengths: bone -> how
    much of it to take, 0 to 1; at 0, and where a bone is not named, all stays bit for bit.
    A key between two frames takes what lies between their turns, so that its own detail stays. A curve's keys outside
    the range keep their values. Raises ActionError where a key in the range is no rotation.
    """
    changes: list[Edit] = []
    angles: list[Array] = []
    for done, track in enumerate(tracks):
        yield done / len(tracks)
        strength = strengths.get(track.bone, 0.0)
        if strength == 0 or track.bone not in turns or not track.curves:
            continue
        times = union(frames_of(track, keys))
        if not len(times):
            continue
        values = keyed(track, times)
        turn = turns_at(frames, turns[track.bone], times)
        if strength != 1:
            turn = exp(np.float32(strength) * log(turn))
        angles.append(2 * np.arctan2(np.sqrt(dot(turn[:, 1:], turn[:, 1:])), np.abs(turn[:, 0])))
        turned = from_quaternion(multiply(to_quaternion(values, track.mode), turn), track.mode, values)
        unturned = (turn[:, 1:] == 0).all(axis=-1)
        turned[unturned] = values[unturned]  # bit for bit: rounding would count as a change
        for index, curve in track.curves.items():
            points = track.points[index]
            meant = keys.mask(curve, points)
            new = points[:, 1].copy()
            new[meant] = turned[_places(times, points[meant, 0]), index]
            changes.append(Edit(track.data_path, index, points, new))
    mean = float(np.degrees(np.concatenate(angles).mean(dtype=np.float64))) if angles else 0.0
    return changes, mean


def write_edits(channels: Channels, changes: list[Edit]) -> None:
    """Put the new values into the curves of an action: the one that was read, or a copy of it."""
    curves = fcurves.by_path(channels)
    for change in changes:
        fcurves.move_keys(curves[change.data_path, change.index], change.points, change.values)


def _places(times: Floats, frames: Floats) -> slice | NDArray[np.intp]:
    """Where `frames`, all of them among the rising `times`, stand."""
    return slice(None) if np.array_equal(times, frames) else np.searchsorted(times, frames)


def turns_at(frames: Floats, turns: Array, times: Floats) -> Array:
    """Turns (T, 4) known at `frames` (T,), read at `times` (K,) between them."""
    if np.array_equal(frames, times):
        return turns
    after = np.clip(np.searchsorted(frames, times), 1, max(len(frames) - 1, 1))
    if len(frames) == 1:
        return np.repeat(turns, len(times), axis=0)
    before = after - 1
    share = np.clip((times - frames[before]) / (frames[after] - frames[before]), 0, 1)[:, None]
    first, second = turns[before], turns[after]
    second = np.where(np.sum(first * second, axis=-1, keepdims=True) < 0, -second, second)
    # Corrections are small and the frames close: the straight way differs from the arc by less than float32 does.
    return normalize(first * (1 - share) + second * share).astype(np.float32)
