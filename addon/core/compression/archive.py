r"""The file of a compressed action, `.mmz`: the one place that reads and writes it.

Numbers are little-endian. A file is 8 bytes `89 4D 4D 5A 0D 0A 1A 0A` (so that a transfer as text shows), the version
as u16, and chunks. A chunk is a tag of 4 letters, u32 length of its content, u32 CRC-32 of tag and content, content.

`HEAD`  What the keys mean: `recording.Header` as JSON, deflated (RFC 1950) with the dictionary `_WORDS`; what is all
        zeros is left away, and `right` where it is the opposite of `left`, as on a rig that rests like the model's. A
        file with more than one chunk of motion holds it again near its end.
`KEYS`  A run of at most `LONGEST_RUN` keys of one group of bones, readable alone:
        u16 group, u32 number of its first key in the group, u32 keys T;
        frames: u8 0, f32 first, f64 step, where they are evenly spaced (each is rounded to f32); or u8 1, u32 length,
        and T f32, their bytes transposed and deflated;
        styles: u8 0 and the 5 bytes that all keys of all C curves have; or u8 1, u32 length, and (5, C, T) u8 deflated;
        the rest: rotations and locations, as `block` codes them.
`CURV`  A curve that is kept exactly: u32 length of JSON (path, index, group, settings, keys N), the JSON, then deflated
        f32 (9, N) frame, value, left and right handle, back, amplitude, period, or the first two alone where Blender
        sets the handles by itself, their bytes transposed; u8 (5, N).
`DONE`  The end: u32 chunks of `KEYS` and `CURV`, u64 rotations, u64 rotations that needed more than the model's code
        (without a model: corrections to the smooth curve).

Chunks whose checksum does not fit are passed over by `scan`, which looks for the next one that does: what is intact can
always be read. A version is raised where an older reader would misread a file.
"""

from __future__ import annotations

import contextlib
import json
import mmap
import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from .. import rotation
from ..errors import MenderError
from ..rotation import Array
from ..rotation_mode import to_quaternion
from . import block, turns
from .block import Layout, PoseCode
from .coder import CodingError
from .recording import Bytes, Curve, Group, Header, RotationTrack, Run

SUFFIX = ".mmz"
VERSION = 1
LONGEST_RUN = 512
ANGLE_STEP = np.pi / 127
"""Radians in one step of a track's turns, which need to be near only: they make numbers small."""

_MAGIC = b"\x89MMZ\r\n\x1a\n"
_CHUNK = struct.Struct("<4sII")
_RUN = struct.Struct("<HII")
_EVEN = struct.Struct("<fd")
_DONE = struct.Struct("<IQQ")
_LARGEST_HEADER, _LARGEST_CURVE = 1 << 26, 1 << 30
_TAGS = (b"HEAD", b"KEYS", b"CURV", b"DONE")
# What headers are likely to say, the likeliest last (RFC 1950, preset dictionary).
_WORDS = (
    b"mixamorig:LeftHandThumbIndexMiddleRingPinky1234LeftToe_EndRightToe_EndHeadTop_Endupperarm_lforearmthighshinfoot"
    b"clavicle_lspine_01pelvishandspineneckheadROOTAXIS_ANGLE"
    b'"],[]],"locations":["Hips"],"settings":{}}],"XYZ","ZYX","QUATERNION",'
    b'["LHipJoint","LeftUpLeg","LeftLeg","LeftFoot","LeftToeBase","RHipJoint","RightUpLeg","RightLeg","RightFoot",'
    b'"RightToeBase","LowerBack","Spine","Spine1","Spine2","Neck","Neck1","Head","LeftShoulder","LeftArm",'
    b'"LeftForeArm","LeftHand","LeftFingerBase","LeftHandIndex1","LThumb","RightShoulder","RightArm","RightForeArm",'
    b'"RightHand","RightFingerBase","RightHandIndex1","RThumb"],"modes":"QUATERNION","joints":[-1,0,1,2,3,4,5,6,7,8,9,'
    b"10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29],"
    b'"left":[],"right":[],"axes":[]}],"model":"pose-compress","model_hash":"","code_step":0.0349,"fps":24.0,"fps":30.0,'
    b'"degrees":1.0,"length":0.001,"groups":[{"bones":["Hips",'
    b'{"action":"","armature":"'
)


class ArchiveError(MenderError):
    """A compressed file that cannot be read, or cannot be written: which, why, and what to do."""


