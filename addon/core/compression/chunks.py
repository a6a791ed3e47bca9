"""A file as chunks with checksums: written one after the other, and found again where parts of the file are damaged.

A chunk is a tag of 4 letters, u32 length of its content, u32 CRC-32 of tag and content, and the content; numbers are
little-endian. What the contents mean is not asked here.
"""

from __future__ import annotations

import mmap
import re
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

_HEAD = struct.Struct("<4sII")
_PATIENCE = 64
"""How many times the file's length is summed up in vain: only a file made for it holds so many false chunks."""


@dataclass(frozen=True)
class Chunk:
    """Where a chunk with the right checksum lies in the file: its content."""

    tag: bytes
    start: int
    length: int


def write_chunk(file: BinaryIO, tag: bytes, content: bytes) -> None:
    """Append one chunk."""
    file.write(_HEAD.pack(tag, len(content), zlib.crc32(content, zlib.crc32(tag))) + content)


def read_chunk(file: BinaryIO, chunk: Chunk) -> bytes:
    """The content of a chunk that was found."""
    file.seek(chunk.start)
    return file.read(chunk.length)


def find_chunks(file: BinaryIO, start: int, tags: Sequence[bytes]) -> tuple[list[Chunk], bool]:
    """The chunks with these tags and the right checksum, from byte `start` of a file that is not empty.

    Also whether nothing else lies between and behind them. Behind a damaged place the next intact chunk is looked for.
    """
    found, whole = [], True
    any_tag = re.compile(b"|".join(map(re.escape, tags)))
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        place, patience = start, _PATIENCE * len(content)
        while place < len(content) and patience > 0:
            chunk = _told_at(content, place, tags)
            if chunk is not None and _is_intact(content, place, chunk):
                found.append(chunk)
                place = chunk.start + chunk.length
            else:
                whole = False
                patience -= chunk.length if chunk is not None else 0
                place = _next_tag(any_tag, content, place + 1)
    return found, whole


def _told_at(content: mmap.mmap, place: int, tags: Sequence[bytes]) -> Chunk | None:
    """The chunk that the bytes at `place` speak of, if it ends within the file."""
    start = place + _HEAD.size
    if start > len(content):
        return None
    tag, length, _ = _HEAD.unpack_from(content, place)
    return Chunk(tag, start, length) if tag in tags and start + length <= len(content) else None


def _is_intact(content: mmap.mmap, place: int, chunk: Chunk) -> bool:
    checksum = _HEAD.unpack_from(content, place)[2]
    with memoryview(content) as view, view[chunk.start : chunk.start + chunk.length] as inner:
        return zlib.crc32(inner, zlib.crc32(chunk.tag)) == checksum


def _next_tag(any_tag: re.Pattern[bytes], content: mmap.mmap, place: int) -> int:
    found = any_tag.search(content, place)
    return found.start() if found else len(content)
