"""Rotations: every function against its definition, on arbitrary rotations."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from addon.core import rotation

ORDERS = ["".join(order) for order in itertools.permutations("XYZ")]
components = st.floats(-1, 1, allow_nan=False, width=64)
ROUNDING = 1e-15
"""Of four products of unit quaternions' components, added in whatever order."""


def quaternions(*leading):
    return (
        arrays(np.float64, (*leading, 4), elements=components)
        .filter(lambda q: np.all(np.linalg.norm(q, axis=-1) > 1e-2))
        .map(rotation.normalize)
    )


def vectors(limit, *leading):
    return arrays(np.float64, (*leading, 3), elements=st.floats(-limit, limit, allow_nan=False, width=64))


def same_rotation(a, b, tolerance=1e-6):
    assert np.max(rotation.angle_between(a, b)) < tolerance


@given(quaternions(5), quaternions(5), vectors(10, 5))
def test_product_turns_by_the_right_factor_first(a, b, v):
    both = rotation.rotate(rotation.multiply(a, b), v)
    assert np.allclose(both, rotation.rotate(a, rotation.rotate(b, v)), atol=1e-9)


@given(quaternions(5), vectors(10, 5))
def test_matrix_and_quaternion_turn_alike(q, v):
    assert np.allclose(np.einsum("...ij,...j->...i", rotation.to_matrix(q), v), rotation.rotate(q, v), atol=1e-9)


@given(quaternions(5))
def test_matrix_round_trip(q):
    same_rotation(rotation.from_matrix(rotation.to_matrix(q)), q)


@given(quaternions(5))
def test_inverse(q):
    same_rotation(rotation.multiply(q, rotation.conjugate(q)), np.broadcast_to(rotation.IDENTITY, q.shape))


@given(quaternions(5))
def test_exp_undoes_log(q):
    same_rotation(rotation.exp(rotation.log(q)), q)
    assert np.all(np.linalg.norm(rotation.log(q), axis=-1) <= np.pi + 1e-9)


def test_log_keeps_small_angles_in_single_precision():
    vector = np.array([1e-6, 0, 0], dtype=np.float32)
    assert rotation.log(rotation.exp(vector)) == pytest.approx(vector, rel=1e-5)
    assert rotation.log(rotation.exp(vector)).dtype == np.float32


@given(quaternions(), quaternions(), st.floats(0, 1))
def test_slerp_divides_the_angle(a, b, t):
    middle = rotation.slerp(a, b, t)
    whole = rotation.angle_between(a, b)
    if whole < np.pi - 1e-3:
        assert rotation.angle_between(a, middle) == pytest.approx(t * whole, abs=1e-6)
        assert rotation.angle_between(middle, b) == pytest.approx((1 - t) * whole, abs=1e-6)


@given(quaternions(), quaternions())
def test_slerp_meets_both_ends(a, b):
    same_rotation(rotation.slerp(a, b, 0.0), a)
    same_rotation(rotation.slerp(a, b, 1.0), b)


@given(quaternions(12, 2), st.lists(st.booleans(), min_size=12, max_size=12))
def test_continuity_depends_on_rotations_alone(q, flips):
    signs = np.where(flips, -1.0, 1.0)[:, None, None]
    signs[0] = 1
    walked = rotation.continuous(q * signs)
    assert np.all(np.sum(walked[1:] * walked[:-1], axis=-1) >= -ROUNDING)
    same_rotation(walked, q)


@given(quaternions(6), quaternions(6))
def test_alignment_chooses_the_nearer_sign(q, reference):
    result = rotation.aligned(q, reference)
    assert np.all(np.sum(result * reference, axis=-1) >= -ROUNDING)
    same_rotation(result, q)


@given(vectors(1, 4), vectors(1, 4))
def test_between_turns_one_direction_into_the_other(a, b):
    long_enough = (np.linalg.norm(a, axis=-1) > 0.1) & (np.linalg.norm(b, axis=-1) > 0.1)
    a, b = a[long_enough], b[long_enough]
    turned = rotation.rotate(rotation.between(a, b), a / np.linalg.norm(a, axis=-1, keepdims=True))
    assert np.allclose(turned, b / np.linalg.norm(b, axis=-1, keepdims=True), atol=1e-5)


