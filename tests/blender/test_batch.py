"""Planning a batch: which file becomes which, and what is refused before anything is touched."""

from __future__ import annotations

import pytest

from addon.core.errors import MenderError
from addon.operators.batch import plan

READS = (".bvh", ".csv")
WRITES = (".blend",)


def planned(source, output, writes=WRITES, suffix_for=lambda path: ".blend"):
    return [(job.source.name, job.target) for job in plan(source, output, READS, writes, suffix_for)]


@pytest.fixture
def takes(tmp_path):
    folder = tmp_path / "takes"
    folder.mkdir()
    for name in ("walk.bvh", "run.BVH", "notes.md"):
        (folder / name).touch()
    return folder


def test_one_file(takes, tmp_path):
    assert planned(takes / "walk.bvh", tmp_path / "a.blend") == [("walk.bvh", tmp_path / "a.blend")]


def test_one_file_into_a_folder(takes, tmp_path):
    assert planned(takes / "walk.bvh", tmp_path / "new") == [("walk.bvh", tmp_path / "new" / "walk.blend")]
    assert planned(takes / "walk.bvh", takes) == [("walk.bvh", takes / "walk.blend")]


def test_a_folder_in_the_order_of_names_without_what_is_no_motion(takes, tmp_path):
    out = tmp_path / "out"
    assert planned(takes, out) == [("run.BVH", out / "run.blend"), ("walk.bvh", out / "walk.blend")]


def test_two_files_of_one_name_do_not_overwrite_each_other(takes, tmp_path):
    (takes / "Walk.csv").touch()
    targets = [target.name for _, target in planned(takes, tmp_path / "out")]
    assert targets == ["Walk_csv.blend", "run.blend", "walk_bvh.blend"]


@pytest.mark.parametrize("output", ["takes", "takes/walk.bvh", "link/walk.bvh", "takes/../takes/walk.bvh"])
def test_the_input_is_never_overwritten(takes, tmp_path, output):
    (tmp_path / "link").symlink_to(takes)
    with pytest.raises(MenderError, match="would overwrite"):
        planned(takes / "walk.bvh", tmp_path / output, writes=(".bvh",), suffix_for=lambda path: ".bvh")


def test_a_hard_link_to_the_input_is_the_input(takes, tmp_path):
    (tmp_path / "same.bvh").hardlink_to(takes / "walk.bvh")
    with pytest.raises(MenderError, match="would overwrite"):
        planned(takes / "walk.bvh", tmp_path / "same.bvh", writes=(".bvh",))


@pytest.mark.parametrize(
    ("source", "output", "sentence"),
    [
        ("nowhere.bvh", "a.blend", "no file or folder"),
        ("takes/walk.bvh", "a.txt", "must end in .blend"),
        ("takes", "a.blend", "give a folder"),
        ("empty", "out", "holds no"),
    ],
)
def test_what_cannot_be_done_is_said_before_it_begins(takes, tmp_path, source, output, sentence):
    (tmp_path / "empty").mkdir()
    with pytest.raises(MenderError, match=sentence):
        planned(tmp_path / source, tmp_path / output)
