"""How the denoiser of motion does beside every classical filter at its best, on people that it never saw."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from addon.core import gaps, metrics, noise
from addon.core.rotation import Array

from ..data.poses import PoseFrame, PoseSet
from ..evaluation import Figure, interval, share
from .oracles import MEDIAN, PCA, Oracle, oracles, pose_space_of

TASK = "denoise"
NETWORKS = ("tutorial-compress", "tutorial-sparse", "denoise")
OURS = "denoise"
INPUT = "noisy input"
RATES = (30, 120)
SIGMAS = (0.005, 0.01, 0.02, 0.05, 0.1)
JITTERS = (0.01, 0.02, 0.05)
HOLES = (5, 10, 20, 30)
HOLES_PER_CLIP = 3
CORRELATION = 0.9
CLIP_FRAMES = 10_000
"""Frames between the seeds of two clips, so that no two see the same noise."""

LARGEST_OF_FILTER = {30: 0.5, 120: 0.65}
LARGEST_OF_PCA = 0.85
LARGEST_CHANGE = 0.05
LARGEST_OF_MEDIAN = 0.3
LARGEST_OF_JITTER = 0.7
LARGEST_OF_SLERP = {5: 1.0, 10: 1.0, 20: 0.6, 30: 0.6}
PEAK_SIGMAS, PEAK_PERCENT, LARGEST_PEAK_LOSS = (0.005, 0.01), 99.0, 0.03

Denoise = Callable[..., Array]


def evaluate(
    networks: Mapping[str, Denoise], frame: PoseFrame, train: PoseSet, test: PoseSet
) -> tuple[dict[str, Any], list[Figure]]:
    """Errors by method, rate and noise, and the figures.

    networks: `denoise` is a function of rotations (T, J, 4), their fps and what is missing (T, J); the others see
    rotations alone. `train` gives the pose space of PCA. `test` is judged at 30 fps and at its own rate.
    """
    space, pose = pose_space_of(train), (frame.parents, frame.offsets)
    rows: dict[str, Any] = {}
    figures: list[Figure] = []
    for fps in RATES:
        clips = [take.rotations for take in test.every(round(test.fps / fps)).takes]
        for sigma in SIGMAS:
            noisy = [noise.component_noise(clip, sigma, i * CLIP_FRAMES) for i, clip in enumerate(clips)]
            results = _results(networks, noisy, clips, fps, sigma, space)
            table = {name: _measured(oracle, clips, pose, fps) for name, oracle in results.items()}
            for name, row in table.items():
                rows.setdefault(name, {}).setdefault(f"{fps} fps", {})[f"{sigma:g}"] = row
            figures += _white_figures(table, fps, sigma)
        figures += _clean_figures(networks[OURS], clips, pose, fps)
    clips = [take.rotations for take in test.every(round(test.fps / RATES[0])).takes]
    others = {
        "spikes": _spikes(networks[OURS], clips, space),
        "jitter": _jitter(networks[OURS], clips, space),
        "holes": _holes(networks[OURS], clips),
    }
    people = " and ".join(sorted({take.subject for take in test.takes}))
    content = {
        "task": TASK,
        "data": f"{len(clips)} takes of subjects {people}, {sum(map(len, clips))} frames at 30 fps",
        "unit": "degrees, mean over joints, with the 95 % bootstrap interval over takes; accelerations in m/s²",
        "oracles": "classical filters have the setting that is best on these very takes at this very noise",
        "rows": rows,
        **others,
    }
    return content, figures + _other_figures(others)


def _results(
    networks: Mapping[str, Denoise],
    noisy: Sequence[Array],
    clips: Sequence[Array],
    fps: int,
    sigma: float,
    space: tuple[Array, Array],
) -> dict[str, Oracle]:
    found = {INPUT: Oracle("", list(noisy)), **oracles(noisy, clips, fps, sigma, space)}
    for name, network in networks.items():
        found[name] = Oracle("", [network(clip, fps) if name == OURS else network(clip) for clip in noisy])
    return found


def _measured(oracle: Oracle, clips: Sequence[Array], pose: tuple[Any, Array], fps: int) -> dict[str, Any]:
    pairs = list(zip(oracle.clips, clips, strict=True))
    weights = [len(clip) for clip in clips]
    acceleration = [metrics.acceleration_error(a, b, *pose, fps).mean() for a, b in pairs]
    positions = [metrics.position_error_cm(a, b, *pose) for a, b in pairs]
    peaks = [_peak(a, pose, fps) / _peak(b, pose, fps) - 1 for a, b in pairs]
    return {
        "degrees": interval([metrics.geodesic_degrees(a, b) for a, b in pairs]),
        "centimetres": interval(positions),
        "acceleration": round(float(np.average(acceleration, weights=weights)), 3),
        "peak": round(float(np.average(peaks, weights=weights)), 4),
        "setting": oracle.setting,
    }


def _peak(clip: Array, pose: tuple[Any, Array], fps: int) -> float:
    return metrics.speed_percentile(clip, *pose, fps, PEAK_PERCENT)


def _white_figures(table: Mapping[str, Any], fps: int, sigma: float) -> list[Figure]:
    ours, single = table[OURS], {n: r for n, r in table.items() if r["setting"] and n != PCA}
    best = min(single, key=lambda name: single[name]["degrees"][0])
    where = f"white noise, σ = {sigma:g}, {fps} fps"
    error = ours["degrees"][0]
    figures = [
        Figure(f"{where}: error, share of {best}'s", share(error, single[best]["degrees"][0]), LARGEST_OF_FILTER[fps])
    ]
    if fps != RATES[0]:
        return figures
    figures.append(Figure(f"{where}: error, share of {PCA}'s", share(error, table[PCA]["degrees"][0]), LARGEST_OF_PCA))
    smoothness = share(ours["acceleration"], single[best]["acceleration"])
    figures.append(Figure(f"{where}: acceleration error, share of {best}'s", smoothness, 1.0))
    if sigma in PEAK_SIGMAS:
        figures.append(Figure(f"{where}: change of the fastest speeds", abs(ours["peak"]), LARGEST_PEAK_LOSS))
    return figures


def _clean_figures(ours: Denoise, clips: Sequence[Array], pose: tuple[Any, Array], fps: int) -> list[Figure]:
    change = interval([metrics.geodesic_degrees(ours(clip, fps), clip) for clip in clips])
    return [Figure(f"clean motion, {fps} fps: change in degrees", change[0], LARGEST_CHANGE)]


def _spikes(ours: Denoise, clips: Sequence[Array], space: tuple[Array, Array]) -> dict[str, Any]:
    fps = RATES[0]
    noisy = [noise.spikes(clip, seed)[0] for seed, clip in enumerate(clips)]
    best = oracles(noisy, clips, fps, 0.01, space)[MEDIAN]
    return {
        INPUT: _degrees(noisy, clips),
        MEDIAN: {**_degrees(best.clips, clips), "setting": best.setting},
        OURS: _degrees([ours(clip, fps) for clip in noisy], clips),
    }


def _jitter(ours: Denoise, clips: Sequence[Array], space: tuple[Array, Array]) -> dict[str, Any]:
    fps, found = RATES[0], {}
    for sigma in JITTERS:
        noisy = [noise.jitter(clip, sigma, seed, CORRELATION) for seed, clip in enumerate(clips)]
        filtered = {name: o for name, o in oracles(noisy, clips, fps, sigma, space).items() if name != PCA}
        errors = {name: {**_degrees(o.clips, clips), "setting": o.setting} for name, o in filtered.items()}
        found[f"{sigma:g}"] = {
            INPUT: _degrees(noisy, clips),
            **errors,
            OURS: _degrees([ours(clip, fps) for clip in noisy], clips),
        }
    return found


def _holes(ours: Denoise, clips: Sequence[Array]) -> dict[str, Any]:
    """Errors inside holes of all joints: filled by slerp, given to the network, and held frames for it to find."""
    found = {}
    for length in HOLES:
        errors: dict[str, list[Array]] = {"slerp": [], "dropped": [], "held": []}
        for i, clip in enumerate(clips):
            for place in range(HOLES_PER_CLIP):
                missing = noise.holes(len(clip), length, 100 * i + place, margin=3)
                where = np.broadcast_to(missing[:, None], clip.shape[:2])
                results = {
                    "slerp": gaps.filled(clip, where),
                    "dropped": ours(noise.dropped(clip, missing), RATES[0], where),
                    "held": ours(noise.held(clip, missing), RATES[0]),
                }
                for name, result in results.items():
                    errors[name].append(metrics.geodesic_degrees(result, clip)[missing])
        found[str(length)] = {name: {"degrees": interval(values)} for name, values in errors.items()}
    return found


def _degrees(results: Sequence[Array], clips: Sequence[Array]) -> dict[str, Any]:
    return {"degrees": interval([metrics.geodesic_degrees(a, b) for a, b in zip(results, clips, strict=True)])}


def _other_figures(others: Mapping[str, Any]) -> list[Figure]:
    def error(row: Mapping[str, Any]) -> float:
        return float(row["degrees"][0])

    spikes = others["spikes"]
    figures = [
        Figure(
            f"spikes: error, share of {MEDIAN}'s", share(error(spikes[OURS]), error(spikes[MEDIAN])), LARGEST_OF_MEDIAN
        )
    ]
    for sigma, table in others["jitter"].items():
        best = min((name for name in table if table[name].get("setting")), key=lambda name: error(table[name]))
        value = share(error(table[OURS]), error(table[best]))
        figures.append(Figure(f"jitter, σ = {sigma}: error, share of {best}'s", value, LARGEST_OF_JITTER))
    for length, table in others["holes"].items():
        for kind in ("dropped", "held"):
            value = share(error(table[kind]), error(table["slerp"]))
            figures.append(
                Figure(f"{length} frames {kind}: error, share of slerp's", value, LARGEST_OF_SLERP[int(length)])
            )
    return figures
