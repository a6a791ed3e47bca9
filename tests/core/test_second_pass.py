"""A second look at a network's result: doubts where they are due, the clip's own motion, nothing else."""

import numpy as np
import pytest

from addon.core import curves, noise, rotation, second_pass
from addon.core.metrics import geodesic_degrees
from addon.core.rigs.cmu import POSE_JOINTS
from addon.core.rigs.sides import twins

FPS = 30.0


def walking(frames, joints=8, seed=0):
    """(T, J, 4) joints that swing together, in two rhythms, each about an axis of its own."""
    rng = np.random.default_rng(seed)
    axes = rng.standard_normal((joints, 3))
    axes /= np.linalg.norm(axes, axis=-1, keepdims=True)
    time = np.arange(frames) / FPS
    swing = np.stack([np.sin(6 * time), np.cos(6 * time), np.sin(12 * time)], axis=1) @ rng.normal(0, 0.2, (3, joints))
    return rotation.exp(swing[..., None] * axes).astype(np.float32)


def halved(recorded, clean):
    """A network that takes half of the noise out."""
    return rotation.normalize(recorded + rotation.aligned(clean, recorded))


def looked_at(recorded, first, known=None, **more):
    recorded = rotation.continuous(recorded)
    every = np.ones(recorded.shape[:2], dtype=bool) if known is None else known
    quiet, wander = curves.quiet(recorded, FPS), curves.wander(recorded)
    return second_pass.second_pass(recorded, first, every, quiet, FPS, wander, **more)[0]


def error(result, clean):
    return geodesic_degrees(result, clean).mean()


def test_joints_without_noise_come_back_as_they_were_whatever_the_network_says():
    clean = walking(300)
    first = rotation.normalize(clean + np.array([0, 0.2, 0, 0], dtype=np.float32))
    assert geodesic_degrees(looked_at(clean, first), clean).max() < 0.01


def test_a_network_that_changes_much_where_no_noise_can_be_measured_is_doubted():
    """As in a short clip at a high rate, of which the lower rate keeps a few frames and hardly any noise."""
    clean = walking(10)
    first = rotation.normalize(clean + np.array([0, 0.1, 0, 0], dtype=np.float32))
    every, loud = np.ones(clean.shape[:2], dtype=bool), np.zeros(clean.shape[:2], dtype=bool)
    result, doubt = second_pass.second_pass(clean, first, every, loud, FPS, curves.wander(clean))
    assert geodesic_degrees(result, clean).max() < 0.5
    assert doubt.min() > 0.95


def test_lively_motion_in_which_the_network_finds_no_noise_stays():
    rng = np.random.default_rng(8)
    shaken = rotation.exp(
        0.004 * rng.standard_normal((300, 8, 3))
    )  # what a marker does as a foot strikes, all the time
    clean = rotation.multiply(walking(300), shaken).astype(np.float32)
    first = rotation.normalize(clean + 1e-4 * rng.standard_normal(clean.shape).astype(np.float32))
    assert error(looked_at(clean, first), clean) < 0.02


def test_noise_that_comes_and_goes_is_taken_out_where_it_is():
    clean = walking(600)
    recorded = clean.copy()
    recorded[256:384] = noise.white(clean, 0.02, 7)[256:384]
    result = looked_at(recorded, halved(recorded, clean))
    assert error(result[256:384], clean[256:384]) < 0.6 * error(recorded[256:384], clean[256:384])
    assert geodesic_degrees(result[:256], clean[:256]).max() < 0.01


def test_a_joint_that_the_network_ties_is_taken_from_its_own_curve():
    clean = walking(300)
    recorded = noise.white(clean, 0.01, 1)
    first = halved(recorded, clean)
    first[:, 3] = rotation.IDENTITY
    result = looked_at(recorded, first)
    assert error(result[:, 3], clean[:, 3]) < error(recorded[:, 3], clean[:, 3])
    assert error(result[:, :3], clean[:, :3]) < error(first[:, :3], clean[:, :3])


def test_a_network_that_knows_another_kind_of_body_does_no_harm():
    clean = walking(300)
    recorded = noise.white(clean, 0.02, 2)
    first = rotation.normalize(recorded + 0.3 * rotation.IDENTITY.astype(np.float32) * np.ones_like(recorded))
    first[:, ::2] = rotation.IDENTITY
    assert error(looked_at(recorded, first), clean) < 0.6 * error(recorded, clean)


@pytest.mark.parametrize("sigma", [0.005, 0.02, 0.1])
def test_what_the_clip_repeats_helps(sigma):
    clean = walking(240)
    recorded = noise.white(clean, sigma, 3)
    first = halved(recorded, clean)
    assert error(looked_at(recorded, first), clean) < 0.8 * error(first, clean)


def test_no_seam_shows_where_blocks_fade_into_each_other():
    clean = walking(2000)
    recorded = noise.white(clean, 0.02, 9)
    result = looked_at(recorded, halved(recorded, clean))
    place = np.arange(2000) % (second_pass.BLOCK - second_pass.OVERLAP)
    fading = (place < second_pass.OVERLAP) & (np.arange(2000) >= second_pass.BLOCK)
    off = rotation.aligned(result, clean) - clean
    bends = np.abs(np.diff(off, n=2, axis=0)).mean(axis=(1, 2))
    assert error(result[fading], clean[fading]) < 1.05 * error(result[~fading], clean[~fading])
    assert bends[fading[1:-1]].mean() < 1.05 * bends[~fading[1:-1]].mean()


def test_wandering_noise_is_left_to_the_network():
    clean = walking(300)
    recorded = noise.jitter(clean, 0.02, 4)
    first = halved(recorded, clean)
    assert error(looked_at(recorded, first), clean) < 1.05 * error(first, clean)


def test_what_was_not_measured_stays_as_the_network_made_it_up():
    clean = walking(200)
    recorded = noise.white(clean, 0.01, 5)
    first = halved(recorded, clean)
    known = np.ones((200, 8), dtype=bool)
    known[50:60] = known[:, 2] = False
    recorded[50:60] = recorded[49]
    result = looked_at(recorded, first, known)
    assert geodesic_degrees(result[:, 2], first[:, 2]).max() < 0.01
    assert error(result[50:60], clean[50:60]) < 1.1 * error(first[50:60], clean[50:60])


@pytest.mark.parametrize("frames", [1, 7, 8, 63, 64, 65, 255, 256, 257, 449])
def test_any_length(frames):
    clean = walking(frames)
    recorded = noise.white(clean, 0.02, 6)
    told = []
    result = looked_at(recorded, halved(recorded, clean), progress=told.append)
    assert (result.shape, result.dtype) == (clean.shape, np.float32)
    assert np.all(np.isfinite(result))
    np.testing.assert_allclose(np.linalg.norm(result, axis=-1), 1, atol=1e-5)
    assert told == sorted(told)


def test_twins_of_the_body():
    found = twins(POSE_JOINTS)
    assert POSE_JOINTS[found[POSE_JOINTS.index("LeftFoot")]] == "RightFoot"
    assert POSE_JOINTS[found[POSE_JOINTS.index("RThumb")]] == "LThumb"
    assert found[POSE_JOINTS.index("Head")] == POSE_JOINTS.index("Head")
    np.testing.assert_array_equal(found[found], np.arange(len(POSE_JOINTS)))
    assert twins(POSE_JOINTS[:-1]) is None
    assert twins(("a", "b")) is None
