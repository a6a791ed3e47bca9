"""The command line as a person types it, on made-up motion in the place of the data folder."""

from __future__ import annotations

import json

import numpy as np
import pytest

from addon.core.rigs.cmu import SKELETON
from training import record
from training.__main__ import main
from training.data import synthetic

POSE_RECIPES = ("tutorial-compress", "tutorial-sparse", "pose-compress", "pose-denoise")


@pytest.fixture
def data(tmp_path, monkeypatch):
    """A data folder with made-up takes in the archive's form, and an empty working folder."""
    folder = tmp_path / "data" / "cmu"
    folder.mkdir(parents=True)
    for split, seed in (("train", 0), ("test", 1)):
        arrays = {"joints": np.array(SKELETON.names), "fps": 120}
        for take in synthetic.load(takes=3, frames=60, seed=seed).takes:
            root = np.tile(np.float32([1, 0, 0, 0]), (60, 1, 1))
            arrays[f"q_{take.name}"] = np.concatenate([root, take.rotations], axis=1)
        np.savez(folder / f"{split}.npz", **arrays)
    monkeypatch.setenv("MOCAP_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(monkeypatch, *arguments):
    monkeypatch.setattr("sys.argv", ["training", *arguments])
    return main()


def test_list_names_every_recipe(monkeypatch, capsys):
    assert run(monkeypatch, "list") == 0
    shown = capsys.readouterr().out
    assert all(
        f"{name}:" in shown for name in ("tutorial-compress", "tutorial-sparse", "pose-compress", "pose-denoise")
    )


def test_train_with_settings_on_a_small_sample(data, monkeypatch, capsys):
    typed = (
        "train",
        "tutorial-compress",
        "--sample",
        "50",
        "--set",
        "epochs=4",
        "--set",
        "log_every=2",
        "--tensorboard",
    )
    assert run(monkeypatch, *typed) == 0
    folder = data / "runs" / "tutorial-compress-sample"
    assert str(folder.relative_to(data)) in capsys.readouterr().out
    assert [line["step"] for line in record.read(folder)] == [2, 4]
    assert json.loads((folder / "run.json").read_text())["settings"]["epochs"] == 4
    assert list((folder / "tensorboard").iterdir())


def test_missing_data_says_what_to_set(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MOCAP_DATA", str(tmp_path))
    assert run(monkeypatch, "train", "pose-compress") == 2
    told = capsys.readouterr().err
    assert "MOCAP_DATA" in told
    assert "Traceback" not in told


@pytest.mark.parametrize(
    ("typed", "named"),
    [
        (("train", "poses"), "pose-compress"),
        (("train", "pose-compress", "--set", "epochs=many"), "epochs"),
        (("train", "pose-compress", "--set", "epoch=3"), "epochs"),
        (("train", "pose-compress", "--set", "schedule=sometimes"), "schedule"),
    ],
)
def test_a_wrong_word_is_answered_with_the_right_ones(typed, named, monkeypatch, capsys):
    assert run(monkeypatch, *typed) == 2
    assert named in capsys.readouterr().err


def test_evaluate_says_met_or_missed_and_exits_by_it(data, monkeypatch, capsys):
    for name in POSE_RECIPES:
        assert run(monkeypatch, "train", name, "--set", "epochs=1") == 0
    capsys.readouterr()
    codes = {task: run(monkeypatch, "evaluate", task) for task in ("compress", "denoise-pose")}
    shown = capsys.readouterr().out
    for task, code in codes.items():
        result = json.loads((data / "runs" / "evaluate" / task / "result.json").read_text())
        assert code == (0 if all(figure["met"] for figure in result["figures"]) else 1)
        assert all(figure["name"] in shown for figure in result["figures"])
        assert set(result["rows"]) >= {"PCA-30", "tutorial-compress", "tutorial-sparse"}
        assert (data / "runs" / "evaluate" / task / "figure.png").stat().st_size > 1000
    # One epoch of the tutorial's net is far from a pose, and a denoiser can only be measured by its input.
    assert "of clean motion" in shown


def test_choices_are_judged_only_on_people_that_the_run_left_out(data, monkeypatch, capsys):
    assert run(monkeypatch, "evaluate", "denoise-pose", "--held-out", "16") == 2
    assert "leave_out=16" in capsys.readouterr().err
