"""Stretches without data: found where a recorder repeated itself, filled along the shorter way, or led on smoothly."""

from __future__ import annotations

import numpy as np

from .rotation import IDENTITY, Array, Mask, conjugate, continuous, exp, log, multiply, normalize, slerp
from .signals import cubic, runs

_LENGTH = 1e-6
_STILL = 1e-6
_SHARP = 1.5
_TREMBLING = 0.8
_NEIGHBOURS = 5
_LED_BY = 5


def bridged(rotations: Array, missing: Mask | None = None) -> tuple[Array, Mask]:
    """Recorded rotations (T, J, 4) as continuous unit quaternions, float32, led across what is not known (`filled`).

    And (T, J) where that is: at `missing` (T, J), where a rotation has no length or is not finite, and in frames that
    the recorder repeated (`held_frames`).
    """
    length = np.linalg.norm(rotations, axis=-1)
    lost = ~(np.isfinite(length) & (length > _LENGTH))
    whole = continuous(normalize(np.asarray(rotations, dtype=np.float32)))
    lost |= held_frames(whole)[:, None]
    if missing is not None:
        lost |= missing
    return (continuous(filled(whole, lost)) if lost.any() else whole), lost


def filled(rotations: Array, missing: Mask) -> Array:
    """Rotations (T, J, 4) with those at `missing` (T, J) turned steadily from the last known to the next (slerp).

    Before the first known and after the last known rotation that one is held; a joint that is never known rests.
    """
    if not missing.any():
        return rotations.copy()
    frames = len(missing)
    row = np.arange(frames)[:, None]
    before = np.maximum.accumulate(np.where(missing, -1, row), axis=0)
    after = np.minimum.accumulate(np.where(missing, frames, row)[::-1], axis=0)[::-1]
    unknown = (before < 0) & (after == frames)
    start = np.where(before < 0, after, before)
    stop = np.where(after == frames, before, after)
    t, j = np.nonzero(missing & ~unknown)
    first, last = start[t, j], stop[t, j]
    share = (t - first) / np.maximum(last - first, 1)
    result = rotations.copy()
    result[t, j] = slerp(rotations[first, j], rotations[last, j], share)
    result[unknown] = IDENTITY
    return result


def led_on(values: Array, missing: Mask) -> Array:
    """Numbers (T, n) with those at `missing` (T,) led on from what is known before to what is known after.

    The cubic with the values and the speeds at both ends (Hermite), the speeds by straight lines through a few frames.
    Before the first known and after the last known frame that one is held; where nothing is known all is as it was.
    """
    result = np.array(values, dtype=np.float64)
    for first, stop in runs(missing):
        start = first - 1
        if start < 0 or stop == len(result):
            if not missing.all():
                result[first:stop] = result[start if start >= 0 else stop]
            continue
        before, after = slice(max(start - _LED_BY + 1, 0), first), slice(stop, stop + _LED_BY)
        leaving, arriving = (_speed(result[side], ~missing[side]) for side in (before, after))
        length = stop - start
        share = (np.arange(first, stop) - start)[:, None] / length
        result[first:stop] = cubic(share, length, result[start], leaving, result[stop], arriving)
    return result


def led_on_rotations(rotations: Array, missing: Mask) -> Array:
    """The same for rotations (T, 4), as rotation vectors from the last one known before each stretch."""
    result = np.array(rotations, dtype=np.float64)
    if missing.all():
        return result
    for first, stop in runs(missing):
        base = result[first - 1] if first else result[stop]
        here = slice(max(first - _LED_BY, 0), stop + _LED_BY)
        led = led_on(log(multiply(conjugate(base), result[here])), missing[here])
        result[first:stop] = multiply(base, exp(led[first - here.start : stop - here.start]))
    return result


def held_frames(rotations: Array, shortest: int = 3) -> Mask:
    """(T,) bool: frames in which all joints (T, J, 4) repeat the frame before, `shortest` or more in a row, while time
    went on.

    A pause that somebody posed is left smoothly, and so is a rest; a recorder that got no data catches up with a jump
    that does not lead into the next step. So a run counts where motion bends much more sharply as it ends than beside
    it; or where motion beside it trembles so much that nobody could have stood still in between.
    """
    missing = np.zeros(len(rotations), dtype=bool)
    if len(rotations) < shortest + 2:
        return missing
    same = np.abs(rotations[1:] - rotations[:-1]).max(axis=(1, 2)) < _STILL
    for first, last in runs(same):  # steps first … last - 1 are still
        if last - first >= shortest and last + 1 < len(rotations):
            missing[first + 1 : last + 1] = _time_went_on(
                rotations[max(first - _NEIGHBOURS, 0) : first + 1], rotations[last : last + _NEIGHBOURS + 2]
            )
    return missing


def _time_went_on(before: Array, after: Array) -> bool:
    """Whether data was lost between the frames up to the first of those that are alike, and from the last of them."""
    out, into = _steps(after), _steps(before)
    if len(out) < 2:
        return False
    bends = np.concatenate([np.diff(into, axis=0), np.diff(out[1:], axis=0)])
    if not len(bends):
        return False
    usual = np.median(np.linalg.norm(bends, axis=1))
    speed = np.median(np.linalg.norm(np.concatenate([into, out[1:]]), axis=1))
    return bool(np.linalg.norm(out[1] - out[0]) > _SHARP * usual + _STILL or usual > _TREMBLING * speed)


def _steps(rotations: Array) -> Array:
    """(T - 1, J·3) rotation vectors from each frame to the next."""
    return log(multiply(conjugate(rotations[:-1]), rotations[1:])).reshape(len(rotations) - 1, -1)


def _speed(values: Array, known: Mask) -> Array:
    """(n,) how much numbers (T, n) grow a frame, by those that are known; 0 where that is one frame."""
    at = np.flatnonzero(known)
    if len(at) < 2:
        return np.zeros(values.shape[1])
    slope: Array = np.polyfit(at, values[at], 1)[0]
    return slope
