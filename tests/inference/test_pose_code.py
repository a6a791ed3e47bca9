"""The halves of an autoencoder: a code and back is what the whole network gives; other models are refused."""

from pathlib import Path

import numpy as np
import pytest

from addon.core.rotation import angle_between, exp, multiply
from addon.inference.autoencoder import autoencode
from addon.inference.card import ModelCardError
from addon.inference.model_file import read_card
from addon.inference.pose_code import file_hash, gives_code, pose_code
from addon.inference.session import load_model

MODELS = Path(__file__).parents[2] / "addon" / "models"
CODES = ("pose-compress", "tutorial-compress", "tutorial-sparse")


@pytest.mark.parametrize("name", CODES)
def test_code_and_back_is_what_the_whole_network_gives(name):
    model = load_model(MODELS / f"{name}.onnx")
    code = pose_code(model)
    turns = exp(np.random.default_rng(0).normal(0, 0.2, (5000, 30, 3))).astype(np.float32)
    poses = multiply(model.card.reference, turns)
    numbers = code.encode(poses)
    assert numbers.shape == (5000, code.width)
    apart = angle_between(code.decode(numbers), autoencode(model, poses))
    assert np.degrees(apart).max() < 0.01
    signs = np.where(np.arange(30) % 2, 1, -1)[:, None].astype(np.float32)
    np.testing.assert_allclose(code.encode(poses * signs), numbers, atol=1e-5)
    assert code.encode(poses[:0]).shape == (0, code.width)


@pytest.mark.parametrize("name", CODES)
def test_the_scale_tells_by_how_much_a_number_turns_the_pose(name):
    code = pose_code(load_model(MODELS / f"{name}.onnx"))
    start = code.encode(code.reference[None])
    turned = [
        np.sqrt(np.sum(angle_between(code.decode(start), code.decode(start + 0.02 * step)) ** 2)) / 0.02
        for step in np.eye(code.width, dtype=np.float32)
    ]
    assert np.sqrt(np.mean(np.square(turned))) == pytest.approx(code.scale, rel=0.15)


def test_models_without_a_code_are_refused():
    for name in ("pose-denoise", "denoise"):
        path = MODELS / f"{name}.onnx"
        assert not gives_code(read_card(path))
        with pytest.raises(ModelCardError, match="no code"):
            pose_code(load_model(path))


def test_a_files_hash_is_that_of_its_bytes(tmp_path):
    path = tmp_path / "a.onnx"
    path.write_bytes(b"abc")
    assert file_hash(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    path.write_bytes(b"abcd")
    assert file_hash(path).startswith("88d4266f")
    path.unlink()
    with pytest.raises(ModelCardError, match=r"a\.onnx cannot be read"):
        file_hash(path)
    path.mkdir()
    with pytest.raises(ModelCardError, match=r"a\.onnx cannot be read"):
        file_hash(path)
