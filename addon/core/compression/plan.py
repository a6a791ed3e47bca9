"""What of an action is coded, what is kept exactly, and the runs of keys that `archive` writes.

Coded are rotations and locations whose numbers are keyed together and whose handles Blender sets by itself: what a
motion is made of. All other curves, and bones that would play differently between their keys, are kept exactly.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from .. import rotation
from ..handles import AUTOMATIC
from ..interpolation import BEZIER
from ..rotation import Array
from ..rotation_mode import has_rotation, to_quaternion
from .between import plays_within
from .keys import LONGEST_RUN, coded_and_back, layout, rounded_turn
from .recording import GROUP, SETTINGS, STYLES, Curve, Group, Header, RotationTrack, Run

_SAME_FRAME = 1e-3

LOCATION = ""
"""Stands for a rotation mode where a bone's location is meant."""

_ENOUGH_JOINTS = 0.7
"""Share of a model's joints that bones must be for its code to be of use."""

_SHARES = (1.0, 0.9, 0.7)
"""What keys with frames between them may be off by, in tolerances: curves between two keys go further than these."""


@dataclass(frozen=True, eq=False)
class BoneKeys:
    """All curves of one bone's rotation in `mode`, or of its location where the mode is `LOCATION`."""

    bone: str
    mode: str
    curves: tuple[Curve, ...]

    @property
    def frames(self) -> Array:
        """(N,) where the first of its curves has keys."""
        return self.curves[0].points[:, 0]

    def values(self, part: slice) -> Array:
        """(N, n) the numbers of some keys; only of curves that are keyed together."""
        return np.stack([curve.points[part, 1] for curve in self.curves], axis=-1)


@dataclass(frozen=True, eq=False)
class Place:
    """Where a bone stands in a model's pose: joint's index, and the turns (4,) with joint = left · bone · right."""

    joint: int
    left: Array
    right: Array


@dataclass(frozen=True, eq=False)
class Plan:
    """Bones that are keyed together, the others' curves, and the settings of what is coded."""

    groups: tuple[tuple[BoneKeys, ...], ...]
    exact: tuple[Curve, ...]
    header: Header


def plan(
    bones: Sequence[BoneKeys],
    others: Sequence[Curve],
    header: Header,
    places: Mapping[str, Place],
    joints: int = 0,
) -> Plan:
    """Divide an action's curves; `header` comes without groups.

    places: bone -> where it stands in the poses of the header's model, which have so many `joints`; bones of a group
    that holds less than `_ENOUGH_JOINTS` of them are coded without the model.
    Raises ArchiveError where a key cannot be held within the tolerance.
    """
    together: dict[bytes, list[BoneKeys]] = {}
    for keys in bones:
        if _can_be_coded(keys):
            together.setdefault(keys.frames.tobytes(), []).append(keys)
    groups, described = [], []
    for group in together.values():
        group.sort(key=lambda keys: keys.mode == LOCATION)
        sparse, share = _is_sparse(group[0].frames), 1.0
        if sparse:
            group, share = _playing_alike(group, header)
        known = {keys.bone for keys in group if keys.mode != LOCATION} & set(places)
        if group:
            groups.append(tuple(group))
            described.append(_group(group, {} if sparse or len(known) < _ENOUGH_JOINTS * joints else places, share))
    coded = {(keys.bone, keys.mode == LOCATION) for group in groups for keys in group}
    rest = [keys for keys in bones if (keys.bone, keys.mode == LOCATION) not in coded]
    exact = (*(curve for keys in rest for curve in keys.curves), *others)
    if not any(group.uses_poses for group in described):
        header = replace(header, model="", model_hash="", code_step=0.0)
    return Plan(tuple(groups), exact, replace(header, groups=tuple(described)))


def runs(plan: Plan) -> Iterator[Run | Curve]:
    """What is to be written, in order: runs of keys, then the curves that are kept exactly."""
    for index, group in enumerate(plan.groups):
        for first in range(0, len(group[0].frames), LONGEST_RUN):
            yield _run(index, group, slice(first, first + LONGEST_RUN))
    yield from plan.exact


