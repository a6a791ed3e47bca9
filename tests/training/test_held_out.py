"""Whom a model is judged on it has not been trained on: by name, frame by frame, and by what its card says."""

from __future__ import annotations

import re

import numpy as np
import pytest

from addon.core.rigs.cmu import SKELETON
from training import digits, hands
from training.__main__ import main
from training.config import HandsRecipe
from training.data import cmu, manipnet, mnist, synthetic
from training.data import hands as hand_data
from training.data.poses import PoseSet
from training.recipes import RECIPES

TEST_SUBJECTS = {"38", "39"}
DEMO_TAKE = "01_01"
needs_cmu = pytest.mark.skipif(not (cmu.data_folder() / "cmu").is_dir(), reason="needs MOCAP_DATA with cmu/*.npz")
needs_hands = pytest.mark.skipif(not (cmu.data_folder() / "hands").is_dir(), reason="needs MOCAP_DATA with hands")


def frames(poses: PoseSet) -> set[bytes]:
    """Every frame, as far as a thousandth tells one from another."""
    return {frame.tobytes() for frame in np.round(poses.stacked() * 1000).astype(np.int16)}


@needs_cmu
def test_no_frame_of_the_test_subjects_is_trained_on():
    train, motion, test = cmu.load("train"), cmu.load_motion(), cmu.load("test")
    assert {take.subject for take in test.takes} == TEST_SUBJECTS
    assert not {take.subject for take in (*train.takes, *motion.takes)} & TEST_SUBJECTS
    assert DEMO_TAKE not in {take.name for take in motion.takes}
    demo = PoseSet(motion.joints, motion.fps, tuple(t for t in cmu.load("other").takes if t.name == DEMO_TAKE))
    trained = frames(train) | frames(motion)
    assert len(trained) > 0.9 * len(motion.stacked())  # a frame is told from others
    assert not frames(test) & trained
    assert not frames(demo) & trained


@needs_cmu
@pytest.mark.parametrize(
    ("text", "poses"),
    [(cmu.DESCRIPTION, lambda: cmu.load("train")), (cmu.MOTION_DESCRIPTION, cmu.load_motion)],
    ids=["poses", "motion"],
)
def test_a_card_names_the_subjects_and_counts_what_was_learned_from(text, poses):
    found = poses()
    people, _, counts = text.partition("subjects ")[2].rpartition(" (")
    assert set(re.findall(r"\b\d\d\b", people.replace("(without take 01)", ""))) == {t.subject for t in found.takes}
    takes, count = (int(number.replace(",", "")) for number in re.findall(r"[\d,]*\d", counts))
    assert (takes, count) == (len(found.takes), len(found.stacked()))


@needs_hands
@pytest.mark.parametrize("name", [name for name, presets in RECIPES.items() if isinstance(presets["cpu"], HandsRecipe)])
def test_no_test_take_of_hands_is_trained_on(name):
    recipe = RECIPES[name]["cpu"]
    assert isinstance(recipe, HandsRecipe)
    learned = hands.training_takes(recipe).takes
    for part in ("validation", "test"):
        judged = hand_data.load("all", part).takes
        assert not {(take.source, take.name) for take in learned} & {(take.source, take.name) for take in judged}
        curves = {take.at(hand_data.FPS).dof[:30].tobytes() for take in judged}
        assert not {take.at(hand_data.FPS).dof[:30].tobytes() for take in learned} & curves
    assert manipnet.TEST == ("teapot3",)
    if recipe.sources == "open":
        assert "manipnet" not in {take.source for take in learned}


@needs_hands
def test_a_take_that_is_left_out_is_not_learned_from():
    recipe = HandsRecipe(epochs=1, batch=1, leave_out="cup1")
    names = {take.name for take in hands.training_takes(recipe).takes if take.source == "manipnet"}
    assert names == {*manipnet.TRAIN, *manipnet.VALIDATION, *manipnet.TEST} - {"cup1"}


def write_takes(folder, split, names):
    made = synthetic.load(takes=len(names), frames=60)
    root = np.tile(np.float32([1, 0, 0, 0]), (60, 1, 1))
    arrays = {
        f"q_{name}": np.concatenate([root, take.rotations], axis=1)
        for name, take in zip(names, made.takes, strict=True)
    }
    (folder / "cmu").mkdir(exist_ok=True)
    np.savez(folder / "cmu" / f"{split}.npz", joints=np.array(SKELETON.names), fps=120, **arrays)


@pytest.mark.parametrize("recipe", ["tutorial-compress", "pose-denoise"])
def test_training_opens_no_file_of_test_takes(recipe, tmp_path, monkeypatch):
    write_takes(tmp_path, "train", ["07_01"])  # there is no test.npz to open
    monkeypatch.setenv("MOCAP_DATA", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["training", "train", recipe, "--set", "epochs=1"])
    assert main() == 0


def test_motion_is_learned_from_two_files_without_the_demos_take(tmp_path):
    write_takes(tmp_path, "train", ["07_01", "07_02"])
    write_takes(tmp_path, "other", [DEMO_TAKE, "01_02"])
    assert [take.name for take in cmu.load_motion(tmp_path).takes] == ["07_01", "07_02", "01_02"]


def test_digits_are_learned_from_the_training_images(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(mnist, "load", lambda split: asked.append(split))
    monkeypatch.setattr(digits, "start", lambda *arguments: None)
    monkeypatch.setattr("sys.argv", ["training", "train", "mnist-mlp", "--folder", str(tmp_path)])
    assert main() == 0
    assert asked == ["train"]
