"""Clips in other axes and in another size: the same motion, seen from elsewhere."""

import numpy as np
import pytest

from addon.core.axes import Y_UP_TO_Z_UP, rescaled, turned
from addon.core.clip import Clip
from addon.core.kinematics import clip_positions
from addon.core.rigs import cmu
from addon.core.rotation import conjugate, exp, normalize, rotate


@pytest.fixture
def clip():
    rng = np.random.default_rng(3)
    rotations = exp(rng.normal(size=(7, 31, 3)))
    moving = {4: rng.normal(size=(7, 3))}
    return Clip(cmu.SKELETON, 120.0, rng.normal(size=(7, 3)), rotations, moving, cmu.UNIT)


def test_up_and_front_go_where_blender_has_them():
    np.testing.assert_allclose(rotate(Y_UP_TO_Z_UP, np.eye(3)), [[1, 0, 0], [0, 0, 1], [0, -1, 0]], atol=1e-15)


@pytest.mark.parametrize("turn", [Y_UP_TO_Z_UP, normalize(np.array([0.3, -0.5, 0.2, 0.7]))])
def test_a_turned_clip_is_the_same_motion_in_other_axes(clip, turn):
    other = turned(clip, turn)
    np.testing.assert_allclose(clip_positions(other), rotate(turn, clip_positions(clip)), atol=1e-5)
    tips = [(a.offset, b.offset) for a, b in zip(clip.skeleton.end_sites, other.skeleton.end_sites, strict=True)]
    for before, after in tips:
        np.testing.assert_allclose(after, rotate(turn, np.array(before)), atol=1e-6)
    back = turned(other, conjugate(turn))
    np.testing.assert_allclose(back.rotations, clip.rotations, atol=1e-6)


def test_a_rescaled_clip_is_the_same_motion_in_another_size(clip):
    other = rescaled(clip, 2.5)
    np.testing.assert_allclose(clip_positions(other), 2.5 * clip_positions(clip), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(other.rotations, clip.rotations, atol=1e-6)
    assert other.unit == clip.unit
