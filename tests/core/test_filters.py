"""Classical filters: against scipy where it is at hand, and against what each must do everywhere."""

import numpy as np
import pytest

from addon.core import filters, metrics, noise, rotation
from addon.core.signals import gaussian_weights

FPS = 30.0
FILTERS = {
    "gaussian": lambda q: filters.gaussian(q, 1.3),
    "butterworth": lambda q: filters.butterworth(q, 4.0, FPS),
    "savitzky_golay": lambda q: filters.savitzky_golay(q, 9, 3),
    "median": lambda q: filters.median(q, 5),
    "median_butterworth": lambda q: filters.median_butterworth(q, 3, 4.0, FPS),
    "one_euro": lambda q: filters.one_euro(q, 1.5, 5.0, FPS),
    "kalman": lambda q: filters.kalman(q, 3.0, 0.05, FPS),
}
every_filter = pytest.mark.parametrize("smooth", FILTERS.values(), ids=FILTERS.keys())


@pytest.fixture
def swinging():
    """(120, 5, 4): five joints that swing slowly about axes of their own."""
    rng = np.random.default_rng(1)
    axes = rng.standard_normal((5, 3))
    t = np.arange(120)[:, None, None] / FPS
    return rotation.exp(axes * np.sin(2 * np.pi * 0.7 * t + rng.uniform(0, 6, (5, 1)))).astype(np.float32)


@every_filter
def test_less_noise_comes_out(smooth, swinging):
    noisy = noise.component_noise(swinging, 0.1)
    before = metrics.geodesic_degrees(noisy, swinging).mean()
    assert metrics.geodesic_degrees(smooth(noisy), swinging).mean() < 0.8 * before


@every_filter
def test_signs_of_the_quaternions_do_not_matter(smooth, swinging):
    signs = np.random.default_rng(0).choice([-1, 1], (120, 5, 1)).astype(np.float32)
    assert metrics.geodesic_degrees(smooth(swinging * signs), smooth(swinging)).max() < 1e-3


@every_filter
@pytest.mark.parametrize("frames", [0, 1, 2, 3, 4, 7])
def test_short_clips_pass(smooth, swinging, frames):
    result = smooth(swinging[:frames])
    assert result.shape == (frames, 5, 4)
    assert result.dtype == np.float32
    assert np.allclose(np.linalg.norm(result, axis=-1), 1, atol=1e-6)


@every_filter
def test_a_constant_clip_stays(smooth, swinging):
    still = swinging[:1].repeat(50, axis=0)
    assert metrics.geodesic_degrees(smooth(still), still).max() < 1e-4


def test_median_removes_a_single_spike(swinging):
    still = swinging[:1].repeat(50, axis=0)
    spiked = still.copy()
    spiked[20, 2] = rotation.IDENTITY
    assert metrics.geodesic_degrees(filters.median(spiked, 3), still).max() < 1e-4


def test_zero_phase_filters_do_not_care_for_the_direction_of_time(swinging):
    noisy = noise.component_noise(swinging, 0.05)
    for smooth in (FILTERS["gaussian"], FILTERS["savitzky_golay"], FILTERS["median"]):
        assert np.allclose(smooth(noisy[::-1])[::-1], smooth(noisy), atol=1e-5)


def test_kalman_weighs_like_least_squares():
    """The smoother is the minimum of Σ(x - m)²/r + the accelerations' cost: solved here as one linear system."""
    rng, frames, step, density, variance = np.random.default_rng(2), 12, 1 / FPS, 2.0, 0.01
    measured = rng.standard_normal((frames, 1))
    transition = np.array([[1, step], [0, 1]])
    cost = np.linalg.inv(density * np.array([[step**3 / 3, step**2 / 2], [step**2 / 2, step]]))
    precision, load = np.zeros((2 * frames, 2 * frames)), np.zeros(2 * frames)
    precision[:2, :2] += np.diag([1 / variance, 1.0])
    load[0] += measured[0, 0] / variance
    for t in range(frames):
        precision[2 * t, 2 * t] += 1 / variance
        load[2 * t] += measured[t, 0] / variance
        if t:
            both = np.concatenate([-transition, np.eye(2)], axis=1)
            here = slice(2 * t - 2, 2 * t + 2)
            precision[here, here] += both.T @ cost @ both
    expected = np.linalg.solve(precision, load)[::2]
    result = filters._smoothed_constant_velocity(measured, density, variance, step)
    assert np.allclose(result[:, 0], expected, atol=1e-9)


