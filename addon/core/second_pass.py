"""A second look at motion that a network has cleaned: what this very clip tells about its noise and about its mover.

Networks know people as they are on the whole, and skeletons as those that they were trained on. Here the clip speaks.
Where a joint's result lies farther from what the curve by itself says than noise explains, the network is wrong about
it: the joint takes the curve's own. Then the clip's own poses, short stretches of them with their mirror images, tell
which motion there is, and noise is taken from the rest: the second step of BM3D (Dabov et al., IEEE Trans. Image
Processing 16, 2007), with the patches' principal components as in Zhang et al., Pattern Recognition 43 (2010).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import curves
from .matrices import Product, inverse, product
from .progress import Progress
from .rotation import Array, Mask, aligned, angle_between, dot, mirrored, normalize

BLOCK = 256
"""Frames that are looked at together."""
OVERLAP = 64
"""Frames over which one block fades into the next."""
JOINT_BELIEVED, CLIP_BELIEVED = (6.0, 10.0), (2.8, 4.5)
"""Square distance of the network's result from the curve's own, over the error expected of that: below the first the
network is believed, above the second the curve. For a single joint, and for the median over joints, which tells whether
this is the kind of skeleton and of motion that the network knows at all."""
HEARD = (0.1, 0.3)
"""Square change that the network makes, over the noise's, median over joints: below the first it finds no noise, and
what looked like noise is lively motion; above the second it does. Joints that share a bone all say the same, and do not
count where there are others."""
UNHEARD = np.radians(0.5), np.radians(1.0)
"""Mean change of a joint whose noise is too small to measure: below the first the network is believed, above the second
what was recorded."""
STRETCH = 4
"""Frames whose motion is one vector."""
CAUTION = 1.0, 6.0
"""Times the noise's energy that is taken from a component's: where the noise is white, and where it wanders as motion
does, so that the recorded motion tells nothing new beside the pilot, whose noise is out."""
PILOT_CORRELATION = 0.7, 0.95
"""From one frame to the next, of the error that white noise leaves in the pilot, and of what wandering noise leaves."""
LEAST = 0.02
"""Variance of a pose's component, over the noise's, below which it is left out."""
FRESH = 0.5
"""Share of the recorded motion in what is filtered; the rest is the pilot, whose noise is out already. None of it where
the noise wanders."""
SHARE, LEVEL = (0.6, 0.85), (0.005, 0.05)
"""Of the second pass in the result, and the deviations of the noise at which it is that: the stronger the noise, the
less of the motion is plain in the network's result, and the more the clip as a whole knows."""


def second_pass(
    recorded: Array,
    first: Array,
    known: Mask,
    quiet: Mask,
    fps: float,
    wander: float,
    scale: float = 1.0,
    twins: NDArray[np.intp] | None = None,
    sharing: Mask | None = None,
    progress: Progress | None = None,
    product: Product = product,
) -> tuple[Array, Array]:
    """The result `first` (T, J, 4) for continuous rotations `recorded` (T, J, 4), looked at again: (T, J, 4).

    And (T, J) how far the network is doubted, 0 to 1.

    known: (T, J) what was measured; elsewhere `first` stands. quiet: (T, J) where there is no noise; there the result
    is what was recorded. wander: as `curves.wander` finds it. scale: deviation of the noise over what its fourth
    differences show, other than 1 where frames were left out.
    twins: (J,) the joint on the other side of the body, or the joint itself; None where nobody knows.
    sharing: (J,) joints that have a share each of what one bone turns; None for none.

    Blocks lie on a grid from the clip's first frame and fade into each other, so the result follows from the clip.
    """
    first = aligned(first, recorded)
    frames, hop = len(recorded), BLOCK - OVERLAP
    doubt = np.zeros(known.shape, dtype=first.dtype)
    if frames < curves.SHORTEST:
        return first, doubt
    result, weight = np.zeros_like(first), np.zeros((frames, 1, 1), dtype=first.dtype)
    slope = (np.arange(BLOCK, dtype=first.dtype) + 0.5) / OVERLAP
    fade = np.minimum(1, np.minimum(slope, slope[::-1]))[:, None, None]
    for start in range(0, max(frames - OVERLAP, 1), hop):
        block = slice(start, min(start + BLOCK, frames))
        share = fade[: block.stop - start]
        again, doubted = _looked_at(
            recorded[block], first[block], known[block], quiet[block], fps, wander, scale, twins, sharing, product
        )
        result[block] += share * aligned(again, first[block])
        doubt[block] += share[..., 0] * doubted
        weight[block] += share
        if progress is not None:
            progress(block.stop / frames)
    return normalize(result / weight), doubt / weight[..., 0]