@dataclass(frozen=True)
class Chunk:
    """Where a chunk with the right checksum lies in the file: its content."""

    tag: bytes
    start: int
    length: int


@dataclass(frozen=True)
class Archive:
    """A file that was looked through.

    whole: whether nothing is damaged and nothing missing. rotations, mended: how many rotations there are, and how many
    of them needed more than the code; None where the file's end is lost.
    """

    path: Path
    header: Header
    chunks: tuple[Chunk, ...]
    whole: bool
    rotations: int | None
    mended: int | None


def write(path: Path, header: Header, parts: Iterable[Run | Curve], poses: PoseCode | None = None) -> Archive:
    """Write a file part by part: never more than one run is held. Returns what was written.

    poses: the code of the header's model. A file of that name is replaced only when the new one is complete.
    Raises ArchiveError where the file cannot be written, or a key cannot be held within the tolerance.
    """
    draft = path.with_name(f"{path.name}.part")
    layouts = [layout(header, group) for group in header.groups]
    written = rotations = mended = 0
    head = zlib.compressobj(9, zdict=_WORDS)
    content = head.compress(_header_json(header)) + head.flush()
    try:
        with draft.open("wb") as file:
            file.write(_MAGIC + struct.pack("<H", VERSION))
            _write_chunk(file, b"HEAD", content)
            for part in parts:
                if isinstance(part, Run):
                    found, beyond = _run_bytes(part, header.groups[part.group], layouts[part.group], poses)
                    rotations += len(part.frames) * len(part.rotations)
                    mended += beyond
                    _write_chunk(file, b"KEYS", found)
                else:
                    _write_chunk(file, b"CURV", _curve_bytes(part))
                written += 1
            if written > 1:
                _write_chunk(file, b"HEAD", content)
            _write_chunk(file, b"DONE", _DONE.pack(written, rotations, mended))
        draft.replace(path)
    except OSError as error:
        raise ArchiveError(f"{path.name} cannot be written ({error.strerror}): choose another place.") from error
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
    return scan(path)


def scan(path: Path) -> Archive:
    """Look through a file: its header, and where its intact chunks lie.

    Raises ArchiveError where it is no such file, was written by a newer version, or has lost its header.
    """
    try:
        with path.open("rb") as file:
            if file.read(len(_MAGIC)) != _MAGIC:
                raise ArchiveError(f"{path.name} is no compressed action: choose a {SUFFIX} file.")
            version = file.read(2)
            if len(version) == 2 and (told := struct.unpack("<H", version)[0]) != VERSION:
                raise ArchiveError(
                    f"{path.name} has version {told} and this one reads version {VERSION}: update the extension."
                )
            chunks, whole = _chunks(file)
            header = _first_header(file, chunks)
            end = next((chunk for chunk in chunks if chunk.tag == b"DONE"), None)
            told = _DONE.unpack(_content(file, end)) if end and end.length == _DONE.size else None
    except OSError as error:
        raise ArchiveError(f"{path.name} cannot be read ({error.strerror}): choose another file.") from error
    if header is None:
        raise ArchiveError(f"{path.name} has lost the part that says what its keys mean: take it from a backup.")
    motion = tuple(chunk for chunk in chunks if chunk.tag in (b"KEYS", b"CURV"))
    complete = whole and told is not None and told[0] == len(motion)
    return Archive(path, header, motion, complete, told[1] if told else None, told[2] if told else None)


def parts(archive: Archive, poses: PoseCode | None = None) -> Iterator[Run | Curve]:
    """The intact runs of keys and curves, one at a time, in the order in which they were written.

    poses: the code of the header's model. Raises ArchiveError where the file has changed since it was scanned.
    """
    layouts = [layout(archive.header, group) for group in archive.header.groups]
    try:
        with archive.path.open("rb") as file:
            for chunk in archive.chunks:
                content = _content(file, chunk)
                yield _curve(content) if chunk.tag == b"CURV" else _run(content, archive.header, layouts, poses)
    except OSError as error:
        raise ArchiveError(f"{archive.path.name} cannot be read ({error.strerror}): choose another file.") from error
    except (CodingError, struct.error, zlib.error, KeyError, TypeError, ValueError, IndexError) as error:
        raise ArchiveError(f"{archive.path.name} holds keys that no version of this wrote ({error}).") from error


