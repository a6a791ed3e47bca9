"""The models that ship, in whatever onnxruntime stands beside this Blender."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from addon.core.metrics import geodesic_degrees
from addon.core.noise import component_noise
from addon.core.rigs.cmu import POSE_JOINTS
from addon.inference.autoencoder import KIND, autoencode
from addon.inference.model_file import installed_models
from addon.inference.session import load_model

FOLDER = Path(__file__).parents[2] / "addon" / "models"
POSE_MODELS = ("tutorial-compress", "tutorial-sparse", "pose-compress", "pose-denoise")


def test_every_shipped_file_has_a_card_that_fits():
    entries = installed_models([FOLDER])
    assert {entry.name for entry in entries} >= set(POSE_MODELS)
    assert [entry.problem for entry in entries if entry.card is None] == []


@pytest.mark.parametrize("name", POSE_MODELS)
def test_a_pose_model_gives_unit_rotations_for_any_number_of_poses(name):
    model = load_model(FOLDER / f"{name}.onnx")
    assert model.card.kind == KIND
    assert model.card.joints == POSE_JOINTS
    for count in (1, 2, 5000):
        poses = component_noise(np.tile(model.card.reference, (count, 1, 1)), 0.02)
        restored = autoencode(model, poses)
        assert restored.shape == (count, 30, 4)
        np.testing.assert_allclose(np.linalg.norm(restored, axis=-1), 1, atol=1e-5)


def test_the_denoiser_leaves_a_clean_pose_and_cleans_a_noisy_one():
    model = load_model(FOLDER / "pose-denoise.onnx")
    clean = np.tile(model.card.reference, (64, 1, 1))
    assert geodesic_degrees(autoencode(model, clean), clean).mean() < 0.1
    for sigma in (0.01, 0.05):
        noisy = component_noise(clean, sigma)
        assert geodesic_degrees(autoencode(model, noisy), clean).mean() < 0.6 * geodesic_degrees(noisy, clean).mean()


def test_the_compressor_restores_the_mean_pose():
    model = load_model(FOLDER / "pose-compress.onnx")
    clean = model.card.reference[None]
    assert geodesic_degrees(autoencode(model, clean), clean).mean() < 3
