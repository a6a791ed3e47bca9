"""The rotation keys of bones as few as a tolerance allows: what is to be taken out of which curve."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..core.key_reduction import reduced
from ..core.progress import Progress
from ..core.rotation import Array, continuous
from . import fcurves
from .edits import Edit
from .fcurves import Floats
from .rekey import FewerKeys, NewKeys
from .steps import Steps, part, threaded
from .tracks import KeyRange, Track, frames_of, require_rotations

_DENSE = 1.001  # frames: keys that lie closer say all that the scene shows


@dataclass(frozen=True, eq=False)
class Dense:
    """One rotation keyed at frames (T,), with values (T, n), of which the numbers `indices` have curves.

    whole: whether these are all keys that its curves have.
    """

    data_path: str
    mode: str
    indices: tuple[int, ...]
    frames: Floats
    values: Array
    whole: bool


@dataclass(frozen=True, eq=False)
class Reduction:
    """fewer: what to take out. left_alone: bones whose keys stay, because they are sparse or differ by number."""

    fewer: list[FewerKeys]
    left_alone: list[str]


def reduction(
    tracks: Sequence[Track],
    asked: Collection[str],
    keys: KeyRange,
    edits: Sequence[Edit],
    new: Sequence[NewKeys],
    degrees: float,
) -> Steps[Reduction]:
    """The fewest keys for the bones in `asked` once `edits` and `new` are written, none off by more than `degrees`.

    Rotations are reduced whose curves all have keys at the same frames, a frame apart or less: of others these keys
    do not say what plays between them. Raises ActionError where a key in the range is no rotation.
    """
    values = {(edit.data_path, edit.index): edit.values for edit in edits}
    added = {(keys_.data_path, keys_.index): keys_ for keys_ in new}
    dense, left_alone = [], []
    for done, track in enumerate(tracks):
        yield 0.2 * done / len(tracks)
        if track.bone not in asked or not any(len(frames) for frames in frames_of(track, keys)):
            continue
        found = _dense(track, keys, values, added)
        if found is None:
            left_alone.append(track.bone)
        elif len(found.frames) > 2:
            dense.append(found)
    return Reduction((yield from part(threaded(_reduced, dense, degrees), 0.2, 1.0)), left_alone)


def _dense(
    track: Track,
    keys: KeyRange,
    values: Mapping[tuple[str, int], Floats],
    added: Mapping[tuple[str, int], NewKeys],
) -> Dense | None:
    """What a rotation's keys in the range will be, None where that does not say what plays."""
    columns, frames, whole = {}, None, True
    for index, curve in track.curves.items():
        points = track.points[index]
        meant = keys.mask(curve, points)
        own = points[meant, 0], values.get((track.data_path, index), points[:, 1])[meant]
        extra = added.get((track.data_path, index))
        if extra is not None:
            inside = (extra.frames >= keys.start) & (extra.frames <= keys.end)
            own = np.append(own[0], extra.frames[inside]), np.append(own[1], extra.values[inside])
            order = np.argsort(own[0], kind="stable")
            own = own[0][order], own[1][order]
        if fcurves.has_modifiers(curve) or (frames is not None and not np.array_equal(frames, own[0])):
            return None
        if keys.selected and np.diff(np.flatnonzero(meant)).max(initial=1) > 1:
            return None  # keys that are not selected stand between
        frames, whole = own[0], whole and bool(meant.all())
        columns[index] = own[1]
    if frames is None or np.diff(frames).max(initial=0) > _DENSE or np.diff(frames).min(initial=1) <= 0:
        return None
    still = [np.full(len(frames), number) for number in track.still]
    stacked = np.stack([columns.get(index, column) for index, column in enumerate(still)], axis=-1)
    require_rotations(track, frames, stacked)
    if track.mode == "QUATERNION" and whole:
        stacked = continuous(stacked)
    return Dense(track.data_path, track.mode, tuple(columns), frames, stacked, whole)


def _reduced(dense: Sequence[Dense], degrees: float, progress: Progress) -> list[FewerKeys]:
    fewer = []
    for done, track in enumerate(dense):

        def within(share: float, done: int = done) -> None:
            progress((done + share) / len(dense))

        within(0.0)
        kept = reduced(track.frames, track.values, track.mode, degrees, within)
        left, right = kept.handles()
        for index in track.indices:
            numbers = kept.values[:, index].astype(np.float32)
            sides = (handles[:, index].astype(np.float32) for handles in (left, right))
            fewer.append(FewerKeys(track.data_path, index, track.frames[kept.kept], numbers, *sides))
    return fewer
