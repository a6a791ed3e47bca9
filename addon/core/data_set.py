"""Data sets: takes of one skeleton at one rate, as packed arrays and as tables in the tutorial's layout, in a folder.

The folder holds `poses.npz`, `csv/TAKE.csv` and `manifest.json`. `poses.npz`: for each take q_TAKE (T, J, 4) local
rotations wxyz, continuous in sign, and p_TAKE (T, 3) root positions in metres; joints (J,) names, parents (J,),
offsets (J, 3) and tips (J, 3) metres, fps. The manifest says where each take came from, and what was left out and why.
"""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from . import formats
from .clip import Clip
from .errors import MenderError
from .formats.csv import write as write_table
from .rotation import Array, continuous, normalize
from .skeleton import EndSite, Skeleton

ARRAYS, TABLES, MANIFEST = "poses.npz", "csv", "manifest.json"
VERSION = 1
FEWEST_FRAMES = 2
_SAME_RATE = 1e-3


Tree = tuple[tuple[str, ...], tuple[int, ...]]
"""Names of joints, and the index of each one's parent."""


class DataSetError(MenderError):
    """A folder that is no data set and cannot become one."""


@dataclass(frozen=True, eq=False)
class Take:
    """One recording. source: the file or action that it came from. sha256: of the file; of an action, of its motion."""

    name: str
    source: str
    sha256: str
    clip: Clip


@dataclass(frozen=True, eq=False)
class DataSet:
    """Takes of the same joints at the same rate. left_out: source -> why it is not among them."""

    takes: tuple[Take, ...]
    left_out: dict[str, str]

    @property
    def skeleton(self) -> Skeleton:
        """The joints that all takes have; bone lengths are the first take's."""
        return self.takes[0].clip.skeleton

    @property
    def fps(self) -> float:
        """The rate of all takes."""
        return self.takes[0].clip.fps


def gathered(takes: Iterable[Take], left_out: dict[str, str] | None = None) -> DataSet:
    """Takes made alike: those of the skeleton with most motion, at the rate that most of these have.

    What has other joints or less than two frames is left out. Raises DataSetError where nothing is left.
    """
    refused = dict(left_out or {})
    found = []
    for take in takes:
        if len(take.clip) < FEWEST_FRAMES:
            refused[take.source] = f"it has {len(take.clip)} frames"
        else:
            found.append(take)
    if not found:
        why = next(iter(refused.items()), None)
        raise DataSetError(
            f"There is no motion to make a data set of ({why[0]}: {why[1]})."
            if why
            else f"There is no motion to make a data set of: give a folder with {', '.join(formats.READABLE)} files."
        )
    lasting: Counter[Tree] = Counter()
    for take in found:
        lasting[_tree(take)] += round(1000 * take.clip.duration)
    joints = lasting.most_common(1)[0][0]
    for take in found:
        if _tree(take) != joints:
            refused[take.source] = _difference(take.clip.skeleton, joints[0])
    same = [take for take in found if _tree(take) == joints]
    fps = Counter(round(take.clip.fps, 3) for take in same).most_common(1)[0][0]
    fps = next(take.clip.fps for take in same if round(take.clip.fps, 3) == fps)
    return DataSet(tuple(replace(take, clip=at_rate(take.clip, fps)) for take in _named_apart(same)), refused)


def read_folder(folder: Path, progress: Callable[[float], None] = lambda done: None) -> DataSet:
    """The motion files of a folder, by name. What cannot be read is left out. Raises DataSetError."""
    if not folder.is_dir():
        raise DataSetError(f"There is no folder {folder}: give one that holds motion files.")
    suffixes = set(formats.READABLE) - {".txt", ".asf"}
    files = sorted(path for path in folder.iterdir() if path.is_file() and path.suffix.lower() in suffixes)
    takes, refused = [], {}
    for done, path in enumerate(files):
        progress(done / len(files))
        try:
            clip = formats.read(path)
        except MenderError as error:
            refused[path.name] = str(error)
            continue
        takes.append(Take(path.stem, path.name, hashlib.sha256(path.read_bytes()).hexdigest(), clip))
    return gathered(takes, refused)


def write(found: DataSet, folder: Path, progress: Callable[[float], None] = lambda done: None) -> dict[str, Any]:
    """Write arrays, tables and manifest into `folder`, which is made where it is not there; returns the manifest.

    Raises DataSetError where something stands there already that is no data set, or nothing can be written.
    """
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MANIFEST).is_file():
        raise DataSetError(f"{folder} holds other files: give an empty folder for the data set.")
    try:
        (folder / TABLES).mkdir(parents=True, exist_ok=True)
        for old in (folder / TABLES).glob("*.csv"):
            old.unlink()
        for done, take in enumerate(found.takes):
            progress(done / len(found.takes))
            write_table(replace(take.clip, translations={}), folder / TABLES / f"{take.name}.csv")
        np.savez_compressed(folder / ARRAYS, **_arrays(found))
        manifest = _manifest(found, hashlib.sha256((folder / ARRAYS).read_bytes()).hexdigest())
        (folder / MANIFEST).write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise DataSetError(f"{folder} cannot be written to ({error.strerror}): give another folder.") from error
    return manifest


