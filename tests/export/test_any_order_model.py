"""Any-order models of digits as files: parity in both forms, free axes, and what is refused."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from addon.inference import any_order
from export import any_order_model, promises
from export.__main__ import main
from export.promises import ExportError
from training import digits, revealing

sys.path.insert(0, str(Path(__file__).parents[1] / "training"))
from test_digits import made_up, tiny

ROOT = Path(__file__).parents[2]
FORMS = {"triples": "mnist-triples", "queries": "mnist-query"}


@pytest.fixture(scope="module", params=FORMS)
def exported(request, tmp_path_factory):
    """A barely trained run and its file."""
    folder, name = tmp_path_factory.mktemp(request.param), FORMS[request.param]
    digits.start(name, tiny(name, "width=32", "heads=2", "depth=2", "learning_rate=0.02"), made_up(48), folder)
    return digits.load(folder).model, any_order_model.export_run(folder, folder / "model.onnx")


def test_the_file_computes_what_pytorch_does(exported):
    model, path = exported
    assert any_order_model.check_parity(model, any_order.open_model(path), path.name) <= 1e-5


def test_sizes_stay_free_and_the_format_is_old_enough(exported):
    _, path = exported
    proto = onnx.load(path)
    assert max(entry.version for entry in proto.opset_import) <= 18
    assert proto.ir_version <= 10
    file = any_order.open_model(path)
    for sequences, candidates in ((1, 1), (3, 5), (2, 190)):
        show = any_order.reading(file, sequences)
        show.reveal(np.full(sequences, 7), np.full(sequences, 3))
        assert show.ask(np.tile(np.arange(candidates), (sequences, 1))).shape == (sequences, candidates, 16)


def test_the_file_names_no_place_of_the_machine_that_wrote_it(exported):
    content = exported[1].read_bytes()
    assert str(ROOT).encode() not in content
    assert b"site-packages" not in content
    assert any_order.METADATA_KEY.encode() in content


def test_the_driver_goes_the_way_that_pytorch_goes(exported):
    """A rule's order on the file's own samples is the one that it has in PyTorch."""
    model, path = exported
    values, taken = any_order.sample(any_order.open_model(path), "highest-entropy", 2, seed=0)
    np.testing.assert_array_equal(revealing.chosen_orders(model, torch.from_numpy(values), "highest-entropy"), taken)


def test_a_file_of_other_weights_does_not_pass_for_the_runs(exported):
    model, path = exported
    model.head.weight.data += 0.01
    with pytest.raises(ExportError, match="differs from PyTorch"):
        any_order_model.check_parity(model, any_order.open_model(path), path.name)
    model.head.weight.data -= 0.01


def test_what_is_not_exported_is_said(tmp_path, capsys, monkeypatch):
    digits.start("mnist-mlp", tiny("mnist-mlp", "epochs=1"), made_up(16), tmp_path / "mlp")
    with pytest.raises(ExportError, match="only triples and queries"):
        any_order_model.export_run(tmp_path / "mlp", tmp_path / "model.onnx")
    assert main(["any-order", str(tmp_path / "nothing"), str(tmp_path / "model.onnx")]) == 2
    assert "no training run" in capsys.readouterr().err
    assert not (tmp_path / "model.onnx").exists()


def test_a_file_that_is_too_large_is_not_written(tmp_path, monkeypatch):
    monkeypatch.setattr(promises, "LARGEST_FILE", 1000)
    digits.start("mnist-query", tiny("mnist-query", "epochs=1"), made_up(16), tmp_path / "run")
    with pytest.raises(ExportError, match="more than 1000"):
        any_order_model.export_run(tmp_path / "run", tmp_path / "model.onnx")
    assert not (tmp_path / "model.onnx").exists()
