"""Whole actions into files and out of them: the smallest of several ways, and curves from what comes back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from ..files import reason
from ..progress import Progress
from ..rotation import Array
from ..rotation_mode import from_quaternions, property_of, to_quaternion
from . import archive
from .archive import Archive
from .block import PoseCode
from .plan import Plan, runs
from .recording import GROUP, Bytes, Curve, Group, Run


def write_smallest(path: Path, ways: Sequence[tuple[Plan, PoseCode | None]], progress: Progress) -> Archive:
    """Write an action in each of these ways, at least one, and keep the smallest file.

    progress: is told the share done, and may raise to stop: then no file is left, and one of that name as it was.
    Raises ArchiveError.
    """
    try:
        with TemporaryDirectory(prefix=f"{path.name}.", dir=path.parent, ignore_cleanup_errors=True) as folder:
            drafts = []
            for number, (plan, poses) in enumerate(ways):
                drafts.append(Path(folder, str(number), path.name))
                drafts[-1].parent.mkdir()
                told = _told(plan, number / len(ways), 1 / len(ways), progress)
                archive.write(drafts[-1], plan.header, told, poses)
            min(drafts, key=lambda draft: draft.stat().st_size).replace(path)
    except OSError as error:
        raise archive.ArchiveError(f"{path.name} cannot be written ({reason(error)}): choose another place.") from error
    return archive.scan(path)


def _told(plan: Plan, start: float, share: float, progress: Progress) -> Iterator[Run | Curve]:
    keys = sum(len(group[0].frames) for group in plan.groups) or 1
    written = 0
    for part in runs(plan):
        progress(start + share * written / keys)
        yield part
        written += len(part.frames) if isinstance(part, Run) else 0


def read_curves(
    found: Archive,
    poses: PoseCode | None,
    modes: Mapping[str, str],
    path_of: Callable[[str, str], str],
    progress: Progress,
) -> list[Curve]:
    """The curves of an action, from all chunks that are intact.

    modes: bone -> the rotation mode that it has now, where it is another than the file's the numbers are those of the
    mode that it has; curves of that mode which lay idle beside them are left out. path_of: from bone and property to
    the data path of its curves. Raises ArchiveError.
    """
    groups = found.header.groups
    pieces: list[list[Run]] = [[] for _ in groups]
    exact = []
    for done, part in enumerate(archive.parts(found, poses)):
        progress(done / max(len(found.chunks), 1))
        if isinstance(part, Run):
            pieces[part.group].append(part)
        else:
            exact.append(part)
    coded = (
        curve for group, own in zip(groups, pieces, strict=True) if own for curve in _curves(group, own, modes, path_of)
    )
    curves: dict[tuple[str, int], Curve] = {}
    for curve in (*coded, *exact):
        curves.setdefault((curve.data_path, curve.index), curve)
    return list(curves.values())


def _curves(
    group: Group, pieces: list[Run], modes: Mapping[str, str], path_of: Callable[[str, str], str]
) -> Iterator[Curve]:
    pieces = sorted(pieces, key=lambda run: run.first)
    frames = np.concatenate([run.frames for run in pieces])
    styles = np.concatenate([run.styles for run in pieces])
    place = 0
    for number, track in enumerate(group.rotations):
        values = np.concatenate([run.rotations[number] for run in pieces])
        mode = modes.get(track.bone, track.mode)
        own = styles[:, place : place + values.shape[1]]
        settings = [dict(group.settings.get(place + i, {})) for i in range(values.shape[1])]
        place += values.shape[1]
        if mode != track.mode:
            values = from_quaternions(to_quaternion(values, track.mode), mode)
            own, settings = own[:, [0] * values.shape[1]], [settings[0]] * values.shape[1]
        yield from _bone(track.bone, path_of(track.bone, property_of(mode)), frames, values, own, settings)
    for number, bone in enumerate(group.locations):
        values = np.concatenate([run.locations[:, number] for run in pieces])
        settings = [dict(group.settings.get(place + i, {})) for i in range(3)]
        yield from _bone(bone, path_of(bone, "location"), frames, values, styles[:, place : place + 3], settings)
        place += 3


def _bone(
    bone: str, path: str, frames: Array, values: Array, styles: Bytes, settings: list[dict[str, object]]
) -> Iterator[Curve]:
    none = np.zeros((len(frames), 0), dtype=np.float32)
    for index in range(values.shape[1]):
        points = np.stack([frames, values[:, index]], axis=-1).astype(np.float32)
        told = dict(settings[index])
        yield Curve(path, index, str(told.pop(GROUP, bone)), points, none, none, styles[:, index], none, told)