def layout(header: Header, group: Group) -> Layout:
    """What the tracks of a group's runs mean."""
    tracks = group.rotations

    def turns(name: str) -> Array:
        steps = np.array([getattr(track, name) for track in tracks], dtype=np.float64).reshape(-1, 3)
        return rotation.exp(ANGLE_STEP * steps)

    joints = np.array([track.joint for track in tracks], dtype=np.int64)
    places = len(group.locations)
    degrees, length = group.share * header.degrees, group.share * header.length
    return Layout(joints, turns("left"), turns("right"), turns("axes"), places, degrees, length, header.code_step)


def rounded_turn(q: Array) -> tuple[int, int, int]:
    """A rotation (4,) as the whole steps of its rotation vector that a track keeps."""
    x, y, z = np.rint(rotation.log(q.astype(np.float64)) / ANGLE_STEP).astype(int).tolist()
    return x, y, z


def _write_chunk(file: BinaryIO, tag: bytes, content: bytes) -> None:
    file.write(_CHUNK.pack(tag, len(content), zlib.crc32(content, zlib.crc32(tag))) + content)


def _content(file: BinaryIO, chunk: Chunk) -> bytes:
    file.seek(chunk.start)
    return file.read(chunk.length)


def _chunks(file: BinaryIO) -> tuple[list[Chunk], bool]:
    """The chunks with the right checksum, and whether nothing else lies between and behind them."""
    found, whole = [], True
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        place = len(_MAGIC) + 2
        while place < len(content):
            chunk = _chunk_at(content, place)
            if chunk is None:
                whole = False
                following = [at for tag in _TAGS if (at := content.find(tag, place + 1)) >= 0]
                place = min(following, default=len(content))
            else:
                found.append(chunk)
                place = chunk.start + chunk.length
    return found, whole


def _chunk_at(content: mmap.mmap, place: int) -> Chunk | None:
    start = place + _CHUNK.size
    if start > len(content):
        return None
    tag, length, checksum = _CHUNK.unpack_from(content, place)
    if tag not in _TAGS or start + length > len(content):
        return None
    with memoryview(content) as view, view[start : start + length] as inner:
        fits = zlib.crc32(inner, zlib.crc32(tag)) == checksum
    return Chunk(tag, start, length) if fits else None


def _first_header(file: BinaryIO, chunks: Iterable[Chunk]) -> Header | None:
    for chunk in chunks:
        if chunk.tag == b"HEAD":
            with contextlib.suppress(zlib.error, ValueError, KeyError, TypeError):
                return _header(_content(file, chunk))
    return None


def _header_json(header: Header) -> bytes:
    groups = []
    for group in header.groups:
        tracks = group.rotations
        modes = [track.mode for track in tracks]
        entry: dict[str, Any] = {
            "bones": [track.bone for track in tracks],
            "modes": modes[0] if len(set(modes)) == 1 else modes,
        }
        if any(track.joint >= 0 for track in tracks):
            entry["joints"] = [track.joint for track in tracks]
        for name in ("left", "right", "axes"):
            steps = [step for track in tracks for step in getattr(track, name)]
            opposite = [-step for step in entry.get("left", [0] * len(steps))] if name == "right" else [0] * len(steps)
            if steps != opposite:
                entry[name] = steps
        entry["locations"] = list(group.locations)
        if group.share != 1:
            entry["share"] = group.share
        if group.settings:
            entry["settings"] = {str(place): dict(changed) for place, changed in group.settings.items()}
        groups.append(entry)
    content = {key: value for key, value in asdict(header).items() if key != "groups"} | {"groups": groups}
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _header(content: bytes) -> Header:
    reader = zlib.decompressobj(zdict=_WORDS)
    told = json.loads(reader.decompress(content, _LARGEST_HEADER))
    groups = []
    for entry in told["groups"]:
        bones = entry["bones"]
        modes = entry["modes"] if isinstance(entry["modes"], list) else [entry["modes"]] * len(bones)
        joints = entry.get("joints", [-1] * len(bones))
        nothing = np.zeros(3 * len(bones), dtype=np.int64)
        left = np.array(entry.get("left", nothing), dtype=np.int64)
        turns = [np.reshape(steps, (-1, 3)) for steps in (left, entry.get("right", -left), entry.get("axes", nothing))]
        rows = zip(bones, modes, joints, *([tuple(map(int, row)) for row in turn] for turn in turns), strict=True)
        settings = {int(place): changed for place, changed in entry.get("settings", {}).items()}
        tracks = tuple(RotationTrack(*row) for row in rows)
        groups.append(Group(tracks, tuple(entry["locations"]), settings, float(entry.get("share", 1))))
    return Header(
        action=str(told["action"]),
        armature=str(told["armature"]),
        fps=float(told["fps"]),
        degrees=float(told["degrees"]),
        length=float(told["length"]),
        groups=tuple(groups),
        model=str(told["model"]),
        model_hash=str(told["model_hash"]),
        code_step=float(told["code_step"]),
    )


