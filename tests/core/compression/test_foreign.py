"""Compressed files from strangers: whatever lies in them, with checksums that fit, costs a sentence and no more."""

import contextlib
import json
import struct
import tracemalloc
import zlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addon.core.compression import archive, chunks, header, keys
from addon.core.compression.archive import ArchiveError
from addon.core.compression.recording import Curve

from .motion import action, linear_code, walk, written
from .motion import header as told

# A reader that warns has let something pass that it should have judged.
pytestmark = pytest.mark.filterwarnings("error")

NO_KEYS = np.zeros((0, 2), dtype=np.float32)
GROUP = {"bones": ["B0"], "modes": "XYZ", "locations": ["B0"]}
HEADER = {
    "action": "walk", "armature": "Armature", "fps": 30.0, "degrees": 1.0, "length": 0.001, "model": "",
    "model_hash": "", "code_step": 0.0, "groups": [GROUP],
}  # fmt: skip


def file_of(path, *content):
    """A file of these chunks, (tag, content) each, sound but for what they say."""
    with path.open("wb") as file:
        file.write(archive._MAGIC + struct.pack("<H", archive.VERSION))
        for tag, inner in content:
            chunks.write_chunk(file, tag, inner)
    return path


def head(content):
    """The chunk of a header of this JSON, or of these bytes in JSON's place."""
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    deflater = zlib.compressobj(9, zdict=header._WORDS)
    return b"HEAD", deflater.compress(text) + deflater.flush()


def kept(told, data):
    """The chunk of a kept curve that says this of itself."""
    text = told if isinstance(told, bytes) else json.dumps(told).encode()
    return b"CURV", struct.pack("<I", len(text)) + text + zlib.compress(data, 9)


CURVE = {"path": "location", "index": 0, "group": "", "settings": {}, "keys": 2}


def test_a_sound_file_by_hand_is_read(tmp_path):
    found = archive.scan(file_of(tmp_path / "a.mmz", head(HEADER), kept(CURVE, bytes(26))))
    (curve,) = archive.parts(found)
    assert (found.header.fps, found.header.groups[0].curves, len(curve.points)) == (30.0, 6, 2)


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 100_000, b"1" * 5_000, b"", b"null", [], {}, HEADER | {"groups": 3}, HEADER | {"groups": [3]},
        HEADER | {"groups": [{}]}, HEADER | {"action": 3}, HEADER | {"model": None}, HEADER | {"fps": 10**400},
        HEADER | {"fps": 0}, HEADER | {"degrees": float("nan")}, HEADER | {"length": float("inf")},
        HEADER | {"code_step": -1}, HEADER | {"degrees": "1 degree"},
        *(
            HEADER | {"groups": [GROUP | changes]}
            for changes in (
                {"bones": [{}]}, {"bones": "B0"}, {"bones": ["B0"] * (header.MOST_TRACKS + 1)},
                {"bones": [], "locations": []}, {"locations": [3]}, {"modes": "XXX"}, {"modes": ["XYZ", "XYZ"]},
                {"modes": [[]]}, {"joints": ["x"]}, {"joints": [-2]}, {"joints": [10**30]}, {"joints": [0, 1]},
                {"left": [10**30, 0, 0]}, {"left": [0.5, 0, 0]}, {"right": [0, 0]}, {"axes": "xyz"},
                {"share": float("nan")}, {"share": None}, {"settings": [1]}, {"settings": {"x": {}}},
                {"settings": {"0": []}}, {"settings": {"0": {"data_path": "x"}}}, {"settings": {"0": {"mute": 1}}},
                {"settings": {"0": {"extrapolation": "SIDEWAYS"}}},
            )
        ),
    ],
)  # fmt: skip
def test_headers_that_nobody_wrote_count_as_lost(content, tmp_path):
    path = file_of(tmp_path / "a.mmz", head(content), (b"DONE", archive._DONE.pack(0, 0, 0)))
    with pytest.raises(ArchiveError, match="has lost the part"):
        archive.scan(path)


@pytest.mark.parametrize(
    "chunk",
    [
        (b"CURV", b""), (b"CURV", b"\xff\xff\xff\xff{}"), kept(b"[" * 100_000, b""), kept([], b""), kept({}, b""),
        kept(CURVE | {"path": 3}, bytes(26)), kept(CURVE | {"group": None}, bytes(26)),
        kept(CURVE | {"index": -1}, bytes(26)), kept(CURVE | {"index": 1 << 31}, bytes(26)),
        kept(CURVE | {"keys": 3}, bytes(26)), kept(CURVE | {"keys": -1}, b""), kept(CURVE | {"keys": 10**12}, b""),
        kept(CURVE | {"keys": "2"}, bytes(26)), kept(CURVE | {"settings": []}, bytes(26)),
        kept(CURVE | {"settings": {"driver": True}}, bytes(26)), (b"KEYS", b""), (b"KEYS", keys._RUN.pack(0, 0, 0)),
        (b"KEYS", keys._RUN.pack(9, 0, 5) + bytes(20)), (b"KEYS", keys._RUN.pack(0, 0, 513) + bytes(20)),
        (b"KEYS", keys._RUN.pack(0, 0, 5) + b"\0" + keys._EVEN.pack(0, 0) + bytes(7)),
        (b"KEYS", keys._RUN.pack(0, 0, 5) + b"\0" + keys._EVEN.pack(float("nan"), 1) + bytes(7)),
        (b"KEYS", keys._RUN.pack(0, 0, 5) + b"\0" + keys._EVEN.pack(3e38, 1e308) + bytes(7)),
        (b"KEYS", keys._RUN.pack(0, 0, 5) + b"\0" + keys._EVEN.pack(0, 1) + b"\0\0"),
        (b"KEYS", keys._RUN.pack(0, 0, 5) + b"\0" + keys._EVEN.pack(0, 1) + bytes(6) + b"\7"),
        (b"KEYS", keys._RUN.pack(0, 0, 5) + b"\1\xff\xff\xff\xff"),
    ],
)  # fmt: skip
def test_chunks_that_nobody_wrote_are_a_sentence(chunk, tmp_path):
    found = archive.scan(file_of(tmp_path / "a.mmz", head(HEADER), chunk))
    with pytest.raises(ArchiveError, match="that no version of this wrote"):
        list(archive.parts(found))


