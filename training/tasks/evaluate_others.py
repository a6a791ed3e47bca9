"""How the denoiser does where its network knows nothing: fingers, and bodies on skeletons that other tools made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from addon.core import noise
from addon.core.curves import denoised_curves
from addon.core.metrics import geodesic_degrees
from addon.core.rigs.chains import on_fewer_bones
from addon.core.rotation import Array

from ..data import manipnet, rigs
from ..data.poses import PoseFrame, PoseSet
from ..evaluation import Figure, share
from .oracles import MEDIAN, PCA, oracles, pose_space_of

TASK = "others"
NETWORKS = ("denoise",)
INPUT, BEST, OURS = "noisy input", "best filter", "denoise"
SIGMAS = (0.005, 0.02, 0.1)
FINGER_FPS = BODY_FPS = 30.0
FEWER_BONES = "CMU, on a VRM's bones"
HANDS = ("mug1", "teapot2")
FRAMES = 1200
LARGEST_FINGER_CHANGE, LARGEST_BODY_CHANGE, LARGEST_OF_FILTER = 0.05, 0.1, 1.0

Denoise = Callable[[Array], Array]


def evaluate(
    networks: Mapping[str, Callable[..., Array]], frame: PoseFrame, train: PoseSet, test: PoseSet
) -> tuple[dict[str, Any], list[Figure]]:
    """Errors by method, motion and noise, and the figures. Nothing here was learned from."""
    space = pose_space_of(train)
    rows: dict[str, Any] = {INPUT: {}, BEST: {}, OURS: {}}
    figures: list[Figure] = []

    def judge(name: str, clean: Array, fps: float, counted: NDArray[np.bool_], ours: Denoise, largest: float) -> None:
        def error(result: Array) -> float:
            return round(float(geodesic_degrees(result, clean)[:, counted].mean()), 4)

        changed = error(ours(clean))
        figures.append(Figure(f"{name}, clean: change in degrees", changed, largest))
        for method, value in ((INPUT, 0.0), (BEST, 0.0), (OURS, changed)):
            rows[method][name] = {"clean": value}
        for sigma in SIGMAS:
            noisy = noise.component_noise(clean, sigma)
            filtered = oracles([noisy[:, counted]], [clean[:, counted]], round(fps), sigma, space, (PCA, MEDIAN))
            best = min(
                float(geodesic_degrees(oracle.clips[0], clean[:, counted]).mean()) for oracle in filtered.values()
            )
            rows[INPUT][name][f"{sigma:g}"] = error(noisy)
            rows[BEST][name][f"{sigma:g}"] = round(best, 4)
            rows[OURS][name][f"{sigma:g}"] = error(ours(noisy))
            value = share(rows[OURS][name][f"{sigma:g}"], best)
            figures.append(
                Figure(f"{name}, σ = {sigma:g}: error, share of the best filter's", value, LARGEST_OF_FILTER)
            )

    curves = partial(denoised_curves, fps=FINGER_FPS)
    hands = np.concatenate(
        [manipnet.bones(name, side)[::4][:FRAMES] for name in HANDS for side in ("left", "right")], 1
    )
    judge("fingers, ManipNet", hands, FINGER_FPS, np.ones(hands.shape[1], bool), curves, LARGEST_FINGER_CHANGE)
    signing, fps = rigs.fingers()
    every = np.ones(signing.shape[1], bool)
    judge("fingers, signing", signing, fps, every, partial(denoised_curves, fps=fps), LARGEST_FINGER_CHANGE)
    for name, file in rigs.BODIES.items():
        rig = rigs.body(file, frame.reference)
        ours = partial(networks[OURS], fps=rig.fps, absent=rig.absent)
        judge(name, rig.rotations, rig.fps, ~rig.absent, ours, LARGEST_BODY_CHANGE)
    rig = _on_fewer_bones(test, frame.reference)
    ours = partial(networks[OURS], fps=rig.fps, absent=rig.absent)
    judge(FEWER_BONES, rig.rotations, rig.fps, ~rig.absent, ours, LARGEST_BODY_CHANGE)
    content = {
        "task": TASK,
        "unit": "degrees, mean over the bones that there are",
        "oracles": "the best filter is the one, at the setting, that is best on this very motion at this very noise",
        "rows": rows,
    }
    return content, figures


def _on_fewer_bones(test: PoseSet, reference: Array) -> rigs.RigMotion:
    """The longest of the takes on the bones of a VRM."""
    slower = test.every(max(round(test.fps / BODY_FPS), 1))
    longest = max((take.rotations for take in slower.takes), key=len)
    absent = np.array([joint in rigs.LACKED_BY_VRM for joint in test.joints])
    return rigs.RigMotion(on_fewer_bones(longest, absent, test.joints, reference), slower.fps, absent)
