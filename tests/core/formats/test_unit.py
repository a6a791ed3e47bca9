"""The length unit of files that do not tell it."""

import numpy as np
import pytest

from addon.core.formats.unit import extent, guess_unit, guess_unit_of_root
from addon.core.rigs import cmu
from addon.core.skeleton import EndSite, Skeleton


def figure(height):
    return Skeleton(
        ("Hips", "Head", "Leg"),
        (-1, 0, 0),
        np.array([[0, 0, 0], [0, height / 2 - height / 8, 0], [0, -height / 2, 0]]),
        end_sites=(EndSite(1, (0.0, height / 8, 0.0)),),
    )


@pytest.mark.parametrize("metres", [1.0, 0.0254, 0.01, 0.001])
@pytest.mark.parametrize("height", [1.35, 1.5, 1.7, 1.9, 2.1])
def test_a_person_in_any_unit(metres, height):
    assert guess_unit(figure(height / metres))[0] == metres


@pytest.mark.parametrize("metres", [cmu.UNIT, 1.0, 0.01])
def test_the_cmu_skeleton_in_its_own_unit_and_in_others(metres):
    skeleton = cmu.SKELETON.scaled(1 / metres)
    assert guess_unit(skeleton)[0] == metres
    bones = {joint: bone for bone, joint in cmu.JOINT_OF_BONE.items()}
    renamed = Skeleton(tuple(bones[name] for name in skeleton.names), skeleton.parents, skeleton.offsets)
    assert guess_unit(renamed)[0] == metres


def test_another_skeleton_is_never_in_the_databases_unit():
    skeleton = cmu.SKELETON.scaled(1 / cmu.UNIT)
    other = Skeleton(tuple(f"b{joint}" for joint in range(31)), skeleton.parents, skeleton.offsets)
    assert guess_unit(other)[0] != cmu.UNIT


def test_what_is_no_person():
    assert guess_unit(figure(0.2)) == (1.0, "metres")
    assert guess_unit(figure(15)) == (0.01, "centimetres")
    assert guess_unit(Skeleton(("prop",), (-1,), np.zeros((1, 3)))) == (0.01, "centimetres")


def test_extent_counts_tips_and_any_axis():
    assert extent(figure(2)) == pytest.approx(2)
    assert extent(Skeleton(("a", "b"), (-1, 0), np.array([[9, 9, 9], [0, 0, 3]]))) == pytest.approx(3)


@pytest.mark.parametrize("metres", [cmu.UNIT, 1.0, 0.01, 0.001])
def test_the_roots_height_tells_the_unit(metres):
    heights = np.array([0.9, 0.95, 1.4, 0.92, 0.5]) / metres
    assert guess_unit_of_root(heights, cmu.SKELETON)[0] == metres


def test_a_root_that_tells_nothing():
    assert guess_unit_of_root(np.zeros(3), cmu.SKELETON)[0] == cmu.UNIT
    assert guess_unit_of_root(np.zeros(3), figure(1.7))[0] == 1.0
    assert guess_unit_of_root(np.ones(3), Skeleton(("prop",), (-1,), np.zeros((1, 3))))[0] == 1.0
