"""How well a pose survives 30 numbers: the networks beside principal components, on people that none of them saw."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from addon.core.metrics import geodesic_degrees, position_error_cm
from addon.core.rotation import Array

from ..data.poses import PoseFrame, PoseSet, mirrored
from ..evaluation import Figure, interval, share, summary
from .baselines import quaternion_components, vector_components

TASK = "compress"
NETWORKS = ("tutorial-compress", "tutorial-sparse", "pose-compress")
NUMBERS = 30
PCA = "PCA-30"
VECTOR_PCA = "PCA-30 of rotation vectors, mirrored"
STEP = 4  # 120 to 30 frames per second

Denoise = Callable[[Array], Array]


def evaluate(
    networks: Mapping[str, Denoise], frame: PoseFrame, train: PoseSet, test: PoseSet
) -> tuple[dict[str, Any], list[Figure]]:
    """The errors of `networks`, functions of poses (T, J, 4), and of PCA fitted to `train`, on `test`; and the figures.

    frame: the joints' parents, offsets, and which of them move.
    """
    poses = train.every(STEP).stacked()
    both = np.concatenate([poses, mirrored(poses, train.joints)])
    methods: dict[str, Denoise] = {
        PCA: quaternion_components(poses, NUMBERS),
        VECTOR_PCA: vector_components(both, NUMBERS),
        **networks,
    }
    clips = [take.rotations for take in test.every(STEP).takes]
    rows: dict[str, dict[str, Any]] = {}
    for name, method in methods.items():
        back = [method(clip) for clip in clips]
        angles = [geodesic_degrees(b, clip) for b, clip in zip(back, clips, strict=True)]
        places = [position_error_cm(b, c, frame.parents, frame.offsets) for b, c in zip(back, clips, strict=True)]
        worst = {frame.joints[j]: round(float(e), 2) for j, e in _worst_joints(angles)}
        rows[name] = {"degrees": summary(angles, frame.moving), "centimetres": interval(places), "worst": worst}
    content = {
        "task": TASK,
        "data": f"{len(clips)} takes, {sum(map(len, clips))} frames at {test.fps / STEP:g} fps",
        "unit": "mean over joints, with the 95 % bootstrap interval over takes",
        "rows": rows,
    }
    return content, _figures({name: row["degrees"]["all"][0] for name, row in rows.items()})


def _figures(degrees: Mapping[str, float]) -> list[Figure]:
    ours = degrees["pose-compress"]
    return [
        Figure("pose-compress, mean error as a share of PCA-30's", share(ours, degrees[PCA]), 0.6),
        Figure("pose-compress, as a share of tutorial-compress's", share(ours, degrees["tutorial-compress"]), 0.4),
    ]


def _worst_joints(angles: list[Array], count: int = 5) -> list[tuple[int, float]]:
    by_joint = np.concatenate(angles).mean(axis=0)
    return [(int(j), by_joint[j]) for j in np.argsort(-by_joint)[:count]]
