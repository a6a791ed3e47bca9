"""ASF/AMC pairs, the CMU database's own format: skeleton and motion in two files.

The motion M of a bone is in the bone's own axes C: the local rotation is C·M·C⁻¹. Limits are no part of the motion.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from ..clip import Clip
from ..errors import MotionFileError
from ..files import reason
from ..rigs import cmu
from ..rotation import AXES, Array, conjugate, continuous, from_euler, multiply, rotate
from ..skeleton import EndSite, Skeleton
from .acclaim_skeleton import LONGEST_LINE, AcclaimSkeleton, Bone, read_skeleton
from .acclaim_writing import write
from .text import number, read_lines, read_table, shortened
from .unit import guess_unit

__all__ = ["read", "skeleton_file", "write"]


def read(path: str | Path, fps: float | None = None, unit: float | None = None) -> Clip:
    """The motion of an AMC file and the ASF file that belongs to it (`skeleton_file`).

    fps: AMC files do not tell their rate; without it, it is the database's 120.
    unit: metres per length unit, instead of the one that the ASF file tells.
    Raises MotionFileError.
    """
    path = Path(path)
    if path.suffix.lower() == ".asf":
        raise MotionFileError(path, "this file holds the skeleton alone; choose the .amc file of a take beside it")
    lines = read_lines(path, LONGEST_LINE)
    rig = read_skeleton(skeleton_file(path))
    bones, table, degrees = _read_motion(path, lines, rig)
    notes = []
    if fps is None:
        fps = cmu.FPS
        notes.append(f"AMC files tell no rate: taken as {fps:g} frames per second")
    in_file_units = _skeleton(rig)
    if unit is None:
        unit = rig.metres
    if unit is None:
        unit, name = guess_unit(in_file_units)
        notes.append(f"The ASF file tells no length unit: taken as {name}, from the size of the skeleton")
    rotations, positions = _movement(rig, bones, table, degrees)
    return Clip(
        in_file_units.scaled(unit),
        fps,
        positions.pop(0) * unit,
        rotations,
        {joint: (in_file_units.offsets[joint] + moved) * unit for joint, moved in positions.items()},
        unit,
        tuple(notes),
    )


def _movement(rig: AcclaimSkeleton, bones: list[Bone], table: Array, degrees: bool) -> tuple[Array, dict[int, Array]]:
    """(T, J, 4) local rotations, and how the joints that can move are moved: joint -> (T, 3) in the file's unit."""
    rotations = np.zeros((len(table), len(rig.bones), 4))
    rotations[..., 0] = 1
    still = np.zeros(len(table))
    positions = {0: np.tile(rig.position, (len(table), 1))}
    column = 0
    for bone in bones:
        joint, axes = rig.bones.index(bone), rig.axes(rig.bones.index(bone))
        values = dict(zip(bone.dof, table[:, column : column + len(bone.dof)].T, strict=True))
        column += len(bone.dof)
        rotations[:, joint] = multiply(multiply(axes, _own_rotation(values, degrees)), conjugate(axes))
        moved = np.stack([values.get(f"t{axis}".lower(), still) for axis in AXES], axis=-1)
        if joint == 0:
            positions[0] += moved
        elif {"tx", "ty", "tz"} & set(bone.dof):
            positions[joint] = rotate(axes, moved)
    return continuous(rotations.astype(np.float32)), positions


def skeleton_file(path: Path) -> Path:
    """The ASF file of an AMC file: of the same name, of the subject (07.asf for 07_01.amc), or the folder's only one.

    Raises MotionFileError that names what was looked for.
    """
    try:
        there = sorted(file for file in path.parent.iterdir() if file.suffix.lower() == ".asf")
    except OSError as error:
        raise MotionFileError(path, f"its folder cannot be read: {reason(error)}") from error
    for stem in (path.stem, path.stem.partition("_")[0]):
        for file in there:
            if file.stem.lower() == stem.lower():
                return file
    if len(there) == 1:
        return there[0]
    names = " or ".join(dict.fromkeys((f"{path.stem}.asf", f"{path.stem.partition('_')[0]}.asf")))
    message = f"its skeleton is missing: put {names} (or one .asf file alone) into the same folder"
    raise MotionFileError(path, message)


