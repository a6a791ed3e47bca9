"""How much noise single-pose networks take out, and what they do to motion that has none, on people they never saw."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from addon.core.metrics import geodesic_degrees
from addon.core.noise import component_noise
from addon.core.rotation import Array

from ..data.poses import PoseFrame, PoseSet
from ..evaluation import Figure, share, summary
from .baselines import quaternion_components
from .evaluate_compress import NUMBERS, PCA, STEP
from .oracles import oracles, pose_space_of

TASK = "denoise-pose"
NETWORKS = ("tutorial-compress", "tutorial-sparse", "pose-compress", "pose-denoise")
INPUT = "noisy input"
SIGMAS = (0.0, 0.005, 0.01, 0.02, 0.05, 0.1)
LARGEST_SHARE = {0.005: 0.6, 0.01: 0.6, 0.02: 0.6, 0.05: 0.45, 0.1: 0.45}
LARGEST_CHANGE = 0.1
QUIET = "still joints without noise"
LONGEST_TAKE = 100_000

Denoise = Callable[[Array], Array]
Row = dict[str, dict[str, list[float]]]
"""σ -> mean error and its interval, over all joints and over the moving ones."""


def evaluate(
    networks: Mapping[str, Denoise], frame: PoseFrame, train: PoseSet, test: PoseSet
) -> tuple[dict[str, Any], list[Figure]]:
    """Errors in degrees under the tutorial's seeded noise, a row a method and a column a σ; and the figures.

    networks: functions of poses (T, J, 4); PCA fitted to `train` and the best settings of classical filters stand
    beside them. Noise is on every joint, as the tutorial has it, and in a second table on the moving joints alone, as
    where no one recorded the still ones.
    """
    pca = quaternion_components(train.every(STEP).stacked(), NUMBERS)
    methods: dict[str, Denoise] = {INPUT: lambda poses: poses, PCA: pca, **networks}
    clips = [take.rotations for take in test.every(STEP).takes]
    noisy = {sigma: [_noisy(clip, sigma, take) for take, clip in enumerate(clips)] for sigma in SIGMAS}
    quiet = {
        sigma: [_moving_only(x, clip, frame) for x, clip in zip(noisy[sigma], clips, strict=True)] for sigma in SIGMAS
    }
    measured = {name: _errors(method, noisy, clips, frame) for name, method in methods.items()}
    smoothed = _classical(noisy, clips, frame, test.fps / STEP, pose_space_of(train))
    rows = {INPUT: measured.pop(INPUT), **smoothed, **measured}
    content = {
        "task": TASK,
        "data": f"{len(clips)} takes, {sum(map(len, clips))} frames at {test.fps / STEP:g} fps",
        "unit": "degrees, mean over joints, with the 95 % bootstrap interval over takes, by σ on components",
        "rows": rows,
        QUIET: {name: _errors(methods[name], quiet, clips, frame) for name in (INPUT, "pose-denoise")},
    }
    return content, _figures(rows[INPUT], rows["pose-denoise"])


def _noisy(clip: Array, sigma: float, take: int) -> Array:
    """Every take has noise of its own: the same frame number in all of them would be the same noise again."""
    return component_noise(clip, sigma, first_frame=take * LONGEST_TAKE)


def _errors(method: Denoise, noisy: Mapping[float, list[Array]], clips: list[Array], frame: PoseFrame) -> Row:
    return {f"{sigma:g}": _summary([method(x) for x in noisy[sigma]], clips, frame) for sigma in noisy}


def _classical(
    noisy: Mapping[float, list[Array]],
    clips: list[Array],
    frame: PoseFrame,
    fps: float,
    pose_space: tuple[Array, Array],
) -> dict[str, Row]:
    """A row a classical filter, at each σ with the setting that is best there: oracles."""
    rows: dict[str, Row] = {}
    for sigma, given in noisy.items():
        for name, found in oracles(given, clips, fps, sigma, pose_space).items():
            rows.setdefault(f"{name} (oracle)", {})[f"{sigma:g}"] = _summary(found.clips, clips, frame)
    return rows


def _summary(cleaned: list[Array], clips: list[Array], frame: PoseFrame) -> dict[str, list[float]]:
    return summary([geodesic_degrees(x, clip) for x, clip in zip(cleaned, clips, strict=True)], frame.moving)


def _moving_only(noisy: Array, clean: Array, frame: PoseFrame) -> Array:
    moves = np.isin(np.arange(len(frame.joints)), frame.moving)
    return np.where(moves[:, None], noisy, clean)


def _figures(given: Mapping[str, Any], got: Mapping[str, Any]) -> list[Figure]:
    figures = [Figure("pose-denoise, change of clean motion in degrees", got["0"]["all"][0], LARGEST_CHANGE)]
    for sigma, limit in LARGEST_SHARE.items():
        found = share(got[f"{sigma:g}"]["all"][0], given[f"{sigma:g}"]["all"][0])
        figures.append(Figure(f"pose-denoise at σ = {sigma:g}, error as a share of its input's", found, limit))
    return figures
