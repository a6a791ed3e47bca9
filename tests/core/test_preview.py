"""What a preview shows: frames of the source, noise by frame, the model's share, and windows over time."""

from __future__ import annotations

import numpy as np
import pytest

from addon.core import preview
from addon.core.metrics import geodesic_degrees
from addon.core.noise import component_noise
from addon.core.preview import Piece, Retiming
from addon.core.recent import Recent
from addon.core.rotation import exp, multiply
from addon.core.windows import window_at, windows

POSES = exp(np.random.default_rng(2).normal(scale=0.4, size=(20, 5, 3))).astype(np.float32)
TURN = exp(np.array([0.2, -0.1, 0.3])).astype(np.float32)


def turned(poses):
    return multiply(poses, TURN)


def constant(value, frames=20):
    return np.full(frames, value, dtype=np.float32)


def test_the_source_at_its_own_time_later_and_faster():
    assert np.array_equal(Retiming().of_source([1.0, 7.25]), [1.0, 7.25])
    assert np.array_equal(Retiming(offset=10, speed=2).of_source([1.0, 3.0]), [11.0, 15.0])
    frames = np.array([1.0, 4.5, 100.0])
    there = Retiming(offset=-3, speed=0.4)
    assert np.allclose(there.of_scene(there.of_source(frames)), frames)


def test_without_noise_and_model_nothing_turns():
    found = preview.turns(POSES, 1, constant(0), constant(1), None)
    assert geodesic_degrees(found, np.array([1, 0, 0, 0], dtype=np.float32)).max() < 0.05


def test_the_noise_is_the_frames_own_whatever_is_looked_at():
    whole = preview.turns(POSES, 5, constant(0.05), constant(1), None)
    assert geodesic_degrees(multiply(POSES, whole), component_noise(POSES, 0.05, 5)).max() < 0.05
    alone = preview.turns(POSES[7:8], 12, constant(0.05, 1), constant(1, 1), None)
    assert np.allclose(alone[0], whole[7], atol=1e-6)


def test_noise_that_grows_is_the_same_noise_bigger():
    found = preview.turns(POSES, 1, np.linspace(0, 0.1, 20).astype(np.float32), constant(1), None)
    for frame, sigma in ((0, 0.0), (19, 0.1)):
        expected = component_noise(POSES[frame : frame + 1], sigma, 1 + frame)[0]
        assert geodesic_degrees(multiply(POSES[frame], found[frame]), expected).max() < 0.05


def test_the_models_share():
    for strength, angle in ((0.0, 0.0), (0.5, 0.5), (1.0, 1.0)):
        found = preview.turns(POSES, 1, constant(0), constant(strength), turned)
        degrees = geodesic_degrees(found, np.array([1, 0, 0, 0], dtype=np.float32))
        assert np.allclose(degrees, angle * geodesic_degrees(TURN, np.array([1.0, 0, 0, 0])), atol=0.05)


def test_the_model_sees_the_noise():
    seen = []
    preview.turns(POSES, 3, constant(0.02), constant(1), lambda poses: seen.append(poses) or poses)
    assert np.array_equal(seen[0], component_noise(POSES, np.float32(0.02), 3))


def test_turns_between_frames_and_beyond_the_piece():
    turns = exp(np.array([[[0.0, 0, 0]], [[0.4, 0, 0]]])).astype(np.float32)
    piece = Piece(10, POSES[:2, :1], turns)
    assert np.array_equal(preview.turns_at(piece, 11), turns[1])
    assert np.allclose(preview.turns_at(piece, 10.25), exp(np.array([[0.1, 0, 0]])), atol=1e-6)
    assert np.array_equal(preview.turns_at(piece, 4), turns[0])
    assert np.array_equal(preview.turns_at(piece, 99), turns[1])


@pytest.mark.parametrize("fps", [24.0, 30.0, 60.0, 120.0])
def test_windows_hold_the_frame_and_lie_on_the_models_grid(fps):
    step = max(1, round(fps / 30))
    for frame in (3, 1500, 9999):
        window = preview.frames_over_time(frame, 3, 9999, fps, 30.0)
        assert window.first <= frame - 3 < window.last
        assert window.first % (preview._GRID * step) == window.start % (preview._GRID * step) == 0
    assert preview.frames_over_time(-50, 3, 9999, fps, 30.0).first == 0
    assert preview.frames_over_time(99999, 3, 9999, fps, 30.0).last == 9997


def test_one_window_of_all():
    every = list(windows(1000, 64, 30, 4))
    assert [window_at(frame, 1000, 64, 30, 4) for frame in (0, 63, 64, 999)] == [
        every[0],
        every[0],
        every[1],
        every[-1],
    ]


def test_recent_results_are_kept_and_the_oldest_goes():
    made = []
    kept = Recent[int](2)
    for key in ("a", "b", "a", "c", "a", "b"):
        kept.get(key, lambda key=key: made.append(key) or len(made))
    assert made == ["a", "b", "c", "b"]
    assert len(kept) == 2
    kept.drop("b")
    kept.get("b", lambda: made.append("again") or 0)
    assert made[-1] == "again"
    with pytest.raises(ZeroDivisionError):
        kept.get("d", lambda: 1 // 0)
    assert kept.get("d", lambda: 4) == 4
    kept.clear()
    assert len(kept) == 0
