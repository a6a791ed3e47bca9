"""Classical filters with the setting that is best on the very clips they are judged on: oracles, harder than life."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from addon.core import filters
from addon.core.metrics import geodesic_degrees
from addon.core.rotation import Array

from ..data.poses import PoseSet
from .baselines import quaternion_components

Filter = Callable[[Array], Array]

PCA = "PCA-60 + Butterworth"
MEDIAN = "median + Butterworth"
COMPONENTS = 60
CUTOFFS = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 12.0, 14.0, 20.0, 30.0)


@dataclass(frozen=True, eq=False)
class Oracle:
    """A filter at its best setting: its clips, and how the setting reads."""

    setting: str
    clips: list[Array]


def oracles(
    noisy: Sequence[Array],
    clean: Sequence[Array],
    fps: float,
    sigma: float,
    pose_space: tuple[Array, Array],
    without: Collection[str] = (),
) -> dict[str, Oracle]:
    """Each filter's best setting by mean geodesic error over clips (T, J, 4). `sigma`: what the Kalman filter is told.

    pose_space: mean (J·4,) and basis (K, J·4), from `pose_space_of`. without: filters that are left out.
    """
    settings = settings_at(fps, sigma, pose_space)
    return {name: _best(found, noisy, clean) for name, found in settings.items() if name not in without}


def settings_at(fps: float, sigma: float, pose_space: tuple[Array, Array]) -> Mapping[str, Mapping[str, Filter]]:
    """Filter -> setting in words -> the filter at that setting; lengths in time, so that every rate has its own."""
    cutoffs = [cutoff for cutoff in CUTOFFS if cutoff < 0.49 * fps]
    spans = [width * fps / 30 for width in (0.4, 0.5, 0.6, 0.8, 1.0, 1.3, 1.6, 2.0, 2.5, 3.0, 4.0)]
    lengths = sorted({2 * int(length * fps / 60) + 1 for length in (5, 7, 9, 11, 13, 17, 21, 27, 35)})
    mean, basis = pose_space
    return {
        "Gaussian": {f"σ {span:g} frames": _bound(filters.gaussian, span) for span in spans},
        "Butterworth": {f"{cutoff:g} Hz": _bound(filters.butterworth, cutoff, fps) for cutoff in cutoffs},
        "Savitzky–Golay": {
            f"{length} frames, degree {degree}": _bound(filters.savitzky_golay, length, degree)
            for length in lengths
            for degree in (2, 3, 4)
            if length > degree + 1
        },
        MEDIAN: {
            f"{width} frames, {cutoff:g} Hz": _bound(filters.median_butterworth, width, cutoff, fps)
            for width in (3, 5)
            for cutoff in cutoffs
        },
        "one-euro": {
            f"{cutoff:g} Hz, β {beta:g}": _bound(filters.one_euro, cutoff, beta, fps)
            for cutoff in (0.3, 0.7, 1.5, 3.0, 6.0)
            for beta in (0.0, 0.5, 2.0, 5.0, 15.0)
        },
        "RTS Kalman": {
            f"q {density:g}": _bound(filters.kalman, density, max(sigma, 1e-4), fps)
            for density in (0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0)
        },
        PCA: {f"{cutoff:g} Hz": _bound(filters.pca_butterworth, mean, basis, cutoff, fps) for cutoff in cutoffs},
    }


def pose_space_of(train: PoseSet) -> tuple[Array, Array]:
    """Mean and principal components of the training poses' quaternions."""
    step = round(train.fps / 30)
    fitted = quaternion_components(train.every(step).stacked(), COMPONENTS)
    return fitted.mean, fitted.directions


def _bound(smooth: Callable[..., Array], *settings: object) -> Filter:
    return lambda rotations: smooth(rotations, *settings)


def _best(settings: Mapping[str, Filter], noisy: Sequence[Array], clean: Sequence[Array]) -> Oracle:
    weights = [len(clip) for clip in clean]
    best, least = Oracle("", []), np.inf
    for setting, smooth in settings.items():
        clips = [smooth(clip) for clip in noisy]
        errors = [geodesic_degrees(a, b).mean() for a, b in zip(clips, clean, strict=True)]
        error = float(np.average(errors, weights=weights))
        if error < least:
            best, least = Oracle(setting, clips), error
    return best
