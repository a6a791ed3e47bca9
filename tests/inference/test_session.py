"""The runtime and its sessions: cached, refused with a reason, and missing with a sentence."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from addon.inference import session
from addon.inference.card import ModelCardError, Tensor
from addon.inference.session import RuntimeUnavailable, load_model, runtime
from tests.inference.tiny_model import make_card, pull, write_model

ROOT = Path(__file__).resolve().parents[2]


def test_sessions_are_used_again_until_the_file_changes(tmp_path):
    card = make_card()
    path = write_model(tmp_path / "a.onnx", card, *pull(card, 0.5))
    model = load_model(path, threads=1)
    assert load_model(str(path), threads=1) is model
    assert load_model(path, threads=2) is not model
    write_model(path, make_card(name="another"), *pull(card, 0.5))
    assert load_model(path, threads=1).card.name == "another"


def test_sessions_run_on_the_cpu_with_the_threads_asked_for(tmp_path):
    card = make_card()
    model = load_model(write_model(tmp_path / "a.onnx", card, *pull(card, 0.5)), threads=1)
    options = model.session.get_session_options()
    assert model.session.get_providers() == ["CPUExecutionProvider"]
    assert options.intra_op_num_threads == 1
    assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"


def test_a_network_that_does_not_load_is_refused(tmp_path):
    card = make_card()
    path = write_model(tmp_path / "a.onnx", card, np.eye(8), np.zeros(8))
    path.write_bytes(path.read_bytes().replace(b"MatMul", b"MutMal"))
    with pytest.raises(ModelCardError, match=r"a\.onnx does not load in onnxruntime"):
        load_model(path)


def test_a_card_that_tells_of_another_network_is_refused(tmp_path):
    card = make_card(inputs=(Tensor("posture", ("N", 8), ""),))
    with pytest.raises(ModelCardError, match="'posture', which the network lacks"):
        load_model(write_model(tmp_path / "a.onnx", card, np.eye(8), np.zeros(8)))
    three = make_card(joints=("A", "B", "C"), parents=(-1, 0, 1))
    with pytest.raises(ModelCardError, match="8\\) in the network"):
        load_model(write_model(tmp_path / "b.onnx", three, np.eye(8), np.zeros(8)))


def test_an_older_runtime_of_another_extension_is_named(monkeypatch):
    old = SimpleNamespace(__version__="1.17.3", __file__="/somewhere/onnxruntime/__init__.py", InferenceSession=object)
    monkeypatch.setitem(sys.modules, "onnxruntime", old)
    with pytest.raises(RuntimeUnavailable, match=r"1\.17\.3 .*somewhere.* 1\.18\.1 or later"):
        runtime()


def test_an_empty_folder_in_the_runtimes_place_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", SimpleNamespace())
    with pytest.raises(RuntimeUnavailable, match="damaged"):
        runtime()


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (None, "missing"),
        ("raise ImportError('DLL load failed while importing onnxruntime_pybind11_state')", "Blender 5.1 or later"),
        ("raise ImportError('libfoo.so.1: cannot open shared object file')", "libfoo"),
        ("import module_that_is_not_there", "module_that_is_not_there"),
    ],
)
def test_a_runtime_that_does_not_import_is_told(tmp_path, source, expected):
    if source is not None:
        (tmp_path / "onnxruntime.py").write_text(source)
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "class Nowhere:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'onnxruntime' and sys.argv[2] == 'missing':\n"
        "            raise ModuleNotFoundError('No module', name=name)\n"
        "sys.meta_path.insert(0, Nowhere())\n"
        "from addon.inference.session import RuntimeUnavailable, runtime\n"
        "try:\n    runtime()\nexcept RuntimeUnavailable as error:\n    print(error)\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path), "missing" if source is None else "there"]
    said = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout
    assert expected in said
    assert "restart Blender" in said


def test_versions_are_compared_by_number():
    assert session._numbers("1.9.0") < session.OLDEST_RUNTIME <= session._numbers("1.18.1") < session._numbers("1.23.2")