def _looked_at(
    recorded: Array,
    first: Array,
    known: Mask,
    quiet: Mask,
    fps: float,
    wander: float,
    scale: float,
    twins: NDArray[np.intp] | None,
    sharing: Mask | None,
    product: Product,
) -> tuple[Array, Array]:
    """A block (T, J, 4) looked at again, and how far the network is doubted in it, (J,)."""
    clean, loud = known & quiet, known & ~quiet
    level = curves.noise_level(recorded[loud.any(axis=1)])
    sigma = np.where(loud.any(axis=0), scale * level, 0)
    noisy, still = sigma > 0, sigma <= 0
    pilot, doubt = first.copy(), np.zeros(known.shape[1])
    if still.any():
        doubt[still] = _overdone(recorded[:, still], first[:, still], known[:, still])
        unheard = np.where(known[:, still], doubt[still], 0)[..., None].astype(first.dtype)
        pilot[:, still] = normalize(first[:, still] + unheard * (recorded[:, still] - first[:, still]))
    pilot[clean] = recorded[clean]
    if not noisy.any():
        return pilot, doubt
    shaken: Any = slice(None) if noisy.all() else noisy  # a slice copies nothing
    seen, cleaned, measured, sigma = recorded[:, shaken], first[:, shaken], known[:, shaken], sigma[shaken]
    change = _mean_where(_square_distance(cleaned, seen), measured) / (3 * sigma**2)
    counted = ~sharing[shaken] if sharing is not None and (noisy & ~sharing).any() else np.ones(len(change), dtype=bool)
    heard = _between(np.asarray(np.median(change[counted])), *HEARD).astype(first.dtype)
    believed, doubted = _believed(seen, cleaned, measured, sigma, wander, fps, product)
    pilot[:, shaken] += heard * (believed - pilot[:, shaken])
    doubt[shaken] = heard * doubted
    deviation = sigma * np.sqrt(wander)
    mended = pilot[:, shaken]
    opposite = None if twins is None else mirrored(pilot[:, twins[shaken]])
    again = _filtered(np.where(measured[..., None], seen, mended), mended, opposite, deviation, wander, product)
    share = heard * np.interp(np.log(np.median(deviation)), np.log(LEVEL), SHARE).astype(first.dtype)
    pilot[:, shaken] = normalize(mended + share * (aligned(again, mended) - mended))
    pilot[clean] = recorded[clean]
    return pilot, doubt


def _overdone(recorded: Array, first: Array, known: Mask) -> Array:
    """(J,) how far to doubt the network where it changes joints more than noise does that is too small to measure."""
    return _between(_mean_where(angle_between(first, recorded), known), *UNHEARD)


def _believed(
    recorded: Array, first: Array, known: Mask, sigma: Array, wander: float, fps: float, product: Product
) -> tuple[Array, Array]:
    """The network's result, joint by joint, or the curve's own where they are too far apart; and the doubt (J,)."""
    own, error = curves.smoothed(np.where(known[..., None], recorded, first), sigma, curves.hop_at(fps), product)
    own = aligned(own, first)
    ratio = _mean_where(_square_distance(first, own), known) / (error + (wander - 1) * 3 * sigma**2)
    doubt = np.maximum(_between(ratio, *JOINT_BELIEVED), _between(np.median(ratio), *CLIP_BELIEVED))
    if not doubt.any():
        return first, doubt
    share = np.where(known, doubt, 0)[..., None].astype(first.dtype)
    return normalize(first + share * (own - first)), doubt


def _square_distance(a: Array, b: Array) -> Array:
    """(T, J) between quaternions (T, J, 4)."""
    apart = a - b
    return dot(apart, apart)


def _mean_where(x: Array, where: Mask) -> Array:
    """(J,) mean over the frames of (T, J) at which `where`; 0 where there are none."""
    mean: Array = np.where(where, x, 0).sum(axis=0) / np.maximum(where.sum(axis=0), 1)
    return mean


def _between(value: Array, low: float, high: float) -> Array:
    """0 up to `low`, 1 from `high` on."""
    return np.clip((value - low) / (high - low), 0, 1)


