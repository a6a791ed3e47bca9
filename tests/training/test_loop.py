"""The loop: killed runs go on, two processes are one, and the tutorial's networks are the tutorial's."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from training import checkpoint, engine, environment, record, runs
from training.config import TutorialRecipe
from training.data import synthetic
from training.models.tutorial import TutorialAutoencoder
from training.recipes import RECIPES, recipe_named
from training.tasks.reconstruct import Reconstruct

ROOT = Path(__file__).parents[2]
POSE_RECIPES = ("tutorial-compress", "tutorial-sparse", "pose-compress", "pose-denoise")
SMALL = ("epochs=6", "batch=32", "log_every=1", "threads=1")


def curve(folder):
    return [line["loss"] for line in record.read(folder)]


@pytest.mark.parametrize("name", POSE_RECIPES)
def test_a_killed_run_goes_on_as_if_it_had_not_been(name, tmp_path, monkeypatch):
    poses, recipe = synthetic.load(takes=1, frames=100), recipe_named(name, "cpu", SMALL)
    runs.start(name, recipe, poses, tmp_path / "whole")
    monkeypatch.setattr(engine, "CHECKPOINT_SECONDS", -1.0)
    steps = iter(range(7))

    def killed(*arguments):
        if next(steps, None) is None:
            raise KeyboardInterrupt
        return run_step(*arguments)

    run_step = engine._step
    with monkeypatch.context() as patch:
        patch.setattr(engine, "_step", killed)
        with pytest.raises(KeyboardInterrupt):
            runs.start(name, recipe, poses, tmp_path / "broken")
    assert len(curve(tmp_path / "broken")) == 7
    runs.start(name, recipe, poses, tmp_path / "broken")
    assert curve(tmp_path / "broken") == curve(tmp_path / "whole")
    ends = [runs.load(tmp_path / run).model.state_dict() for run in ("broken", "whole")]
    for key, value in ends[0].items():
        torch.testing.assert_close(value, ends[1][key], rtol=0, atol=0)


def test_lines_after_the_checkpoint_are_written_anew(tmp_path):
    (tmp_path / record.METRICS).write_text('{"step": 1, "loss": 1}\n{"step": 2, "loss": 2}\n{"step": 3, "lo')
    record.Record(tmp_path, 1, 5, is_first=True, tensorboard=False)
    assert [line["step"] for line in record.read(tmp_path)] == [1]


def test_a_folder_with_another_run_is_left_alone(tmp_path):
    poses = synthetic.load(takes=1, frames=40)
    runs.start("tutorial-compress", recipe_named("tutorial-compress", "cpu", SMALL), poses, tmp_path)
    before = (tmp_path / checkpoint.STATE).read_bytes()
    with pytest.raises(runs.RunError, match=r"other settings \(epochs\)"):
        runs.start("tutorial-compress", recipe_named("tutorial-compress", "cpu", (*SMALL, "epochs=9")), poses, tmp_path)
    assert (tmp_path / checkpoint.STATE).read_bytes() == before


def test_weights_of_another_network_are_refused(tmp_path):
    checkpoint.save_weights(TutorialAutoencoder(120, 60, 30), tmp_path)
    with pytest.raises(checkpoint.WeightsMissingError, match="another network"):
        checkpoint.load_weights(TutorialAutoencoder(120, 256, 128), tmp_path)


@pytest.mark.parametrize("spoil", ["cut short", "no checkpoint", "another network's"])
def test_a_checkpoint_that_cannot_be_gone_on_from_is_named(spoil, tmp_path):
    poses, recipe = synthetic.load(takes=1, frames=40), recipe_named("tutorial-compress", "cpu", SMALL)
    state = runs.start("tutorial-compress", recipe, poses, tmp_path) / checkpoint.STATE
    if spoil == "cut short":
        state.write_bytes(state.read_bytes()[: state.stat().st_size // 2])
    elif spoil == "no checkpoint":
        state.write_text("a note")
    else:
        sparse = recipe_named("tutorial-sparse", "cpu", SMALL)
        other = runs.start("tutorial-sparse", sparse, poses, tmp_path / "other") / checkpoint.STATE
        state.write_bytes(other.read_bytes())
    before = state.read_bytes()
    with pytest.raises(checkpoint.CheckpointError, match=r"checkpoint\.pt is damaged"):
        runs.start("tutorial-compress", recipe, poses, tmp_path)
    assert state.read_bytes() == before


def test_damaged_weights_are_refused(tmp_path):
    path = checkpoint.save_weights(TutorialAutoencoder(120, 60, 30), tmp_path)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(checkpoint.WeightsMissingError, match="damaged"):
        checkpoint.load_weights(TutorialAutoencoder(120, 60, 30), tmp_path)


def test_a_run_tells_what_it_was_made_with(tmp_path, monkeypatch):
    poses, recipe = synthetic.load(takes=1, frames=40), recipe_named("tutorial-compress", "cpu", SMALL)
    runs.start("tutorial-compress", recipe, poses, tmp_path)
    told = json.loads((tmp_path / runs.DESCRIPTION).read_text())
    assert told["settings"]["seed"] == 0
    (made_with,) = told["made_with"]
    assert made_with["torch"] == torch.__version__
    assert re.match(r"[0-9a-f]{40}|unknown", made_with["commit"])
    # Gone on with another version, it names both; with the same one, once.
    monkeypatch.setattr(environment.platform, "python_version", lambda: "3.99")
    for _ in range(2):
        runs.start("tutorial-compress", recipe, poses, tmp_path)
    assert [one["python"] for one in runs.load(tmp_path).made_with] == [made_with["python"], "3.99"]


SCRIPT = """
import sys
from pathlib import Path
from training import runs
from training.recipes import recipe_named
from training.data import synthetic
name, folder = sys.argv[1:3]
runs.start(name, recipe_named(name, "cpu", sys.argv[3:]), synthetic.load(takes=1, frames=101), Path(folder))
"""


@pytest.mark.parametrize("name", ["tutorial-sparse", "pose-denoise"])
def test_two_processes_give_the_loss_curve_of_one(name, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    here = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    for start, folder in (([sys.executable], "one"), (torchrun, "two")):
        command = [*start, str(script), name, str(tmp_path / folder), *SMALL]
        done = subprocess.run(command, env=here, cwd=tmp_path, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
    one, two = curve(tmp_path / "one"), curve(tmp_path / "two")
    assert len(one) >= 24
    np.testing.assert_allclose(two, one, rtol=2e-4)


@pytest.mark.parametrize("name", ["tutorial-compress", "pose-compress"])
def test_a_run_learns(name, tmp_path):
    settings = ("epochs=20", "batch=32", "log_every=1", "warm_up=5", "threads=1")
    runs.start(name, recipe_named(name, "cpu", settings), synthetic.load(takes=1, frames=100), tmp_path)
    losses = curve(tmp_path)
    assert np.mean(losses[-10:]) < 0.7 * np.mean(losses[:5])


def test_every_example_is_seen_once_an_epoch_in_an_order_of_its_own():
    plan = engine.Plan(size=101, batch=32, epochs=2, seed=3)
    epochs = [torch.cat([plan.indices(4 * epoch + step) for step in range(4)]) for epoch in range(2)]
    assert plan.steps == 8
    assert all(sorted(epoch.tolist()) == list(range(101)) for epoch in epochs)
    assert epochs[0].tolist() != epochs[1].tolist()


def test_steps_have_random_numbers_of_their_own():
    plan = engine.Plan(size=10, batch=5, epochs=2, seed=0)
    draws = [torch.rand(3, generator=plan.generator(step)).tolist() for step in (0, 1, 0)]
    assert draws[0] == draws[2] != draws[1]


def test_the_cosine_ends_at_zero_and_the_warm_up_rises():
    recipe = replace(recipe_named("pose-compress"), warm_up=9)
    rates = [engine.learning_rate(recipe, step, step / 100) for step in range(101)]
    assert rates[0] == pytest.approx(recipe.learning_rate / 10)
    assert rates[:10] == sorted(rates[:10])
    assert rates[-1] == pytest.approx(0, abs=1e-12)


def test_the_tutorials_recipes_are_the_tutorials():
    compress, sparse = RECIPES["tutorial-compress"]["cpu"], RECIPES["tutorial-sparse"]["cpu"]
    for recipe in (compress, sparse):
        assert isinstance(recipe, TutorialRecipe)
        assert (recipe.epochs, recipe.batch, recipe.learning_rate, recipe.amsgrad) == (2000, 30_000, 1e-3, True)
        assert (recipe.epsilon, recipe.schedule, recipe.weight_decay, recipe.ema) == (1e-7, "constant", 0.0, 0.0)
    assert (compress.first, compress.second, compress.activity_l1) == (60, 30, 0)
    assert (sparse.first, sparse.second, sparse.activity_l1) == (256, 128, 1e-9)


def test_the_tutorials_network_computes_what_keras_layers_do():
    torch.manual_seed(0)
    model = TutorialAutoencoder(120, 60, 30)
    pose = torch.randn(5, 120)
    w = {name: value.detach().numpy() for name, value in model.named_parameters()}

    def dense(x, layer):
        return x @ w[f"{layer}.weight"].T + w[f"{layer}.bias"]

    first = 1 / (1 + np.exp(-dense(pose.numpy(), "encode_first")))
    code = 1 / (1 + np.exp(-dense(first, "encode_second")))
    expected = np.tanh(dense(dense(code, "decode_first"), "decode_second"))
    np.testing.assert_allclose(model(pose)[0].detach().numpy(), expected, atol=1e-6)
    limit = np.sqrt(6 / (120 + 60))  # Glorot and Bengio, 2010
    assert np.abs(w["encode_first.weight"]).max() <= limit
    assert not w["encode_first.bias"].any()


def test_the_activity_penalty_is_summed_over_the_layer():
    model, pose = TutorialAutoencoder(120, 256, 128), torch.randn(7, 120)
    plain, penalised = (Reconstruct(pose, penalty).losses(model, pose) for penalty in (0.0, 0.5))
    torch.testing.assert_close(penalised - plain, 0.5 * model.activity(pose).sum(dim=1))
