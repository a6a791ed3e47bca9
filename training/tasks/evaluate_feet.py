"""Whether feet that stood still stand after denoising, on people that no network saw."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from addon.core import feet, metrics, noise
from addon.core.clip import Clip
from addon.core.kinematics import clip_positions, global_rotations
from addon.core.rotation import Array, conjugate, multiply

from ..data import clips
from ..data.poses import PoseFrame, PoseSet
from ..evaluation import Figure, share

TASK = "feet"
NETWORKS = ("denoise",)
RATES = (30, 120)
SIGMAS = (0.005, 0.01, 0.02)
CLIP_FRAMES = 10_000
"""Frames between the seeds of two clips, as in the evaluation of the denoiser: the same noise."""

STANDING_HEIGHT, STANDING_SPEED = 0.05, 0.2
"""Metres above the point's own lowest level, and metres a second along the ground: a clean take's ankle or ball of the
foot that is below both stands."""
LOWEST_PERCENT = 2.0
LARGEST_SLIDE, LARGEST_ERROR = 1.1, 1.0

CLEAN, NOISY, DENOISED, PLANTED = "clean take", "noisy input", "denoise", "denoise, feet planted"
_LEGS = tuple(tuple(f"{side}{part}" for part in ("UpLeg", "Leg", "Foot", "ToeBase")) for side in ("Left", "Right"))
_UP = np.array([0.0, 1.0, 0.0])

Denoise = Callable[[Array, float], Array]


def evaluate(
    networks: Mapping[str, Denoise], frame: PoseFrame, train: PoseSet, test: PoseSet
) -> tuple[dict[str, Any], list[Figure]]:
    """`measured` on the takes that `test` has poses of, read anew with their roots and every person's proportions."""
    return measured(networks[DENOISED], {fps: list(clips.load("test", fps).values()) for fps in RATES})


def measured(ours: Denoise, takes: Mapping[int, Sequence[Clip]]) -> tuple[dict[str, Any], list[Figure]]:
    """Foot slide and errors by rate and σ, and the figures. takes: rate -> the takes at it.

    Noise is on all joints but the root, whose motion stays as it was recorded.
    """
    rows: dict[str, Any] = {}
    figures: list[Figure] = []
    for fps, clean in takes.items():
        for sigma in SIGMAS:
            table = _table(ours, clean, fps, sigma)
            for name, row in table.items():
                rows.setdefault(name, {}).setdefault(f"{fps} fps", {})[f"{sigma:g}"] = row
            figures += _figures(table, f"σ = {sigma:g}, {fps} fps")
    content = {
        "task": TASK,
        "data": f"{len(takes[RATES[0]])} takes of subjects 38 and 39",
        "unit": "slide in cm/s with the 95 % bootstrap interval over takes; errors in degrees and centimetres",
        "standing": f"an ankle or the ball of a foot at most {100 * STANDING_HEIGHT:g} cm above its lowest level (the "
        f"{LOWEST_PERCENT:g}nd percentile) and slower than {STANDING_SPEED:g} m/s along the ground, on the clean take",
        "rows": rows,
    }
    return content, figures


def planted(clip: Clip, before: Clip) -> Clip:
    """A denoised clip with its feet kept where they stand. before: the same before denoising."""
    times, rotations = np.arange(len(clip)) / clip.fps, clip.rotations.astype(np.float64)
    after, earlier, turned = (
        clip_positions(clip),
        clip_positions(before),
        global_rotations(rotations, clip.skeleton.parents),
    )
    for leg in _LEGS:
        thigh, shin, *points = (clip.skeleton.index(joint) for joint in leg)
        limb = feet.Leg(after[:, thigh], after[:, shin], after[:, points], turned[:, thigh])
        turns = feet.planted(limb, earlier[:, points], times, _UP)
        for joint, turn in zip((thigh, shin, points[0]), np.moveaxis(turns, 1, 0), strict=True):
            own = turned[:, joint]
            rotations[:, joint] = multiply(rotations[:, joint], multiply(multiply(conjugate(own), turn), own))
    return clip.with_rotations(rotations)


def standing(clip: Clip) -> NDArray[np.bool_]:
    """(T, 4) whether the ankles and balls of the feet stand, in the order of `foot_points`."""
    points = foot_points(clip)
    height = points[..., 1] - np.percentile(points[..., 1], LOWEST_PERCENT, axis=0)
    velocity = np.gradient(points, 1 / clip.fps, axis=0)
    return (height < STANDING_HEIGHT) & (np.hypot(velocity[..., 0], velocity[..., 2]) < STANDING_SPEED)


def foot_points(clip: Clip) -> Array:
    """(T, 4, 3) metres: ankle and ball of the left foot, then of the right one."""
    return clip_positions(clip)[:, [clip.skeleton.index(joint) for leg in _LEGS for joint in leg[2:]]].astype(
        np.float64
    )


def _table(ours: Denoise, clean: Sequence[Clip], fps: int, sigma: float) -> dict[str, Any]:
    results: dict[str, list[Clip]] = {CLEAN: list(clean), NOISY: [], DENOISED: [], PLANTED: []}
    for i, clip in enumerate(clean):
        noisy, mended = clip.rotations.copy(), clip.rotations.copy()
        noisy[:, 1:] = noise.component_noise(clip.rotations[:, 1:], sigma, i * CLIP_FRAMES)
        mended[:, 1:] = ours(noisy[:, 1:], fps)
        results[NOISY].append(clip.with_rotations(noisy))
        results[DENOISED].append(clip.with_rotations(mended))
        results[PLANTED].append(planted(results[DENOISED][-1], results[NOISY][-1]))
    where = [standing(clip) for clip in clean]
    return {name: _row(found, clean, where) for name, found in results.items()}


def _row(results: Sequence[Clip], clean: Sequence[Clip], where: Sequence[NDArray[np.bool_]]) -> dict[str, Any]:
    slides = [
        feet.slide(foot_points(clip), stands, np.arange(len(clip)) / clip.fps, _UP)
        for clip, stands in zip(results, where, strict=True)
    ]
    weights = [len(clip) for clip in clean]
    pairs = list(zip(results, clean, strict=True))
    degrees = [metrics.geodesic_degrees(a.rotations, b.rotations)[:, 1:].mean() for a, b in pairs]
    apart = [np.linalg.norm(clip_positions(a) - clip_positions(b), axis=-1)[:, 1:].mean() for a, b in pairs]
    speed = [100 * way / seconds for way, seconds in slides]
    interval = metrics.bootstrap_interval(speed, [seconds for _, seconds in slides])
    return {
        "slide": [round(value, 3) for value in interval],
        "degrees": round(float(np.average(degrees, weights=weights)), 4),
        "centimetres": round(float(np.average(apart, weights=weights)) * metrics.CENTIMETRES, 4),
    }


def _figures(table: Mapping[str, Any], where: str) -> list[Figure]:
    ours, before = table[PLANTED], table[DENOISED]
    return [
        Figure(
            f"{where}: foot slide, share of the clean take's",
            share(ours["slide"][0], table[CLEAN]["slide"][0]),
            LARGEST_SLIDE,
        ),
        Figure(
            f"{where}: joint error, share of that without", share(ours["degrees"], before["degrees"]), LARGEST_ERROR
        ),
        Figure(
            f"{where}: position error, share of that without",
            share(ours["centimetres"], before["centimetres"]),
            LARGEST_ERROR,
        ),
    ]
