"""ASF files: the skeleton of an Acclaim pair. Bones point along directions of the rest pose, each with axes of its own.

A bone turns about its start, which is its parent's end: so the joint of a bone has the parent's direction times length
as its offset. Limits and masses are read over.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..errors import MotionFileError
from ..rotation import Array, from_euler
from .text import read_lines, read_number, shortened
from .unit import INCH

LONGEST_LINE = 1 << 20
ROOT = "root"
_MOST_BONES = 4096
_DEGREES_OF_FREEDOM = ("tx", "ty", "tz", "rx", "ry", "rz", "l")


@dataclass(eq=False)
class Bone:
    """A bone as the file has it, lengths and angles in the file's units.

    dof: what the motion file gives for it, in order. line: where its description begins. parent: index, root -1.
    """

    name: str
    line: int
    direction: Array = field(default_factory=lambda: np.zeros(3))
    length: float = 0.0
    axis: Array = field(default_factory=lambda: np.zeros(3))
    axis_order: str = "XYZ"
    dof: tuple[str, ...] = ()
    parent: int = -1

    @property
    def vector(self) -> Array:
        """(3,) from the bone's start to its end."""
        return self.direction * self.length


@dataclass(frozen=True, eq=False)
class AcclaimSkeleton:
    """Bones with parents first; bones[0] is the root, whose `direction` is zero.

    metres: per length unit, or None where the file does not say. degrees: whether angles are degrees, else radians.
    position: (3,) where the root is at rest.
    """

    bones: list[Bone]
    metres: float | None
    degrees: bool
    position: Array

    def axes(self, bone: int) -> Array:
        """(4,) rotation from the bone's own axes into those of the rest pose."""
        angles = self.bones[bone].axis * (math.pi / 180 if self.degrees else 1)
        # The first axis named is turned about first, so it stands last in the product.
        return from_euler(angles[::-1], self.bones[bone].axis_order[::-1])


Words = tuple[int, list[str]]


def read_skeleton(path: Path) -> AcclaimSkeleton:
    """The skeleton of an ASF file. Raises MotionFileError."""
    sections = _sections(path, read_lines(path, LONGEST_LINE))
    metres, degrees = _units(path, sections.get("units", []))
    root, position = _root(path, sections["root"])
    bones = _bones(path, sections["bonedata"])
    return AcclaimSkeleton(_connected(path, [root, *bones], sections["hierarchy"]), metres, degrees, position)