def coded_and_back(run: Run, group: Group, layout: Layout) -> list[Array]:
    """The numbers (T, n) that come back of each track of a run, rotations first, without a pose code."""
    content, _ = _coded(run, group, layout, None)
    rotations, locations = _numbers(content, len(run.frames), group, layout, None)
    return [*rotations, *locations.swapaxes(0, 1)]


def _run_bytes(run: Run, group: Group, layout: Layout, poses: PoseCode | None) -> tuple[bytes, int]:
    if not 0 < len(run.frames) <= LONGEST_RUN:
        raise ValueError(f"a run has 1 to {LONGEST_RUN} keys, not {len(run.frames)}")
    coded, mended = _coded(run, group, layout, poses)
    head = _RUN.pack(run.group, run.first, len(run.frames))
    return head + _frames_bytes(run.frames) + _styles_bytes(run.styles) + coded, mended


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


def _run(content: bytes, header: Header, layouts: list[Layout], poses: PoseCode | None) -> Run:
    group, first, count = _RUN.unpack_from(content)
    if not 0 < count <= LONGEST_RUN:
        raise CodingError(f"a run of {count} keys")
    frames, place = _frames(content, _RUN.size, count)
    styles, place = _styles(content, place, count, header.groups[group].curves)
    rotations, locations = _numbers(content[place:], count, header.groups[group], layouts[group], poses)
    return Run(group, first, frames, styles, rotations, locations)


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
    if content[place] == 0:
        same = np.frombuffer(content[place + 1 : place + 6], np.uint8)
        return np.broadcast_to(same, (count, curves, 5)), place + 6
    data, place = _unpacked(content, place + 1, 5 * curves * count)
    return np.frombuffer(data, np.uint8).reshape(5, curves, count).transpose(2, 1, 0), place


def _curve_bytes(curve: Curve) -> bytes:
    told = {"path": curve.data_path, "index": curve.index, "group": curve.group, "settings": dict(curve.settings)}
    told["keys"] = len(curve.points)
    text = json.dumps(told, ensure_ascii=False).encode()
    parts = [curve.points, *((curve.left, curve.right, curve.easing) if curve.left.size else ())]
    numbers = np.concatenate(parts, axis=1).astype("<f4")
    keys = _transposed(np.ascontiguousarray(numbers.T)) + np.ascontiguousarray(curve.styles.T).tobytes()
    return struct.pack("<I", len(text)) + text + zlib.compress(keys, 9)


def _curve(content: bytes) -> Curve:
    (length,) = struct.unpack_from("<I", content)
    told = json.loads(content[4 : 4 + length])
    data = zlib.decompressobj().decompress(content[4 + length :], _LARGEST_CURVE)
    keys = int(told["keys"])
    columns = (len(data) // max(keys, 1) - 5) // 4
    end = 4 * columns * keys
    numbers = np.frombuffer(_straight(data[:end], 4), "<f4").reshape(columns, keys).T.astype(np.float32)
    styles = np.frombuffer(data[end:], np.uint8).reshape(5, keys).T
    points, left, right, easing = np.split(numbers, (2, 4, 6), axis=1)
    return Curve(told["path"], int(told["index"]), told["group"], points, left, right, styles, easing, told["settings"])


def _packed(data: bytes) -> bytes:
    deflated = zlib.compress(data, 9)
    return struct.pack("<I", len(deflated)) + deflated


def _unpacked(content: bytes, place: int, length: int) -> tuple[bytes, int]:
    (deflated,) = struct.unpack_from("<I", content, place)
    end = place + 4 + deflated
    data = zlib.decompressobj().decompress(content[place + 4 : end], length)
    if len(data) != length:
        raise CodingError("a part of the wrong length")
    return data, end


def _transposed(numbers: Array) -> bytes:
    """The first bytes of all numbers, then the second ones, …: like stands beside like."""
    return np.frombuffer(numbers.tobytes(), np.uint8).reshape(-1, numbers.itemsize).T.tobytes()


def _straight(data: bytes, width: int) -> bytes:
    return np.frombuffer(data, np.uint8).reshape(width, -1).T.tobytes()
