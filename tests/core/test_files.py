"""Files written whole or not at all, the reason where they cannot be, and what they are known by."""

from pathlib import Path

import pytest

from addon.core.files import reason, replacing, sha256


def test_a_file_takes_its_place_when_it_is_complete(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with replacing(path) as draft:
        draft.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failure_leaves_the_older_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), replacing(path) as draft:
        draft.write_text(f"half {draft.write_text('h') / 0}")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["file/below", "x" * 254, ".", "folder"])
def test_what_cannot_be_written_is_an_error_of_the_system(tmp_path, name):
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    path = Path() if name == "." else tmp_path / name
    with pytest.raises(OSError) as caught, replacing(path) as draft:  # noqa: PT011 - which one, the system decides
        draft.write_text("new")
    assert reason(caught.value)
    assert str(tmp_path) not in reason(caught.value)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["file", "folder"]


def test_a_reason_is_told_even_where_the_system_gives_none():
    assert reason(OSError()) == "OSError"
    assert reason(OSError("no more")) == "no more"
    assert reason(FileNotFoundError(2, "No such file", "/secret/place")) == "No such file"


def test_a_file_is_known_by_its_bytes(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    assert sha256(tmp_path / "a") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
