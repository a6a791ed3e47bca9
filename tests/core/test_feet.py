"""Planted feet: when a foot stands, and that it stands still again without bending the leg the wrong way."""

from __future__ import annotations

import numpy as np
import pytest

from addon.core import feet
from addon.core.rotation import angle_between, exp, multiply, rotate

FPS = 30.0
UP = np.array([0.0, 0.0, 1.0])
TIMES = np.arange(120) / FPS
THIGH, SHIN, FOOT = np.array([0, 0, -0.42]), np.array([0, 0, -0.4]), np.array([0, -0.12, -0.06])


def leg(hip, angles, size=1.0):
    """A leg that swings in the plane of x = 0; angles: (T, 3) of thigh, knee and foot about x."""
    turns = [exp(angle[:, None] * np.array([1.0, 0, 0])) for angle in angles.T]
    thigh, shin = turns[0], multiply(turns[0], turns[1])
    knee = hip + rotate(thigh, np.broadcast_to(size * THIGH, hip.shape))
    ankle = knee + rotate(shin, np.broadcast_to(size * SHIN, hip.shape))
    ball = ankle + rotate(multiply(shin, turns[2]), np.broadcast_to(size * FOOT, hip.shape))
    return feet.Leg(hip, knee, np.stack([ankle, ball], axis=1), thigh)


def standing_then_stepping(noise=0.0, seed=0):
    """A leg under still hips: it stands for two seconds, steps forward for one, and stands again."""
    step = np.clip((TIMES - 2) / 0.8, 0, 1)
    lift = np.sin(np.pi * step) ** 2
    angles = np.stack(
        [0.3 - 0.5 * step - 0.5 * lift, -0.5 + 0.3 * step - 0.9 * lift * 0.5, 0.2 * np.ones_like(step)], -1
    )
    angles = angles + noise * np.random.default_rng(seed).normal(size=angles.shape)
    return leg(np.tile([0.1, 0, 0.85], (len(TIMES), 1)), angles)


def applied(limb, turns):
    """The leg with its joints turned: (T, P, 3) its foot's points, and (T,) how far the knee is bent about x."""
    thigh, shin, foot = np.moveaxis(turns, 1, 0)
    upper, lower = rotate(thigh, limb.knee - limb.hip), rotate(multiply(thigh, shin), limb.foot[:, 0] - limb.knee)
    ankle = limb.hip + upper + lower
    ball = ankle + rotate(multiply(multiply(thigh, shin), foot), limb.foot[:, 1] - limb.foot[:, 0])
    bend = np.arctan2(np.cross(upper, lower)[:, 0], np.sum(upper * lower, axis=-1))
    return np.stack([ankle, ball], axis=1), bend


def test_a_foot_stands_where_it_is_low_and_slow():
    found = feet.contacts(standing_then_stepping().foot, TIMES, UP)
    assert found[5:55].all()
    assert not found[66:78].any()


def test_a_foot_that_hovers_does_not_stand():
    limb = standing_then_stepping()
    raised = limb.foot + np.where((TIMES < 1)[:, None, None], 0.2 * UP, 0)
    assert not feet.contacts(raised, TIMES, UP)[:25].any()


@pytest.mark.parametrize("rows", [1, 2, 3, 4, 7, 8, 101])
def test_tridiagonal_systems_are_solved(rows):
    rng = np.random.default_rng(rows)
    beside, right = -rng.random(rows - 1) * 300, rng.standard_normal((rows, 3))
    matrix = np.diag(beside, 1) + np.diag(beside, -1)
    matrix += np.diag(1 - matrix.sum(axis=1))
    solution = feet._solve_symmetric(np.diag(matrix), beside, right)
    np.testing.assert_allclose(solution, np.linalg.solve(matrix, right), atol=1e-9)


def test_a_moment_of_slowness_is_no_contact():
    time = TIMES[:, None, None]
    passing = np.concatenate([2 * time + 0.001 * np.sin(40 * time), 0 * time, 0 * time], axis=-1)
    assert not feet.contacts(passing, TIMES, UP).any()


