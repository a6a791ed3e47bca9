"""Forward kinematics against matrices multiplied down the chain."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from addon.core import rotation
from addon.core.clip import Clip
from addon.core.kinematics import clip_positions, global_rotations, joint_positions
from addon.core.skeleton import Skeleton


@st.composite
def figures(draw):
    """Parents, rotations (T, J, 4), offsets (J, 3), root positions (T, 3), translations, all float64."""
    count = draw(st.integers(1, 6))
    parents = [-1] + [draw(st.integers(-1, joint - 1)) for joint in range(1, count)]
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    moving = {joint: random.normal(size=(3, 3)) for joint in range(1, count) if draw(st.booleans())}
    rotations = rotation.normalize(random.normal(size=(3, count, 4)))
    return parents, rotations, random.normal(size=(count, 3)), random.normal(size=(3, 3)), moving


def by_matrices(parents, rotations, offsets, root, moving, frame):
    """(J, 4, 4) transforms of one frame, joint by joint."""
    transforms = []
    for joint, parent in enumerate(parents):
        local = np.eye(4)
        local[:3, :3] = rotation.to_matrix(rotations[frame, joint])
        local[:3, 3] = root[frame] if joint == 0 else moving[joint][frame] if joint in moving else offsets[joint]
        transforms.append(local if parent < 0 else transforms[parent] @ local)
    return np.array(transforms)


@given(figures())
def test_positions_and_rotations_are_those_of_the_matrix_chain(figure):
    parents, rotations, offsets, root, moving = figure
    positions = joint_positions(rotations, parents, offsets, root, moving)
    turned = global_rotations(rotations, parents)
    for frame in range(3):
        expected = by_matrices(parents, rotations, offsets, root, moving, frame)
        assert np.allclose(positions[frame], expected[:, :3, 3], atol=1e-9)
        assert np.allclose(rotation.to_matrix(turned[frame]), expected[:, :3, :3], atol=1e-9)


@given(figures())
def test_a_clip_gives_the_same_in_single_precision(figure):
    parents, rotations, offsets, root, moving = figure
    skeleton = Skeleton(tuple(f"j{joint}" for joint in range(len(parents))), tuple(parents), offsets)
    clip = Clip(skeleton, 30.0, root, rotations, moving)
    expected = joint_positions(rotations, parents, offsets, root, moving)
    assert np.allclose(clip_positions(clip), expected, atol=1e-5)


def test_at_rest_joints_are_where_the_skeleton_says():
    skeleton = Skeleton(("a", "b", "c"), (-1, 0, 1), np.array([[0, 1, 0], [1, 0, 0], [0, 0, 2]]))
    rest = np.tile(rotation.IDENTITY, (3, 1))
    positions = joint_positions(rest, skeleton.parents, skeleton.offsets, skeleton.offsets[0])
    assert positions == pytest.approx(skeleton.rest_positions())


def test_without_a_root_position_the_root_is_the_origin():
    positions = joint_positions(np.tile(rotation.IDENTITY, (2, 1)), (-1, 0), np.array([[9.0, 9, 9], [1, 0, 0]]))
    assert positions.tolist() == [[0, 0, 0], [1, 0, 0]]


def test_any_number_of_leading_axes():
    random = np.random.default_rng(0)
    rotations = rotation.normalize(random.normal(size=(2, 5, 3, 4)))
    offsets = random.normal(size=(3, 3))
    together = joint_positions(rotations, (-1, 0, 1), offsets)
    assert together.shape == (2, 5, 3, 3)
    assert np.allclose(together[1, 4], joint_positions(rotations[1, 4], (-1, 0, 1), offsets))
