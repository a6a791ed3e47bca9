"""The 20 angles: there and back, what their signs mean, and a left hand as the mirror of a right one."""

from __future__ import annotations

import numpy as np
import pytest

from addon.core.hand import DOF, HandShapeError, hand_axes, hand_from_rest
from addon.core.rotation import angle_between, exp, mirrored, multiply, rotate

FLAT = np.array(
    [
        [[0.03, 0.0, 0.03], [0.06, 0.0, 0.06], [0.08, 0.0, 0.08], [0.1, 0.0, 0.1]],
        [[0.025, 0.0, 0.09], [0.025, 0.0, 0.13], [0.025, 0.0, 0.155], [0.025, 0.0, 0.175]],
        [[0.0, 0.0, 0.095], [0.0, 0.0, 0.14], [0.0, 0.0, 0.167], [0.0, 0.0, 0.187]],
        [[-0.02, 0.0, 0.09], [-0.02, 0.0, 0.13], [-0.02, 0.0, 0.155], [-0.02, 0.0, 0.175]],
        [[-0.04, 0.0, 0.08], [-0.04, 0.0, 0.11], [-0.04, 0.0, 0.128], [-0.04, 0.0, 0.145]],
    ]
)
"""A right hand with its palm down, fingers along Z and straight: root, middle, end and tip of thumb, index, … pinky."""
MIRROR = np.array([-1.0, 1.0, 1.0])


def tips(hand, points, dof):
    """(5, 3) where the fingers' tips are."""
    local = hand.rotations(dof)
    found = []
    for finger, chain in enumerate(points):
        turn, place = np.array([1.0, 0, 0, 0]), chain[0]
        for joint, bone in enumerate(np.diff(chain, axis=0)):
            turn = multiply(turn, local[3 * finger + joint])
            place = place + rotate(turn, bone)
        found.append(place)
    return np.array(found)


def bent(points):
    """The same hand in a rest pose that is relaxed: every joint a little bent and turned."""
    rng = np.random.default_rng(3)
    result = points.copy()
    for chain in result:
        turn = exp(rng.normal(0, 0.1, 3))
        for joint in (1, 2, 3):
            turn = multiply(turn, exp(np.array([0.15, 0, 0]) + rng.normal(0, 0.03, 3)))
            chain[joint] = chain[joint - 1] + rotate(turn, np.array([0, 0, 0.03]))
    return result


@pytest.mark.parametrize("points", [FLAT, bent(FLAT)])
@pytest.mark.parametrize("right", [True, False])
def test_angles_to_rotations_and_back_are_exact(points, right):
    hand = hand_from_rest(points if right else points * MIRROR, right)
    dof = np.random.default_rng(0).uniform(-0.5, 1.5, (200, 20))
    np.testing.assert_allclose(hand.dof(hand.rotations(dof)), dof, atol=1e-9)


def test_a_flat_hand_is_zero_and_its_rest_pose_is_no_rotation():
    hand = hand_from_rest(FLAT, right=True)
    np.testing.assert_allclose(hand.dof(np.tile([1.0, 0, 0, 0], (15, 1))), np.zeros(20), atol=1e-7)


def test_a_bent_rest_pose_stands_at_the_angles_that_it_shows():
    curled = np.zeros(20)
    curled[4:20:4], curled[6:20:4], curled[7:20:4] = 0.3, 0.4, 0.2
    flat = hand_from_rest(FLAT, right=True)
    points = FLAT.copy()
    local = flat.rotations(curled)
    for finger, chain in enumerate(FLAT):
        turn = np.array([1.0, 0, 0, 0])
        for joint, bone in enumerate(np.diff(chain, axis=0)):
            turn = multiply(turn, local[3 * finger + joint])
            points[finger, joint + 1] = points[finger, joint] + rotate(turn, bone)
    at_rest = hand_from_rest(points, right=True).dof(np.tile([1.0, 0, 0, 0], (15, 1)))
    np.testing.assert_allclose(at_rest[4:], curled[4:], atol=1e-6)


@pytest.mark.parametrize("right", [True, False])
def test_signs_close_the_hand_and_lean_to_the_thumb(right):
    points = FLAT if right else FLAT * MIRROR
    hand = hand_from_rest(points, right)
    flat = tips(hand, points, np.zeros(20))
    for angle, name in enumerate(DOF):
        dof = np.zeros(20)
        dof[angle] = 0.5
        moved = (tips(hand, points, dof) - flat)[angle // 4]
        to_thumb = moved[0] if right else -moved[0]
        if name in ("thumb CMC flexion", "thumb MCP", "thumb IP"):
            assert to_thumb < -0.002, name
        elif name == "thumb CMC abduction" or "abduction" not in name:
            assert moved[1] < -0.002, name  # the palm looks down
        else:
            assert to_thumb > 0.01, name


def test_a_left_hand_is_the_mirror_of_a_right_one():
    dof = np.random.default_rng(1).uniform(-0.3, 1.2, 20)
    right, left = hand_from_rest(bent(FLAT), True), hand_from_rest(bent(FLAT) * MIRROR, False)
    assert np.degrees(angle_between(mirrored(right.rotations(dof)), left.rotations(dof))).max() < 1e-4
    np.testing.assert_allclose(tips(left, bent(FLAT) * MIRROR, dof), tips(right, bent(FLAT), dof) * MIRROR, atol=1e-9)


def test_what_the_joints_cannot_do_is_left_out():
    hand = hand_from_rest(FLAT, right=True)
    twisted = hand.rotations(np.full(20, 0.2))
    twisted[4] = multiply(twisted[4], exp(np.array([0, 0, 0.3])))  # the index's PIP about its own bone
    np.testing.assert_allclose(np.delete(hand.dof(twisted), 6), 0.2, atol=1e-9)


def test_unknown_tips_go_on_straight():
    without = FLAT.copy()
    without[:, 3] = np.nan
    dof = np.random.default_rng(2).uniform(0, 1, 20)
    found, told = hand_from_rest(without, True), hand_from_rest(FLAT, True)
    np.testing.assert_allclose(found.rotations(dof), told.rotations(dof), atol=1e-9)


def test_points_that_are_no_hand_are_refused():
    together = FLAT.copy()
    together[2, 1] = together[2, 0]
    with pytest.raises(HandShapeError, match="middle"):
        hand_from_rest(together, True)
    in_line = np.concatenate([np.zeros((1, 3)), FLAT[:, 0]])
    in_line[[2, 5]] = in_line[3]
    with pytest.raises(HandShapeError, match="knuckles"):
        hand_axes(in_line, True)
