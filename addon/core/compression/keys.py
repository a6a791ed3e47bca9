"""Runs of keys, and curves that are kept exactly, as bytes and back: the contents of an archive's chunks of motion.

The layout of the bytes is told in `archive`. Reading takes nothing for granted: sizes are checked before anything is
made of them, for the bytes may be a stranger's.
"""

from __future__ import annotations

import json
import struct
import zlib

import numpy as np

from .. import rotation
from ..rotation import Array
from ..rotation_mode import to_quaternion
from . import block, turns
from .block import Layout, PoseCode
from .coder import CodingError
from .recording import STYLES, ArchiveError, Bytes, Curve, Group, Header, Run, checked_settings

LONGEST_RUN = 512
ANGLE_STEP = np.pi / 127
"""Radians in one step of a track's turns, which need to be near only: they make numbers small."""
MOST_KEYS = 1 << 22
"""Of one curve: as many as nine hours at 120 fps have frames."""

_RUN = struct.Struct("<HII")
_EVEN = struct.Struct("<fd")
_COLUMNS = (2, 9)  # of a curve without and with handles, besides its styles


def layout(header: Header, group: Group) -> Layout:
    """What the tracks of a group's runs mean."""
    tracks = group.rotations

    def turn(name: str) -> Array:
        steps = np.array([getattr(track, name) for track in tracks], dtype=np.float64).reshape(-1, 3)
        return rotation.exp(ANGLE_STEP * steps)

    joints = np.array([track.joint for track in tracks], dtype=np.int64)
    places = len(group.locations)
    degrees, length = group.share * header.degrees, group.share * header.length
    return Layout(joints, turn("left"), turn("right"), turn("axes"), places, degrees, length, header.code_step)


def rounded_turn(q: Array) -> tuple[int, int, int]:
    """A rotation (4,) as the whole steps of its rotation vector that a track keeps."""
    x, y, z = np.rint(rotation.log(q.astype(np.float64)) / ANGLE_STEP).astype(int).tolist()
    return x, y, z


def coded_and_back(run: Run, group: Group, layout: Layout) -> list[Array]:
    """The numbers (T, n) that come back of each track of a run, rotations first, without a pose code."""
    content, _ = _coded(run, group, layout, None)
    rotations, locations = _numbers(content, len(run.frames), group, layout, None)
    return [*rotations, *locations.swapaxes(0, 1)]


def run_bytes(run: Run, group: Group, layout: Layout, poses: PoseCode | None) -> tuple[bytes, int]:
    """A run as bytes, and how many of its rotations needed more than the code.

    Raises ArchiveError where a key cannot be held within the tolerance.
    """
    if not 0 < len(run.frames) <= LONGEST_RUN:
        raise ValueError(f"a run has 1 to {LONGEST_RUN} keys, not {len(run.frames)}")
    coded, mended = _coded(run, group, layout, poses)
    head = _RUN.pack(run.group, run.first, len(run.frames))
    return head + _frames_bytes(run.frames) + _styles_bytes(run.styles) + coded, mended


def read_run(content: bytes, groups: tuple[Group, ...], layouts: list[Layout], poses: PoseCode | None) -> Run:
    """The run of these bytes. Raises CodingError, or what comes of reading on in bytes that are none."""
    group, first, count = _RUN.unpack_from(content)
    if not 0 < count <= LONGEST_RUN:
        raise CodingError(f"a run of {count} keys")
    with np.errstate(over="ignore", invalid="ignore"):  # what is too large becomes infinite, and is refused
        frames, place = _frames(content, _RUN.size, count)
        if not (np.isfinite(frames).all() and (np.diff(frames) > 0).all()):
            raise CodingError("keys out of order")
        styles, place = _styles(content, place, count, groups[group].curves)
        rotations, locations = _numbers(content[place:], count, groups[group], layouts[group], poses)
    if not all(np.isfinite(numbers).all() for numbers in (*rotations, locations)):
        raise CodingError("keys beyond all numbers")
    return Run(group, first, frames, styles, rotations, locations)


def curve_bytes(curve: Curve) -> bytes:
    """A curve with all that its keys hold, as bytes. Raises ArchiveError for one of too many keys."""
    if len(curve.points) > MOST_KEYS:
        raise ArchiveError(f"The curve {curve.data_path} has more than {MOST_KEYS:,} keys: divide the action.")
    told = {"path": curve.data_path, "index": curve.index, "group": curve.group, "settings": dict(curve.settings)}
    told["keys"] = len(curve.points)
    text = json.dumps(told, ensure_ascii=False).encode()
    parts = [curve.points, *((curve.left, curve.right, curve.easing) if curve.left.size else ())]
    numbers = np.concatenate(parts, axis=1).astype("<f4")
    keys = _transposed(np.ascontiguousarray(numbers.T)) + np.ascontiguousarray(curve.styles.T).tobytes()
    return struct.pack("<I", len(text)) + text + zlib.compress(keys, 9)


