"""Values and slopes of Bezier keys that follow a motion most closely, by least squares over all frames at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .rotation import Array, Mask
from .signals import cubic_weights

Places = NDArray[np.intp]

_STEPS = 6  # of the conjugate gradients, from a near guess: more make no difference to how many keys are needed
_HOLD = 1e-4  # how strongly what no frame decides is held at its first guess


def fitted(
    frames: Array, motion: Array, kept: Places, pinned: Mask, values: Array, slopes: Array
) -> tuple[Array, Array]:
    """Values (K, n) and slopes (K, n) of keys at the frames `kept` (K,) of a motion (T, n) at `frames` (T,).

    The curves are cubic Hermite ones, as keys with handles a third of the way to their neighbours play. values,
    slopes: (K, n), where the search begins; keys that are `pinned` (K,) keep their value.
    Conjugate gradients on the normal equations (Hestenes & Stiefel, Journal of Research of the NBS 49, 1952), with the
    diagonal as preconditioner: from a near guess a few steps do.
    """
    stretch, weights = hermite(frames, kept)
    run = np.gradient(frames[kept])[:, None] if len(kept) > 1 else np.ones((1, 1))
    free = np.where(pinned, 0.0, 1.0)[:, None]

    def played(key_values: Array, key_slopes: Array) -> Array:
        return hermite_played(stretch, weights, key_values, key_slopes / run)

    def gathered(rest: Array) -> tuple[Array, Array]:
        """The transpose of `played`: what every key has to do with what is left (T, n)."""
        sums = [np.add.reduceat(weight[:, None] * rest, kept[:-1], axis=0) for weight in weights]
        key_values, key_slopes = np.zeros_like(values), np.zeros_like(values)
        key_values[:-1] += sums[0]
        key_values[1:] += sums[2]
        key_slopes[:-1] += sums[1]
        key_slopes[1:] += sums[3]
        return key_values * free, key_slopes / run

    def squares() -> tuple[Array, Array]:
        sums = [np.add.reduceat(weight**2, kept[:-1]) for weight in weights]
        of_values, of_slopes = np.zeros(len(kept)), np.zeros(len(kept))
        of_values[:-1] += sums[0]
        of_values[1:] += sums[2]
        of_slopes[:-1] += sums[1]
        of_slopes[1:] += sums[3]
        return of_values[:, None] + _HOLD, of_slopes[:, None] / run**2 + _HOLD

    scale = squares()
    change = [np.zeros_like(values), np.zeros_like(values)]
    left = list(gathered(motion - played(values, slopes * run)))
    way = [rest / size for rest, size in zip(left, scale, strict=True)]
    product = sum(_inner(a, b) for a, b in zip(left, way, strict=True))
    for _ in range(_STEPS):
        back = gathered(played(*way))
        turned = [found + _HOLD * own for found, own in zip(back, way, strict=True)]
        step = product / np.maximum(sum(_inner(a, b) for a, b in zip(way, turned, strict=True)), 1e-300)
        change = [own + step * direction for own, direction in zip(change, way, strict=True)]
        left = [own - step * direction for own, direction in zip(left, turned, strict=True)]
        new = [rest / size for rest, size in zip(left, scale, strict=True)]
        before, product = product, sum(_inner(a, b) for a, b in zip(left, new, strict=True))
        way = [own + product / np.maximum(before, 1e-300) * old for own, old in zip(new, way, strict=True)]
    return values + change[0] * free, slopes + change[1] / run


def hermite(frames: Array, kept: Places) -> tuple[Places, tuple[Array, Array, Array, Array]]:
    """(T,) the stretch between keys in which each frame lies, and what counts there: value and slope of the key before
    it, value and slope of the key after it."""
    place = np.arange(len(frames))
    stretch = np.minimum(np.searchsorted(kept, place, side="right") - 1, len(kept) - 2)
    run = frames[kept[stretch + 1]] - frames[kept[stretch]]
    return stretch, cubic_weights((frames - frames[kept[stretch]]) / run, run)


def hermite_played(stretch: Places, weights: tuple[Array, Array, Array, Array], values: Array, slopes: Array) -> Array:
    """(T, n) what keys with `values` (K, n) and `slopes` (K, n) play."""
    first, second, third, fourth = (weight[:, None] for weight in weights)
    after = stretch + 1
    result: Array = first * values[stretch] + second * slopes[stretch] + third * values[after] + fourth * slopes[after]
    return result


def _inner(a: Array, b: Array) -> Array:
    """(n,) inner products, each number of the rotation on its own."""
    return np.einsum("kn,kn->n", a, b)
