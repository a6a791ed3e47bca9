"""Poses for hands without any key: drawn one after the other, often where the wrist turns and seldom where it rests.

Fingers rest where the wrist does: over the recordings the two speeds' logarithms correlate by .4 to .9, and in the
fifth of the frames in which wrists are stillest fingers are about eight times as slow as in the others.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from . import wrist
from .finger_fill import ANGLES, FPS, HANDS
from .finger_pose import PoseModel, completed
from .hand_gaussian import WRIST, Places, channel
from .rotation import Array, conjugate, log, mean, mirrored, multiply

STEP = 0.5
"""Seconds from a pose to the next where the wrist turns."""
_AT_REST = 0.08
"""Of the pace where it turns: a pose every few seconds."""
_TURNING = 1.5
"""Radians a second of a wrist that turns; those of the ManipNet recordings do so half as fast in the median."""
_SMOOTH_SECONDS = 0.25
_QUARTER = 0.25
"""Seconds: poses are at multiples, because the network tells no finer times apart over several seconds."""


def with_made_up_poses(
    model: PoseModel,
    key_times: Array,
    keys: Array,
    grid: Array,
    wrists: Array,
    rng: np.random.Generator,
    temperature: float,
) -> tuple[Array, Array]:
    """Keys (K, 40) at `key_times` (K,) with poses for the hands that have none; NaN where there is no key.

    grid: (G,) seconds, FPS apart. wrists: (G, 2, 7) as in `wrist.channels`. A pose is drawn given the hand's last two,
    the other hand as it is then, and both wrists shortly before, then and shortly after.
    """
    free = [hand for hand in range(HANDS) if not np.isfinite(keys[:, _angles(hand)]).any()]
    if not free:
        return key_times, keys
    bend = bends(wrists)
    seen = wrist.channels(wrists, FPS)
    events = sorted((int(at), hand) for hand in free for at in pose_frames(seen[:, hand]))
    drawn: list[tuple[int, int, Array]] = []
    held = _held(key_times, keys, grid)
    for at, hand in events:
        known, values = _around(drawn, held, bend, at, hand)
        wanted = Places(np.array([channel(hand, angle) for angle in range(ANGLES)]), np.full(ANGLES, at / FPS))
        pose = completed(model, known, values, wanted, "sample", "best", rng, temperature)
        drawn.append((at, hand, pose))
    times = np.unique(np.concatenate([key_times, grid[[at for at, _, _ in drawn]]]))
    merged = np.full((len(times), HANDS * ANGLES), np.nan)
    merged[np.searchsorted(times, key_times)] = keys
    for at, hand, pose in drawn:
        merged[np.searchsorted(times, grid[at]), _angles(hand)] = pose
    return times, merged


def pose_frames(seen: Array) -> Array:
    """(P,) rising frames of the grid at which a hand gets a pose. seen: (G, wrist.CHANNELS) of its wrist."""
    quarter = round(_QUARTER * FPS)
    turning = np.linalg.norm(seen[:, :3], axis=-1, keepdims=True)
    share = np.minimum(wrist.averaged(turning, _SMOOTH_SECONDS * FPS)[:, 0] / _TURNING, 1.0)
    known = seen[:, -1] > 0
    pace = np.where(known, _AT_REST + (1 - _AT_REST) * share, 1.0)
    passed = np.concatenate([[0.0], np.cumsum((pace[1:] + pace[:-1]) / 2)]) / FPS
    frames = np.searchsorted(passed, np.arange(0.0, passed[-1] + 1e-9, STEP) - 1e-9)
    return np.unique(frames // quarter * quarter)


def bends(wrists: Array) -> Array:
    """(T, 2, 3) rotation vectors of wrists (T, 2, 7) against their mean, in a right hand's axes; NaN as they are."""
    result = np.full((len(wrists), HANDS, WRIST), np.nan)
    for hand in range(HANDS):
        turned = wrists[:, hand, 3:]
        if np.isfinite(turned).all():
            facing = mirrored(turned) if hand == 0 else turned
            result[:, hand] = log(multiply(conjugate(mean(facing)), facing))
    return result


def _angles(hand: int) -> slice:
    return slice(hand * ANGLES, (hand + 1) * ANGLES)


def _held(key_times: Array, keys: Array, grid: Array) -> Array:
    """(G, 2, 20) the keys, carried over the grid in straight lines; NaN for angles without any."""
    result = np.full((len(grid), HANDS * ANGLES), np.nan)
    for angle in np.flatnonzero(np.isfinite(keys).any(axis=0)):
        there = np.isfinite(keys[:, angle])
        result[:, angle] = np.interp(grid, key_times[there], keys[there, angle])
    return result.reshape(len(grid), HANDS, ANGLES)


def _around(
    drawn: Sequence[tuple[int, int, Array]], held: Array, bend: Array, at: int, hand: int
) -> tuple[Places, Array]:
    """What a pose of `hand` at the frame `at` is drawn from."""
    told = [(frame, hand, 0, pose) for frame, own, pose in drawn if own == hand][-2:]
    told += [(frame, 1 - hand, 0, pose) for frame, other, pose in drawn if other != hand][-1:]
    told += [(at, either, 0, held[at, either]) for either in range(HANDS)]
    step = round(STEP * FPS)
    near = [frame for frame in (at - step, at, at + step) if 0 <= frame < len(bend)]
    told += [(frame, either, ANGLES, bend[frame, either]) for frame in near for either in range(HANDS)]
    channels, times, values = [], [], []
    for frame, either, first, numbers in told:
        for place in np.flatnonzero(np.isfinite(numbers)):
            channels.append(channel(either, first + int(place)))
            times.append(frame / FPS)
            values.append(numbers[place])
    return Places(np.array(channels, dtype=np.int64), np.array(times)), np.array(values)
