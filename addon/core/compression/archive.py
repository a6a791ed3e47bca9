r"""The file of a compressed action, `.mmz`: written, looked through and read here, and here alone.

Numbers are little-endian. A file is 8 bytes `89 4D 4D 5A 0D 0A 1A 0A` (so that a transfer as text shows), the version
as u16, and chunks (`chunks`): a tag of 4 letters, u32 length of the content, u32 CRC-32 of tag and content, content.

`HEAD`  What the keys mean (`header`): JSON in UTF-8, deflated (RFC 1950) with the dictionary `header._WORDS`. Keys are
        those of `recording.Header`; `groups` is a list of objects with `bones`, `modes` (one for all, or a list),
        `joints`, `left`, `right`, `axes` (three whole numbers a bone, in one list), `locations`, `share` and
        `settings`, as in `recording.Group` and `RotationTrack`. Left away are `joints` that are all -1, turns that are
        all zeros, `right` where it is the opposite of `left`, a `share` of 1, and no `settings`. A file with more than
        one chunk of motion holds the header again near its end.
`KEYS`  A run of at most `LONGEST_RUN` keys of one group of bones, readable alone (`keys`):
        u16 group, u32 number of its first key in the group, u32 keys T;
        frames: u8 0, f32 first, f64 step, where they are evenly spaced (each is rounded to f32); or u8 1, u32 length,
        and T f32, their bytes transposed and deflated;
        styles: u8 0 and the 5 bytes (`recording.STYLES`) that all keys of all C curves have; or u8 1, u32 length, and
        (5, C, T) u8 deflated;
        the rest: rotations and locations, arithmetically coded (`block`).
`CURV`  A curve that is kept exactly (`keys`): u32 length of JSON (path, index, group, settings, keys N), the JSON, then
        deflated f32 (9, N) frame, value, left and right handle, back, amplitude, period, or the first two alone where
        Blender sets the handles by itself, their bytes transposed; u8 (5, N) styles.
`DONE`  The end: u32 chunks of `KEYS` and `CURV`, u64 rotations, u64 rotations that needed more than the model's code
        (without a model: corrections to the smooth curve).

Bytes are transposed so that all first bytes come first, then all second ones, and so on. Chunks whose checksum does not
fit are passed over by `scan`, which looks for the next one that does: what is intact can always be read. The version is
raised where an older reader would misread a file.
"""

from __future__ import annotations

import contextlib
import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ..files import reason, replacing
from .block import PoseCode
from .chunks import Chunk, find_chunks, read_chunk, write_chunk
from .coder import CodingError
from .header import header_bytes, read_header
from .keys import LONGEST_RUN, curve_bytes, layout, read_curve, read_run, run_bytes
from .recording import ArchiveError, Curve, Header, Run

__all__ = ["LONGEST_RUN", "SUFFIX", "VERSION", "Archive", "ArchiveError", "parts", "scan", "write"]

SUFFIX = ".mmz"
VERSION = 1

_MAGIC = b"\x89MMZ\r\n\x1a\n"
_VERSION = struct.Struct("<H")
_DONE = struct.Struct("<IQQ")
_TAGS = (b"HEAD", b"KEYS", b"CURV", b"DONE")


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
    head = header_bytes(header)
    layouts = [layout(header, group) for group in header.groups]
    written = rotations = mended = 0
    try:
        with replacing(path) as draft, draft.open("wb") as file:
            file.write(_MAGIC + _VERSION.pack(VERSION))
            write_chunk(file, b"HEAD", head)
            for part in parts:
                if isinstance(part, Run):
                    found, beyond = run_bytes(part, header.groups[part.group], layouts[part.group], poses)
                    rotations += len(part.frames) * len(part.rotations)
                    mended += beyond
                    write_chunk(file, b"KEYS", found)
                else:
                    write_chunk(file, b"CURV", curve_bytes(part))
                written += 1
            if written > 1:
                write_chunk(file, b"HEAD", head)
            write_chunk(file, b"DONE", _DONE.pack(written, rotations, mended))
    except OSError as error:
        raise ArchiveError(f"{path.name} cannot be written ({reason(error)}): choose another place.") from error
    return scan(path)


def scan(path: Path) -> Archive:
    """Look through a file: its header, and where its intact chunks lie.

    Raises ArchiveError where it is no such file, was written by a newer version, or has lost its header.
    """
    try:
        with path.open("rb") as file:
            if file.read(len(_MAGIC)) != _MAGIC:
                raise ArchiveError(f"{path.name} is no compressed action: choose a {SUFFIX} file.")
            version = file.read(_VERSION.size)
            if len(version) == _VERSION.size and _VERSION.unpack(version) != (VERSION,):
                raise ArchiveError(
                    f"{path.name} has version {_VERSION.unpack(version)[0]} and this one reads version {VERSION}: "
                    "update the extension."
                )
            chunks, whole = find_chunks(file, len(_MAGIC) + _VERSION.size, _TAGS)
            header = _first_header(file, chunks)
            end = next((chunk for chunk in chunks if chunk.tag == b"DONE"), None)
            told = _DONE.unpack(read_chunk(file, end)) if end and end.length == _DONE.size else None
    except OSError as error:
        raise _unreadable(path, error) from error
    if header is None:
        raise ArchiveError(f"{path.name} has lost the part that says what its keys mean: take it from a backup.")
    motion = tuple(chunk for chunk in chunks if chunk.tag in (b"KEYS", b"CURV"))
    complete = whole and told is not None and told[0] == len(motion)
    return Archive(path, header, motion, complete, told[1] if told else None, told[2] if told else None)


def parts(archive: Archive, poses: PoseCode | None = None) -> Iterator[Run | Curve]:
    """The intact runs of keys and curves, one at a time, in the order in which they were written.

    poses: the code of the header's model. Raises ArchiveError where the file has changed since it was scanned, or holds
    what no version wrote.
    """
    groups = archive.header.groups
    layouts = [layout(archive.header, group) for group in groups]
    try:
        with archive.path.open("rb") as file:
            for chunk in archive.chunks:
                content = read_chunk(file, chunk)
                yield read_curve(content) if chunk.tag == b"CURV" else read_run(content, groups, layouts, poses)
    except OSError as error:
        raise _unreadable(archive.path, error) from error
    except _NO_PARTS as error:
        raise ArchiveError(f"{archive.path.name} holds keys that no version of this wrote ({error}).") from error


_NO_PARTS = (struct.error, zlib.error, ArithmeticError, LookupError, TypeError, ValueError, RecursionError)
"""What comes of reading bytes that `write` did not write, though their checksum fits."""


def _first_header(file: BinaryIO, chunks: Iterable[Chunk]) -> Header | None:
    for chunk in chunks:
        if chunk.tag == b"HEAD":
            with contextlib.suppress(CodingError):
                return read_header(read_chunk(file, chunk))
    return None


def _unreadable(path: Path, error: OSError) -> ArchiveError:
    return ArchiveError(f"{path.name} cannot be read ({reason(error)}): choose another file.")
