"""Where bones of an action have no keys that they should have, or keys that say nothing, and the keys that fill it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ..core.key_times import Stretch, empty_stretches, frames_between, inside, stretches_within, usual_step
from ..core.rotation import Array, multiply
from ..core.rotation_mode import from_quaternion, to_quaternion
from .edits import turns_at
from .fcurves import Floats
from .rekey import NewKeys
from .steps import Steps
from .tracks import KeyRange, Track, frames_of, keyed, past_broken_keys, union


@dataclass(frozen=True, eq=False)
class Gaps:
    """Motion that is to be made up.

    stretches: bone -> its stretches without a key. new: bone -> (N,) the frames at which it shall get keys, rising.
    lost: first and last frame of a stretch in which all motion of the bones in `marked` counts for nothing.
    """

    stretches: Mapping[str, Sequence[Stretch]] = field(default_factory=dict)
    new: Mapping[str, Floats] = field(default_factory=dict)
    lost: tuple[float, float] | None = None
    marked: frozenset[str] = frozenset()

    def missing(self, bone: str, frames: Floats) -> NDArray[np.bool_]:
        """(T,) whether the bone's motion is to be made up at each of the frames."""
        found = inside(frames, self.stretches.get(bone, ()))
        if self.lost and bone in self.marked:
            found |= (frames >= self.lost[0]) & (frames <= self.lost[1])
        return found

    def __bool__(self) -> bool:
        return bool(self.stretches) or self.lost is not None

    @property
    def frames(self) -> Floats:
        """(N,) every frame at which a key is new."""
        return union(list(self.new.values()))


def empty_gaps(tracks: Sequence[Track], asked: Collection[str], keys: KeyRange, longest: float) -> Gaps:
    """Stretches longer than `longest` frames in which a bone in `asked` has no key, though beside them it has."""
    return _gaps(
        [track for track in tracks if track.bone in asked], keys, lambda found: empty_stretches(found, longest)
    )


def marked_gap(tracks: Sequence[Track], asked: Collection[str], keys: KeyRange, first: float, last: float) -> Gaps:
    """The frames `first` to `last`: keys there count for nothing, and where some are missing new ones are put."""
    chosen = [track for track in tracks if track.bone in asked]
    found = _gaps(chosen, keys, lambda frames: stretches_within(frames, first, last))
    return Gaps(found.stretches, found.new, (first, last), frozenset(track.bone for track in chosen))


def past_broken(tracks: Sequence[Track], gaps: Gaps, everywhere: bool) -> Steps[tuple[dict[str, Track], Gaps]]:
    """Bone -> its track, read past keys that are no rotation; and the gaps with the stretches around these keys.

    everywhere: or only where the gaps are lost anyway: a broken key elsewhere is refused as it is read.
    """
    read, stretches = {}, {bone: list(found) for bone, found in gaps.stretches.items()}
    for done, track in enumerate(tracks):
        yield done / len(tracks)
        past, broken = past_broken_keys(track)
        if past.sound is None or not len(broken) or not (everywhere or gaps.missing(track.bone, broken).all()):
            continue
        ends = np.concatenate([[-np.inf], past.sound[0], [np.inf]])
        after = np.unique(np.searchsorted(ends, broken))
        read[track.bone] = past
        stretches.setdefault(track.bone, []).extend((float(ends[i - 1]), float(ends[i])) for i in after)
    return read, replace(gaps, stretches=stretches)


def new_keys(tracks: Sequence[Track], gaps: Gaps, frames: Floats, turns: Mapping[str, Array]) -> Steps[list[NewKeys]]:
    """The keys that fill the gaps: what plays there now, with the `turns` (T, 4) at `frames` (T,) after it."""
    found = []
    for done, track in enumerate(tracks):
        yield done / len(tracks)
        at = gaps.new.get(track.bone)
        if at is None or not len(at) or track.bone not in turns:
            continue
        values = keyed(track, at)
        turn = turns_at(frames, turns[track.bone], at)
        turned = from_quaternion(multiply(to_quaternion(values, track.mode), turn), track.mode, values)
        found += [NewKeys(track.data_path, index, at, turned[:, index]) for index in track.curves]
    return found


def _gaps(tracks: Sequence[Track], keys: KeyRange, find: Callable[[Floats], list[Stretch]]) -> Gaps:
    """Of every track the stretches that `find` sees in its keys' frames, where the keys at both ends are meant."""
    stretches, new = {}, {}
    for track in tracks:
        frames, meant = union(frames_of(track, KeyRange())), union(frames_of(track, keys))
        own = [stretch for stretch in find(frames) if np.isin(stretch, meant).all()]
        if own:
            step = usual_step(frames)
            stretches[track.bone] = own
            new[track.bone] = np.concatenate([frames_between(stretch, step) for stretch in own])
    return Gaps(stretches, new)
