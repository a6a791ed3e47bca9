"""What a wrist's motion tells of the fingers: channels a network sees, the same for both hands and any place."""

from __future__ import annotations

import numpy as np

from .rotation import (
    Array,
    conjugate,
    from_matrix,
    log,
    mirrored,
    multiply,
    normalize,
    rotate,
    steadily_aligned,
    to_matrix,
)
from .signals import gaussian_weights

CHANNELS = 18
"""Angular velocity (3, rad/s), velocity (3, m/s), up (3), turn and place against the last and next seconds (3 and 3,
radians and metres), logarithms of the two speeds, and 1 where the wrist is known."""

REVERSED = np.array([-1.0] * 6 + [1.0] * 12)
"""What time running backwards makes of the channels."""

_SMOOTH_SECONDS = 0.025
_AROUND_SECONDS = 0.8
STILL = 0.1
"""Added to speeds before their logarithm is taken."""
_LEFT = 0


def channels(wrist: Array, fps: float) -> Array:
    """(T, H, CHANNELS) float32 of both wrists (T, H, 7): position in metres, Y up, and rotation wxyz.

    H is left and right; the left is seen in the mirror. Zero, the last channel too, where a wrist is not known.
    """
    result = np.zeros((*wrist.shape[:2], CHANNELS), dtype=np.float32)
    for hand in range(wrist.shape[1]):
        if np.isfinite(wrist[:, hand]).all():
            result[:, hand] = _one(wrist[:, hand], fps, hand == _LEFT)
    return result


def _one(wrist: Array, fps: float, left: bool) -> Array:
    position, turn = wrist[:, :3].astype(np.float64), wrist[:, 3:].astype(np.float64)
    if left:
        position, turn = position * [-1, 1, 1], mirrored(turn)
    turn = steadily_aligned(normalize(turn), normalize(turn[0]))
    back = conjugate(turn)
    step = log(multiply(back[:-1], turn[1:])) * fps
    spin = np.concatenate([step[:1], (step[1:] + step[:-1]) / 2, step[-1:]]) if len(step) else np.zeros((1, 3))
    speed = np.gradient(position, axis=0) * fps if len(position) > 1 else np.zeros((1, 3))
    spin, speed = (averaged(values, _SMOOTH_SECONDS * fps) for values in (spin, speed))
    around = _AROUND_SECONDS * fps
    mean_turn = _nearest_rotation(averaged(to_matrix(turn).reshape(-1, 9), around).reshape(-1, 3, 3))
    up = rotate(back, np.broadcast_to(np.array([0.0, 1.0, 0.0]), position.shape))
    parts = [
        spin,
        rotate(back, speed),
        up,
        log(multiply(conjugate(mean_turn), turn)),
        rotate(back, position - averaged(position, around)),
        np.log(np.linalg.norm(spin, axis=-1, keepdims=True) + STILL),
        np.log(np.linalg.norm(speed, axis=-1, keepdims=True) + STILL),
        np.ones((len(position), 1)),
    ]
    return np.concatenate(parts, axis=-1)


def averaged(values: Array, sigma: float) -> Array:
    """(T, C) values under a Gaussian window of `sigma` frames; the ends are held."""
    reach = int(np.ceil(3 * sigma))
    if reach < 1:
        return values
    held = np.pad(values, ((reach, reach), (0, 0)), mode="edge")
    kernel = gaussian_weights(sigma, reach)
    return np.stack([np.convolve(column, kernel, mode="valid") for column in held.T], axis=-1)


def _nearest_rotation(matrices: Array) -> Array:
    """Unit quaternions (T, 4) nearest to matrices (T, 3, 3) that are averages of rotations."""
    left, _, right = np.linalg.svd(matrices)
    flip = np.sign(np.linalg.det(left @ right))
    left[..., -1] *= flip[..., None]
    return from_matrix(left @ right)
