"""Model files on disk: cards read without the runtime, and a reason for each file that is refused."""

import contextlib
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addon.inference.card import ModelCardError
from addon.inference.model_file import installed_models, read_card
from tests.inference.tiny_model import make_card, pull, write_model

ROOT = Path(__file__).resolve().parents[2]


def test_usable_and_refused_models_are_listed(tmp_path):
    first, second = tmp_path / "shipped", tmp_path / "own"
    first.mkdir(), second.mkdir()
    card = make_card()
    write_model(first / "a.onnx", card, *pull(card, 0.5))
    write_model(first / "b.onnx", card, *pull(card, 0.5), text='{"schema": 1, "kind": "toaster"}')
    (second / "c.onnx").write_bytes(b"not a model at all")
    (second / "d.onnx").write_bytes(b"")
    write_model(second / "e.onnx", card, *pull(card, 0.5))
    entries = installed_models([first, second, tmp_path / "nowhere"])
    assert [(entry.path.name, entry.card is not None) for entry in entries] == [
        ("a.onnx", True),
        ("b.onnx", False),
        ("c.onnx", False),
        ("d.onnx", False),
        ("e.onnx", False),
    ]
    assert entries[0].problem == ""
    assert "it lacks" in entries[1].problem
    assert "not a readable" in entries[2].problem
    assert "not a readable" in entries[3].problem
    assert "same name" in entries[4].problem


def test_a_model_without_our_card_is_refused(tmp_path):
    card = make_card()
    path = write_model(tmp_path / "a.onnx", card, *pull(card, 0.5))
    path.write_bytes(path.read_bytes().replace(b"mocap_mender", b"someone_else"))
    with pytest.raises(ModelCardError, match="no card"):
        read_card(path)


def test_a_changed_file_is_read_again(tmp_path):
    card = make_card()
    path = write_model(tmp_path / "a.onnx", card, *pull(card, 0.5))
    assert read_card(path) is read_card(path)
    write_model(path, make_card(name="another"), *pull(card, 0.5))
    assert read_card(path).name == "another"


def test_a_truncated_file_is_refused(tmp_path):
    card = make_card()
    path = write_model(tmp_path / "a.onnx", card, *pull(card, 0.5))
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(ModelCardError, match=r"a\.onnx"):
        read_card(path)


@given(data=st.data())
@settings(max_examples=200)
def test_a_damaged_file_is_read_or_refused(data, tmp_path_factory):
    sound = tmp_path_factory.getbasetemp() / "sound.onnx"
    if not sound.exists():
        write_model(sound, make_card(), *pull(make_card(), 0.5))
    content = bytearray(sound.read_bytes())
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.sampled_from([0, 0x7F, 0x80, 0xFF, 0x72]))
    path = sound.with_name("damaged.onnx")
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    with contextlib.suppress(ModelCardError):
        read_card(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ModelCardError, match=r"gone\.onnx cannot be read"):
        read_card(tmp_path / "gone.onnx")


def test_listing_models_loads_no_runtime(tmp_path):
    card = make_card()
    write_model(tmp_path / "a.onnx", card, *pull(card, 0.5))
    code = (
        "import sys, pathlib; from addon.inference.model_file import installed_models; "
        "assert installed_models([pathlib.Path(sys.argv[1])])[0].card; assert 'onnxruntime' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, cwd=ROOT)
