"""Noise out of curves of any bone: measured, taken out, and nothing else changed."""

import numpy as np
import pytest

from addon.core import curves, filters, noise, rotation
from addon.core.metrics import geodesic_degrees


def hinges(frames, fps=30.0, joints=5):
    """(T, J, 4) joints that bend about an axis of their own, as fingers do."""
    rng = np.random.default_rng(2)
    axes = rng.standard_normal((joints, 3))
    axes /= np.linalg.norm(axes, axis=-1, keepdims=True)
    time = np.arange(frames) / fps
    bend = 0.5 * np.sin(2 * np.pi * 0.5 * time[:, None] + np.arange(joints)) + 0.2 * np.sin(7 * time)[:, None]
    return rotation.exp(bend[..., None] * axes).astype(np.float32)


def spinning(frames, fps=30.0):
    """(T, 1, 4) a prop that turns over and over about an axis that tilts."""
    time = np.arange(frames) / fps
    spin = rotation.exp(np.stack([0 * time, 3 * time, 0 * time], axis=-1))
    tilt = rotation.exp(np.stack([0.4 * np.sin(time), 0 * time, 0 * time], axis=-1))
    return rotation.multiply(tilt, spin)[:, None].astype(np.float32)


@pytest.mark.parametrize("fps", [24.0, 30.0, 120.0, 240.0])
@pytest.mark.parametrize("sigma", [0.005, 0.02, 0.1])
def test_noise_is_taken_out_better_than_the_best_filter_could(fps, sigma):
    clean = hinges(int(5 * fps), fps)
    noisy = noise.white(clean, sigma, 1)
    widths = (0.7, 1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24)
    best = min(geodesic_degrees(filters.gaussian(noisy, width), clean).mean() for width in widths)
    assert geodesic_degrees(curves.denoised_curves(noisy, fps), clean).mean() < 0.9 * best


@pytest.mark.parametrize("motion", [hinges, spinning])
@pytest.mark.parametrize("frames", [1, 2, 7, 8, 20, 300])
def test_clean_curves_stay_as_they_are(motion, frames):
    clean = motion(frames)
    result = curves.denoised_curves(clean, 30.0)
    assert (result.shape, result.dtype) == (clean.shape, np.float32)
    assert geodesic_degrees(result, clean).max() < 0.05


def test_a_spinning_prop_is_denoised_whatever_the_signs_of_its_quaternions():
    clean = spinning(300)
    noisy = noise.white(clean, 0.02, 3)
    flipped = noisy * np.where(np.arange(300) % 7 == 0, -1, 1)[:, None, None]
    one, other = (curves.denoised_curves(q, 30.0) for q in (noisy, flipped))
    assert geodesic_degrees(one, clean).mean() < 0.5 * geodesic_degrees(noisy, clean).mean()
    assert geodesic_degrees(one, other).max() < 1e-3


@pytest.mark.parametrize("sigma", [0.002, 0.01, 0.05])
def test_the_noise_is_measured(sigma):
    level = curves.noise_level(noise.white(hinges(400), sigma, 5))
    np.testing.assert_allclose(level, sigma, rtol=0.25)
    assert not curves.noise_level(hinges(400)).any()


def test_still_curves_beside_noisy_ones_stay_still():
    clean = hinges(200)
    noisy = noise.white(clean, 0.02, 4)
    noisy[:, :3] = clean[:, :3]
    result = curves.denoised_curves(noisy, 30.0)
    assert geodesic_degrees(result[:, :3], clean[:, :3]).max() < 0.05
    assert (
        geodesic_degrees(result[:, 3:], clean[:, 3:]).mean() < 0.6 * geodesic_degrees(noisy[:, 3:], clean[:, 3:]).mean()
    )


def test_the_result_does_not_depend_on_where_windows_lie(monkeypatch):
    noisy = noise.white(hinges(2500), 0.02, 6)
    whole = curves.denoised_curves(noisy, 30.0)
    monkeypatch.setattr(curves, "LENGTH", 333)
    assert geodesic_degrees(curves.denoised_curves(noisy, 30.0), whole).max() < 0.01


def test_what_is_missing_is_bridged_and_broken_values_do_no_harm():
    clean = hinges(120)
    broken = noise.spikes(clean, 7, rate=0.01)[0]
    broken[10, 1], broken[20, 2] = np.nan, 0
    missing = np.zeros((120, 5), dtype=bool)
    missing[50:55, 3] = True
    broken[missing] = clean[0, 0]
    assert geodesic_degrees(curves.denoised_curves(broken, 30.0, missing), clean).mean() < 0.2


def test_progress_rises_to_the_end():
    told = []
    curves.denoised_curves(noise.white(hinges(3000), 0.02, 8), 30.0, progress=told.append)
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1)
