"""Writing ASF/AMC pairs: any skeleton with one root, as bones from joint to joint."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np

from ..clip import Clip
from ..errors import MotionFileError
from ..rotation import Array
from ..skeleton import Skeleton
from .angles import smooth_degrees
from .unit import INCH
from .writing import decimal, require_frames, write_files

_NEAR = 1e-6


def write(clip: Clip, path: str | Path) -> None:
    """Write the motion to `path` (.amc) and the skeleton beside it, under the same name with .asf.

    A bone ends where the bones on it begin. Where joints begin elsewhere than at the end of their parent's bone, a
    bone without motion leads there, named after the joint with `_start`. Joint 0 is always called "root" in a file.
    Raises MotionFileError where the clip has no frame or several roots, or where a file cannot be written.
    """
    path = Path(path)
    require_frames(clip, path)
    if clip.skeleton.parents.count(-1) > 1:
        raise MotionFileError(path, "ASF files hold one skeleton with one root; write a BVH")
    names = _names(clip.skeleton)
    skeleton = _skeleton_text(clip, names).encode()
    write_files({path.with_suffix(".asf"): skeleton, path: _motion_text(clip, names).encode()})


def _names(skeleton: Skeleton) -> list[str]:
    """Names of one word each, all different."""
    names = ["root"]
    for name in skeleton.names[1:]:
        word = "_".join(name.replace("#", "_").lstrip(":").split()) or "bone"
        if word.isdecimal() or word.lower() in ("begin", "end"):
            word = f"bone_{word}"
        while word in names:
            word += "_"
        names.append(word)
    return names


def _vectors(skeleton: Skeleton) -> Array:
    """(J, 3) metres from each joint to the end of its bone: where its children are if all are there, else zero."""
    result = np.zeros((len(skeleton), 3))
    for joint in range(1, len(skeleton)):
        children = [skeleton.offsets[child] for child in skeleton.children(joint)]
        tips = [site.offset for site in skeleton.end_sites if site.parent == joint]
        ends = children or tips[:1]
        if ends and np.allclose(ends, ends[0], atol=_NEAR):
            result[joint] = ends[0]
    return result


def _skeleton_text(clip: Clip, names: list[str]) -> str:
    skeleton = clip.skeleton
    vectors = _vectors(skeleton)
    hierarchy: dict[str, list[str]] = {}
    bones: list[list[str]] = []
    for joint in range(1, len(skeleton)):
        parent = skeleton.parents[joint]
        gap = skeleton.offsets[joint] - vectors[parent]
        start = names[parent]
        if np.linalg.norm(gap) > _NEAR:
            start = f"{names[joint]}_start"
            while start in names:
                start += "_"
            hierarchy.setdefault(names[parent], []).append(start)
            bones.append(_bone(len(bones) + 1, start, gap / clip.unit, ""))
        hierarchy.setdefault(start, []).append(names[joint])
        dof = " ".join(_dof(clip, joint))
        bones.append(_bone(len(bones) + 1, names[joint], vectors[joint] / clip.unit, dof))
    order = " ".join(name.upper() for name in _dof(clip, 0))
    return "\n".join(
        [
            ":version 1.10",
            ":name motion",
            ":units",
            "  mass 1.0",
            f"  length {INCH / clip.unit:.12g}",
            "  angle deg",
            ":root",
            f"  order {order}",
            "  axis XYZ",
            "  position 0 0 0",
            "  orientation 0 0 0",
            ":bonedata",
            *itertools.chain(*bones),
            ":hierarchy",
            "  begin",
            *(f"    {parent} {' '.join(children)}" for parent, children in hierarchy.items()),
            "  end",
            "",
        ]
    )


def _dof(clip: Clip, joint: int) -> list[str]:
    """Degrees of freedom as the files name them: what is turned first comes first."""
    moves = ["tx", "ty", "tz"] if joint == 0 or joint in clip.translations else []
    return [*moves, *(f"r{axis}".lower() for axis in reversed(clip.skeleton.rotation_orders[joint]))]


def _bone(number: int, name: str, vector: Array, dof: str) -> list[str]:
    length = float(np.linalg.norm(vector))
    direction = vector / length if length else np.array([0.0, 0.0, 1.0])
    return [
        "  begin",
        f"    id {number}",
        f"    name {name}",
        f"    direction {' '.join(f'{value:.9f}' for value in direction)}",
        f"    length {decimal(length)}",
        "    axis 0 0 0 XYZ",
        *([f"    dof {dof}"] if dof else []),
        "  end",
    ]


def _motion_text(clip: Clip, names: list[str]) -> str:
    skeleton = clip.skeleton
    columns: list[Array] = []
    formats: list[str] = []
    angles = smooth_degrees(clip.rotations, skeleton.rotation_orders)
    for joint, name in enumerate(names):
        values = angles[:, joint, ::-1]
        if joint == 0:
            values = np.concatenate([clip.root_position / clip.unit, values], axis=1)
        elif joint in clip.translations:
            moved = (clip.translations[joint] - skeleton.offsets[joint]) / clip.unit
            values = np.concatenate([moved, values], axis=1)
        columns.append(values)
        formats.append(" ".join([name] + ["%.6f"] * values.shape[1]))
    line_format = "\n".join(["%d", *formats])
    rows = np.concatenate(columns, axis=1).tolist()
    frames = [line_format % (number, *row) for number, row in enumerate(rows, 1)]
    return "\n".join([":FULLY-SPECIFIED", ":DEGREES", *frames, ""])