def is_packed(folder: Path) -> bool:
    """Whether a folder holds a data set that was written here."""
    return (folder / MANIFEST).is_file() and (folder / ARRAYS).is_file()


def read_packed(folder: Path) -> DataSet:
    """A data set from its arrays. Raises DataSetError where it is damaged or of a newer version."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if manifest["version"] != VERSION:
            raise DataSetError(f"{folder} has version {manifest['version']}, this reads {VERSION}: update the project.")
        if hashlib.sha256((folder / ARRAYS).read_bytes()).hexdigest() != manifest["sha256"]:
            raise DataSetError(f"{folder / ARRAYS} is not what its manifest says: pack the folder again.")
        with np.load(folder / ARRAYS) as arrays:
            skeleton = _skeleton(arrays)
            takes = [
                Take(
                    told["name"],
                    told["source"],
                    told["sha256"],
                    Clip(skeleton, float(arrays["fps"]), arrays[f"p_{told['name']}"], arrays[f"q_{told['name']}"]),
                )
                for told in manifest["takes"]
            ]
    except (OSError, KeyError, ValueError, TypeError, zipfile.BadZipFile) as error:
        raise DataSetError(f"{folder} is a damaged data set ({error}): pack it again.") from error
    if not takes:
        raise DataSetError(f"{folder} is a data set without takes: pack it again.")
    return DataSet(tuple(takes), dict(manifest["left_out"]))


def at_rate(clip: Clip, fps: float) -> Clip:
    """The clip at another rate, read between its frames."""
    if abs(clip.fps - fps) <= _SAME_RATE * fps:
        return clip if clip.fps == fps else replace(clip, fps=fps)
    count = int(np.floor(clip.duration * fps + _SAME_RATE)) + 1
    at = np.minimum(np.arange(count) * (clip.fps / fps), len(clip) - 1)
    before = np.minimum(at.astype(int), len(clip) - 2)
    share = (at - before).astype(np.float32)
    rotations = continuous(clip.rotations)

    def between(values: Array) -> Array:
        weight = share.reshape(-1, *(1,) * (values.ndim - 1))
        return values[before] * (1 - weight) + values[before + 1] * weight

    return replace(
        clip,
        fps=fps,
        root_position=between(clip.root_position),
        rotations=normalize(between(rotations)),
        translations={joint: between(positions) for joint, positions in clip.translations.items()},
    )


def _tree(take: Take) -> Tree:
    return take.clip.skeleton.names, tuple(take.clip.skeleton.parents)


def _difference(skeleton: Skeleton, names: Sequence[str]) -> str:
    lacking = [name for name in names if name not in skeleton.names]
    more = [name for name in skeleton.names if name not in names]
    told = [f"it lacks {_some(lacking)}"] if lacking else []
    told += [f"it has {_some(more)} besides"] if more else []
    return " and ".join(told) or "its joints hang in another order"


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (" …" if len(names) > 3 else "")


def _named_apart(takes: Sequence[Take]) -> list[Take]:
    """The takes with names that a file and an array can have, each once."""
    used: set[str] = set()
    result = []
    for take in takes:
        plain = re.sub(r"[^\w.-]+", "_", take.name).strip("._") or "take"
        name, number = plain, 1
        while name.casefold() in used:
            number += 1
            name = f"{plain}_{number}"
        used.add(name.casefold())
        result.append(replace(take, name=name))
    return result


def _arrays(found: DataSet) -> dict[str, Array]:
    skeleton = found.skeleton
    arrays: dict[str, Any] = {
        "joints": np.array(skeleton.names),
        "parents": np.array(skeleton.parents),
        "offsets": skeleton.offsets,
        "tips": skeleton.tips(),
        "fps": np.float64(found.fps),
    }
    for take in found.takes:
        q = continuous(take.clip.rotations)
        arrays[f"q_{take.name}"] = q * np.where(q[:1, :, :1] < 0, -1, 1).astype(q.dtype)
        arrays[f"p_{take.name}"] = take.clip.root_position
    return arrays


def _skeleton(arrays: Any) -> Skeleton:
    tips = arrays["tips"]
    found = [(int(joint), tips[joint].tolist()) for joint in np.flatnonzero(tips.any(axis=-1))]
    sites = tuple(EndSite(joint, (x, y, z)) for joint, (x, y, z) in found)
    parents = tuple(int(parent) for parent in arrays["parents"])
    return Skeleton(tuple(map(str, arrays["joints"])), parents, arrays["offsets"], sites)


def _manifest(found: DataSet, sha256: str) -> dict[str, Any]:
    return {
        "version": VERSION,
        "fps": found.fps,
        "joints": list(found.skeleton.names),
        "frames": sum(len(take.clip) for take in found.takes),
        "sha256": sha256,
        "takes": [
            {"name": take.name, "source": take.source, "frames": len(take.clip), "sha256": take.sha256}
            for take in found.takes
        ],
        "left_out": found.left_out,
    }