@pytest.mark.parametrize("noise", [0.005, 0.02])
def test_a_trembling_foot_stands_still_again(noise):
    clean, before, after = standing_then_stepping(), standing_then_stepping(3 * noise), standing_then_stepping(noise, 1)
    stands = feet.contacts(clean.foot, TIMES, UP)
    turned, _ = applied(after, feet.planted(after, before.foot, TIMES, UP))
    slides = [feet.slide(points, stands, TIMES, UP)[0] for points in (after.foot, turned)]
    assert slides[1] < 0.3 * slides[0]
    assert np.linalg.norm(turned - clean.foot, axis=-1).mean() < np.linalg.norm(after.foot - clean.foot, axis=-1).mean()


def test_nothing_turns_where_denoising_moved_nothing():
    limb = standing_then_stepping(0.02)
    turns = feet.planted(limb, limb.foot, TIMES, UP)
    np.testing.assert_array_equal(turns, np.broadcast_to([1.0, 0, 0, 0], turns.shape))


def test_nothing_turns_far_from_contacts_and_all_turns_are_bounded():
    before, after = standing_then_stepping(0.1), standing_then_stepping(0.05, 1)
    turns = feet.planted(after, before.foot, TIMES, UP)
    angle = np.degrees(angle_between(np.array([1.0, 0, 0, 0]), turns))
    assert angle[69:74].max() < 0.2
    assert angle.max() < np.degrees(2 * feet.FARTHEST / (2 * feet.DAMPING))
    assert np.abs(np.diff(turns, axis=0)).max() < 0.1


def test_the_knee_does_not_flip():
    straight = np.zeros((len(TIMES), 3))
    straight[:, 1] = -0.02
    straight += 0.03 * np.random.default_rng(2).normal(size=straight.shape)
    hip = np.tile([0.1, 0, 0.85], (len(TIMES), 1))
    limb = leg(hip, straight)
    turned, bend = applied(limb, feet.planted(limb, limb.foot + 0.05, TIMES, UP))
    before = np.arctan2(*(f(limb) for f in (_normal, _along)))
    bent = before < -1e-3  # this leg bends to negative angles
    assert bent.any()
    assert (bend[bent] <= 1e-6).all()
    assert np.isfinite(turned).all()


def _normal(limb):
    return np.cross(limb.knee - limb.hip, limb.foot[:, 0] - limb.knee)[:, 0]


def _along(limb):
    return np.sum((limb.knee - limb.hip) * (limb.foot[:, 0] - limb.knee), axis=-1)


def test_size_and_direction_of_up_change_nothing():
    before, after = standing_then_stepping(0.06), standing_then_stepping(0.02, 1)
    wanted = feet.planted(after, before.foot, TIMES, UP)
    big = feet.Leg(100 * after.hip, 100 * after.knee, 100 * after.foot, after.thigh)
    np.testing.assert_allclose(feet.planted(big, 100 * before.foot, TIMES, UP), wanted, atol=1e-6)
    turn = exp(np.array([-np.pi / 2, 0, 0]))  # Z up to Y up
    other = feet.Leg(*(rotate(turn, part) for part in (after.hip, after.knee, after.foot)), multiply(turn, after.thigh))
    found = feet.planted(other, rotate(turn, before.foot), TIMES, rotate(turn, UP))
    assert np.degrees(angle_between(found, multiply(multiply(turn, wanted), turn * [1, -1, -1, -1]))).max() < 0.01


def test_a_foot_without_a_ball_and_clips_of_one_frame_pass():
    limb, before = standing_then_stepping(0.02), standing_then_stepping(0.06, 1)
    bare = feet.Leg(limb.hip, limb.knee, limb.foot[:, :1], limb.thigh)
    turns = feet.planted(bare, before.foot[:, :1], TIMES, UP)
    assert angle_between(np.array([1.0, 0, 0, 0]), turns[:, 0]).max() > 0.001
    single = feet.Leg(limb.hip[:1], limb.knee[:1], limb.foot[:1], limb.thigh[:1])
    assert feet.planted(single, before.foot[:1], TIMES[:1], UP).shape == (1, 3, 4)
