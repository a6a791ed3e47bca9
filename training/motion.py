"""From takes to what the denoiser of motion needs: its reference, its prior, its network and its task."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from addon.core import rotation
from addon.core.rigs.chains import on_whole_chains
from addon.core.rigs.sides import twins
from addon.core.rotation import Array, Mask
from addon.core.signals import runs
from addon.core.temporal import denoised

from .config import DenoiseRecipe
from .data.poses import PoseFrame, PoseSet, mirror_joints, pose_frame
from .data.stretches import MODEL_FPS, Stretches, stretches
from .models import motion_lags, motion_prior
from .models.denoiser import BodyDenoiser
from .tasks.denoise import Denoise

PHASES = 2
"""Of the ways to take every n-th frame, how many the prior sees."""
USUAL, FAR_OUT = 0.9, 2.0
"""A joint is far out beyond FAR_OUT times the angle from the mean that a share USUAL of all frames stay below."""
LARGE, EXACT = 4096, ("basis",)
LEAST_JOINTS = motion_prior.POSE // 4 + 1
"""Joints that a pose must have: of fewer, all principal poses would be taken for motion, and none tell the noise."""
SHORTEST = 120
"""Frames of a part of a take that the prior is fitted on."""


def frame_of(poses: PoseSet) -> PoseFrame:
    """The poses' frame, its reference the mean over subjects, whoever was recorded longest."""
    return pose_frame(poses.joints, _evenly(poses), poses.skeleton)


def stretches_of(poses: PoseSet) -> Stretches:
    """The takes and their mirror images, aligned to `frame_of`'s reference."""
    return stretches(poses, frame_of(poses).reference)


def network(recipe: DenoiseRecipe, stretch: Stretches) -> BodyDenoiser:
    """A fresh network that starts as the best linear denoiser of these stretches."""
    step = round(stretch.fps / MODEL_FPS)
    phases = range(0, step, max(step // PHASES, 1))
    takes, weights = [], []
    for part, share in zip(*_sound(stretch), strict=True):
        for phase in phases:
            takes.append(part[phase::step])
            weights.append(share)
    prior = motion_prior.fit([take.reshape(len(take), -1) for take in takes], weights, recipe.strokes)
    likely = motion_lags.fit(takes, weights, stretch.reference, stretch.fps / step)
    return BodyDenoiser(prior, likely, recipe.width)


def _sound(stretch: Stretches) -> tuple[list[Array], list[float]]:
    """The parts of the takes in which no joint is far out, and their shares.

    Some takes have hands and feet that flip by half a turn: recording errors, which a Gaussian would take for motion.
    """
    away = [rotation.angle_between(stretch.reference, take) for take in stretch.takes]
    limit = FAR_OUT * np.quantile(np.concatenate([angles[::8] for angles in away]), USUAL, axis=0) + np.radians(1)
    parts, shares = [], []
    for take, angles, share in zip(stretch.takes, away, stretch.share, strict=True):
        for start, stop in runs(np.all(angles < limit, axis=1)):
            if stop - start >= SHORTEST:
                parts.append(take[start:stop])
                shares.append(float(share))
    # Takes without one sound part are all there is to learn from.
    return (parts, shares) if parts else (list(stretch.takes), [float(share) for share in stretch.share])


def as_function(model: BodyDenoiser, joints: tuple[str, ...]) -> Callable[..., Array]:
    """The network as a function of rotations (T, J, 4), fps, what is missing (T, J) and which joints the rig has not
    (J,), as the add-on uses it."""
    likely, sides = model.likely(MODEL_FPS), twins(joints)

    def network_of(marked: Array) -> Array:
        with torch.no_grad():
            result: Array = model(torch.from_numpy(marked)[None])[0].numpy()
        return result

    def through(
        rotations: Array,
        fps: float = MODEL_FPS,
        missing: Mask | None = None,
        absent: Mask | None = None,
    ) -> Array:
        def on_joints(whole: Array, unknown: Mask | None, lacking: Mask | None, sharing: Mask | None) -> Array:
            return denoised(
                network_of, whole, fps, MODEL_FPS, likely.reference, unknown, lacking, likely, sides, sharing
            )

        return on_whole_chains(on_joints, rotations, missing, absent, joints, likely.reference)

    return through


def rounded(model: nn.Module) -> dict[str, Tensor]:
    """The weights as they are kept and shipped: big ones in half precision, unless that would move clean poses."""
    return {
        name: value.half() if value.numel() > LARGE and name not in EXACT else value
        for name, value in model.state_dict().items()
    }


def task(stretch: Stretches, poses: PoseSet) -> Denoise:
    """The task on these stretches of `poses`; where the skeleton has two sides, they can be swapped by mistake."""
    twins = mirror_joints(poses.joints).tolist() if poses.mirrors else []
    return Denoise(stretch, tuple((joint, twin) for joint, twin in enumerate(twins) if joint < twin))


def _evenly(poses: PoseSet, count: int = 1000) -> Array:
    """(N, J, 4): up to `count` frames of every subject, spread over its takes."""
    chosen = []
    for subject in sorted({take.subject for take in poses.takes}):
        frames = poses.of_subject(subject).stacked()
        chosen.append(frames[:: max(len(frames) // count, 1)])
    return rotation.normalize(np.concatenate(chosen))
