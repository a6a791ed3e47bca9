"""Bones that hang beside each other move as if they hung on each other, and say the same rotations back."""

import numpy as np
import pytest

from addon.core.rigs.hands import HandBones
from addon.core.rigs.loose_hand import loose_hand
from addon.core.rotation import conjugate, exp, multiply, rotate
from tests.core.rigs.test_finger_rig import build

RNG = np.random.default_rng(3)
FRAMES = 5


@pytest.fixture
def hand():
    bones, heads, _, rests = build()
    return loose_hand(HandBones(bones.hand, bones.fingers, linked=False), bones.bones, heads, rests)


def any_rotations(*shape):
    return exp(RNG.normal(0, 0.6, (*shape, 3)))


def test_rotations_come_back(hand):
    linked, wrist = any_rotations(FRAMES, hand.bending), any_rotations(FRAMES)
    own, _ = hand.loosened(linked, wrist, np.zeros(3))
    back = hand.linked(own[:, : hand.bending], wrist)
    np.testing.assert_allclose(np.abs(np.sum(back * linked, axis=-1)), 1, atol=1e-9)


def test_bones_are_where_those_of_a_chain_would_be(hand):
    linked, wrist, moved = any_rotations(hand.bending), any_rotations(), RNG.normal(0, 0.1, 3)
    own, places = hand.loosened(linked, wrist, moved)
    at = hand.heads + rotate(hand.rest, places)
    turns = multiply(multiply(hand.rest, own), conjugate(hand.rest))
    wrist_turn = multiply(multiply(hand.wrist_rest, wrist), conjugate(hand.wrist_rest))
    wrist_head = hand.wrist_head + rotate(hand.wrist_rest, moved)
    for place, above in enumerate(hand.above):
        start, turn = (wrist_head, wrist_turn) if above < 0 else (at[above], turns[above])
        rest = hand.wrist_head if above < 0 else hand.heads[above]
        np.testing.assert_allclose(at[place], start + rotate(turn, hand.heads[place] - rest), atol=1e-9)


def test_what_moves_along_is_the_rest_of_a_finger_with_its_tip(hand):
    assert hand.carried_by({"Index2"}) == {"Index2", "Index3", "IndexTip"}
    assert hand.carried_by({"Someone else's"}) == set()