def _filtered(
    recorded: Array, pilot: Array, opposite: Array | None, sigma: Array, wander: float, product: Product
) -> Array:
    """`recorded` (T, J, 4) of noise `sigma` (J,) in the components that short stretches of `pilot` have, and of
    `opposite` (T, J, 4), the same motion to the other side."""
    frames, unit = len(pilot), (1 / sigma)[:, None].astype(pilot.dtype)
    middle = pilot.mean(axis=0)
    moved, fresh = (((x - middle) * unit).reshape(frames, -1) for x in (pilot, recorded))
    moves = [moved]
    if opposite is not None:
        other = aligned(opposite, middle)
        moves.append(((other - other.mean(axis=0)) * unit).reshape(frames, -1))
    together = np.concatenate(moves).astype(np.float64)
    variance, axes = np.linalg.eigh(product(np.ascontiguousarray(together.T), together) / len(together))
    poses = np.ascontiguousarray(axes[:, variance > LEAST])
    if not poses.shape[1]:
        return np.broadcast_to(middle, pilot.shape)
    amplitudes = np.split(product(together, poses), len(moves))
    motion = np.mean([_covariance(_held(x, STRETCH), STRETCH, product) for x in amplitudes], axis=0)
    wandering = (wander - 1) / (curves.WANDERING - 1)
    share = FRESH * (1 - wandering)
    caution, correlation = (float(np.interp(wandering, (0, 1), ends)) for ends in (CAUTION, PILOT_CORRELATION))
    noise, size = caution * _noise_covariance(share, correlation), poses.shape[1]
    whole = inverse(motion + np.kron(noise, np.eye(size)), product).reshape(-1, STRETCH, size)
    # What is let through is motion over motion and noise: all but noise over both, which loses no digits.
    gain = np.eye(len(motion)) - np.einsum("alp,lm->amp", whole, noise).reshape(motion.shape)
    poses = poses.astype(np.float32)
    mixed = _held(product((share * fresh + (1 - share) * moved).astype(np.float32), poses), STRETCH)
    stretches = np.concatenate([mixed[place : place + frames] for place in range(STRETCH)], axis=1)
    smooth = _averaged(product(stretches, gain.astype(np.float32)).reshape(frames, STRETCH, -1))
    smooth = product(smooth, np.ascontiguousarray(poses.T)).reshape(pilot.shape)
    return normalize(smooth * (1 / unit) + middle).astype(pilot.dtype)


def _noise_covariance(share: float, correlation: float) -> Array:
    """(STRETCH, STRETCH): between a stretch's frames, of unit noise: `share` of it white, the rest correlated."""
    frame = np.arange(STRETCH)
    left: Array = correlation ** np.abs(np.subtract.outer(frame, frame))
    return share * np.eye(STRETCH) + (1 - share) * left


def _held(x: Array, length: int) -> Array:
    """(T + length - 1, P): (T, P) with its ends held, so that a stretch of `length` frames lies around each frame."""
    side = length // 2
    return np.pad(x, ((side, length - 1 - side), (0, 0)), mode="edge")


def _covariance(held: Array, length: int, product: Product) -> Array:
    """(length·P, length·P): the mean over all stretches in held poses (T + length - 1, P) of each times itself.

    The products of two places in a stretch are those of the two before: one more at the end, one less at the beginning.
    """
    frames, size = len(held) - length + 1, held.shape[1]
    result = np.empty((length, size, length, size))
    first = np.ascontiguousarray(held[:frames].T)
    for apart in range(length):
        result[0, :, apart] = product(first, held[apart : apart + frames])
    for row in range(1, length):
        for column in range(row, length):
            leaves, enters = (np.outer(held[row - 1 + at], held[column - 1 + at]) for at in (0, frames))
            result[row, :, column] = result[row - 1, :, column - 1] - leaves + enters
        for column in range(row):
            result[row, :, column] = result[column, :, row].T
    return result.reshape(length * size, length * size) / frames


def _averaged(stretches: Array) -> Array:
    """(T, P): each frame the mean of what the stretches (T, length, P) around it say."""
    frames, length, _ = stretches.shape
    total, count = np.zeros_like(stretches[:, 0]), np.zeros((frames, 1), dtype=stretches.dtype)
    for place in range(length):
        offset = place - length // 2
        to = slice(max(offset, 0), max(frames + min(offset, 0), 0))
        of = slice(max(-offset, 0), max(frames - max(offset, 0), 0))
        total[to] += stretches[of, place]
        count[to] += 1
    return total / count
