"""Poses through an autoencoder: signs, chunks, unit length, and what is refused."""

import numpy as np
import pytest

from addon.core.errors import MenderError
from addon.core.rotation import angle_between, normalize
from addon.inference import autoencoder
from addon.inference.autoencoder import autoencode
from addon.inference.card import ModelCardError
from addon.inference.session import load_model
from tests.inference.tiny_model import make_card, pull, write_model


@pytest.fixture
def rotations():
    return normalize(np.random.default_rng(1).normal(size=(50, 2, 4)).astype(np.float32))


def model_of(tmp_path, card, weight, bias):
    return load_model(write_model(tmp_path / "model.onnx", card, weight, bias), threads=1)


def test_the_identity_network_changes_nothing(tmp_path, rotations):
    restored = autoencode(model_of(tmp_path, make_card(), np.eye(8), np.zeros(8)), rotations)
    assert restored.dtype == np.float32
    assert np.degrees(angle_between(restored, rotations).max()) < 1e-4


def test_chunks_and_signs_make_no_difference(tmp_path, rotations, monkeypatch):
    card = make_card(reference=normalize(np.array([[0.5, 0.5, 0.1, 0], [0.1, 0.9, 0, 0.2]])))
    model = model_of(tmp_path, card, *pull(card, 0.3))
    whole = autoencode(model, rotations)
    signs = np.random.default_rng(2).choice([-1, 1], size=(50, 2, 1)).astype(np.float32)
    monkeypatch.setattr(autoencoder, "CHUNK", 7)
    np.testing.assert_allclose(autoencode(model, rotations * signs), whole, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(whole, axis=-1), 1, atol=1e-6)
    before, after = (angle_between(q, card.reference) for q in (rotations, whole))
    assert np.all(after < before)


def test_no_frames_give_no_frames(tmp_path):
    model = model_of(tmp_path, make_card(), np.eye(8), np.zeros(8))
    assert autoencode(model, np.empty((0, 2, 4), np.float32)).shape == (0, 2, 4)


def test_another_kind_another_shape_and_nonsense_are_refused(tmp_path, rotations):
    model = model_of(tmp_path, make_card(kind="denoiser"), np.eye(8), np.zeros(8))
    with pytest.raises(ModelCardError, match="single poses"):
        autoencode(model, rotations)
    model = model_of(tmp_path, make_card(name="wide"), np.eye(8), np.zeros(8))
    with pytest.raises(ValueError, match=r"\(T, 2, 4\)"):
        autoencode(model, rotations[:, :1])
    model = model_of(tmp_path, make_card(name="nan"), np.eye(8) * np.nan, np.zeros(8))
    with pytest.raises(MenderError, match="not finite"):
        autoencode(model, rotations)
