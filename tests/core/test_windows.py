"""Windows: they cover every frame once, and no seam shows where they meet."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from addon.core import windows


@given(st.integers(0, 500), st.integers(1, 90), st.integers(0, 60), st.integers(1, 7))
def test_every_frame_is_kept_once_and_well_inside(frames, length, reach, grid):
    kept = []
    for window in windows.windows(frames, length, reach, grid):
        assert 0 <= window.start <= window.first < window.last <= window.stop <= frames
        assert window.start == 0 or window.first - window.start >= reach
        assert window.stop == frames or window.stop - window.last >= reach
        assert window.start % grid == 0
        kept.extend(range(window.first, window.last))
    assert kept == list(range(frames))


@pytest.mark.parametrize("length", [1, 7, 64, 1000])
def test_what_comes_out_does_not_depend_on_the_windows(length):
    frames = np.random.default_rng(0).standard_normal((300, 2))

    def average(x):
        held = np.pad(x, ((4, 4), (0, 0)), mode="edge")
        return np.lib.stride_tricks.sliding_window_view(held, 9, axis=0).mean(axis=-1)

    assert np.allclose(windows.in_windows(average, frames, length, reach=4), average(frames), atol=1e-12)


def test_progress_is_told_and_may_stop():
    told = []
    windows.in_windows(lambda x: x, np.zeros((100, 1)), 30, 0, progress=told.append)
    assert told == [0.3, 0.6, 0.9, 1.0]

    def stop(share):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        windows.in_windows(lambda x: x, np.zeros((100, 1)), 30, 0, progress=stop)
