"""The command line as a person types it, on made-up motion in the place of the data folder."""

from __future__ import annotations

import json

import numpy as np
import pytest

from addon.core.rigs.cmu import SKELETON
from training import record
from training.__main__ import main
from training.data import synthetic
from training.recipes import RECIPES
from training.tasks import denoise

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


def test_list_names_every_recipe_and_the_settings_of_one(monkeypatch, capsys):
    assert run(monkeypatch, "list") == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()[: len(RECIPES)]] == list(RECIPES)
    assert run(monkeypatch, "list", "pose-denoise") == 0
    lines = capsys.readouterr().out.splitlines()
    settings = {words[0]: words[1:] for words in map(str.split, lines) if words}
    assert settings["epochs"] == ["120", "2000"]
    assert run(monkeypatch, "list", "nothing") == 2


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


def test_motion_is_trained_on_a_small_sample_of_frames(data, monkeypatch, capsys):
    np.savez(data / "data" / "cmu" / "other.npz", **np.load(data / "data" / "cmu" / "test.npz"))
    monkeypatch.setattr(denoise, "EXAMPLES_PER_EPOCH", 24)
    settings = ("epochs=1", "strokes=112", "width=56", "log_every=1", "warm_up=1")
    typed = [word for setting in settings for word in ("--set", setting)]
    assert run(monkeypatch, "train", "denoise", "--sample", "80", *typed) == 0
    told = json.loads((data / "runs" / "denoise-sample" / "run.json").read_text())
    assert told["sample"] == 80
    assert run(monkeypatch, "train", "denoise", "--sample", "90", *typed) == 2
    assert "other settings" in capsys.readouterr().err


@pytest.mark.parametrize("recipe", ["pose-denoise", "denoise", "hands", "mnist-mlp"])
def test_missing_data_says_what_to_set(recipe, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MOCAP_DATA", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert run(monkeypatch, "train", recipe) == 2
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
        (("train", "pose-compress", "--sample", "-4"), "--sample"),
        (("train", "hands", "--sample", "10"), "epochs=1"),
        (("train", "mnist-mlp", "--data", "takes"), "train denoise"),
        (("train", "hands", "--data", "takes"), "train denoise"),
        (("evaluate", "denoise", "--kept"), "orders"),
        (("evaluate", "hands", "--held-out", "16"), "CMU"),
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
