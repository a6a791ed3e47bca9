"""Rotation modes: the numbers of every mode and back, near the numbers that they replace."""

import itertools

import numpy as np
import pytest

from addon.core.rotation import angle_between, exp, multiply, normalize
from addon.core.rotation_mode import from_quaternion, from_quaternions, has_rotation, property_of, to_quaternion

EULER = ["".join(order) for order in itertools.permutations("XYZ")]
MODES = ["QUATERNION", "AXIS_ANGLE", *EULER]


def some_values(mode, seed=0, size=400):
    rng = np.random.default_rng(seed)
    values = rng.uniform(-9, 9, (size, 3 if mode in EULER else 4))
    return values if mode != "QUATERNION" else normalize(values)


@pytest.mark.parametrize("mode", MODES)
def test_numbers_come_back_where_nothing_was_changed(mode):
    values = some_values(mode)
    if mode == "AXIS_ANGLE":
        values[:, 1:] /= np.linalg.norm(values[:, 1:], axis=-1, keepdims=True)
    np.testing.assert_allclose(from_quaternion(to_quaternion(values, mode), mode, values), values, atol=1e-5)


@pytest.mark.parametrize("mode", MODES)
def test_a_small_turn_changes_the_numbers_a_little(mode):
    values = some_values(mode, 1)
    if mode == "AXIS_ANGLE":
        values[:, 1:] /= np.linalg.norm(values[:, 1:], axis=-1, keepdims=True)
        values[:, 0] = np.sign(values[:, 0]) * (0.5 + np.abs(values[:, 0]) % 5)  # away from no turn: no axis there
    elif mode in EULER:
        values[:, EULER[0].index(mode[1])] *= 0.1  # away from gimbal lock
    turn = normalize(np.array([1, 0.002, -0.001, 0.003]))
    turned = multiply(to_quaternion(values, mode), turn)
    new = from_quaternion(turned, mode, values)
    assert np.degrees(angle_between(to_quaternion(new, mode), turned)).max() < 1e-5
    assert np.abs(new - values).max() < 0.05


def test_an_axis_angle_without_turn_keeps_its_axis():
    near = np.array([[0.3, 0.0, 1.0, 0.0], [6.2, 0.0, 0.0, -1.0]])
    identity = np.array([[1.0, 0, 0, 0], [1.0, 0, 0, 0]])
    np.testing.assert_allclose(
        from_quaternion(identity, "AXIS_ANGLE", near), [[0, 0, 1, 0], [2 * np.pi, 0, 0, -1]], atol=1e-6
    )
    np.testing.assert_allclose(to_quaternion(np.array([2.0, 0, 0, 0]), "AXIS_ANGLE"), [1, 0, 0, 0])


def test_what_is_no_rotation_is_told():
    values = np.array([[1.0, 0, 0, 0], [0, 0, 0, 0], [np.nan, 0, 0, 1], [np.inf, 0, 0, 0]])
    assert has_rotation(values, "QUATERNION").tolist() == [True, False, False, False]
    assert has_rotation(values[:, :3], "XYZ").tolist() == [True, True, False, False]


def test_properties_have_blenders_names():
    assert [property_of(mode) for mode in ("QUATERNION", "AXIS_ANGLE", "YZX")] == [
        "rotation_quaternion",
        "rotation_axis_angle",
        "rotation_euler",
    ]


@pytest.mark.parametrize("mode", MODES)
def test_curves_over_time_hold_the_motion_and_do_not_jump(mode):
    time = np.linspace(0, 1, 400)[:, None, None]
    turns = exp(time * np.array([[11.0, 0.3, 0.2], [0.1, -9.0, 0.4], [0.2, 0.1, 14.0]]))
    turns[::3] *= -1
    values = from_quaternions(turns, mode)
    assert np.degrees(angle_between(to_quaternion(values, mode), turns)).max() < 1e-5
    if mode != "AXIS_ANGLE":  # whose axis is free where there is no turn
        assert np.abs(np.diff(values, axis=0)).max() < 2  # near gimbal lock fast, but never by half a turn
    else:
        assert np.abs(np.diff(values[:, :, 0], axis=0)).max() < 0.1
    if mode == "QUATERNION":
        assert (values[0, :, 0] >= 0).all()
    else:
        assert np.abs(values[0, :, 0]).max() < 0.1


@pytest.mark.parametrize("mode", MODES)
def test_no_frames_give_no_numbers(mode):
    assert from_quaternions(np.empty((0, 2, 4)), mode).shape == (0, 2, 3 if mode in EULER else 4)
