"""Errors summed up for a table and as colours, and curves drawn into a picture."""

from __future__ import annotations

import numpy as np
import pytest

from addon.core import comparison, curve_picture, letters
from addon.core.curve_picture import Chart
from addon.core.rotation import exp, multiply


def test_errors_are_angles():
    original = exp(np.random.default_rng(0).normal(size=(6, 3, 3)))
    turn = np.zeros((6, 3, 3))
    turn[2, 1] = [np.radians(25), 0, 0]
    found = comparison.errors(multiply(original, exp(turn)), original)
    assert found[2, 1] == pytest.approx(25, abs=1e-3)
    assert found.sum() == pytest.approx(25, abs=0.01)


def test_the_table_names_the_worst_joint_and_frame():
    degrees = np.ones((100, 4), dtype=np.float32)
    degrees[:, 2] = 3
    degrees[70] = 20
    found = comparison.summary(degrees)
    assert (found.worst_joint, found.worst_frame) == (2, 70)
    assert found.worst_frame_mean == 20
    assert found.mean == pytest.approx(degrees.mean())
    assert found.percentile == pytest.approx(np.percentile(degrees, 95))


def test_colours_get_redder_and_end_at_the_full_scale():
    found = comparison.colours(np.array([[0.0, 1.5, 3.0, 6.0, 60.0]]))
    assert found.shape == (1, 5, 3)
    blue, red = found[0, :, 2], found[0, :, 0]
    assert blue[0] > 2 * red[0]
    assert red[2] > blue[2]
    assert np.array_equal(found[0, 3], found[0, 4])
    assert np.ptp(comparison.colours(np.linspace(0, 6, 50)), axis=0).min() > 0.2


def test_letters_are_told_apart():
    signs = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:-_+=/%()°σ"
    drawn = {letters.drawn(sign).tobytes() for sign in signs}
    assert len(drawn) == len(signs)
    assert letters.drawn("").shape == (7, 0)
    assert letters.drawn("ab").shape == (7, 12)
    assert np.array_equal(letters.drawn("é"), letters.drawn("ü"))
    assert letters.drawn("Fuß").shape == (7, 18)  # whose capitals are four


def chart(degrees, title="pose-denoise"):
    return Chart(title, degrees, "LeftArm", int(degrees.mean(axis=0).argmax()))


def test_a_picture_has_a_chart_a_motion_and_its_curve_where_the_error_is():
    degrees = np.zeros((300, 3), dtype=np.float32)
    degrees[150:, 1] = 8.0
    picture = curve_picture.picture([chart(degrees), chart(degrees * 0)], 1, 300)
    assert picture.shape[1:] == (curve_picture.WIDTH, 4)
    lower, upper = curve_picture.FOOT, curve_picture.FOOT + curve_picture.CHART + curve_picture.GAP
    orange = np.all(np.isclose(picture[..., :3], curve_picture._WORST), axis=-1)
    rows = upper + np.flatnonzero(orange[upper : upper + curve_picture.CHART, 800])
    assert rows.mean() - upper == pytest.approx(0.8 * curve_picture.CHART, abs=2)  # 8 of 10 degrees
    assert not orange[lower + 5 : lower + curve_picture.CHART, 800].any()
    assert not orange[upper + 20 : upper + curve_picture.CHART, 200].any()


@pytest.mark.parametrize("frames", [1, 2, 50, 888, 5000])
def test_curves_run_from_one_end_to_the_other(frames):
    degrees = np.random.default_rng(1).uniform(0, 4, (frames, 5)).astype(np.float32)
    picture = curve_picture.picture([chart(degrees)], 1, frames)
    blue = np.all(np.isclose(picture[..., :3], curve_picture._MEAN), axis=-1)
    columns = blue[curve_picture.FOOT : curve_picture.FOOT + curve_picture.CHART].any(axis=0)
    assert columns[curve_picture.LEFT : curve_picture.WIDTH - 8].all()


def test_a_small_picture_for_the_panel():
    degrees = np.random.default_rng(1).uniform(0, 4, (300, 5)).astype(np.float32)
    picture = curve_picture.picture([chart(degrees)] * 2, 1, 300, 420, 56)
    assert picture.shape == (curve_picture.FOOT + 2 * (56 + curve_picture.GAP), 420, 4)
