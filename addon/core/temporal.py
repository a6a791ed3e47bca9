"""From a clip at any rate, with holes, to what a network over time wants, and back: one way for training and add-on."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from . import curves, filters, rates
from .gaps import bridged
from .likely import Likely, filled
from .matrices import Product, product
from .progress import Progress
from .rotation import Array, Mask, aligned, continuous, normalize, steadily_aligned
from .second_pass import second_pass
from .windows import in_windows

Network = Callable[[Array], Array]

GUESSED = 0.5
"""Length that marks a rotation which was filled in across a hole; a joint that the rig has not has length 0."""
SHORTEST = 3
SPIKES_REACH = 16
"""Frames that the search for spikes sees, and a few more."""
LOWERED = 1.4
"""Deviation of white noise at a lower rate over what its fourth differences show there: its fastest part lacks."""
LENGTH, REACH, GRID = 1024, 144, 4
"""Frames that a window keeps, frames that the network sees beyond, and the blocks that it works in."""


def denoised(
    network: Network,
    rotations: Array,
    fps: float,
    model_fps: float,
    reference: Array | None = None,
    missing: Mask | None = None,
    absent: Mask | None = None,
    likely: Likely | None = None,
    twins: NDArray[np.intp] | None = None,
    sharing: Mask | None = None,
    progress: Progress | None = None,
    product: Product = product,
) -> Array:
    """Rotations (T, J, 4) at `fps` cleaned by a network for `model_fps`: unit quaternions (T, J, 4), float32.

    network: (T, J, 4) to (T, J, 4), marked by length as `GUESSED` says. reference: (J, 4), what the network's
    hemispheres are aligned to; None for one that knows no skeleton.
    missing: (T, J) where nothing is known and motion is to be made up; rotations that are not finite or have no length
    are missing anyway, and so are frames that the recorder repeated. absent: (J,) joints that the rig has not.
    likely: what is known of such motion, to make up what is missing; without it holes are bridged by slerp.
    twins: (J,) each joint's twin on the other side of the body, itself in the middle; None where nobody knows.
    sharing: (J,) joints that have a share each of what one bone turns; None for none.
    product: of matrices.
    A clip of less than `SHORTEST` frames comes back as it is.

    The result follows from the clip alone, not from where windows lie.
    """
    if len(rotations) < SHORTEST:
        return normalize(np.asarray(rotations, dtype=np.float32))
    whole, lost = bridged(rotations, missing)
    nowhere = np.zeros(whole.shape[1], dtype=bool) if absent is None else absent
    step = rates.factor(fps, model_fps)
    known = None if likely is None else likely.at(fps / step)
    calm = in_windows(filters.without_spikes, whole, rates.BLOCK, SPIKES_REACH)
    quiet, wander, scale = curves.quiet(calm, fps), curves.wander(calm), 1.0 if step == 1 else LOWERED
    again = partial(
        second_pass,
        quiet=quiet[::step],
        fps=fps / step,
        wander=wander,
        scale=scale,
        twins=twins,
        sharing=sharing,
        product=product,
    )
    run = partial(_run, network, whole[0].copy() if reference is None else reference, nowhere, known, again, progress)
    if step == 1:
        return normalize(run(whole, calm, lost)[0])
    del whole  # hours of motion are large
    return normalize(_at_lower_rate(run, calm, lost, step, fps, product))


def _run(
    network: Network,
    reference: Array,
    absent: Mask,
    likely: Likely | None,
    again: Callable[..., tuple[Array, Array]],
    progress: Progress | None,
    rotations: Array,
    calm: Array,
    lost: Mask,
) -> tuple[Array, Array]:
    """The network on continuous rotations (T, J, 4) at its own rate, signed and marked as it wants them.

    And how far it is doubted (T, J).

    calm: the same without spikes, of which the network finds more, and which the second look takes for granted.
    """
    if likely is not None:
        rotations = continuous(filled(likely, rotations, lost, absent))
    marked = steadily_aligned(rotations, reference) * np.where(lost[..., None], np.float32(GUESSED), np.float32(1))
    marked[:, absent] = 0
    result = in_windows(network, marked, LENGTH, REACH, GRID, progress)
    result[:, absent] = rotations[:, absent]
    result, doubt = again(calm, result, known=~lost & ~absent)
    if likely is not None:  # once more, now that what is known beside the holes is clean
        result = filled(likely, result, lost, absent)
    return aligned(result, rotations), doubt


def _at_lower_rate(
    run: Callable[[Array, Array, Mask], tuple[Array, Array]],
    calm: Array,
    lost: Mask,
    step: int,
    fps: float,
    product: Product,
) -> Array:
    """The network on what the lower rate can hold; the detail above it as each curve by itself shows it.

    Where the network is doubted the curve stands as it is by itself.
    """
    low = normalize(rates.lowered(calm.reshape(len(calm), -1), step).reshape(-1, *calm.shape[1:]))
    blocks = np.pad(lost, ((0, -len(lost) % step), (0, 0))).reshape(-1, step, lost.shape[1])
    clean, doubt = run(low, low, blocks.any(axis=1))
    own = curves.without_noise(calm, fps, product=product)
    channels = own.reshape(len(own), -1)
    change = rates.raised(clean.reshape(len(clean), -1) - rates.lowered(channels, step), step, len(own))
    change = change.reshape(own.shape)
    change *= np.where(lost, 1, 1 - np.repeat(doubt, step, axis=0)[: len(own)]).astype(change.dtype)[..., None]
    change += own
    return change