def _run(index: int, group: Sequence[BoneKeys], part: slice) -> Run:
    styles = np.stack([curve.styles[part] for keys in group for curve in keys.curves], axis=1)
    places = [keys.values(part) for keys in group if keys.mode == LOCATION]
    frames = group[0].frames[part]
    return Run(
        group=index,
        first=part.start,
        frames=frames,
        styles=styles,
        rotations=tuple(keys.values(part) for keys in group if keys.mode != LOCATION),
        locations=np.stack(places, axis=1) if places else np.zeros((len(frames), 0, 3), dtype=np.float32),
    )


def _group(group: Sequence[BoneKeys], places: Mapping[str, Place], share: float) -> Group:
    tracks = [_track(keys, places) for keys in group if keys.mode != LOCATION]
    settings = [
        {**curve.settings, **({} if curve.group == keys.bone else {GROUP: curve.group})}
        for keys in group
        for curve in keys.curves
    ]
    return Group(
        rotations=tuple(tracks),
        locations=tuple(keys.bone for keys in group if keys.mode == LOCATION),
        settings={place: told for place, told in enumerate(settings) if told},
        share=share,
    )


def _track(keys: BoneKeys, places: Mapping[str, Place]) -> RotationTrack:
    if keys.bone in places:
        place = places[keys.bone]
        return RotationTrack(keys.bone, keys.mode, place.joint, rounded_turn(place.left), rounded_turn(place.right))
    return RotationTrack(keys.bone, keys.mode, axes=rounded_turn(_axes(keys)))


def _axes(keys: BoneKeys) -> Array:
    """(4,) the turn to axes about which the bone turns most and least: a hinge needs one number there, not three."""
    part = slice(0, LONGEST_RUN)
    vectors = rotation.log(rotation.continuous(to_quaternion(keys.values(part).astype(np.float64), keys.mode)))
    spread = vectors - vectors.mean(axis=0)
    axes = np.linalg.eigh(spread.T @ spread)[1][:, ::-1]
    return rotation.from_matrix(axes * [1, 1, np.linalg.det(axes)])


def _can_be_coded(keys: BoneKeys) -> bool:
    first = keys.curves[0]
    frames = first.points[:, 0]
    if len(frames) < 2 or not (np.diff(frames) > 0).all():
        return False
    handles = [STYLES.index("left_type"), STYLES.index("right_type")]
    for curve in keys.curves:
        if not np.array_equal(curve.points[:, 0], frames) or not np.isfinite(curve.points).all():
            return False
        if (curve.styles[:, STYLES.index("interpolation")] > BEZIER).any():
            return False
        if not np.isin(curve.styles[:, handles], AUTOMATIC).all():
            return False
        if set(curve.settings) - set(SETTINGS):
            return False
    return keys.mode == LOCATION or bool(has_rotation(keys.values(slice(None)), keys.mode).all())


def _is_sparse(frames: Array) -> bool:
    """Whether there is a whole frame without a key between two keys: there Blender plays what no key says."""
    whole = np.arange(np.ceil(frames[0]), np.floor(frames[-1]) + 1)
    nearest = np.minimum(np.searchsorted(frames, whole - _SAME_FRAME), len(frames) - 1)
    return bool((np.abs(frames[nearest] - whole) > _SAME_FRAME).any())


def _playing_alike(bones: list[BoneKeys], header: Header) -> tuple[list[BoneKeys], float]:
    """The bones that play within the tolerance between their keys too, and the share of it that keys may be off by."""
    share = _SHARES[0]
    for share in _SHARES:
        good = _good(bones, header, share)
        if len(good) == len(bones):
            return bones, share
    while good and len(good) < len(bones):  # without the others, the rest comes back otherwise
        bones, good = good, _good(good, header, share)
    return good, share


def _good(bones: list[BoneKeys], header: Header, share: float) -> list[BoneKeys]:
    group = _group(bones, {}, share)
    tracks = layout(header, group)
    parts = [
        coded_and_back(_run(0, bones, slice(first, first + LONGEST_RUN)), group, tracks)
        for first in range(0, len(bones[0].frames), LONGEST_RUN)
    ]
    limits = [header.length if keys.mode == LOCATION else header.degrees for keys in bones]
    return [
        keys
        for keys, back, limit in zip(bones, zip(*parts, strict=True), limits, strict=True)
        if plays_within(keys.curves, np.concatenate(back), keys.mode, limit)
    ]
