"""How few keys walking needs once it is denoised, and how far what they play is off, on people that no network saw."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from addon.core import noise
from addon.core.clip import Clip
from addon.core.interpolation import BEZIER, Curve
from addon.core.interpolation import evaluate as played
from addon.core.key_reduction import ReducedKeys, reduced
from addon.core.metrics import bootstrap_interval
from addon.core.rotation import Array, angle_between, continuous, normalize

from ..data import clips
from ..data.poses import PoseFrame, PoseSet
from ..evaluation import Figure
from .evaluate_feet import CLIP_FRAMES, planted

TASK = "keys"
NETWORKS = ("denoise",)
RATES = (30, 120)
SIGMA = 0.02
TOLERANCES = (0.2, 0.5, 1.0)
JUDGED = 0.5
LARGEST_SHARE = 1 / 3
RECORDED, DENOISED = "as recorded", "denoised, feet planted"

Denoise = Callable[[Array, float], Array]


def evaluate(
    networks: Mapping[str, Denoise], frame: PoseFrame, train: PoseSet, test: PoseSet
) -> tuple[dict[str, Any], list[Figure]]:
    """Shares of frames keyed by rate and tolerance, and the figures. Takes are read anew, with their roots."""
    rows: dict[str, Any] = {}
    figures: list[Figure] = []
    for fps in RATES:
        takes = list(clips.load("test", fps).values())
        table = {RECORDED: takes, DENOISED: [_denoised(networks[NETWORKS[0]], clip, i) for i, clip in enumerate(takes)]}
        for name, found in table.items():
            for degrees in TOLERANCES:
                row = _row(found, degrees)
                rows.setdefault(name, {}).setdefault(f"{fps} fps", {})[f"{degrees:g}"] = row
                where = f"{name}, {fps} fps, {degrees:g}°"
                figures.append(Figure(f"{where}: largest error in degrees", row["largest"], degrees))
                if degrees == JUDGED:
                    figures.append(Figure(f"{where}: share of frames keyed", row["share"][0], LARGEST_SHARE))
    content = {
        "task": TASK,
        "data": f"{len(takes)} takes of subjects 38 and 39, white noise of σ = {SIGMA:g} before denoising",
        "unit": "share of the frames that a joint has keys at, mean over the 31 joints, with the 95 % bootstrap "
        "interval over takes; largest error of any joint at any frame in degrees",
        "rows": rows,
    }
    return content, figures


def _denoised(ours: Denoise, clip: Clip, seed: int) -> Clip:
    noisy, mended = clip.rotations.copy(), clip.rotations.copy()
    noisy[:, 1:] = noise.component_noise(clip.rotations[:, 1:], SIGMA, seed * CLIP_FRAMES)
    mended[:, 1:] = ours(noisy[:, 1:], clip.fps)
    return planted(clip.with_rotations(mended), clip.with_rotations(noisy))


def _row(takes: Sequence[Clip], degrees: float) -> dict[str, Any]:
    shares, largest = [], 0.0
    for clip in takes:
        frames, keyed = np.arange(len(clip), dtype=np.float64), 0
        for joint in range(clip.rotations.shape[1]):
            motion = continuous(clip.rotations[:, joint])
            keys = reduced(frames, motion, "QUATERNION", degrees)
            keyed += len(keys.frames)
            largest = max(largest, float(np.degrees(angle_between(_played(keys, frames), motion).max())))
        shares.append(keyed / clip.rotations.shape[1] / len(clip))
    interval = bootstrap_interval(shares, [len(clip) for clip in takes])
    return {"share": [round(value, 4) for value in interval], "largest": round(largest, 4)}


def _played(keys: ReducedKeys, frames: Array) -> Array:
    """(T, 4) what Blender's Bezier curves through the keys play."""
    left, right = keys.handles()
    kinds = np.full(len(keys.frames), BEZIER)
    columns = []
    for i in range(keys.values.shape[1]):
        points = np.stack([keys.frames, keys.values[:, i]], axis=-1)
        columns.append(played(Curve(points, left[:, i], right[:, i], kinds), frames))
    return normalize(np.stack(columns, axis=-1))
