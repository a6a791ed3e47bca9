"""Whatever lies in a file: reading ends in a motion or in one error that names it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addon.core import formats
from addon.core.clip import Clip
from addon.core.errors import MotionFileError
from addon.core.formats import text

SUFFIXES = [".bvh", ".amc", ".asf", ".csv", ".npy"]

# A reader that warns has let something pass that it should have judged.
pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture(scope="module")
def samples(walk, tmp_path_factory):
    """The bytes of a sound file of every format."""
    folder = tmp_path_factory.mktemp("samples")
    for suffix in formats.WRITABLE:
        formats.write(walk, folder / f"take{suffix}")
    return {suffix: (folder / f"take{suffix}").read_bytes() for suffix in SUFFIXES}


@pytest.fixture(scope="module")
def outcome(samples, walk, tmp_path_factory):
    """Reads bytes as a file of a format: a whole clip of sound numbers, or the error that names the file."""
    folder = tmp_path_factory.mktemp("outcome")

    def attempt(path):
        try:
            return formats.read(path, walk.skeleton)
        except MotionFileError as error:
            return error

    def read(suffix, content):
        for other in (".amc", ".asf"):
            (folder / f"take{other}").write_bytes(samples[other])
        path = folder / f"take{suffix}"
        path.write_bytes(content)
        result = attempt(folder / "take.amc" if suffix == ".asf" else path)
        if isinstance(result, MotionFileError):
            assert result.path.parent == folder
            assert str(result).startswith("take.")
            assert len(str(result)) < 400
            assert "\n" not in str(result)
            return result
        clip = result
        assert isinstance(clip, Clip)
        assert len(clip) > 0
        assert np.all(np.isfinite(clip.rotations))
        assert np.all(np.isfinite(clip.root_position))
        assert np.all(np.isfinite(clip.skeleton.offsets))
        return clip

    return read


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_sound_file_is_read(outcome, samples, walk, suffix):
    clip = outcome(suffix, samples[suffix])
    assert len(clip) == len(walk)
    assert clip.rotations.shape[1] >= len(walk.skeleton)


@pytest.mark.parametrize("suffix", SUFFIXES)
@given(content=st.binary(max_size=300))
def test_random_bytes(outcome, suffix, content):
    outcome(suffix, content)


@pytest.mark.parametrize("suffix", SUFFIXES)
@given(content=st.text(alphabet="0123456789 .,;-+e#:{}()[]'\"\n\r\tROTHIEbeginrootnan", max_size=300))
def test_random_text(outcome, suffix, content):
    outcome(suffix, content.encode())


@pytest.mark.parametrize("suffix", SUFFIXES)
@given(data=st.data())
def test_truncated(outcome, samples, suffix, data):
    sound = samples[suffix]
    outcome(suffix, sound[: data.draw(st.integers(0, len(sound)))])


@pytest.mark.parametrize("suffix", SUFFIXES)
@settings(max_examples=150)
@given(data=st.data())
def test_damaged(outcome, samples, suffix, data):
    sound = samples[suffix]
    start = data.draw(st.integers(0, len(sound)))
    length = data.draw(st.integers(0, 20))
    words = st.sampled_from(
        [b"", b"nan", b"inf", b"-", b"1e400", b"\0", b"\xff", b"\n", b"}", b"{", b"99999999999", b"\r"]
    )
    outcome(suffix, sound[:start] + data.draw(words | st.binary(max_size=8)) + sound[start + length :])


@pytest.mark.parametrize("suffix", [".bvh", ".amc", ".asf", ".csv"])
@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        (b"", 1, "empty"),
        (b" \n\n\t \r\n", 1, "empty"),
        (b"\xef\xbb\xbf", 1, "empty"),
        (b"a\nb\n\0\1\2", 3, "binary"),
        ("HIERARCHY".encode("utf-16"), 1, "binary"),
        ("# Käfer\n".encode("latin-1"), 1, "UTF-8"),
        (b"# ok\r\n# ok\r\n\xff", 3, "UTF-8"),
        (b"#\n" + b"0 " * (33 << 20), 2, "longer than"),
    ],
    ids=["empty", "blank", "mark", "binary", "utf-16", "latin-1", "late", "long"],
)
def test_files_that_are_no_text_of_motion(outcome, suffix, content, line, message):
    error = outcome(suffix, content)
    assert isinstance(error, MotionFileError)
    assert error.line == line
    assert message in str(error)


@pytest.mark.parametrize("suffix", [".bvh", ".csv"])
def test_a_line_of_two_gigabytes_is_not_read_to_its_end(tmp_path, monkeypatch, suffix):
    path = tmp_path / f"take{suffix}"
    with path.open("wb") as file:
        file.write(b"HIERARCHY ")
        file.truncate(2 << 30)  # sparse: it takes no room on the disk
    taken = []
    monkeypatch.setattr(text, "_BLOCK", _Counting(text._BLOCK, taken))
    with pytest.raises(MotionFileError, match="longer than") as caught:
        formats.read(path)
    assert caught.value.line == 1
    assert sum(taken) <= 70 << 20


class _Counting(int):
    """A block size that counts how often it is asked for."""

    def __new__(cls, value, taken):
        number = super().__new__(cls, value)
        number.taken = taken
        return number

    def __index__(self):
        self.taken.append(int(self))
        return int(self)


def test_a_file_too_large(tmp_path, monkeypatch):
    monkeypatch.setattr(text, "LARGEST_FILE", 1 << 20)
    path = tmp_path / "take.csv"
    path.write_bytes(b"1,2,3\n" * (1 << 19))
    with pytest.raises(MotionFileError, match="larger than"):
        formats.read(path)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_missing_files_and_folders(tmp_path, suffix):
    with pytest.raises(MotionFileError):
        formats.read(tmp_path / f"none{suffix}")
    (tmp_path / f"folder{suffix}").mkdir()
    with pytest.raises(MotionFileError):
        formats.read(tmp_path / f"folder{suffix}")


def test_suffixes_choose_the_format(walk, tmp_path):
    for name in ("take.BVH", "take.Csv", "take.npy", "take.amc"):
        formats.write(walk, tmp_path / name)
        assert len(formats.read(tmp_path / name)) == len(walk)
    (tmp_path / "take.tsv").write_bytes((tmp_path / "take.Csv").read_bytes())
    assert len(formats.read(tmp_path / "take.tsv")) == len(walk)
    with pytest.raises(MotionFileError, match=r"\.bvh"):
        formats.read(tmp_path / "take.fbx")
    with pytest.raises(MotionFileError, match=r"\.bvh"):
        formats.write(walk, tmp_path / "take.fbx")


@pytest.mark.parametrize("suffix", formats.WRITABLE)
def test_a_file_stays_as_it_was_where_writing_fails(walk, tmp_path, suffix):
    (tmp_path / "file").write_bytes(b"")
    for path in (tmp_path / "missing" / "take", tmp_path / "file" / "take", tmp_path / ("x" * 250)):
        with pytest.raises(MotionFileError, match="cannot be written"):
            formats.write(walk, path.with_name(path.name + suffix))
    old = tmp_path / f"take{suffix}"
    old.write_bytes(b"old")
    with pytest.raises(MotionFileError):
        formats.write(walk.section(0, 0), old)
    assert old.read_bytes() == b"old"
    formats.write(walk, old)
    assert old.read_bytes() != b"old"
    assert not list(tmp_path.glob("*.part"))


def test_of_a_pair_of_files_both_are_written_or_none(walk, tmp_path):
    (tmp_path / "take.asf").write_bytes(b"old")
    (tmp_path / "take.amc").mkdir()
    with pytest.raises(MotionFileError, match=r"take\.amc: the file cannot be written"):
        formats.write(walk, tmp_path / "take.amc")
    assert (tmp_path / "take.asf").read_bytes() == b"old"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["take.amc", "take.asf"]
