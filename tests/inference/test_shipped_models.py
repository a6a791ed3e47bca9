"""The models that ship, in whatever onnxruntime stands beside this Blender."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from addon.core.errors import MenderError
from addon.core.metrics import geodesic_degrees
from addon.core.noise import component_noise
from addon.core.rigs.cmu import POSE_JOINTS
from addon.inference.autoencoder import KIND, autoencode
from addon.inference.card import ModelCardError
from addon.inference.denoiser import denoise
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


def test_the_denoiser_of_motion_takes_noise_at_any_rate_and_leaves_a_still_pose():
    model = load_model(FOLDER / "denoise.onnx")
    assert model.card.joints == POSE_JOINTS
    for fps in (24.0, 60.0, 240.0):
        for count in (1, 2, 3, 200):
            clean = np.tile(model.card.reference, (count, 1, 1))
            assert geodesic_degrees(denoise(model, clean, fps), clean).mean() < 0.1
        noisy = component_noise(clean, 0.02)
        assert geodesic_degrees(denoise(model, noisy, fps), clean).mean() < 0.3 * geodesic_degrees(noisy, clean).mean()


def test_a_model_of_another_kind_is_refused():
    pose, motion = (load_model(FOLDER / f"{name}.onnx") for name in ("pose-denoise", "denoise"))
    clean = np.tile(pose.card.reference, (4, 1, 1))
    with pytest.raises(ModelCardError, match="sees motion over time"):
        denoise(pose, clean, 30.0)
    with pytest.raises(MenderError):
        autoencode(motion, clean)
    with pytest.raises(ValueError, match="positive"):
        denoise(motion, clean, 0.0)
    with pytest.raises(ValueError, match="rotations must be"):
        denoise(motion, clean[:, :3], 30.0)


def test_the_compressor_restores_the_mean_pose():
    model = load_model(FOLDER / "pose-compress.onnx")
    clean = model.card.reference[None]
    assert geodesic_degrees(autoencode(model, clean), clean).mean() < 3
