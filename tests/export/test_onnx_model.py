"""Runs as ONNX files: what is promised of a file is checked before it is written, and holds for those that ship."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from addon.inference.autoencoder import autoencode
from addon.inference.model_file import read_card
from addon.inference.session import load_model
from export import onnx_model, promises
from training import runs
from training.checkpoint import WeightsMissingError
from training.data import synthetic
from training.evaluation import shipped_metrics
from training.recipes import recipe_named

ROOT = Path(__file__).parents[2]
POSE_RECIPES = ("tutorial-compress", "tutorial-sparse", "pose-compress", "pose-denoise")
SHIPPED = [name for name in POSE_RECIPES if (ROOT / "addon" / "models" / f"{name}.onnx").is_file()]

CARDS = sorted([*(ROOT / "addon" / "models").glob("*.onnx"), *(ROOT / "models-noncommercial").glob("*.onnx")])


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Runs of all pose recipes, hardly trained, by name."""
    folder, poses = tmp_path_factory.mktemp("runs"), synthetic.load(takes=2, frames=100)
    return {
        name: runs.start(name, recipe_named(name, "cpu", ("epochs=2", "threads=1")), poses, folder / name)
        for name in POSE_RECIPES
    }


@pytest.fixture(scope="module")
def exported(trained, tmp_path_factory):
    """Their files, by name, each in a folder of its own."""
    return {
        name: onnx_model.export_run(run, tmp_path_factory.mktemp(name) / f"{name}.onnx")
        for name, run in trained.items()
    }


@pytest.mark.parametrize("name", POSE_RECIPES)
def test_a_run_becomes_a_file_that_computes_the_same(name, trained, exported):
    path = exported[name]
    proto = onnx.load(path)
    assert proto.ir_version <= 10
    assert all(entry.version <= 18 for entry in proto.opset_import)
    assert list(path.parent.iterdir()) == [path]
    assert path.stat().st_size < 1_000_000
    run, model = runs.load(trained[name]), load_model(path)
    for count in (1, 3, 129, 5000):
        clip = np.resize(synthetic.load(takes=1, frames=200, seed=5).stacked(), (count, 30, 4))
        np.testing.assert_allclose(autoencode(model, clip), aligned_like(runs.as_function(run)(clip), run), atol=1e-5)


def aligned_like(rotations, run):
    facing = np.sum(rotations * run.frame.reference, axis=-1, keepdims=True) < 0
    return np.where(facing, -rotations, rotations)


@pytest.mark.parametrize("name", POSE_RECIPES)
def test_the_card_tells_what_the_network_takes_and_gives(name, trained, exported):
    card = read_card(exported[name])
    assert (card.kind, card.name, card.fps, card.window) == ("pose_autoencoder", name, None, None)
    assert len(card.joints) == 30
    assert card.inputs[0].shape == ("N", 120)
    assert card.outputs[0].shape == ("N", 120)
    assert [tensor.name for tensor in card.outputs[1:]] == ([] if name == "pose-denoise" else ["code"])
    assert "mocap.cs.cmu.edu" in card.licence
    assert card.created_by
    np.testing.assert_allclose(card.reference, runs.load(trained[name]).frame.reference, atol=1e-7)


def test_a_file_tells_how_its_run_can_be_made_again(trained, exported):
    (text,) = [
        entry.value
        for entry in onnx.load(exported["pose-denoise"]).metadata_props
        if entry.key == promises.TRAINING_KEY
    ]
    told, kept = json.loads(text), runs.read(trained["pose-denoise"])
    assert told == {key: kept[key] for key in ("recipe", "settings", "made_with")}
    assert told["settings"]["seed"] == 0
    assert told["made_with"][0]["torch"] == torch.__version__


def test_a_run_is_found_by_its_recipes_name_or_its_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert onnx_model.folder_of("denoise") == runs.KEPT / "denoise"
    (tmp_path / "runs" / "denoise").mkdir(parents=True)
    assert onnx_model.folder_of("denoise") == runs.FOLDER / "denoise"
    assert onnx_model.folder_of("elsewhere/denoise") == Path("elsewhere/denoise")


def test_a_file_that_differs_from_torch_is_refused(trained, exported):
    path = exported["tutorial-compress"]
    run = runs.load(trained["tutorial-compress"])
    assert onnx_model.check_parity(run.model, run.frame, path) <= onnx_model.TOLERANCE
    with torch.no_grad():
        next(run.model.parameters()).add_(0.01)
    with pytest.raises(onnx_model.ExportError, match="differs"):
        onnx_model.check_parity(run.model, run.frame, path)


def test_a_fixed_axis_and_a_newer_opset_are_refused(exported):
    proto = onnx.load(exported["tutorial-compress"])
    fixed = onnx.ModelProto()
    fixed.CopyFrom(proto)
    fixed.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 3
    with pytest.raises(onnx_model.ExportError, match="number of poses"):
        promises.check_structure(fixed)
    newer = onnx.ModelProto()
    newer.CopyFrom(proto)
    newer.opset_import[0].version = 19
    with pytest.raises(onnx_model.ExportError, match="opset 19"):
        promises.check_structure(newer)


def test_nothing_is_written_where_a_check_fails(trained, tmp_path, monkeypatch):
    monkeypatch.setattr(onnx_model, "TOLERANCE", -1.0)
    with pytest.raises(onnx_model.ExportError):
        onnx_model.export_run(trained["tutorial-compress"], tmp_path / "deep" / "model.onnx")
    assert not list(tmp_path.iterdir())


def test_a_run_that_is_not_finished_is_told_so(tmp_path, trained, capsys):
    (tmp_path / "run.json").write_text((trained["pose-compress"] / "run.json").read_text())
    with pytest.raises(WeightsMissingError, match="train"):
        onnx_model.export_run(tmp_path, tmp_path / "model.onnx")
    assert onnx_model.main([str(tmp_path / "nowhere")]) == 2
    assert "train" in capsys.readouterr().err


@pytest.mark.parametrize("name", SHIPPED)
def test_what_ships_is_what_was_kept_from_training(name):
    run = runs.load(runs.KEPT / name)
    path = ROOT / "addon" / "models" / f"{name}.onnx"
    assert onnx_model.check_parity(run.model, run.frame, path) <= onnx_model.TOLERANCE
    assert path.stat().st_size < 1_000_000


@pytest.mark.parametrize("path", CARDS, ids=lambda path: path.stem)
def test_a_card_tells_what_was_measured_last(path):
    """`python -m export onnx RUN` after `evaluate … --publish`."""
    assert read_card(path).metrics == shipped_metrics(path.stem)


@pytest.mark.parametrize("path", CARDS, ids=lambda path: path.stem)
def test_a_file_names_no_place_of_the_machine_that_wrote_it(path):
    assert b'.py", line' not in path.read_bytes()
    assert not any(node.metadata_props for node in onnx.load(path).graph.node)


def test_all_four_ship():
    assert list(POSE_RECIPES) == SHIPPED
