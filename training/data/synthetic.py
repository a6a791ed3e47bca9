"""A little made-up motion in CMU's shape, so that training can be tried and tested without any recording."""

from __future__ import annotations

import numpy as np

from addon.core import rotation
from addon.core.rigs.cmu import POSE_JOINTS
from addon.core.rotation import Array

from .poses import PoseSet, Take

_CONSTANT = ("LHipJoint", "RHipJoint", "LeftShoulder", "RightShoulder", "LeftHandIndex1", "RightHandIndex1")
_HINGES = ("LeftLeg", "RightLeg", "LeftToeBase", "RightToeBase", "LeftForeArm", "RightForeArm")


def load(takes: int = 4, frames: int = 200, seed: int = 0) -> PoseSet:
    """Walk-like periodic motion: constant joints, hinges and balls swing with a few shared phases, at 120 fps."""
    generator = np.random.default_rng(seed)
    amplitudes = generator.uniform(0.1, 0.5, (len(POSE_JOINTS), 3))
    phases = generator.uniform(0, 2 * np.pi, (len(POSE_JOINTS), 3))
    names = [f"{i + 1:02d}_01" for i in range(takes)]
    made = (_take(frames, amplitudes, phases, generator.uniform(0.8, 1.2)) for _ in names)
    return PoseSet(POSE_JOINTS, 120.0, tuple(Take(n, n.split("_")[0], r) for n, r in zip(names, made, strict=True)))


def _take(frames: int, amplitudes: Array, phases: Array, pace: float) -> Array:
    angle = 2 * np.pi * pace * np.arange(frames)[:, None, None] / 120
    vectors = amplitudes * (0.5 + np.sin(angle + phases))  # (T, J, 3)
    for i, name in enumerate(POSE_JOINTS):
        if name in _CONSTANT:
            vectors[:, i] = 0.1 if name.endswith("Index1") else 0
        elif name in _HINGES:
            vectors[:, i, 1:] = 0
    return rotation.exp(vectors).astype(np.float32)
