"""BVH files: a hierarchy of joints with offsets and channels, then one line of numbers a frame.

Positions in a file replace the offset of their joint, as Blender's importer has it. Angles are degrees; the channels'
order is the order of the matrix product: "Zrotation Yrotation Xrotation" is Rz·Ry·Rx.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import numpy as np

from ..clip import Clip
from ..errors import MotionFileError
from ..rotation import AXES, Array, continuous, from_euler
from ..skeleton import DEFAULT_ROTATION_ORDER, EndSite, Skeleton
from .angles import smooth_degrees
from .bvh_hierarchy import POSITIONS, ROTATIONS, Hierarchy, Node, read_hierarchy
from .text import number, read_lines, read_table, shortened
from .unit import guess_unit
from .writing import decimal, require_frames, write_files

_LONGEST_LINE = 4 << 20
_FRAME_TIMES = (1e-6, 1e3)  # seconds


def read(path: str | Path, fps: float | None = None, unit: float | None = None) -> Clip:
    """The motion of a BVH file.

    fps: the rate where the file's `Frame Time` is no sensible one; else the file is believed.
    unit: metres per length unit of the file; without it, it is guessed from the skeleton (`guess_unit`).
    Raises MotionFileError.
    """
    path = Path(path)
    lines = read_lines(path, _LONGEST_LINE)
    hierarchy = read_hierarchy(path, lines)
    if not hierarchy.channels:
        raise MotionFileError(path, "expected at least one joint with CHANNELS", hierarchy.last_line)
    first, frames, fps = _read_motion_header(path, lines, hierarchy.last_line, fps)
    table = read_table(path, lines[first:], first + 1, hierarchy.channels)
    if len(table) != frames:
        message = f"'Frames:' promises {frames} frames, but {len(table)} lines of motion follow; mend one of them"
        raise MotionFileError(path, message, first)
    if not frames:
        raise MotionFileError(path, "the file holds a skeleton without motion; expected at least one frame", first)
    return _clip(hierarchy, table, fps, unit)


def _read_motion_header(path: Path, lines: list[str], motion: int, fps: float | None) -> tuple[int, int, float]:
    """Index of the first line after `Frame Time:`, number of frames promised, frames per second."""
    filled = [index for index in range(motion, min(len(lines), motion + 100)) if lines[index].strip()][:2]
    texts = [lines[index].strip() for index in filled] + ["", ""]
    end = len(lines)
    count = re.fullmatch(r"frames\s*:\s*(\d{1,18})", texts[0], re.IGNORECASE | re.ASCII)
    if not count:
        line = filled[0] + 1 if filled else end
        raise MotionFileError(path, f"expected 'Frames:' and a whole number, found {shortened(texts[0])}", line)
    time = re.fullmatch(r"frame\s*time\s*:\s*(\S+)", texts[1], re.IGNORECASE)
    line = filled[1] + 1 if len(filled) > 1 else end
    if not time:
        raise MotionFileError(path, f"expected 'Frame Time:' and seconds, found {shortened(texts[1])}", line)
    try:
        fps = frame_rate(time[1])
    except ValueError as error:
        if fps is None:
            raise MotionFileError(path, f"{error}, found {shortened(time[1])}", line) from None
    return filled[1] + 1, int(count[1]), fps


def frame_rate(frame_time: str) -> float:
    """Frames per second of a frame time in seconds as it is written: ".0083333" is 120, "0.0333667" 30000/1001.

    A whole rate or one of video's thousandths is meant where the written digits leave room for it.
    Raises ValueError where this is no number of seconds that a frame can last.
    """
    seconds = number(frame_time)
    if not _FRAME_TIMES[0] <= seconds <= _FRAME_TIMES[1]:
        raise ValueError("expected a frame time in seconds such as 0.0083333")
    exponent = Decimal(frame_time).as_tuple().exponent
    last_digit = 10.0**exponent if isinstance(exponent, int) else 0.0
    rate = 1 / seconds
    whole = max(round(rate), 1)
    for candidate in sorted((whole, round(rate * 1.001) * 1000 / 1001 or 1), key=lambda c: abs(c - rate)):
        if abs(1 / candidate - seconds) <= min(last_digit, 2e-3 * seconds):
            return float(candidate)
    return rate


def _clip(hierarchy: Hierarchy, table: Array, fps: float, unit: float | None) -> Clip:
    joints = hierarchy.joints
    orders = tuple(_rotation_order(joint) for joint in joints)
    in_file_units = Skeleton(
        names=tuple(joint.name or "" for joint in joints),
        parents=tuple(joint.parent for joint in joints),
        offsets=np.array([joint.offset for joint in joints]),
        end_sites=tuple(EndSite(site.parent, site.offset or (0.0, 0.0, 0.0)) for site in hierarchy.end_sites),
        rotation_orders=orders,
    )
    notes: tuple[str, ...] = ()
    if unit is None:
        unit, name = guess_unit(in_file_units)
        notes = (f"BVH files name no length unit: taken as {name}, from the size of the skeleton",)
    positions = {
        joint.index: _columns(joint, table, POSITIONS) * unit
        for joint in joints
        if any(channel in POSITIONS for channel in joint.channels)
    }
    skeleton = in_file_units.scaled(unit)
    root = positions.pop(0, np.broadcast_to(skeleton.offsets[0], (len(table), 3)))
    return Clip(skeleton, fps, root, _rotations(joints, orders, table), positions, unit, notes)


def _rotation_order(joint: Node) -> str:
    """The order of the rotation channels; axes without a channel stand at the end, where they change nothing."""
    axes = [ROTATIONS[channel] for channel in joint.channels if channel in ROTATIONS]
    if not axes:
        return DEFAULT_ROTATION_ORDER
    return "".join(axes + [axis for axis in AXES if axis not in axes])


def _columns(joint: Node, table: Array, channels: Sequence[str]) -> Array:
    """(T, len(channels)) values of a joint's channels; one that it does not have is zero."""
    result = np.zeros((len(table), len(channels)))
    for i, channel in enumerate(channels):
        if channel in joint.channels:
            result[:, i] = table[:, joint.first_channel + joint.channels.index(channel)]
    return result


