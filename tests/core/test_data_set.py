"""Data sets: takes made alike, written whole or not at all, and folders and arrays that are somebody else's."""

import json

import numpy as np
import pytest

from addon.core import formats
from addon.core.clip import Clip
from addon.core.data_set import DataSetError, Take, gathered, read_folder, read_packed, write
from addon.core.files import sha256
from addon.core.metrics import geodesic_degrees
from addon.core.rotation import exp
from addon.core.skeleton import EndSite, Skeleton

FIGURE = Skeleton(("Hips", "Spine"), (-1, 0), np.array([[0, 0, 0], [0, 0.5, 0]]), (EndSite(1, (0.0, 0.3, 0.0)),))


def take(name, frames=20, fps=30.0, skeleton=FIGURE, seed=0):
    time = np.arange(frames)[:, None, None] / fps
    turns = np.sin(3 * time + np.random.default_rng(seed).uniform(0, 6, (len(skeleton), 3)))
    return Take(name, f"{name}.bvh", "0" * 64, Clip(skeleton, fps, np.zeros((frames, 3)), exp(turns)))


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_takes_come_back_from_their_arrays(tmp_path):
    found = gathered([take("run", seed=1), take("walk", 40, seed=2)], {"x.bvh": "it is no motion"})
    write(found, tmp_path / "set")
    back = read_packed(tmp_path / "set")
    assert (back.fps, back.skeleton.names, back.left_out) == (30.0, FIGURE.names, found.left_out)
    assert back.skeleton.end_sites[0].offset == pytest.approx((0, 0.3, 0))
    for before, after in zip(found.takes, back.takes, strict=True):
        assert (after.name, after.source) == (before.name, before.source)
        assert geodesic_degrees(after.clip.rotations, before.clip.rotations).max() < 1e-4


def test_other_skeletons_and_single_frames_are_left_out_and_rates_made_alike():
    other = Skeleton(("Hips", "Tail"), (-1, 0), np.zeros((2, 3)))
    found = gathered([take("a", 60), take("b", 40), take("c", 11, 60.0), take("d", 1), take("e", 5, skeleton=other)])
    assert [(one.name, len(one.clip), one.clip.fps) for one in found.takes] == [
        ("a", 60, 30),
        ("b", 40, 30),
        ("c", 6, 30),
    ]
    assert found.left_out == {"d.bvh": "it has 1 frames", "e.bvh": "it lacks Spine and it has Tail besides"}


def test_names_can_be_those_of_files_each_once():
    found = gathered([take(name) for name in ("run", "Run", "a/b: c", "...", "aux", "Con.001", "run")])
    assert [one.name for one in found.takes] == ["run", "Run_2", "a_b_c", "take", "aux_", "Con.001_", "run_3"]


def test_a_newer_set_takes_the_place_of_the_older_one(tmp_path):
    write(gathered([take("run"), take("walk")]), tmp_path)
    (tmp_path / "csv" / "mine.csv").write_text("kept")
    write(gathered([take("jump"), take("walk", seed=5)]), tmp_path)
    assert sorted(contents(tmp_path)) == ["csv/jump.csv", "csv/mine.csv", "csv/walk.csv", "manifest.json", "poses.npz"]
    assert [one.name for one in read_packed(tmp_path).takes] == ["jump", "walk"]


@pytest.mark.parametrize("manifest", ["{}", '{"name": "my project", "version": "1.0"}', "[" * 100_000, "no JSON", None])
def test_a_folder_with_tables_and_a_manifest_of_its_own_stays_as_it_is(manifest, tmp_path):
    (tmp_path / "csv").mkdir()
    (tmp_path / "csv" / "accounts.csv").write_text("1,2,3")
    if manifest is not None:
        (tmp_path / "manifest.json").write_text(manifest)
    before = contents(tmp_path)
    with pytest.raises(DataSetError, match="holds other files"):
        write(gathered([take("run")]), tmp_path)
    assert contents(tmp_path) == before


def test_a_stopped_write_leaves_what_was_there_and_can_be_begun_again(tmp_path):
    def stop(done):
        if done > 0:
            raise KeyboardInterrupt

    two = gathered([take("run"), take("walk")])
    for folder in (tmp_path / "new", tmp_path / "old"):
        if folder.name == "old":
            write(gathered([take("before")]), folder)
        before = contents(tmp_path)
        with pytest.raises(KeyboardInterrupt):
            write(two, folder, stop)
        assert contents(tmp_path) == before
        write(two, folder)
        assert len(read_packed(folder).takes) == 2


def test_folders_that_cannot_be_read_or_written_are_a_sentence(tmp_path):
    with pytest.raises(DataSetError, match="There is no folder"):
        read_folder(tmp_path / "none")
    with pytest.raises(DataSetError, match=r"no motion to make a data set of: give a folder with \.bvh"):
        read_folder(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(DataSetError, match="cannot be written to"):
        write(gathered([take("run")]), tmp_path / "file" / "set")
    (tmp_path / "bad.bvh").write_text("HIERARCHY")
    with pytest.raises(DataSetError, match=r"no motion .*bad\.bvh"):
        read_folder(tmp_path)
    formats.write(take("run").clip, tmp_path / "run.bvh")
    assert list(read_folder(tmp_path).left_out) == ["bad.bvh"]


@pytest.fixture
def packed(tmp_path):
    write(gathered([take("run"), take("walk")]), tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "changes",
    [
        {"left_out": None}, {"left_out": []}, {"takes": 3}, {"takes": [3]}, {"takes": [{}]}, {"takes": []},
        {"takes": [{"name": "none", "source": "", "sha256": ""}]}, {"sha256": "0"}, {"version": 2}, {"version": []},
    ],
)  # fmt: skip
def test_a_manifest_that_does_not_fit_is_a_sentence(packed, changes):
    manifest = json.loads((packed / "manifest.json").read_text())
    (packed / "manifest.json").write_text(json.dumps(manifest | changes))
    with pytest.raises(DataSetError):
        read_packed(packed)


@pytest.mark.parametrize("text", ["", "[]", "null", "[" * 100_000])
def test_a_manifest_that_is_none_is_a_sentence(packed, text):
    (packed / "manifest.json").write_text(text)
    with pytest.raises(DataSetError, match="damaged"):
        read_packed(packed)


@pytest.mark.parametrize(
    "changes",
    [
        {"offsets": np.zeros((3, 3))}, {"joints": np.array(["a", "a"])}, {"parents": np.array([-1, 5])},
        {"fps": np.float64("nan")}, {"fps": np.zeros(3)}, {"tips": np.zeros(0)}, {"tips": np.ones((9, 3))},
        {"q_run": np.zeros((20, 2, 3))}, {"p_run": np.zeros((9, 3))}, {"q_run": np.array([{}])},
    ],
)  # fmt: skip
def test_arrays_that_do_not_fit_are_a_sentence(packed, changes):
    with np.load(packed / "poses.npz") as arrays:
        found = dict(arrays)
    np.savez(packed / "poses.npz", **found | changes)
    manifest = json.loads((packed / "manifest.json").read_text())
    manifest["sha256"] = sha256(packed / "poses.npz")
    (packed / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(DataSetError, match="damaged"):
        read_packed(packed)
