"""Where keys are missing and which frames belong there."""

from __future__ import annotations

import numpy as np
import pytest

from addon.core.key_times import empty_stretches, frames_between, inside, stretches_within, usual_step

DENSE = np.arange(1.0, 101.0)
HOLED = np.concatenate([DENSE[:30], DENSE[50:]])


def test_a_hole_between_dense_keys_is_found():
    assert empty_stretches(HOLED, 5) == [(30.0, 51.0)]
    assert empty_stretches(HOLED, 25) == []
    assert empty_stretches(DENSE, 5) == []


def test_sparse_keys_are_no_holes():
    assert empty_stretches(np.arange(0.0, 200.0, 20.0), 5) == []
    assert empty_stretches(np.array([0.0, 100.0]), 5) == []
    assert empty_stretches(np.array([3.0]), 5) == []


def test_dense_keys_on_one_side_only_are_an_end():
    assert empty_stretches(np.array([1.0, 2.0, 3.0, 60.0]), 5) == []
    assert empty_stretches(np.array([1.0, 2.0, 3.0, 60.0, 61.0]), 5) == [(3.0, 60.0)]


def test_the_range_of_a_person_takes_in_what_is_empty_there():
    assert stretches_within(HOLED, 20, 35) == [(30.0, 51.0)]
    assert stretches_within(HOLED, 1, 30) == []
    assert stretches_within(HOLED, 60, 80) == []


@pytest.mark.parametrize("step", [1.0, 0.25, 4.0])
def test_frames_between_are_even_and_as_near_as_the_takes_own(step):
    found = frames_between((30.0, 51.0), step)
    every = np.diff(np.concatenate([[30.0], found, [51.0]]))
    assert np.ptp(every) < 1e-4
    assert every[0] == pytest.approx(step, rel=0.15)


def test_no_room_for_a_frame():
    assert len(frames_between((3.0, 4.0), 1.0)) == 0
    assert len(frames_between((3.0, 3.5), 1.0)) == 0


def test_usual_step_and_inside():
    assert usual_step(HOLED) == 1.0
    assert usual_step(np.array([4.0])) == 1.0
    assert inside(DENSE, [(30.0, 33.0), (90.0, 92.0)]).nonzero()[0].tolist() == [30, 31, 90]