def _rotations(joints: Sequence[Node], orders: Sequence[str], table: Array) -> Array:
    """(T, J, 4) float32, continuous in time. Joints of one order are turned together."""
    result = np.empty((len(table), len(joints), 4), dtype=np.float32)
    for order in set(orders):
        members = [index for index, other in enumerate(orders) if other == order]
        channels = [f"{axis}rotation".lower() for axis in order]
        angles = np.stack([_columns(joints[index], table, channels) for index in members], axis=1)
        if np.abs(angles).max(initial=0) > 720:  # one turn of a quaternion, within which float32 is exact to 1e-5°
            angles = np.fmod(angles, 720)
        result[:, members] = from_euler(np.radians(angles).astype(np.float32), order)
    return continuous(result)


def write(clip: Clip, path: str | Path) -> None:
    """Write the clip: its hierarchy, offsets and rotation orders, lengths in the clip's unit.

    Raises MotionFileError where there is no frame, or the file cannot be written.
    """
    path = Path(path)
    require_frames(clip, path)
    order = _depth_first(clip.skeleton)
    lines = ["HIERARCHY", *_written_hierarchy(clip, order)]
    lines += ["MOTION", f"Frames: {len(clip)}", f"Frame Time: {1 / clip.fps:.12g}"]
    line_format = " ".join(["%.6f"] * sum(3 + 3 * _has_position(clip, joint) for joint in order))
    lines += [line_format % tuple(row) for row in _written_table(clip, order).tolist()]
    write_files({path: ("\n".join(lines) + "\n").encode()})


def _depth_first(skeleton: Skeleton) -> list[int]:
    """Joints in the order in which a nested hierarchy names them."""
    children: list[list[int]] = [[] for _ in range(len(skeleton))]
    waiting: list[int] = []
    for joint, parent in enumerate(skeleton.parents):
        (waiting if parent < 0 else children[parent]).append(joint)
    waiting.reverse()
    result = []
    while waiting:
        joint = waiting.pop()
        result.append(joint)
        waiting += reversed(children[joint])
    return result


def _has_position(clip: Clip, joint: int) -> bool:
    return joint == 0 or joint in clip.translations


def _written_hierarchy(clip: Clip, order: Sequence[int]) -> list[str]:
    skeleton = clip.skeleton
    tips: dict[int, list[Array]] = {joint: [] for joint in order}
    for site in skeleton.end_sites:
        tips[site.parent].append(np.array(site.offset))
    # Other programs want every chain to end in an end site.
    for joint in set(order) - set(skeleton.parents):
        tips[joint] = tips[joint] or [np.zeros(3)]
    lines: list[str] = []
    open_joints: list[int] = []

    def close_down_to(parent: int) -> None:
        while open_joints and open_joints[-1] != parent:
            open_joints.pop()
            lines.append("\t" * len(open_joints) + "}")

    for joint in order:
        parent = skeleton.parents[joint]
        close_down_to(parent)
        indent = "\t" * len(open_joints)
        channels = [f"{axis}position" for axis in AXES] if _has_position(clip, joint) else []
        channels += [f"{axis}rotation" for axis in skeleton.rotation_orders[joint]]
        lines.append(f"{indent}{'ROOT' if parent < 0 else 'JOINT'} {_written_name(skeleton.names[joint])}")
        lines.append(f"{indent}{{")
        lines.append(f"{indent}\tOFFSET {_written_vector(skeleton.offsets[joint] / clip.unit)}")
        lines.append(f"{indent}\tCHANNELS {len(channels)} {' '.join(channels)}")
        for tip in tips[joint]:
            offset = _written_vector(tip / clip.unit)
            lines += [f"{indent}\tEnd Site", f"{indent}\t{{", f"{indent}\t\tOFFSET {offset}", f"{indent}\t}}"]
        open_joints.append(joint)
    close_down_to(-1)
    return lines


def _written_name(name: str) -> str:
    """Braces and line ends would break the hierarchy."""
    return " ".join(name.translate(str.maketrans("{}", "()")).split()) or "unnamed"


def _written_vector(vector: Array) -> str:
    return " ".join(decimal(float(value)) for value in vector)


def _written_table(clip: Clip, order: Sequence[int]) -> Array:
    """(T, channels) numbers in the order of the joints in the file, angles without jumps."""
    angles = smooth_degrees(clip.rotations, clip.skeleton.rotation_orders)
    columns = []
    for joint in order:
        if _has_position(clip, joint):
            positions = clip.root_position if joint == 0 else clip.translations[joint]
            columns.append(positions.astype(np.float64) / clip.unit)
        columns.append(angles[:, joint])
    return np.concatenate(columns, axis=1)
