"""Data sets: takes of one skeleton at one rate, as packed arrays and as tables in the tutorial's layout, in a folder.

The folder holds `poses.npz`, `csv/TAKE.csv` and `manifest.json`. `poses.npz`: for each take q_TAKE (T, J, 4) local
rotations wxyz, continuous in sign, and p_TAKE (T, 3) root positions in metres; joints (J,) names, parents (J,),
offsets (J, 3) and tips (J, 3) metres, fps. The manifest says where each take came from, and what was left out and why.
"""

from __future__ import annotations

import json
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from . import formats
from .clip import Clip
from .errors import MenderError
from .files import reason, sha256
from .formats.csv import write as write_table
from .progress import Progress
from .rotation import Array
from .rotation_mode import from_quaternions
from .skeleton import Skeleton, end_sites_of

ARRAYS, TABLES, MANIFEST = "poses.npz", "csv", "manifest.json"
VERSION = 1
FEWEST_FRAMES = 2


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
    return DataSet(tuple(replace(take, clip=take.clip.at_rate(fps)) for take in _named_apart(same)), refused)


def read_folder(folder: Path, progress: Progress = lambda done: None) -> DataSet:
    """The motion files of a folder, by name. What cannot be read is left out. Raises DataSetError."""
    if not folder.is_dir():
        raise DataSetError(f"There is no folder {folder}: give one that holds motion files.")
    suffixes = set(formats.READABLE) - {".txt"}  # which is mostly a text about the takes
    try:
        files = sorted(path for path in folder.iterdir() if path.is_file() and path.suffix.lower() in suffixes)
    except OSError as error:
        raise DataSetError(f"{folder} cannot be read ({reason(error)}): give another folder.") from error
    takes, refused = [], {}
    for done, path in enumerate(files):
        progress(done / len(files))
        try:
            takes.append(Take(path.stem, path.name, sha256(path), formats.read(path)))
        except MenderError as error:
            refused[path.name] = str(error)
        except OSError as error:
            refused[path.name] = f"it cannot be read: {reason(error)}"
    return gathered(takes, refused)


def write(found: DataSet, folder: Path, progress: Progress = lambda done: None) -> dict[str, Any]:
    """Write arrays, tables and manifest into `folder`, which is made where it is not there; returns the manifest.

    A data set that stands there gives way when the new one is complete; progress may raise to stop, and leaves it.
    Raises DataSetError where something stands there already that is no data set, or nothing can be written.
    """
    former = _former(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=f"{folder.name}.", dir=folder.parent, ignore_cleanup_errors=True) as place:
            draft = Path(place)
            (draft / TABLES).mkdir()
            for done, take in enumerate(found.takes):
                progress(done / len(found.takes))
                write_table(replace(take.clip, translations={}), draft / TABLES / f"{take.name}.csv")
            np.savez_compressed(draft / ARRAYS, **_arrays(found))
            manifest = _manifest(found, sha256(draft / ARRAYS))
            (draft / MANIFEST).write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
            (folder / TABLES).mkdir(parents=True, exist_ok=True)
            for name in former:
                (folder / TABLES / f"{name}.csv").unlink(missing_ok=True)
            for path in (*(draft / TABLES).iterdir(), draft / ARRAYS, draft / MANIFEST):
                path.replace(folder / path.relative_to(draft))
    except OSError as error:
        raise DataSetError(f"{folder} cannot be written to ({reason(error)}): give another folder.") from error
    return manifest


def _former(folder: Path) -> list[str]:
    """Names of the takes of the data set that is in `folder`; nothing where there is none yet.

    Raises DataSetError where it holds anything else: that may have a manifest and tables too, and be somebody's.
    """
    if not folder.is_dir():
        return []
    try:
        if not any(folder.iterdir()):
            return []
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if is_packed(folder) and isinstance(manifest["version"], int) and isinstance(manifest["sha256"], str):
            return [name for take in manifest["takes"] if (name := take["name"]) == _plain(name)]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        pass  # whatever is there, it is no data set
    raise DataSetError(f"{folder} holds other files: give an empty folder for the data set.")


def is_packed(folder: Path) -> bool:
    """Whether a folder holds a data set that was written here."""
    return (folder / MANIFEST).is_file() and (folder / ARRAYS).is_file()


def read_packed(folder: Path) -> DataSet:
    """A data set from its arrays. Raises DataSetError where it is damaged or of a newer version."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if manifest["version"] != VERSION:
            raise DataSetError(f"{folder} has version {manifest['version']}, this reads {VERSION}: update the project.")
        if sha256(folder / ARRAYS) != manifest["sha256"]:
            raise DataSetError(f"{folder / ARRAYS} is not what its manifest says: pack the folder again.")
        left_out = {str(source): str(why) for source, why in manifest["left_out"].items()}
        with np.load(folder / ARRAYS, allow_pickle=False) as arrays:
            skeleton, fps = _skeleton(arrays), float(arrays["fps"])
            takes = tuple(
                Take(
                    str(told["name"]),
                    str(told["source"]),
                    str(told["sha256"]),
                    Clip(skeleton, fps, arrays[f"p_{told['name']}"], arrays[f"q_{told['name']}"]),
                )
                for told in manifest["takes"]
            )
    except _DAMAGE as error:
        raise DataSetError(f"{folder} is a damaged data set ({error}): pack it again.") from error
    if not takes:
        raise DataSetError(f"{folder} is a data set without takes: pack it again.")
    return DataSet(takes, left_out)


_DAMAGE = (
    *(OSError, EOFError, MemoryError, LookupError, ValueError, TypeError, AttributeError, ArithmeticError),
    *(RecursionError, zipfile.BadZipFile, zlib.error),
)
"""What comes of reading a folder that `write` did not write, or arrays that promise more than there is."""


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
        plain = _plain(take.name)
        name, number = plain, 1
        while name.casefold() in used:
            number += 1
            name = f"{plain}_{number}"
        used.add(name.casefold())
        result.append(replace(take, name=name))
    return result


def _plain(name: str) -> str:
    """The name without what a file's may not have; Windows keeps some names for devices."""
    plain = re.sub(r"[^\w.-]+", "_", name).strip("._") or "take"
    return f"{plain}_" if re.fullmatch(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", plain, re.IGNORECASE) else plain


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
        arrays[f"q_{take.name}"] = from_quaternions(take.clip.rotations, "QUATERNION")
        arrays[f"p_{take.name}"] = take.clip.root_position
    return arrays


def _skeleton(arrays: Any) -> Skeleton:
    parents = tuple(int(parent) for parent in arrays["parents"])
    return Skeleton(tuple(map(str, arrays["joints"])), parents, arrays["offsets"], end_sites_of(arrays["tips"]))


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
