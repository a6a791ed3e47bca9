"""How bodies move, as one Gaussian over short stretches of motion: the best linear denoiser, fitted in seconds.

A pose is centred and turned into its principal components; `WINDOW` frames of the `POSE` strongest are one vector, and
the principal components of those are the strokes that motion is made of. Noise spreads evenly over all strokes while
motion fills few, so each is shrunk by what it is known to hold: the Wiener filter, in space and time at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from addon.core.rotation import Array

POSE = 72
WINDOW = 18
HOP = 4
BEFORE = (WINDOW - HOP) // 2
FORM_STEP = 4


@dataclass(frozen=True, eq=False)
class MotionPrior:
    """The Gaussian, in numbers.

    mean (F,): the mean pose's F = J·4 components. pose_basis (F, F): principal poses as columns, strongest first;
    pose_variance (F,). strokes (WINDOW·POSE, K): orthonormal columns, time first; stroke_variance (K,).
    rest_analysis, rest_synthesis (HOP·POSE, HOP·POSE): what the middle frames hold beside the strokes, to components
    in which white noise is even and motion uncorrelated, and back; rest_variance (HOP·POSE,): of the motion there.
    forms (J, 4, 4): symmetric; qᵀ·form·q is 0 for every rotation q that the joint can have, where it is no zeros.
    """

    mean: Array
    pose_basis: Array
    pose_variance: Array
    strokes: Array
    stroke_variance: Array
    rest_analysis: Array
    rest_synthesis: Array
    rest_variance: Array
    forms: Array


def fit(takes: Sequence[Array], weights: Sequence[float] | Array, strokes: int) -> MotionPrior:
    """The prior of takes (T, F), each frame of take i counting `weights[i]`."""
    total = sum(weight * len(take) for take, weight in zip(takes, weights, strict=True))
    mean = sum(weight * take.sum(axis=0) for take, weight in zip(takes, weights, strict=True)) / total
    poses = [take - mean for take in takes]
    spread = sum(weight * (pose.T @ pose) for pose, weight in zip(poses, weights, strict=True)) / total
    pose_variance, pose_basis = _principal(spread)
    moving = pose_basis[:, :POSE]
    joint_spread = np.zeros((WINDOW * POSE, WINDOW * POSE), dtype=np.float32)
    for pose, weight in zip(poses, weights, strict=True):
        stretches = windows(pose @ moving)
        joint_spread += np.float32(weight / total) * (stretches.T @ stretches)
    variance, basis = _principal(joint_spread)
    beside = basis.reshape(WINDOW, POSE, -1)[BEFORE : BEFORE + HOP].reshape(HOP * POSE, -1)[:, strokes:]
    # In the basis that makes noise white (its covariance beside · besideᵀ), turn to the motion's principal components.
    whole = np.linalg.cholesky(beside @ beside.T + 1e-3 * np.eye(HOP * POSE))
    rest: Array = np.linalg.solve(whole, beside * np.sqrt(variance[strokes:]))
    rest_variance, turn = _principal(rest @ rest.T)
    return MotionPrior(
        mean=mean,
        pose_basis=pose_basis,
        pose_variance=pose_variance,
        strokes=basis[:, :strokes],
        stroke_variance=variance[:strokes],
        rest_analysis=np.linalg.solve(whole.T, turn).T,
        rest_synthesis=whole @ turn,
        rest_variance=rest_variance,
        forms=joint_forms(np.concatenate([take[::FORM_STEP] for take in takes])),
    )


def joint_forms(poses: Array) -> Array:
    """(J, 4, 4): the quadratic constraint that joints with two axes keep, found in poses (N, J·4); zeros elsewhere.

    A product of turns about two fixed axes obeys one equation that is quadratic in its quaternion. Hinges obey linear
    ones, which the principal poses know already.
    """
    rotations = poses.reshape(len(poses), -1, 4).astype(np.float64)
    row, column = np.triu_indices(4)
    forms = np.zeros((rotations.shape[1], 4, 4))
    for joint, form in enumerate(forms):
        q = rotations[:, joint]
        spread = np.linalg.svd(q, compute_uv=False) / np.sqrt(len(q))
        _, quadratic, terms = np.linalg.svd(q[:, row] * q[:, column], full_matrices=False)
        if spread[2] > 1e-3 and quadratic[-1] < 1e-4 * np.sqrt(len(q)):
            form[row, column] += terms[-1] / 2
            form[column, row] += terms[-1] / 2
    return forms


def empty(features: int, strokes: int) -> MotionPrior:
    """A prior of the right shapes and no content, for a network whose weights are read from a file."""
    middle = HOP * POSE
    return MotionPrior(
        mean=np.zeros(features),
        pose_basis=np.zeros((features, features)),
        pose_variance=np.zeros(features),
        strokes=np.zeros((WINDOW * POSE, strokes)),
        stroke_variance=np.zeros(strokes),
        rest_analysis=np.zeros((middle, middle)),
        rest_synthesis=np.zeros((middle, middle)),
        rest_variance=np.zeros(middle),
        forms=np.zeros((features // 4, 4, 4)),
    )


def windows(poses: Array) -> Array:
    """(T, WINDOW·P) float32: the stretch around each frame of poses (T, P), ends held."""
    held = np.pad(poses, ((BEFORE, WINDOW - 1 - BEFORE), (0, 0)), mode="edge").astype(np.float32)
    return sliding_window_view(held, WINDOW, axis=0).transpose(0, 2, 1).reshape(len(poses), -1)


def _principal(spread: Array) -> tuple[Array, Array]:
    """Variances and orthonormal columns of a covariance, strongest first."""
    variance, basis = np.linalg.eigh(spread)
    return np.maximum(variance[::-1], 0), np.ascontiguousarray(basis[:, ::-1])
