"""Any clip to a network over time and back: rates, holes, joints that are not there, and no seams."""

import numpy as np
import pytest

from addon.core import noise, rotation, second_pass, temporal
from addon.core.likely import Likely
from addon.core.metrics import geodesic_degrees

MODEL_FPS = 30.0
GRID = second_pass.BLOCK - second_pass.OVERLAP


def clip(frames, fps=30.0, joints=3):
    """(T, J, 4) a smooth motion."""
    time = np.arange(frames) / fps
    swing = 0.6 * np.sin(2 * np.pi * 0.7 * time[:, None] + np.arange(joints))
    return rotation.exp(swing[..., None] * np.array([0.6, 0.8, 0.0])).astype(np.float32)


def same(marked):
    """A network that gives back what it gets."""
    return marked / np.maximum(np.linalg.norm(marked, axis=-1, keepdims=True), 1e-6)


def smoothing(marked):
    """A network that sees one frame to either side."""
    held = np.pad(same(marked), ((1, 1), (0, 0), (0, 0)), mode="edge")
    return rotation.normalize(held[:-2] + held[1:-1] + held[2:])


@pytest.mark.parametrize("fps", [24.0, 30.0, 60.0, 120.0, 240.0])
@pytest.mark.parametrize("frames", [1, 2, 3, 50, 2100])
def test_a_network_that_changes_nothing_changes_nothing(frames, fps):
    motion = clip(frames, fps)
    result = temporal.denoised(same, motion, fps, MODEL_FPS, motion[0])
    assert result.shape == motion.shape
    assert result.dtype == np.float32
    assert geodesic_degrees(result, motion).mean() < 0.1


def test_the_result_does_not_depend_on_where_windows_lie(monkeypatch):
    noisy = noise.white(clip(5000), 0.02, 1)
    whole = temporal.denoised(smoothing, noisy, 30.0, MODEL_FPS, noisy[0])
    monkeypatch.setattr(temporal, "LENGTH", 700)
    assert geodesic_degrees(temporal.denoised(smoothing, noisy, 30.0, MODEL_FPS, noisy[0]), whole).max() < 0.01


def test_a_part_of_a_clip_gives_the_same_where_its_blocks_begin_as_in_the_clip():
    """The second look is at blocks that lie on a grid from the first frame, each for itself."""
    noisy = noise.white(clip(5000), 0.02, 1)
    first, last = 9 * GRID, 9 * GRID + 1600
    whole = temporal.denoised(smoothing, noisy, 30.0, MODEL_FPS, noisy[0])
    part = temporal.denoised(smoothing, noisy[first:last], 30.0, MODEL_FPS, noisy[0])
    assert geodesic_degrees(part[2 * GRID : -2 * GRID], whole[first + 2 * GRID : last - 2 * GRID]).max() < 0.01


def test_the_sign_of_a_quaternion_means_nothing():
    motion = clip(100)
    flipped = motion * np.where(np.arange(100) % 3 == 0, -1, 1)[:, None, None]
    one, other = (temporal.denoised(smoothing, q, 30.0, MODEL_FPS, motion[0]) for q in (motion, flipped))
    assert geodesic_degrees(one, other).max() < 1e-3


def test_missing_rotations_are_filled_and_marked():
    motion = clip(60)
    seen = []

    def network(marked):
        seen.append(np.linalg.norm(marked, axis=-1))
        return same(marked)

    broken = motion.copy()
    broken[10, 1], broken[20, 2] = np.nan, 0
    missing = np.zeros((60, 3), dtype=bool)
    missing[30:34, 0] = True
    result = temporal.denoised(network, broken, 30.0, MODEL_FPS, motion[0], missing)
    length = seen[0]
    assert length[[10, 20], [1, 2]] == pytest.approx(temporal.GUESSED)
    assert length[30:34, 0] == pytest.approx(temporal.GUESSED)
    assert np.count_nonzero(length < 0.9) == 6
    assert geodesic_degrees(result, motion).max() < 3


