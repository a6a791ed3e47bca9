"""The denoiser of motion over time: trained a little, and the kept run in PyTorch and in the add-on's runtime."""

from __future__ import annotations

import numpy as np
import pytest

from addon.core.metrics import geodesic_degrees
from addon.core.noise import component_noise
from addon.inference.denoiser import denoise
from addon.inference.model_file import read_card
from addon.inference.session import load_model
from export import onnx_model
from training import motion, runs
from training.data import synthetic
from training.recipes import recipe_named
from training.tasks import denoise as denoise_task

SMALL = ("epochs=1", "batch=100", "strokes=112", "width=56", "log_every=1", "threads=1", "warm_up=1")


def test_a_run_takes_noise_out_of_motion_as_it_was_trained_on(tmp_path, monkeypatch):
    monkeypatch.setattr(denoise_task, "EXAMPLES_PER_EPOCH", 800)  # eight steps
    poses = synthetic.load(takes=4, frames=2400)
    runs.start("denoise", recipe_named("denoise", "cpu", SMALL), poses, tmp_path)
    through = runs.as_function(runs.load(tmp_path))
    clean = poses.takes[0].rotations[:1200:4]
    noisy = component_noise(clean, 0.05)
    assert geodesic_degrees(through(noisy), clean).mean() < 0.5 * geodesic_degrees(noisy, clean).mean()


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    return onnx_model.export_run(runs.KEPT / "denoise", tmp_path_factory.mktemp("export") / "denoise.onnx")


def test_the_kept_run_becomes_a_file_with_its_card(exported):
    card = read_card(exported)
    assert (card.kind, card.fps, card.name) == ("denoiser", motion.MODEL_FPS, "denoise")
    assert card.metrics["denoise"]["30 fps"]
    assert exported.stat().st_size <= 5_000_000


@pytest.mark.parametrize("fps", [30.0, 120.0])
def test_the_file_computes_in_the_add_on_what_the_run_does(exported, fps):
    noisy = component_noise(synthetic.load(takes=1, frames=500, seed=5).takes[0].rotations, 0.02)
    through, model = runs.as_function(runs.load(runs.KEPT / "denoise")), load_model(exported)
    assert geodesic_degrees(denoise(model, noisy, fps), through(noisy, fps)).max() < 0.02
    assert np.all(np.isfinite(denoise(model, noisy[:1], fps)))
