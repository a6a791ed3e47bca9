"""The upper half of a BVH file: who hangs on whom, where, and which channels move it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import MotionFileError
from ..rotation import AXES
from .text import read_number, shortened

POSITIONS = tuple(f"{axis}position".lower() for axis in AXES)
ROTATIONS = {f"{axis}rotation".lower(): axis for axis in AXES}
_MOST_JOINTS = 4096


@dataclass
class Node:
    """A joint of the file, or an end site (`name` None), while it is being read."""

    name: str | None
    parent: int
    index: int
    offset: tuple[float, float, float] | None = None
    channels: tuple[str, ...] = ()
    first_channel: int = 0


@dataclass
class Hierarchy:
    """What stands above MOTION. Parents in `joints` and `end_sites` are indices of `joints`."""

    joints: list[Node] = field(default_factory=list)
    end_sites: list[Node] = field(default_factory=list)
    channels: int = 0
    last_line: int = 0  # the one of MOTION


def _statements(lines: list[str]) -> Iterator[tuple[int, list[str]]]:
    """(line number, words) of every statement: a line, or a brace wherever it stands."""
    for number, line in enumerate(lines, 1):
        for part in re.split(r"([{}])", line):
            if words := part.split():
                yield number, words


def read_hierarchy(path: Path, lines: list[str]) -> Hierarchy:
    """Everything down to MOTION. Raises MotionFileError with the line that does not fit."""
    result = Hierarchy()
    names: set[str] = set()
    open_nodes: list[Node] = []
    opening: Node | None = None
    statements = _statements(lines)
    line, words = next(statements)
    if words[0].upper() != "HIERARCHY":
        raise MotionFileError(path, f"expected HIERARCHY, the start of a BVH file, found {shortened(words[0])}", line)
    for line, words in statements:
        keyword = words[0].upper()
        node = open_nodes[-1] if open_nodes else None
        if opening is not None:
            if keyword != "{":
                raise MotionFileError(path, f"expected {{ after {_title(opening)}, found {shortened(words[0])}", line)
            open_nodes.append(opening)
            opening = None
        elif keyword == "MOTION" and node is None and result.joints:
            result.last_line = line
            return result
        elif keyword in _BEGINS.get(_kind(node), ()):
            opening = _begun(path, line, words, node, len(result.joints), names)
            (result.end_sites if opening.name is None else result.joints).append(opening)
        elif keyword == "OFFSET" and node is not None and node.offset is None:
            node.offset = _offset(path, line, words)
        elif keyword == "CHANNELS" and node is not None and node.name is not None and not node.channels:
            node.channels = _channels(path, line, words)
            node.first_channel = result.channels
            result.channels += len(node.channels)
        elif keyword == "}" and node is not None and node.offset is not None:
            open_nodes.pop()
        else:
            raise MotionFileError(path, f"expected {_expected(result, node)}, found {shortened(' '.join(words))}", line)
    raise MotionFileError(path, "the file ends before MOTION; expected the rest of skeleton and motion", len(lines))


_BEGINS = {"file": ("ROOT",), "joint": ("JOINT", "END")}


def _kind(node: Node | None) -> str:
    if node is None:
        return "file"
    return "end site" if node.name is None else "joint"


def _title(node: Node) -> str:
    return "End Site" if node.name is None else node.name


def _expected(hierarchy: Hierarchy, node: Node | None) -> str:
    if node is None:
        return "ROOT or MOTION" if hierarchy.joints else "ROOT"
    if node.offset is None:
        return f"the OFFSET of {_title(node)}"
    return "}" if node.name is None else "CHANNELS, JOINT, End Site or }"


def _begun(path: Path, line: int, words: list[str], parent: Node | None, index: int, names: set[str]) -> Node:
    """The joint or end site that a line begins; `names`, those in use, gets its name."""
    parent_index = -1 if parent is None else parent.index
    if words[0].upper() == "END":
        return Node(None, parent_index, -1)
    if len(words) < 2:
        raise MotionFileError(path, f"expected a name after {words[0]}", line)
    if index >= _MOST_JOINTS:
        raise MotionFileError(path, f"expected at most {_MOST_JOINTS} joints", line)
    name = _unused(" ".join(words[1:]), names)
    names.add(name)
    return Node(name, parent_index, index)


def _offset(path: Path, line: int, words: list[str]) -> tuple[float, float, float]:
    if len(words) != 4:
        raise MotionFileError(path, f"expected OFFSET and 3 numbers, found {len(words) - 1}", line)
    x, y, z = (read_number(path, line, word, "a number after OFFSET") for word in words[1:])
    return x, y, z


def _unused(name: str, taken: set[str]) -> str:
    """The name, or as Blender has it, the first of name.001, name.002 … that is not taken."""
    number, result = 0, name
    while result in taken:
        number += 1
        result = f"{name}.{number:03d}"
    return result


def _channels(path: Path, line: int, words: list[str]) -> tuple[str, ...]:
    channels = tuple(word.lower() for word in words[2:])
    if len(words) < 2 or words[1] != str(len(channels)):
        number = shortened(words[1] if len(words) > 1 else "")
        message = f"expected CHANNELS, a number and that many names; the number is {number}, names: {len(channels)}"
        raise MotionFileError(path, message, line)
    for channel, word in zip(channels, words[2:], strict=True):
        if channel not in POSITIONS and channel not in ROTATIONS:
            raise MotionFileError(
                path, f"expected a channel such as Xposition or Zrotation, found {shortened(word)}", line
            )
        if channels.count(channel) > 1:
            raise MotionFileError(path, f"expected each channel once, found {word} twice", line)
    return channels