def test_frames_that_a_recorder_held_are_made_up():
    motion = clip(60)
    held = motion.copy()
    held[30:36] = held[29]
    result = temporal.denoised(same, held, 30.0, MODEL_FPS, motion[0])
    assert geodesic_degrees(result, motion).max() < 0.5 * geodesic_degrees(held, motion).max()


def test_joints_that_the_rig_has_not_are_told_to_the_network_and_left_alone():
    motion = clip(40)

    def network(marked):
        assert not marked[:, 1].any()
        return np.broadcast_to(rotation.IDENTITY, marked.shape).copy()

    motion = noise.white(motion, 0.05, 2)
    result = temporal.denoised(network, motion, 30.0, MODEL_FPS, motion[0], absent=np.array([False, True, False]))
    assert geodesic_degrees(result[:, 1], motion[:, 1]).max() < 1e-3
    assert geodesic_degrees(result[:, 0], motion[:, 0]).max() > 1


def test_progress_rises_to_the_end_and_may_stop_the_work():
    told = []
    temporal.denoised(same, clip(5000), 30.0, MODEL_FPS, clip(1)[0], progress=told.append)
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1)

    def stop(share):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        temporal.denoised(same, clip(5000), 30.0, MODEL_FPS, clip(1)[0], progress=stop)


def test_holes_are_filled_with_what_is_likely():
    """Where a process is known it fills the hole, and again after the network; without one slerp does."""
    motion = clip(120)
    zero, turns = np.zeros(9), 2 * np.pi * 0.7 * np.arange(60) / 30
    # The three joints swing as one amplitude and its quarter-period twin: two principal poses.
    phases = np.arange(3)
    rows = np.zeros((2, 9))
    for part, weight in enumerate((0.6, 0.8)):
        rows[0, part::3], rows[1, part::3] = weight * np.cos(phases), weight * np.sin(phases)
    orthonormal, change = np.linalg.qr(rows.T)
    one = 0.18 * np.stack(
        [np.stack([np.cos(turns), -np.sin(turns)], 1), np.stack([np.sin(turns), np.cos(turns)], 1)], 1
    )
    lags = np.einsum("ps,kst,qt->kpq", change, one, change)
    reference = np.broadcast_to(rotation.IDENTITY, (3, 4)).astype(np.float32)
    process = Likely(reference, zero, orthonormal.T, zero, lags, MODEL_FPS)
    missing = np.zeros((120, 3), dtype=bool)
    missing[50:70] = True
    bridged, told = (
        geodesic_degrees(temporal.denoised(same, motion, 30.0, MODEL_FPS, reference, missing, likely=likely), motion)[
            missing
        ].mean()
        for likely in (None, process)
    )
    assert told < 0.2 * bridged


@pytest.mark.parametrize("fps", [60.0, 120.0])
def test_fast_detail_is_kept_and_noise_in_it_goes_even_where_most_joints_are_absent(fps):
    """A rig may lack most joints that a model knows: they hold one rotation, but for rounding."""
    absent = np.arange(12) >= 5
    motion = clip(int(4 * fps), fps, joints=12)
    motion[:, absent] = motion[0, absent]
    knock = int(2 * fps)
    turn = rotation.exp(np.array([0.0, 0.0, 0.4])).astype(np.float32)
    motion[knock : knock + int(fps / 15), 1] = rotation.multiply(motion[knock : knock + int(fps / 15), 1], turn)
    assert geodesic_degrees(temporal.denoised(same, motion, fps, MODEL_FPS, motion[0], None, absent), motion).max() < 1
    noisy = noise.white(motion, 0.01, 3)
    noisy[:, absent] = motion[:, absent]
    result = temporal.denoised(smoothing, noisy, fps, MODEL_FPS, motion[0], None, absent)
    near = np.abs(np.arange(len(motion)) - knock) < fps / 3
    far = geodesic_degrees(result, motion)[~near][:, :5].mean()
    assert far < 0.6 * geodesic_degrees(noisy, motion)[~near][:, :5].mean()