def test_pca_keeps_what_lies_in_the_pose_space(swinging):
    mean = swinging.mean(axis=0).reshape(20)
    signs = np.random.default_rng(0).choice([-1, 1], (120, 5, 1)).astype(np.float32)
    result = filters.pca_butterworth(swinging * signs, mean, np.eye(20), 4.0, FPS)
    assert metrics.geodesic_degrees(result, filters.butterworth(swinging, 4.0, FPS)).max() < 1e-3


class TestAgainstScipy:
    """The same numbers as scipy's own filters, where scipy is installed (it is no part of the add-on)."""

    @pytest.fixture
    def channels(self):
        return np.random.default_rng(5).standard_normal((60, 3)).cumsum(axis=0)

    @pytest.mark.parametrize("cutoff", [1.0, 4.0, 12.0, 20.0])
    def test_butterworth(self, channels, cutoff):
        signal = pytest.importorskip("scipy.signal")
        b, a = signal.butter(2, min(cutoff / (FPS / 2), 0.99))
        ours = filters._forward_backward(channels, *filters._butterworth_coefficients(cutoff, FPS))
        assert np.allclose(ours, signal.filtfilt(b, a, channels, axis=0), atol=1e-9)

    @pytest.mark.parametrize(("window", "degree"), [(5, 2), (9, 3), (21, 4)])
    def test_savitzky_golay(self, channels, window, degree):
        signal = pytest.importorskip("scipy.signal")
        expected = signal.savgol_filter(channels, window, degree, axis=0, mode="interp")
        assert np.allclose(filters._polynomial_smoothed(channels, window, degree), expected, atol=1e-9)

    @pytest.mark.parametrize("sigma", [0.4, 1.3, 4.0])
    def test_gaussian(self, channels, sigma):
        ndimage = pytest.importorskip("scipy.ndimage")
        expected = ndimage.gaussian_filter1d(channels, sigma, axis=0, mode="nearest")
        assert np.allclose(
            filters._convolved(channels, gaussian_weights(sigma, int(4 * sigma + 0.5))), expected, atol=1e-9
        )


@pytest.mark.parametrize(
    ("frames", "joints"),
    [([10, 40, 41, 90], [0, 2, 3, 4]), ([20, 21, 70, 71], [1, 1, 3, 3])],
    ids=["single frames", "two in a row"],
)
def test_without_spikes_takes_out_what_sticks_out_and_nothing_else(swinging, frames, joints):
    hit = np.zeros((120, 5), dtype=bool)
    hit[frames, joints] = True
    spiked = swinging.copy()
    spiked[hit] = rotation.multiply(spiked[hit], rotation.exp(np.full((4, 3), 0.5)).astype(np.float32))
    calm = filters.without_spikes(spiked)
    assert metrics.geodesic_degrees(calm, swinging)[hit].max() < 8
    assert metrics.geodesic_degrees(calm, swinging)[~hit].max() < 1e-3


def test_without_spikes_leaves_the_peak_of_a_heel_strike():
    """A foot that rests, is thrown up within two frames and comes down as fast: short, but motion."""
    angles = np.zeros(60)
    angles[29:33] = np.radians([3, 9, 10, 4])
    foot = rotation.exp(angles[:, None, None] * np.array([1.0, 0, 0])).astype(np.float32)
    assert metrics.geodesic_degrees(filters.without_spikes(foot), foot).max() < 1e-3


def test_median_of_five_is_the_median():
    values = np.random.default_rng(0).standard_normal((50, 3))
    held = np.pad(values, ((2, 2), (0, 0)), mode="edge")
    expected = np.median(np.lib.stride_tricks.sliding_window_view(held, 5, axis=0), axis=-1)
    assert np.array_equal(filters._median_of_five(values), expected)
