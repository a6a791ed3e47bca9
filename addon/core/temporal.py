"""From a clip at any rate, with holes, to what a network over time wants, and back: one way for training and add-on."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from . import filters, gaps, rates
from .likely import Likely, filled
from .rotation import Array, aligned, continuous, normalize, steadily_aligned
from .second_pass import second_pass
from .windows import in_windows

Network = Callable[[Array], Array]
Progress = Callable[[float], None]

GUESSED = 0.5
"""Length that marks a rotation which was filled in across a hole; a joint that the rig has not has length 0."""
SHORTEST = 3
SPIKES_REACH = 16
"""Frames that the search for spikes sees, and a few more."""
LENGTH, REACH, GRID = 1024, 144, 4
"""Frames that a window keeps, frames that the network sees beyond, and the blocks that it works in."""


def denoised(
    network: Network,
    rotations: Array,
    fps: float,
    model_fps: float,
    reference: Array | None = None,
    missing: NDArray[np.bool_] | None = None,
    absent: NDArray[np.bool_] | None = None,
    likely: Likely | None = None,
    twins: NDArray[np.intp] | None = None,
    progress: Progress | None = None,
) -> Array:
    """Rotations (T, J, 4) at `fps` cleaned by a network for `model_fps`: unit quaternions (T, J, 4), float32.

    network: (T, J, 4) to (T, J, 4), marked by length as `GUESSED` says. reference: (J, 4), what the network's
    hemispheres are aligned to; None for one that knows no skeleton.
    missing: (T, J) where nothing is known and motion is to be made up; rotations that are not finite or have no length
    are missing anyway, and so are frames that the recorder repeated. absent: (J,) joints that the rig has not.
    likely: what is known of such motion, to make up what is missing; without it holes are bridged by slerp.
    twins: (J,) each joint's twin on the other side of the body, itself in the middle; None where nobody knows.
    A clip of less than `SHORTEST` frames comes back as it is.

    The result follows from the clip alone, not from where windows lie.
    """
    length = np.linalg.norm(rotations, axis=-1)
    lost = ~(np.isfinite(length) & (length > 1e-6))
    unit = normalize(np.asarray(rotations, dtype=np.float32))
    if len(unit) < SHORTEST:
        return unit
    whole = continuous(unit)
    lost |= gaps.held_frames(whole)[:, None]
    if missing is not None:
        lost |= missing
    if lost.any():
        whole = continuous(gaps.filled(whole, lost))
    nowhere = np.zeros(unit.shape[1], dtype=bool) if absent is None else absent
    step = rates.factor(fps, model_fps)
    known = None if likely is None else likely.at(fps / step)
    again = partial(second_pass, fps=fps / step, twins=twins)
    run = partial(_run, network, whole[0] if reference is None else reference, nowhere, known, again, progress)
    return normalize(run(whole, lost) if step == 1 else _at_lower_rate(run, whole, lost, step))


def _run(
    network: Network,
    reference: Array,
    absent: NDArray[np.bool_],
    likely: Likely | None,
    again: Callable[[Array, Array, NDArray[np.bool_]], Array],
    progress: Progress | None,
    rotations: Array,
    lost: NDArray[np.bool_],
) -> Array:
    """The network on continuous rotations (T, J, 4) at its own rate, signed and marked as it wants them."""
    if likely is not None:
        rotations = continuous(filled(likely, rotations, lost, absent))
    marked = steadily_aligned(rotations, reference) * np.where(lost[..., None], np.float32(GUESSED), np.float32(1))
    marked[:, absent] = 0
    result = in_windows(network, marked, LENGTH, REACH, GRID, progress)
    result[:, absent] = rotations[:, absent]
    calm = in_windows(filters.without_spikes, rotations, rates.BLOCK, SPIKES_REACH)
    result = again(calm, result, ~lost & ~absent)
    if likely is not None:  # once more, now that what is known beside the holes is clean
        result = filled(likely, result, lost, absent)
    return aligned(result, rotations)


def _at_lower_rate(
    run: Callable[[Array, NDArray[np.bool_]], Array], rotations: Array, lost: NDArray[np.bool_], step: int
) -> Array:
    """The network on what the lower rate can hold; the detail above it shrunk by its own noise."""
    calm = in_windows(filters.without_spikes, rotations, rates.BLOCK, SPIKES_REACH)
    channels = calm.reshape(len(calm), -1)
    low = rates.lowered(channels, step)
    channels -= rates.raised(low, step, len(channels))
    detail = rates.without_noise(np.where(lost[..., None], 0, calm).astype(calm.dtype, copy=False))
    low = normalize(low.reshape(-1, *calm.shape[1:]))
    blocks = np.pad(lost, ((0, -len(lost) % step), (0, 0))).reshape(-1, step, lost.shape[1])
    clean = run(low, blocks.any(axis=1))
    detail += rates.raised(clean.reshape(len(clean), -1), step, len(channels)).reshape(calm.shape)
    return detail