def read_curve(content: bytes) -> Curve:
    """The curve of these bytes. Raises CodingError, or what comes of reading on in bytes that are none."""
    (length,) = struct.unpack_from("<I", content)
    told = json.loads(content[4 : 4 + length])
    path, group, index, keys = told["path"], told["group"], told["index"], told["keys"]
    if not (isinstance(path, str) and isinstance(group, str) and type(index) is type(keys) is int):
        raise CodingError("a curve of another kind")
    if not (0 <= index < 1 << 31 and 0 <= keys <= MOST_KEYS):
        raise CodingError(f"a curve of {keys} keys")
    sizes = [(4 * columns + len(STYLES)) * keys for columns in _COLUMNS]
    data = zlib.decompressobj().decompress(content[4 + length :], max(sizes) + 1)
    if len(data) not in sizes:
        raise CodingError("a curve of the wrong length")
    columns = _COLUMNS[sizes.index(len(data))]
    end = 4 * columns * keys
    numbers = np.frombuffer(_straight(data[:end], 4), "<f4").reshape(columns, keys).T.astype(np.float32)
    styles = np.frombuffer(data[end:], np.uint8).reshape(len(STYLES), keys).T
    points, left, right, easing = np.split(numbers, (2, 4, 6), axis=1)
    return Curve(path, index, group, points, left, right, styles, easing, checked_settings(told["settings"]))


def _coded(run: Run, group: Group, layout: Layout, poses: PoseCode | None) -> tuple[bytes, int]:
    poses = poses if group.uses_poses else None
    modes = [track.mode for track in group.rotations]
    q = [to_quaternion(values, mode) for values, mode in zip(run.rotations, modes, strict=True)]
    rotations = np.stack(q, axis=1) if q else np.zeros((len(run.frames), 0, 4))

    def choices(back: Array) -> block.Ints:
        found = [turns.of(*one) for one in zip(run.rotations, back.swapaxes(0, 1), modes, strict=True)]
        return np.stack(found, axis=1) if found else np.zeros(back.shape, dtype=np.int64)

    try:
        return block.encoded(rotations, run.locations, layout, poses, choices)
    except ValueError as error:
        raise ArchiveError(
            f"The action cannot be compressed: {error}; mend the keys or widen the tolerance."
        ) from error


def _numbers(
    content: bytes, count: int, group: Group, layout: Layout, poses: PoseCode | None
) -> tuple[tuple[Array, ...], Array]:
    if group.uses_poses and poses is None:
        raise ValueError("keys in a model's code need the model")
    keys = block.decoded(content, count, layout, poses if group.uses_poses else None)
    modes = [track.mode for track in group.rotations]
    columns = zip(keys.rotations.swapaxes(0, 1), modes, keys.choices.swapaxes(0, 1), strict=True)
    return tuple(turns.numbers(*column) for column in columns), keys.locations


def _frames_bytes(frames: Array) -> bytes:
    first = float(frames[0])
    for step in _likely_steps(frames):
        if np.array_equal((first + step * np.arange(len(frames))).astype(np.float32), frames):
            return b"\0" + _EVEN.pack(first, step)
    return b"\1" + _packed(_transposed(frames.astype("<f4")))


def _likely_steps(frames: Array) -> list[float]:
    if len(frames) < 2:
        return [1.0]
    step = (float(frames[-1]) - float(frames[0])) / (len(frames) - 1)
    return [round(step, digits) for digits in (0, 1, 2, 4)] + [step]


def _frames(content: bytes, place: int, count: int) -> tuple[Array, int]:
    if content[place] == 0:
        first, step = _EVEN.unpack_from(content, place + 1)
        return (first + step * np.arange(count)).astype(np.float32), place + 1 + _EVEN.size
    data, place = _unpacked(content, place + 1, 4 * count)
    return np.frombuffer(_straight(data, 4), "<f4").astype(np.float32), place


def _styles_bytes(styles: Bytes) -> bytes:
    flat = styles.reshape(-1, styles.shape[-1])
    if not len(flat) or (flat == flat[0]).all():
        return b"\0" + (flat[0].tobytes() if len(flat) else bytes(styles.shape[-1]))
    return b"\1" + _packed(np.ascontiguousarray(styles.transpose(2, 1, 0)).tobytes())


def _styles(content: bytes, place: int, count: int, curves: int) -> tuple[Bytes, int]:
    width = len(STYLES)
    if content[place] == 0:
        same = np.frombuffer(content[place + 1 : place + 1 + width], np.uint8)
        return np.broadcast_to(same, (count, curves, width)), place + 1 + width
    data, place = _unpacked(content, place + 1, width * curves * count)
    return np.frombuffer(data, np.uint8).reshape(width, curves, count).transpose(2, 1, 0), place


def _packed(data: bytes) -> bytes:
    deflated = zlib.compress(data, 9)
    return struct.pack("<I", len(deflated)) + deflated


def _unpacked(content: bytes, place: int, length: int) -> tuple[bytes, int]:
    (deflated,) = struct.unpack_from("<I", content, place)
    end = place + 4 + deflated
    data = zlib.decompressobj().decompress(content[place + 4 : end], length + 1)
    if len(data) != length:
        raise CodingError("a part of the wrong length")
    return data, end


def _transposed(numbers: Array) -> bytes:
    """The first bytes of all numbers, then the second ones, …: like stands beside like."""
    return np.frombuffer(numbers.tobytes(), np.uint8).reshape(-1, numbers.itemsize).T.tobytes()


def _straight(data: bytes, width: int) -> bytes:
    return np.frombuffer(data, np.uint8).reshape(width, -1).T.tobytes()