@pytest.mark.parametrize("tilt", [1e-3, 1e-4, 1e-5, 1e-6, 1e-9])
def test_between_nearly_opposite_directions(tilt):
    a, b = np.array([1.0, tilt, tilt]), np.array([-1.0, 0, 0])
    turned = rotation.rotate(rotation.between(a, b), a / np.linalg.norm(a))
    assert np.allclose(turned, b, atol=1e-7)


def test_between_opposite_directions_is_a_half_turn():
    x = np.array([1.0, 0, 0])
    assert rotation.rotate(rotation.between(x, -x), x) == pytest.approx(-x)


@pytest.mark.parametrize("axes", ORDERS)
@given(angles=vectors(3, 8))
def test_euler_is_the_product_of_its_axes(axes, angles):
    expected = np.eye(3)
    for i, axis in enumerate(axes):
        vector = np.zeros((8, 3))
        vector[:, "XYZ".index(axis)] = angles[:, i]
        expected = expected @ rotation.to_matrix(rotation.exp(vector))
    assert np.allclose(rotation.to_matrix(rotation.from_euler(angles, axes)), expected, atol=1e-9)


@pytest.mark.parametrize("axes", ORDERS)
@given(q=quaternions(8))
def test_euler_round_trip(axes, q):
    same_rotation(rotation.from_euler(rotation.to_euler(q, axes), axes), q)


@pytest.mark.parametrize("axes", ORDERS)
@pytest.mark.parametrize("sign", [-1, 1])
def test_euler_round_trip_in_gimbal_lock(axes, sign):
    q = rotation.from_euler(np.array([0.4, sign * np.pi / 2, 0.3]), axes)
    angles = rotation.to_euler(q, axes)
    same_rotation(rotation.from_euler(angles, axes), q)
    assert angles[2] == 0


@pytest.mark.parametrize("axes", ORDERS)
@given(angles=vectors(9, 8))
def test_compatible_euler_finds_the_way_back_to_the_reference(axes, angles):
    found = rotation.compatible_euler(rotation.to_euler(rotation.from_euler(angles, axes), axes), angles)
    locked = np.abs(np.cos(angles[:, 1])) < 1e-3
    assert np.allclose(found[~locked], angles[~locked], atol=1e-5)


def test_mean_of_rotations_about_one_axis():
    angles = np.array([0.1, 0.2, 0.6])
    q = rotation.exp(np.stack([angles, 0 * angles, 0 * angles], axis=-1)) * np.array([1, -1, 1])[:, None]
    middle = rotation.mean(q)
    assert rotation.log(middle)[0] == pytest.approx(0.3, abs=0.01)


def test_normalize_mends_what_has_no_direction():
    q = np.array([[0, 0, 0, 0], [np.nan, 0, 0, 1], [0, 2, 0, 0]])
    assert np.array_equal(rotation.normalize(q), [[1, 0, 0, 0], [1, 0, 0, 0], [0, 1, 0, 0]])


@pytest.mark.parametrize("axes", ["XYX", "xyz", "XY", ""])
def test_unknown_axes_are_refused(axes):
    with pytest.raises(ValueError, match="once each"):
        rotation.from_euler(np.zeros(3), axes)


def test_steady_alignment_does_not_flicker_at_the_border():
    border = np.array([0.0, 1.0, 0.0, 0.0])
    q = rotation.normalize(border + 0.05 * np.random.default_rng(0).standard_normal((200, 1, 4)))
    steady = rotation.steadily_aligned(q, rotation.IDENTITY.astype(float))
    same_rotation(steady, q)
    assert np.all(np.sum(steady[1:] * steady[:-1], axis=-1) > 0)


@pytest.mark.parametrize("start", [0.0, 2 * np.pi])
def test_steady_alignment_comes_back_after_a_whole_turn(start):
    turning = np.zeros((100, 1, 3))
    turning[:, 0, 1] = start + np.linspace(0, 3 * np.pi, 100)
    q = rotation.exp(turning)
    steady = rotation.steadily_aligned(q, rotation.IDENTITY.astype(float))
    same_rotation(steady, q)
    assert steady[0, 0, 0] > 0.99
    assert steady[66, 0, 0] > 0.99  # after one turn
    assert np.sum(np.sum(steady[1:] * steady[:-1], axis=-1) < 0) <= 2
