"""The finger model that ships, in the runtime beside this Blender: what an animator may ask of it, and ask wrongly."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from addon.core.finger_pose import ORDERS
from addon.inference import fingers
from addon.inference.card import ModelCardError
from addon.inference.session import load_model

FOLDER = Path(__file__).parents[2] / "addon" / "models"


@pytest.fixture(scope="module")
def model():
    return load_model(FOLDER / "hands-open.onnx", 1)


@pytest.fixture
def pointing():
    known = np.full(20, np.nan)
    known[[4, 6, 8, 10]] = [0.05, 0.05, 1.2, 1.4]
    return known


def wrists(count):
    """Both wrists going about: position in metres and rotation."""
    times = np.arange(count) / 30
    place = np.stack([0.1 * np.sin(times), 0.05 * np.cos(2 * times), 0 * times], axis=-1)
    turn = np.tile([1.0, 0, 0, 0], (count, 1))
    one = np.concatenate([place, turn], axis=-1)
    return np.stack([one, one + np.array([0.3, 0, 0, 0, 0, 0, 0])], axis=1)


@pytest.mark.parametrize("mode", ["likely", "average", "sample"])
@pytest.mark.parametrize("order", ORDERS)
def test_a_pose_keeps_what_is_known_and_stays_within_limits(model, pointing, mode, order):
    found = fingers.complete_pose(model, pointing, mode, 1, 1.0, order)
    there = np.isfinite(pointing)
    assert np.array_equal(found[there], pointing[there])
    low, high = fingers.joint_limits(model)
    assert np.all((found >= low - 1e-9) & (found <= high + 1e-9) | there)
    assert np.array_equal(found, fingers.complete_pose(model, pointing, mode, 1, 1.0, order))


def test_a_curled_middle_finger_curls_its_neighbours(model, pointing):
    opened = np.full(20, np.nan)
    opened[[8, 10]] = 0.0
    curled = fingers.complete_pose(model, pointing, "average")
    straight = fingers.complete_pose(model, opened, "average")
    assert (curled[[12, 14]] - straight[[12, 14]]).min() > 0.1  # the ring finger


def test_samples_differ_by_seed_and_spread_with_temperature(model, pointing):
    drawn = np.array([fingers.complete_pose(model, pointing, "sample", seed) for seed in range(8)])
    bold = np.array([fingers.complete_pose(model, pointing, "sample", seed, 3.0) for seed in range(8)])
    assert drawn.std(axis=0)[12:].mean() > np.radians(2)
    assert bold.std(axis=0)[12:].mean() > drawn.std(axis=0)[12:].mean()


def test_each_hand_sees_the_other(model):
    known = np.full((2, 20), np.nan)
    known[0] = fingers.joint_limits(model)[1] * 0.8
    closed = fingers.complete_pose(model, known, "average")[1]
    known[0] = 0
    assert np.abs(closed - fingers.complete_pose(model, known, "average")[1]).max() > np.radians(3)


def test_knowing_more_leaves_less_open(model):
    """Of one surprising pose it may leave more open; over poses as likely as the model has them it cannot."""
    nothing = np.full(20, np.nan)
    open_before, changes = fingers.entropy(model, nothing), []
    for seed in range(12):
        some = nothing.copy()
        some[4:8] = fingers.complete_pose(model, nothing, "sample", seed)[4:8]
        left = fingers.entropy(model, some)
        assert np.array_equal(np.isnan(left), np.isfinite(some))
        changes.append(np.nanmean(left) - open_before[np.isnan(some)].mean())
    assert np.mean(changes) < -0.2


def test_the_next_angle_is_an_unknown_one(model, pointing):
    hand, angle = fingers.next_to_pose(model, pointing)
    assert hand == 1
    assert np.isnan(pointing[angle])
    assert fingers.next_to_pose(model, np.zeros(20)) is None


@pytest.mark.parametrize("fps", [24.0, 30.0, 60.0])
@pytest.mark.parametrize("mode", ["average", "sample"])
def test_a_motion_keeps_every_key_bit_for_bit(model, fps, mode):
    count = round(4 * fps)
    keyed = np.full((count, 2, 20), np.nan)
    rng = np.random.default_rng(0)
    keyed[:: round(fps / 2)] = 0.4 + 0.2 * rng.normal(size=keyed[:: round(fps / 2)].shape)
    keyed[10, 0, 3] = 2.9  # beyond the limits: the animator's own
    found = fingers.fill(model, np.arange(count) + 17, keyed, wrists(count), fps, mode)
    there = np.isfinite(keyed)
    assert np.array_equal(found[there], keyed[there])
    assert np.all(np.isfinite(found))
    assert np.array_equal(found, fingers.fill(model, np.arange(count) + 17, keyed, wrists(count), fps, mode))


def test_without_any_key_a_performance_is_drawn_for_each_seed(model):
    nothing = np.full((90, 2, 20), np.nan)
    first, second = (fingers.fill(model, np.arange(90), nothing, wrists(90), 30.0, "sample", s) for s in (1, 2))
    assert first.std(axis=0).mean() > np.radians(1)
    assert np.abs(first - second).mean() > np.radians(2)
    low, high = fingers.joint_limits(model)
    assert np.all((first >= low - 1e-9) & (first <= high + 1e-9))


def test_a_single_frame_and_unknown_wrists_are_no_trouble(model):
    keyed = np.full((1, 2, 20), np.nan)
    keyed[0, 1, :8] = 0.5
    for mode in ("average", "sample"):
        found = fingers.fill(model, np.array([5.5]), keyed, np.full((1, 2, 7), np.nan), 30.0, mode)
        assert np.array_equal(found[0, 1, :8], keyed[0, 1, :8])
        assert np.all(np.isfinite(found))


def test_progress_reaches_the_end_and_may_stop_the_work(model):
    count = 2000
    keyed = np.full((count, 2, 20), np.nan)
    keyed[::20] = 0.3
    told = []
    fingers.fill(model, np.arange(count), keyed, wrists(count), 30.0, progress=told.append)
    assert told[-1] == 1.0
    assert told == sorted(told)

    def stop(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fingers.fill(model, np.arange(count), keyed, wrists(count), 30.0, progress=stop)


def test_long_motion_in_windows_is_the_same_as_in_one_piece(model, monkeypatch):
    count = 500
    keyed = np.full((count, 2, 20), np.nan)
    keyed[::25] = np.random.default_rng(0).normal(0.4, 0.2, keyed[::25].shape)
    whole = fingers.fill(model, np.arange(count), keyed, wrists(count), 30.0)
    monkeypatch.setattr("addon.core.finger_motion._WINDOW", 100)
    pieces = fingers.fill(model, np.arange(count), keyed, wrists(count), 30.0)
    np.testing.assert_allclose(pieces, whole, atol=1e-5)


def test_what_cannot_be_answered_is_refused(model):
    nothing = np.full(20, np.nan)
    for wrong in (np.zeros(19), np.zeros((3, 20))):
        with pytest.raises(ValueError, match="known must be"):
            fingers.complete_pose(model, wrong)
    with pytest.raises(ValueError, match="mode"):
        fingers.complete_pose(model, nothing, "best")
    with pytest.raises(ValueError, match="order"):
        fingers.complete_pose(model, nothing, order="upwards")
    with pytest.raises(ValueError, match="temperature"):
        fingers.complete_pose(model, nothing, "sample", 0, 0.0)
    keyed, still = np.full((3, 2, 20), np.nan), np.full((3, 2, 7), np.nan)
    for frames in ([0, 1], [0, 0, 1], [0, np.nan, 2]):
        with pytest.raises(ValueError, match=r"rising|must be"):
            fingers.fill(model, np.array(frames, dtype=float), keyed, still, 30.0)
    with pytest.raises(ValueError, match=r"rising|must be"):
        fingers.fill(model, np.arange(3.0), keyed, still, 0.0)
    with pytest.raises(ModelCardError, match="choose a model of fingers"):
        fingers.complete_pose(load_model(FOLDER / "pose-denoise.onnx"), nothing)


@pytest.mark.parametrize("part", ["inputs", "outputs"])
def test_a_file_of_another_version_is_refused(model, part):
    fewer = dataclasses.replace(model.card, **{part: getattr(model.card, part)[:-1]})
    with pytest.raises(ModelCardError, match="another version"):
        fingers.complete_pose(dataclasses.replace(model, card=fewer), np.full(20, np.nan))


def test_the_card_tells_of_angles_limits_and_licence(model):
    card = model.card
    assert len(card.angles) == 40
    assert card.angles[0] == "left thumb CMC flexion"
    np.testing.assert_allclose(card.limits[:, 20:], fingers.joint_limits(model), atol=1e-6)
    assert "non-commercial" not in card.licence
    assert "ManipNet" not in card.training_data
