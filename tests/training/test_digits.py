"""Runs on digits: IDX files, tokens, orders of training, kills at any moment, several processes, the gpu preset."""

from __future__ import annotations

import gzip
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import optimize

from training import checkpoint, digits, engine, record, runs
from training.__main__ import main
from training.data import mnist
from training.recipes import RECIPES, recipe_named
from training.tasks.mnist import Digits, MaskedDigits

ROOT = Path(__file__).parents[2]
SMALL = ("width=16", "depth=1", "heads=2", "patch=4", "levels=2", "tokens=0", "batch=16", "minutes=0", "epochs=2")
QUICK = (*SMALL, "log_every=1", "threads=1", "precision=float32", "warm_up=2")


def idx(array):
    return bytes((0, 0, 8, array.ndim)) + b"".join(n.to_bytes(4, "big") for n in array.shape) + array.tobytes()


def made_up(count, seed=0):
    """Bars at random places, and labels."""
    rng = np.random.default_rng(seed)
    grey = np.zeros((count, 28, 28), dtype=np.uint8)
    for image in grey:
        column = rng.integers(6, 20)
        image[6:22, column : column + 3] = rng.integers(150, 255)
    return mnist.Digits(grey, rng.integers(0, 10, count).astype(np.uint8))


@pytest.fixture
def data(tmp_path, monkeypatch):
    """A data folder with made-up digits, and an empty working folder."""
    folder = tmp_path / "data" / "mnist"
    folder.mkdir(parents=True)
    for name, count, seed in (("train", 64, 0), ("t10k", 24, 1)):
        made = made_up(count, seed)
        (folder / f"{name}-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(made.grey)))
        (folder / f"{name}-labels-idx1-ubyte").write_bytes(idx(made.labels))
    monkeypatch.setenv("MOCAP_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def curve(folder):
    return [line["loss"] for line in record.read(folder)]


def tiny(name, *settings):
    """A recipe of 16-way 2 by 2 patches cut down: 4 by 4 patches have too many classes for a test."""
    return recipe_named(name, "cpu", (*QUICK, "patch=2", *settings))


def test_digits_are_read_packed_or_not(data):
    read, made = mnist.load("train"), made_up(64)
    np.testing.assert_array_equal(read.grey, made.grey)
    np.testing.assert_array_equal(read.labels, made.labels)
    assert len(mnist.load("test", data / "data" / "mnist").grey) == 24


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "no IDX file"),
        (b"GIF89a", "no IDX file"),
        (bytes((0, 0, 13, 3)) + bytes(12), "no IDX file of bytes"),
        (bytes((0, 0, 8, 3)) + bytes(5), "cut off in its header"),
        (idx(made_up(3).grey)[:-1], "2351 values where its header tells of 2352"),
        (idx(made_up(3).grey) + b"x", "2353 values"),
        (idx(np.zeros((3, 20, 20), dtype=np.uint8)), "not 28 by 28"),
    ],
)
def test_a_damaged_or_foreign_file_is_named(data, content, told):
    path = data / "data" / "mnist" / "train-images-idx3-ubyte.gz"
    path.write_bytes(gzip.compress(content))
    with pytest.raises(mnist.MnistError, match=told) as error:
        mnist.load("train")
    assert str(path.parent) in str(error.value)


@pytest.mark.parametrize("content", [b"\x1f\x8b\x08", b"plain", gzip.compress(idx(made_up(3).grey))[:40]])
def test_a_damaged_packing_is_named(data, content):
    path = data / "data" / "mnist" / "train-images-idx3-ubyte.gz"
    path.write_bytes(content)
    with pytest.raises(mnist.MnistError, match=path.name):
        mnist.load("train")


def test_labels_that_do_not_fit_and_missing_files_are_named(data):
    labels = data / "data" / "mnist" / "train-labels-idx1-ubyte"
    labels.write_bytes(idx(np.full(64, 10, dtype=np.uint8)))
    with pytest.raises(mnist.MnistError, match="labels"):
        mnist.load("train")
    labels.unlink()
    with pytest.raises(mnist.MnistError, match="MOCAP_DATA"):
        mnist.load("train")


def test_binary_images_are_the_seeds_and_as_dark_as_the_grey_ones():
    grey = np.full((40, 28, 28), 64, dtype=np.uint8)
    first = mnist.binary(grey)
    np.testing.assert_array_equal(first, mnist.binary(grey))
    np.testing.assert_array_equal(first[:7], mnist.binary(grey[:7]))
    assert not np.array_equal(first, mnist.binary(grey, seed=1))
    assert first.mean() == pytest.approx(64 / 255, abs=0.01)
    assert mnist.binary(np.zeros_like(grey)).max() == 0
    assert mnist.binary(np.full_like(grey, 255)).min() == 1