def _skeleton(rig: AcclaimSkeleton) -> Skeleton:
    """In the file's unit. A bone's joint is its start; a bone that carries no other ends in a tip."""
    bones = rig.bones
    carrying = {bone.parent for bone in bones}
    tips = [(index, bone.vector) for index, bone in enumerate(bones) if index not in carrying]
    return Skeleton(
        names=tuple(bone.name for bone in bones),
        parents=tuple(bone.parent for bone in bones),
        offsets=np.array([rig.position] + [bones[bone.parent].vector for bone in bones[1:]]),
        end_sites=tuple(EndSite(index, (float(x), float(y), float(z))) for index, (x, y, z) in tips),
        rotation_orders=tuple(_rotation_order(bone) for bone in bones),
    )


def _rotation_order(bone: Bone) -> str:
    """In BVH's reading: what the motion file names first is turned first, so it stands last in the product."""
    named = [name[1].upper() for name in bone.dof if name.startswith("r")]
    return "".join(axis for axis in reversed(AXES) if axis not in named) + "".join(reversed(named))


def _own_rotation(values: dict[str, Array], degrees: bool) -> Array:
    """(T, 4) in the bone's own axes, of its degrees of freedom (T,) in their order."""
    named = [name for name in values if name.startswith("r")]
    missing = [f"r{axis}".lower() for axis in AXES if f"r{axis}".lower() not in named]
    frames = len(next(iter(values.values())))
    angles = np.stack([values.get(name, np.zeros(frames)) for name in reversed(named + missing)], axis=-1)
    order = "".join(name[1].upper() for name in reversed(named + missing))
    return from_euler(np.radians(angles) if degrees else angles, order)


def _read_motion(path: Path, lines: list[str], rig: AcclaimSkeleton) -> tuple[list[Bone], Array, bool]:
    """Bones with values, (T, C) values in the order of these bones, and whether angles are degrees.

    The bones of the first frame are those of every frame; others stay at rest.
    """
    by_name = {bone.name: bone for bone in rig.bones}
    order: list[str] = []
    rows: list[str] = []
    for line, frame in _frames(path, lines, by_name):
        order = order or list(frame)
        missing = [name for name in order if name not in frame]
        if missing or not frame:
            raise MotionFileError(path, f"frame {len(rows) + 1} lacks {missing[0] if missing else 'its bones'}", line)
        if len(frame) > len(order):
            extra = next(name for name in frame if name not in order)
            raise MotionFileError(path, f"frame {len(rows) + 1} has {extra}, which the first frame lacks", line)
        rows.append(" ".join([frame[name] for name in order]))
    if not rows:
        raise MotionFileError(path, "expected frames of an AMC file, found none", len(lines))
    bones = [by_name[name] for name in order]
    try:
        table = read_table(path, rows, 1, sum(len(bone.dof) for bone in bones))
    except MotionFileError:
        raise _not_a_number(path, lines) from None
    return bones, table, _in_degrees(lines, rig.degrees)


def _frames(path: Path, lines: list[str], bones: Mapping[str, Bone]) -> Iterator[tuple[int, dict[str, str]]]:
    """Of every frame the line that ends it, and the numbers of each bone that has any."""
    frame: dict[str, str] | None = None
    for line, text in enumerate(lines, 1):
        words = text.split()
        if not words or words[0].startswith(("#", ":")):
            continue
        if len(words) == 1 and words[0].isdecimal():
            if frame is not None:
                yield line, frame
            frame = {}
        elif frame is None:
            raise MotionFileError(path, f"expected the number of the first frame, found {shortened(text)}", line)
        else:
            bone = bones.get(words[0])
            if bone is None or words[0] in frame:
                what = "each bone once a frame" if bone else "a bone of the skeleton"
                raise MotionFileError(path, f"expected {what}, found {shortened(words[0])}", line)
            if len(words) - 1 != len(bone.dof):
                found = f"found {len(words) - 1}"
                raise MotionFileError(path, f"expected {len(bone.dof)} numbers for {bone.name}, {found}", line)
            if bone.dof:
                frame[words[0]] = " ".join(words[1:])
    if frame is not None:
        yield len(lines), frame


def _in_degrees(lines: list[str], usual: bool) -> bool:
    """What the file says last of its angles' unit; the skeleton's where it says nothing."""
    said = [line.split()[0].lower() for line in lines if line.lstrip().startswith(":")]
    return next((word == ":degrees" for word in reversed(said) if word in (":degrees", ":radians")), usual)


def _not_a_number(path: Path, lines: list[str]) -> MotionFileError:
    """The line of the value that is none: the rows were put together from several lines."""
    for line, text in enumerate(lines, 1):
        for word in text.split()[1:] if not re.match(r"\s*[#:]", text) else ():
            if math.isnan(number(word)):
                return MotionFileError(path, f"expected a number, found {shortened(word)}", line)
    return MotionFileError(path, "expected numbers after the names of bones", 1)