def test_a_code_that_knows_fewer_joints_than_the_header_is_a_sentence(tmp_path):
    group = GROUP | {"joints": [7]}
    content = keys._RUN.pack(0, 0, 5) + b"\0" + keys._EVEN.pack(0, 1) + bytes(6) + bytes(9)
    found = archive.scan(file_of(tmp_path / "a.mmz", head(HEADER | {"groups": [group]}), (b"KEYS", content)))
    with pytest.raises(ArchiveError, match="that no version of this wrote"):
        list(archive.parts(found, linear_code(2)))


def test_tolerances_beyond_all_numbers_are_a_sentence(tmp_path):
    found = written(tmp_path / "a.mmz", action(walk(40, 1)))
    with found.path.open("rb") as file:
        content = chunks.read_chunk(file, found.chunks[0])
    wide = header.header_bytes(replace(found.header, length=1e300, degrees=1e300))
    found = archive.scan(file_of(tmp_path / "b.mmz", (b"HEAD", wide), (b"KEYS", content)))
    with pytest.raises(ArchiveError, match="that no version of this wrote"):
        list(archive.parts(found))


BOMB = 64 << 20


@pytest.mark.parametrize(
    "chunk",
    [
        kept(CURVE, bytes(BOMB)),
        (b"KEYS", keys._RUN.pack(0, 0, 5) + b"\1" + keys._packed(bytes(BOMB))),
        (b"KEYS", keys._RUN.pack(0, 0, 5) + b"\0" + keys._EVEN.pack(0, 1) + b"\1" + keys._packed(bytes(BOMB))),
    ],
)
def test_little_that_swells_to_much_is_cut_off(chunk, tmp_path):
    found = archive.scan(file_of(tmp_path / "a.mmz", head(HEADER), chunk))
    tracemalloc.start()
    with pytest.raises(ArchiveError):
        list(archive.parts(found))
    assert tracemalloc.get_traced_memory()[1] < BOMB / 32
    tracemalloc.stop()


def test_a_file_of_false_chunks_is_given_up_in_time(tmp_path, monkeypatch):
    """Each false chunk promises all the rest: summing them all up would take the square of the file's length."""
    size = 1 << 16
    false = b"".join(b"KEYS" + struct.pack("<II", size - place - 12, 0) for place in range(0, size - 12, 12))
    path = file_of(tmp_path / "a.mmz", head(HEADER))
    path.write_bytes(path.read_bytes() + false)
    summed, crc32 = [], zlib.crc32
    monkeypatch.setattr(chunks.zlib, "crc32", lambda data, start=0: summed.append(len(data)) or crc32(data, start))
    assert not archive.scan(path).whole
    assert sum(summed) < 70 * size


@given(data=st.data())
@settings(max_examples=80)
def test_damage_under_a_sound_checksum_is_a_sentence(data, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "sound.mmz"
    if not path.exists():
        written(path, action(walk(40, 2), modes=("XYZ", "QUATERNION")))
    found = archive.scan(path)
    with path.open("rb") as file:
        content = bytearray(chunks.read_chunk(file, found.chunks[0]))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    damaged = file_of(path.with_name("damaged.mmz"), (b"HEAD", header.header_bytes(found.header)), (b"KEYS", content))
    with contextlib.suppress(ArchiveError):
        (run,) = archive.parts(archive.scan(damaged))
        assert len(run.frames) == len(run.styles) == len(run.rotations[0]) <= archive.LONGEST_RUN


def test_a_curve_without_keys_comes_back(tmp_path):
    empty = Curve("location", 1, "", NO_KEYS, NO_KEYS, NO_KEYS, np.zeros((0, 5), np.uint8), NO_KEYS, {"mute": True})
    (curve,) = archive.parts(archive.write(tmp_path / "a.mmz", told(), [empty]))
    assert (curve.data_path, curve.index, curve.points.shape, curve.settings) == ("location", 1, (0, 2), {"mute": True})


def test_more_than_can_be_read_is_not_written(tmp_path, monkeypatch):
    monkeypatch.setattr(header, "MOST_TRACKS", 3)
    with pytest.raises(ArchiveError, match="divide the action"):
        written(tmp_path / "a.mmz", action(walk(20, 3)))
    monkeypatch.undo()
    monkeypatch.setattr(header, "_LARGEST", 100)
    with pytest.raises(ArchiveError, match="divide the action"):
        written(tmp_path / "a.mmz", action(walk(20, 3)))
    monkeypatch.undo()
    monkeypatch.setattr(keys, "MOST_KEYS", 5)
    many = Curve("location", 0, "", *[np.zeros((6, 2), np.float32)] * 3, np.zeros((6, 5), np.uint8), np.zeros((6, 3)))
    with pytest.raises(ArchiveError, match="divide the action"):
        archive.write(tmp_path / "a.mmz", told(), [many])
    assert not list(tmp_path.iterdir())