def _sections(path: Path, lines: list[str]) -> dict[str, list[Words]]:
    """Line numbers and words of each section, by the name after the colon; the first entry is the colon's own line."""
    sections: dict[str, list[Words]] = {}
    current: list[Words] | None = None
    for number, line in enumerate(lines, 1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        if words[0].startswith(":"):
            current = sections.setdefault(words[0][1:].lower(), [])
        if current is None:
            raise MotionFileError(
                path, f"expected an ASF file with sections such as :root, found {shortened(line)}", number
            )
        current.append((number, words))
    for needed in ("root", "bonedata", "hierarchy"):
        if needed not in sections:
            raise MotionFileError(
                path, f"the file ends without a section :{needed}; expected a whole ASF file", len(lines)
            )
    return sections


def _units(path: Path, section: list[Words]) -> tuple[float | None, bool]:
    metres, degrees = None, True
    for line, words in section[1:]:
        key, value = words[0].lower(), words[1] if len(words) > 1 else ""
        if key == "length":
            length = read_number(path, line, value, "a length unit")
            if not 1e-6 <= length <= 1e6:
                raise MotionFileError(path, f"expected a positive length unit, found {shortened(value)}", line)
            # The database's own rule: a length in the file, divided by this number, is in inches.
            metres = INCH / length
        elif key == "angle":
            if value.lower() not in ("deg", "rad"):
                raise MotionFileError(path, f"expected angle deg or rad, found {shortened(value)}", line)
            degrees = value.lower() == "deg"
    return metres, degrees


def _numbers(path: Path, line: int, words: list[str], what: str) -> Array:
    if len(words) != 3:
        raise MotionFileError(path, f"expected 3 numbers after {what}, found {len(words)}", line)
    return np.array([read_number(path, line, word, f"a number after {what}") for word in words])


def _axes(path: Path, line: int, word: str) -> str:
    if sorted(word.upper()) != ["X", "Y", "Z"]:
        raise MotionFileError(path, f"expected an order of axes such as XYZ, found {shortened(word)}", line)
    return word.upper()


def _dof(path: Path, line: int, words: list[str]) -> tuple[str, ...]:
    dof = tuple(word.lower() for word in words)
    if len(set(dof)) != len(dof) or not set(dof) <= set(_DEGREES_OF_FREEDOM):
        message = f"expected each of {' '.join(_DEGREES_OF_FREEDOM)} at most once, found {shortened(' '.join(words))}"
        raise MotionFileError(path, message, line)
    return dof


def _root(path: Path, section: list[Words]) -> tuple[Bone, Array]:
    root = Bone(ROOT, section[0][0], dof=("tx", "ty", "tz", "rx", "ry", "rz"))
    position = np.zeros(3)
    for line, words in section[1:]:
        key = words[0].lower()
        if key == "order":
            root.dof = _dof(path, line, words[1:])
        elif key == "axis":
            root.axis_order = _axes(path, line, words[1] if len(words) > 1 else "")
        elif key == "position":
            position = _numbers(path, line, words[1:], "position")
        elif key == "orientation":
            root.axis = _numbers(path, line, words[1:], "orientation")
    return root, position


def _bones(path: Path, section: list[Words]) -> list[Bone]:
    bones: list[Bone] = []
    bone: Bone | None = None
    for line, words in section[1:]:
        key = words[0].lower()
        if key == "begin":
            if bone is not None:
                raise MotionFileError(path, "expected the end of the bone before the next one begins", line)
            bone = Bone("", line)
        elif bone is None:
            raise MotionFileError(path, f"expected begin, found {shortened(words[0])}", line)
        elif key == "end":
            if not bone.name:
                raise MotionFileError(path, "expected the name of the bone before its end", line)
            bones.append(bone)
            bone = None
        elif key == "name":
            bone.name = " ".join(words[1:])
        elif key == "direction":
            bone.direction = _numbers(path, line, words[1:], "direction")
        elif key == "length":
            bone.length = read_number(path, line, words[1] if len(words) > 1 else "", "a number after length")
        elif key == "axis":
            bone.axis = _numbers(path, line, words[1:4], "axis")
            bone.axis_order = _axes(path, line, words[4]) if len(words) > 4 else "XYZ"
        elif key == "dof":
            bone.dof = _dof(path, line, words[1:])
    if bone is not None:
        raise MotionFileError(path, "expected the end of the last bone", section[-1][0])
    if len(bones) > _MOST_BONES:
        raise MotionFileError(path, f"expected at most {_MOST_BONES} bones, found {len(bones)}", section[0][0])
    return bones


def _connected(path: Path, bones: list[Bone], section: list[Words]) -> list[Bone]:
    """The bones in the order of the file, but parents first, with `parent` set."""
    by_name: dict[str, Bone] = {}
    for bone in bones:
        if bone.name in by_name:
            raise MotionFileError(path, f"expected each bone once, found {shortened(bone.name)} twice", bone.line)
        by_name[bone.name] = bone
    parents: dict[str, str] = {}
    for line, words in section[1:]:
        if words[0].lower() in ("begin", "end"):
            continue
        for name in words:
            if name not in by_name:
                raise MotionFileError(path, f"expected bones of :bonedata, found {shortened(name)}", line)
        for child in words[1:]:
            if child in parents or child == ROOT:
                raise MotionFileError(path, f"expected one parent for {child}, found a second", line)
            parents[child] = words[0]
    result = [bones[0]]
    place = {ROOT: 0}
    waiting = bones[1:]
    while waiting:
        ready = [bone for bone in waiting if parents.get(bone.name) in place]
        if not ready:
            bone = waiting[0]
            raise MotionFileError(path, f"expected {shortened(bone.name)} to hang on the root in :hierarchy", bone.line)
        bone = ready[0]
        bone.parent = place[parents[bone.name]]
        place[bone.name] = len(result)
        result.append(bone)
        waiting.remove(bone)
    return result
