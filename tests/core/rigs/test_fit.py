"""Bones as joints in arrays: what the joints are, and that turns of joints come back on the bones."""

from __future__ import annotations

import numpy as np
import pytest

from addon.core.metrics import geodesic_degrees
from addon.core.rigs.fit import Fit, joint_rotations, turned_bones
from addon.core.rotation import conjugate, exp, multiply

RNG = np.random.default_rng(4)


def some(*shape):
    return exp(RNG.normal(size=(*shape, 3))).astype(np.float32)


@pytest.fixture
def fit():
    """Four joints, of which the third is lacking; a bone lies between the second joint and the one above."""
    rest = some(4)
    align_left, align_right = some(3), some(3)
    return Fit(
        bones=("a", "b", "d", "between"),
        joints=np.array([0, 1, 3]),
        reference=some(4),
        left=multiply(align_left, rest[:3]),
        right=multiply(conjugate(rest[:3]), align_right),
        rest=rest,
        between={1: (3,)},
    )


def test_joints_that_the_rig_lacks_hold_the_reference(fit):
    found = joint_rotations(fit, some(6, 4))
    assert np.array_equal(found[:, 2], np.tile(fit.reference[2], (6, 1)))
    assert fit.absent.tolist() == [False, False, True, False]
    assert fit.moving == ("a", "b", "d")


def test_a_bone_between_turns_the_joint_below(fit):
    q = some(6, 4)
    found = joint_rotations(fit, q)
    align_left = multiply(fit.left[1], conjugate(fit.rest[1]))
    above = multiply(multiply(fit.rest[3], q[:, 3]), conjugate(fit.rest[3]))
    own = multiply(multiply(fit.rest[1], q[:, 1]), fit.right[1])
    assert geodesic_degrees(found[:, 1], multiply(multiply(align_left, above), own)).max() < 0.05
    q[:, 3] = [1, 0, 0, 0]
    plain = multiply(multiply(fit.left[1], q[:, 1]), fit.right[1])
    assert geodesic_degrees(joint_rotations(fit, q)[:, 1], plain).max() < 0.05


def test_turned_joints_are_what_the_turned_bones_make(fit):
    q, wanted = some(6, 4), some(6, 4)
    joints = joint_rotations(fit, q)
    turned = turned_bones(fit, q[:, :3], multiply(conjugate(joints), wanted))
    found = joint_rotations(fit, np.concatenate([turned, q[:, 3:]], axis=1))
    assert geodesic_degrees(found[:, fit.joints], wanted[:, fit.joints]).max() < 0.05