def test_grey_levels_in_equal_steps():
    grey = np.arange(256, dtype=np.uint8)
    assert np.bincount(mnist.quantised(grey, 4)).tolist() == [64] * 4


@pytest.mark.parametrize(("side", "levels"), [(1, 2), (2, 2), (2, 4), (4, 2), (1, 16)])
def test_patches_hold_the_whole_image(side, levels):
    pixels = np.random.default_rng(0).integers(0, levels, (5, 28, 28)).astype(np.uint8)
    tokens = mnist.to_patches(pixels, side, levels)
    assert tokens.shape == (5, (28 // side) ** 2)
    assert tokens.max() < levels ** (side * side)
    np.testing.assert_array_equal(mnist.from_patches(tokens, side, levels), pixels)
    row, column = mnist.patch_positions(side)[-1]
    assert (row + 1) * side == (column + 1) * side == 28


def task(**settings):
    options = {"patch": 2, "levels": 2, "redraw": True, "tokens": 0, "whole": 0.0, "raster_share": 0.0}
    return Digits(made_up(64).grey, **{**options, **settings})


def drawn(task, seed=0):
    return task.batch(torch.arange(32), torch.Generator().manual_seed(seed))


def test_training_orders_are_permutations_with_the_images_values():
    learning = task(redraw=False)
    order, values = drawn(learning)
    assert (order.sort(dim=1).values == torch.arange(196)).all()
    assert not (order[0] == order[1]).all()
    torch.testing.assert_close(values, learning.fixed[:32].gather(1, order))


def test_shorter_sequences_have_no_position_twice():
    order, values = drawn(task(tokens=60))
    assert order.shape == values.shape == (32, 60)
    assert all(len(set(row)) == 60 for row in order.tolist())
    assert drawn(task(tokens=60, whole=1.0))[0].shape == (32, 196)


def test_a_patch_is_learnt_from_as_often_as_it_is_uncertain():
    """Each position waits for an exponential time, its rate the entropy; the first 60 to come are drawn.

    A position has then come with the chance 1 − exp(−rate · t), where t is when 60 are expected to have come.
    """
    learning = task(tokens=60)
    count = 200
    order = torch.cat([drawn(learning, seed)[0] for seed in range(count)])
    often = torch.bincount(order.flatten(), minlength=196) / len(order)
    rate = learning.interest.exp()

    def chance(time):
        return 1 - torch.exp(-rate * time)

    chances = chance(optimize.brentq(lambda time: float(chance(time).sum()) - 60, 0, 1e4))
    assert chances.max() > 1.5 * chances.min()  # or nothing would be told apart
    # Five deviations of a share, and what the moment of the sixtieth differs from t.
    assert ((often - chances).abs() < 5 * (chances * (1 - chances) / len(order)).sqrt() + 0.01).all()


def test_shares_of_raster_batches():
    """All of a batch or nothing of it, and then every patch."""
    assert (drawn(task(raster_share=1.0))[0] == torch.arange(196)).all()
    learning = task(raster_share=0.5, tokens=60)
    straight = [len(drawn(learning, seed)[0][0]) == 196 for seed in range(40)]
    assert 9 < sum(straight) < 31  # 3.5 deviations of 40 throws
    order = next(drawn(learning, seed)[0] for seed, all_patches in enumerate(straight) if all_patches)
    assert (order == torch.arange(196)).all()


def test_grey_levels_as_classes():
    learning = task(levels=4, patch=1)
    order, values = drawn(learning)
    assert learning.classes == 4
    assert values.max() == 3
    torch.testing.assert_close(values, learning.fixed[:32].gather(1, order))


def test_masks_of_the_baselines_have_every_size():
    learning = MaskedDigits(made_up(64).grey, 2, 2, True, 0, 0.0, 0.0)
    counts = torch.cat([drawn(learning, seed)[1].sum(dim=1) for seed in range(40)])
    assert counts.min() < 10
    assert counts.max() in range(186, 196)
    assert counts.float().mean() == pytest.approx(97.5, abs=6)


@pytest.mark.parametrize("form", ["triples", "queries"])
def test_half_of_the_orders_are_the_models_own(form):
    from training import revealing

    learning = task(own_share=0.5)
    model = digits.network(tiny("mnist-triples", f"form={form}"))
    model.start_at(learning.log_marginals)
    order, values = drawn(learning)
    own, own_values = learning._in_own_order(model, order, values)
    by_position = torch.empty_like(values).scatter(1, order, values)
    torch.testing.assert_close(own[16:], order[16:])
    torch.testing.assert_close(own_values, by_position.gather(1, own))
    torch.testing.assert_close(own[:16], revealing.chosen_orders(model, by_position[:16], "lowest-entropy", 14))
    # Fresh, the model knows the marginals alone: the surest patches come first.
    assert learning.interest[own[0, :28]].max() <= learning.interest.sort().values[28] + 1e-2


DIGITS = ("mnist-triples", "mnist-query", "mnist-raster", "mnist-masked", "mnist-mlp", "mnist-classifier")


@pytest.mark.parametrize("name", DIGITS)
def test_a_killed_run_goes_on_as_if_it_had_not_been(name, tmp_path, monkeypatch):
    recipe, made = tiny(name), made_up(48)
    digits.start(name, recipe, made, tmp_path / "whole")
    monkeypatch.setattr(engine, "CHECKPOINT_SECONDS", -1.0)
    steps = iter(range(3))

    def killed(*arguments):
        if next(steps, None) is None:
            raise KeyboardInterrupt
        return run_step(*arguments)

    run_step = engine._step
    with monkeypatch.context() as patch:
        patch.setattr(engine, "_step", killed)
        with pytest.raises(KeyboardInterrupt):
            digits.start(name, recipe, made, tmp_path / "broken")
    digits.start(name, recipe, made, tmp_path / "broken")
    assert curve(tmp_path / "broken") == curve(tmp_path / "whole")
    ends = [digits.load(tmp_path / run).model.state_dict() for run in ("broken", "whole")]
    for key, value in ends[0].items():
        torch.testing.assert_close(value, ends[1][key], rtol=0, atol=0)


SCRIPT = """
import sys
from pathlib import Path
sys.path.insert(0, str(Path({tests!r})))
from test_digits import digits, engine, made_up, tiny
engine.CHECKPOINT_SECONDS = -1.0
digits.start("mnist-triples", tiny("mnist-triples", *sys.argv[2:]), made_up(48), Path(sys.argv[1]))
"""


def command(tmp_path, folder, *settings, processes=1):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.format(tests=str(Path(__file__).parent)))
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
    return [sys.executable, *(torchrun if processes > 1 else []), str(script), str(tmp_path / folder), *settings]


def surroundings():
    return {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


def test_a_process_killed_by_the_system_goes_on(tmp_path):
    """The signal that nothing can catch, at whatever step it falls."""
    long = "epochs=40"
    started = subprocess.Popen(command(tmp_path, "broken", long), env=surroundings(), stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while len(record.read(tmp_path / "broken")) < 8 and time.monotonic() < deadline:
        time.sleep(0.02)
    started.send_signal(signal.SIGKILL)
    assert started.wait() == -signal.SIGKILL
    before = curve(tmp_path / "broken")
    assert 8 <= len(before) < 120
    assert not (tmp_path / "broken" / checkpoint.WEIGHTS).exists()
    for folder in ("broken", "whole"):
        subprocess.run(command(tmp_path, folder, long), env=surroundings(), stdout=subprocess.DEVNULL, check=True)
    assert len(curve(tmp_path / "whole")) == 120
    assert curve(tmp_path / "broken") == curve(tmp_path / "whole")


@pytest.mark.parametrize(("form", "pieces"), [("triples", 1), ("queries", 2), ("pairs", 1)])
def test_two_processes_and_pieces_give_the_loss_curve_of_one(tmp_path, form, pieces):
    form = f"form={form}"
    subprocess.run(command(tmp_path, "one", form), env=surroundings(), stdout=subprocess.DEVNULL, check=True)
    two = command(tmp_path, "two", form, f"accumulate={pieces}", processes=2)
    done = subprocess.run(two, env=surroundings(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(curve(tmp_path / "one")) == 6
    np.testing.assert_allclose(curve(tmp_path / "two"), curve(tmp_path / "one"), rtol=2e-4)


def test_pieces_change_nothing(tmp_path):
    made = made_up(48)
    for folder, pieces in (("whole", 1), ("pieces", 3)):
        digits.start("mnist-triples", tiny("mnist-triples", f"accumulate={pieces}"), made, tmp_path / folder)
    np.testing.assert_allclose(curve(tmp_path / "pieces"), curve(tmp_path / "whole"), rtol=1e-4)


def test_minutes_end_a_run_and_those_before_a_kill_count(tmp_path, monkeypatch):
    """A second of a thread's work passes whenever the clock is looked at, however late it is."""
    now = iter(np.arange(0, 1e6, 1.0))
    monkeypatch.setattr(engine.time, "process_time", lambda: float(next(now)))
    recipe = replace(tiny("mnist-mlp"), minutes=1.0, epochs=1000, schedule="cosine")
    digits.start("mnist-mlp", recipe, made_up(48), tmp_path / "whole")
    lines = record.read(tmp_path / "whole")
    assert 10 < len(lines) <= 60
    assert lines[-1]["learning_rate"] < 0.05 * recipe.learning_rate
    done = engine._Clock(recipe, engine.Plan(48, 16, 1, 0), _Alone())
    done.load_state_dict({"seconds": 59.0})
    assert done.share(0) > 0.98
    digits.start("mnist-mlp", recipe, made_up(48), tmp_path / "whole")
    assert record.read(tmp_path / "whole") == lines


class _Alone:
    device = torch.device("cpu")

    def first(self, value):
        return value


def test_bfloat16_learns_what_float32_does(tmp_path):
    made = made_up(48)
    for precision in ("float32", "bfloat16"):
        recipe = tiny("mnist-triples", f"precision={precision}", "epochs=8")
        digits.start("mnist-triples", recipe, made, tmp_path / precision)
    plain, rough = curve(tmp_path / "float32"), curve(tmp_path / "bfloat16")
    np.testing.assert_allclose(rough, plain, rtol=0.03)
    assert rough[-1] < rough[0]


@pytest.mark.skipif(not shutil.which("c++"), reason="torch.compile needs a C++ compiler")
def test_compiled_learns_the_same(tmp_path):
    made = made_up(48)
    for compiled in (False, True):
        recipe = tiny("mnist-triples", f"compile={compiled}", "epochs=1")
        digits.start("mnist-triples", recipe, made, tmp_path / str(compiled))
    np.testing.assert_allclose(curve(tmp_path / "True"), curve(tmp_path / "False"), rtol=1e-4)


def test_the_gpu_preset_runs_a_few_steps(tmp_path):
    """Its own width, depth and pixels one by one; less of a batch, and not compiled, so that a CPU can."""
    recipe = recipe_named("mnist-triples", "gpu", ("batch=2", "epochs=1", "compile=False", "log_every=1", "threads=1"))
    assert (recipe.width, recipe.depth, recipe.patch, recipe.tokens) == (256, 8, 1, 0)
    digits.start("mnist-triples", recipe, made_up(4), tmp_path)
    assert len(curve(tmp_path)) == 2
    assert np.isfinite(curve(tmp_path)).all()
    assert RECIPES["mnist-triples"]["gpu"].compile


def test_a_run_starts_from_anothers_weights(tmp_path):
    made = made_up(48)
    digits.start("mnist-triples", tiny("mnist-triples"), made, tmp_path / "first")
    settings = (f"start_from={tmp_path / 'first'}", "learning_rate=0", "own_share=0.5", "epochs=1")
    digits.start("mnist-triples-own", tiny("mnist-triples-own", *settings), made, tmp_path / "second")
    first, second = (digits.load(tmp_path / run).model.state_dict() for run in ("first", "second"))
    for key, value in first.items():
        torch.testing.assert_close(second[key], value, rtol=0, atol=0)


def test_the_command_line_trains_digits_and_tells_what_is_missing(data, monkeypatch, capsys):
    typed = ["training", "train", "mnist-query", *(part for setting in QUICK for part in ("--set", setting))]
    monkeypatch.setattr("sys.argv", [*typed, "--set", "patch=2"])
    assert main() == 0
    assert (data / "runs" / "mnist-query" / checkpoint.WEIGHTS).is_file()
    monkeypatch.setenv("MOCAP_DATA", str(data / "nowhere"))
    assert main() == 2
    assert "MOCAP_DATA" in capsys.readouterr().err


def test_a_run_of_poses_is_not_one_on_digits(tmp_path):
    (tmp_path / runs.DESCRIPTION).write_text('{"recipe": "tutorial-compress", "settings": {"epochs": 1, "batch": 1}}')
    with pytest.raises(runs.RunError, match="not one on digits"):
        digits.load(tmp_path)
