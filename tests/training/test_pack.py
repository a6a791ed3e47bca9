"""Motion of one's own: packed, read back, trained on, and exported as a model of its own name and joints."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from addon.core import data_set, formats
from addon.core.clip import Clip
from addon.core.data_set import DataSetError
from addon.core.metrics import geodesic_degrees
from addon.core.rigs.cmu import SKELETON
from addon.core.rotation import exp
from addon.core.skeleton import Skeleton
from addon.inference.denoiser import denoise
from addon.inference.model_file import read_card
from addon.inference.session import load_model
from export import onnx_model
from training import runs
from training.data import pack
from training.data.poses import mirror_joints
from training.recipes import recipe_named
from training.tasks import denoise as denoise_task

ROOT = Path(__file__).parents[2]
OWN = Skeleton(
    names=("mixamorig:Hips", *(f"mixamorig:{name}" for name in SKELETON.names[1:]), "Tail", "Tail.001"),
    parents=(*SKELETON.parents, 0, 31),
    offsets=np.concatenate([SKELETON.offsets, [[0, 0, -0.2], [0, 0, -0.2]]]),
)


def own_take(frames=300, fps=60.0, seed=0):
    """A body with a tail that sways: 32 joints beside its root, a number that divides nothing."""
    rng = np.random.default_rng(seed)
    time = np.arange(frames)[:, None, None] / fps
    vectors = 0.4 * np.sin(4 * time + rng.uniform(0, 6, (len(OWN), 3))) * rng.uniform(0.1, 1, (len(OWN), 3))
    root = np.stack([time[:, 0, 0], 0.9 + 0 * time[:, 0, 0], 0 * time[:, 0, 0]], axis=-1)
    return Clip(OWN, fps, root, exp(vectors), unit=0.01)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Three takes, one at half the rate, one of another skeleton, and a text that is no motion."""
    folder = tmp_path_factory.mktemp("data") / "My Takes"
    folder.mkdir()
    for seed, name in enumerate(("run", "walk")):
        formats.write(own_take(seed=seed), folder / f"{name}.bvh")
    formats.write(own_take(150, 30.0, seed=2), folder / "slow.bvh")
    formats.write(Clip(SKELETON, 60.0, np.zeros((9, 3)), np.tile([1.0, 0, 0, 0], (9, 31, 1))), folder / "other.bvh")
    (folder / "notes.csv").write_text("hello\n")
    return folder


def test_a_folder_is_packed_in_one_command(folder, tmp_path):
    command = [sys.executable, "-m", "training", "data", "pack", str(folder), "--output", str(tmp_path / "set")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "3 takes, 899 frames at 60 fps, 33 joints" in done.stdout
    assert "left out: other.bvh: it lacks mixamorig:Hips" in done.stdout
    assert "left out: notes.csv" in done.stdout
    manifest = json.loads((tmp_path / "set" / "manifest.json").read_text())
    assert [take["source"] for take in manifest["takes"]] == ["run.bvh", "slow.bvh", "walk.bvh"]
    assert sorted(path.name for path in (tmp_path / "set" / "csv").iterdir()) == ["run.csv", "slow.csv", "walk.csv"]


def test_packed_poses_are_those_of_the_files(folder, tmp_path):
    pack.pack(folder, tmp_path / "set")
    from_files, packed = pack.load(folder), pack.load(tmp_path / "set")
    assert from_files.joints == packed.joints == OWN.names[1:]
    assert from_files.fps == packed.fps == 60
    for one, other in zip(from_files.takes, packed.takes, strict=True):
        assert geodesic_degrees(one.rotations, other.rotations).max() < 1e-3
    walk = next(take for take in packed.takes if take.name == "walk")
    assert geodesic_degrees(walk.rotations, own_take(seed=1).rotations[:, 1:]).max() < 1e-3
    assert (packed.origin.name, from_files.origin.name) == ("set", "my-takes")


def test_changed_arrays_are_refused(folder, tmp_path):
    target, _ = pack.pack(folder, tmp_path / "set")
    content = bytearray((target / data_set.ARRAYS).read_bytes())
    content[len(content) // 2] ^= 1
    (target / data_set.ARRAYS).write_bytes(content)
    with pytest.raises(DataSetError, match="pack"):
        pack.load(target)


@pytest.mark.parametrize(("name", "twin"), [
    ("LeftArm", "RightArm"), ("LThumb", "RThumb"), ("rig:LThumb", "rig:RThumb"), ("m:LeftArm", "m:RightArm"),
    ("upperarm_l", "upperarm_r"), ("hand.L", "hand.R"), ("lowerLeg", "lowerLeg"), ("Roll", "Roll"),
    ("left_hand", "right_hand"), ("lowerback", "lowerback"),
])  # fmt: skip
def test_sides_are_told_by_names(name, twin):
    joints = tuple(dict.fromkeys((name, twin)))
    assert joints[mirror_joints(joints)[0]] == twin


def test_a_denoiser_of_ones_own_rig_becomes_a_model_of_its_own(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(denoise_task, "EXAMPLES_PER_EPOCH", 4)
    recipe = recipe_named("denoise", "cpu", ("epochs=1", "batch=4", "width=16", "strokes=112", "threads=1"))
    poses = pack.load(folder)
    assert poses.mirrors  # both sides have twins, and a tail is its own
    runs.start("denoise", recipe, poses, tmp_path / "run")
    run = runs.load(tmp_path / "run")
    assert run.frame.joints == OWN.names[1:]
    assert run.frame.parents[-1] == 30
    path = onnx_model.export_run(tmp_path / "run", tmp_path / "own.onnx")
    card = read_card(path)
    assert (card.name, card.joints) == ("denoise-my-takes", OWN.names[1:])
    assert card.training_data.startswith("My Takes: 3 takes")
    assert "CMU" not in card.licence + card.label
    assert card.metrics == {}
    motion = own_take(seed=5).rotations[:, 1:]
    assert np.isfinite(denoise(load_model(path), motion, 60.0)).all()
    assert onnx_model.default_output(run) == Path("denoise-my-takes.onnx")


def test_a_rig_of_few_joints_is_refused_with_a_sentence(tmp_path):
    few = OWN.subset(OWN.names[:10])
    formats.write(Clip(few, 60.0, np.zeros((9, 3)), np.tile([1.0, 0, 0, 0], (9, 10, 1))), tmp_path / "few.bvh")
    command = [sys.executable, "-m", "training", "train", "denoise", "--data", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "has 9 joints beside its root, and denoise needs 19" in done.stderr
