"""Planted feet: when a foot stands on the ground, and the least turns of its leg that keep it where it stands.

Denoising mends every joint a little, and at the foot what is left of it adds up: feet that stood begin to slide. Where
a foot touches the ground its ankle and the ball of the foot hardly move, which tells more than any single joint can.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .rotation import Array, Mask, conjugate, exp, rotate
from .signals import gaussian_weights, runs

USUAL_LEG = 0.8
"""Metres of thigh and shin together for which the lengths below hold; they grow and shrink with the leg."""
LOW, LOW_ENOUGH = 0.05, 0.08
"""Metres above the point's own lowest level: a contact begins below the first and ends above the second."""
SLOW, SLOW_ENOUGH = 0.25, 0.6
"""Metres a second along the ground: the same for its speed."""
LOWEST_PERCENT = 5.0
"""The share of all frames that may lie below the lowest level: noise, and feet that sink into the floor."""
SHORTEST = 0.1
"""Seconds that a contact lasts at least."""
STEADYING = 1 / 30
"""Seconds, standard deviation of the Gaussian through which heights and speeds are looked at."""

AVERAGED, AT_FPS = 10.0, 30.0
"""Seconds a metre: for how long a standing foot is averaged, by how far denoising has moved it, at so many frames a
second. Of n times as many frames the time goes down by √n: so does the noise of their mean."""
LONGEST = 0.5
"""Seconds, the most of that."""
BLEND = 0.1
"""Seconds in which a correction fades before and after a contact."""
FARTHEST = 0.06
"""Metres that a foot is moved by at most."""
DAMPING = 0.2
"""Metres a radian: how far a foot may stay off for joints to turn less."""

_EXTREME = 1e-9


@dataclass(frozen=True, eq=False)
class Leg:
    """A leg in the world over time, all lengths in one unit.

    hip, knee: (T, 3) where the thigh and the shin begin. foot: (T, P, 3) the points of the foot that stand: the ankle,
    and the ball of the foot if it is known. thigh: (T, 4) the world rotation of the thigh.
    """

    hip: Array
    knee: Array
    foot: Array
    thigh: Array

    @property
    def length(self) -> float:
        """Of thigh and shin together, at its usual."""
        thigh = np.linalg.norm(self.knee - self.hip, axis=-1)
        shin = np.linalg.norm(self.foot[:, 0] - self.knee, axis=-1)
        return float(np.median(thigh + shin))


def contacts(points: Array, times: Array, up: Array, unit: float = 1.0) -> Mask:
    """(T, P) whether each of the points (T, P, 3) of a foot stands on the ground at `times` (T,), seconds.

    A point stands while it is lower than `LOW_ENOUGH` above its own lowest level and slower than `SLOW_ENOUGH` along
    the ground, if in between it is once lower than `LOW` and slower than `SLOW`, for `SHORTEST` or longer.
    up: (3,) unit vector. unit: the points' length unit against that of a person with a leg of `USUAL_LEG` metres.
    """
    steady = _steadied(points.astype(np.float64) / unit, times)
    height = steady @ up
    height = height - np.percentile(height, LOWEST_PERCENT, axis=0)
    speed = np.linalg.norm(_along_ground(np.gradient(steady, times, axis=0), up), axis=-1)
    surely = (height < LOW) & (speed < SLOW)
    possibly = (height < LOW_ENOUGH) & (speed < SLOW_ENOUGH)
    result = np.zeros_like(surely)
    for point in range(points.shape[1]):
        for start, stop in runs(possibly[:, point]):
            if surely[start:stop, point].any() and times[stop - 1] - times[start] >= SHORTEST - 1e-6:
                result[start:stop, point] = True
    return result


def planted(leg: Leg, before: Array, times: Array, up: Array) -> Array:
    """(T, 3, 4) turns in world axes of thigh, shin and foot that keep a denoised leg's foot where it stands.

    A joint's local rotation R becomes R·(G⁻¹·W·G) for its world rotation G and its turn W. before: (T, P, 3) where the
    points of the foot were before denoising, which tells how far to trust where they are now. times: (T,) seconds,
    rising. up: (3,) unit vector.

    Within a contact a foot moves as little as agrees with where it is; before and after, the correction fades. The
    turns are the least that bring the points there (damped least squares: Nakamura & Hanafusa, Journal of Dynamic
    Systems, Measurement, and Control 108, 1986); only along the ground, because a leg that is almost straight would
    have to bend far to change its height. The knee turns about its own hinge and never over the straight leg.
    """
    still = np.tile(np.array([1.0, 0, 0, 0]), (len(times), 3, 1))
    unit = leg.length / USUAL_LEG
    if len(times) < 2 or unit < _EXTREME:
        return still
    standing = contacts(leg.foot, times, up, unit)
    turned = np.median(np.linalg.norm(leg.foot - before, axis=-1)) / unit
    seconds = min(AVERAGED * float(turned * np.sqrt(AT_FPS * _step(times))), LONGEST)
    if not standing.any() or seconds < _EXTREME:
        return still
    ways = np.stack([_way(leg.foot[:, p], standing[:, p], times, seconds) for p in range(leg.foot.shape[1])], axis=1)
    ways = _along_ground(ways, up)
    length = np.linalg.norm(ways, axis=-1, keepdims=True)
    ways *= np.minimum(1, FARTHEST * unit / np.maximum(length, _EXTREME))
    near = np.stack([_nearness(standing[:, p], times) for p in range(leg.foot.shape[1])], axis=1)
    return _least_turns(leg, ways, near, up, DAMPING * unit)


def slide(points: Array, standing: Mask, times: Array, up: Array) -> tuple[float, float]:
    """How far points (T, P, 3) move along the ground between frames at which they are `standing` (T, P), and for how
    many seconds they stand."""
    steps = np.linalg.norm(_along_ground(np.diff(points.astype(np.float64), axis=0), up), axis=-1)
    both = standing[1:] & standing[:-1]
    return float(steps[both].sum()), float((np.diff(times)[:, None] * both).sum())


def _step(times: Array) -> float:
    """Seconds from a frame to the next, at its usual."""
    return max(float(np.median(np.diff(times))), _EXTREME)


def _along_ground(vectors: Array, up: Array) -> Array:
    return vectors - (vectors @ up)[..., None] * up


def _steadied(points: Array, times: Array) -> Array:
    spread = STEADYING / _step(times)
    reach = min(int(np.ceil(4 * spread)), len(points) - 1)
    held = np.pad(points, ((reach, reach), (0, 0), (0, 0)), mode="edge")
    return sum(w * held[i : i + len(points)] for i, w in enumerate(gaussian_weights(spread, reach)))  # type: ignore[return-value]


def _way(point: Array, standing: Mask, times: Array, seconds: float) -> Array:
    """(T, 3) d that a point (T, 3) has to go: the least of ∫ d² + (`seconds`·v)² in a contact, v what is left of its
    speed there, and of ∫ d² + (`BLEND`·ḋ)² between contacts."""
    step = np.diff(times)
    stands = standing[1:] & standing[:-1]
    weight = (np.where(stands, seconds, BLEND) / np.maximum(step, _EXTREME)) ** 2
    moved = np.where(stands, weight, 0)[:, None] * np.diff(point.astype(np.float64), axis=0)
    diagonal, right = np.ones(len(point)), np.zeros(point.shape)
    diagonal[1:] += weight
    diagonal[:-1] += weight
    right[1:] -= moved
    right[:-1] += moved
    return _solve_symmetric(diagonal, -weight, right)


def _solve_symmetric(diagonal: Array, beside: Array, right: Array) -> Array:
    """(T, C): the solution of a symmetric, tridiagonal, positive definite system.

    By cyclic reduction: every other row is put into its neighbours, which leaves such a system of half the size
    (Hockney, "A fast direct solution of Poisson's equation using Fourier analysis", Journal of the ACM 12, 1965).
    """
    if len(diagonal) == 1:
        return right / diagonal[:, None]
    even, odd = diagonal[::2], diagonal[1::2]
    before, after = beside[::2], beside[1::2]  # each odd row's, to the even rows on its two sides
    last = len(after)  # the last odd row may have none after it
    up, down = before / even[: len(odd)], after / even[1 : last + 1]
    pivot = odd - up * before
    pivot[:last] -= down * after
    value = right[1::2] - up[:, None] * right[: 2 * len(odd) : 2]
    value[:last] -= down[:, None] * right[2::2]
    result = np.empty(right.shape)
    found = result[1::2] = _solve_symmetric(pivot, -down[: len(odd) - 1] * before[1:], value)
    rest = right[::2].copy()
    rest[: len(odd)] -= before[:, None] * found
    rest[1 : last + 1] -= after[:, None] * found[:last]
    result[::2] = rest / even[:, None]
    return result


def _nearness(standing: Mask, times: Array) -> Array:
    """(T,) 1 in a contact, falling to 0 within `BLEND` seconds before and after."""
    ends = np.flatnonzero(standing)
    if not len(ends):
        return np.zeros(len(times))
    place = np.searchsorted(ends, np.arange(len(times)))
    apart = np.minimum(
        np.abs(times - times[ends[np.minimum(place, len(ends) - 1)]]),
        np.abs(times - times[ends[np.maximum(place - 1, 0)]]),
    )
    left = np.clip(1 - apart / BLEND, 0, 1)
    return left * left * (3 - 2 * left)


def _least_turns(leg: Leg, ways: Array, near: Array, up: Array, damping: float) -> Array:
    """(T, 3, 4) the turns of thigh, shin and foot that move the foot's points by `ways` (T, P, 3), weighted by `near`
    (T, P): Jᵀ(JJᵀ + λ²)⁻¹ of the points' ways along the ground over the turns (3 of the thigh, 1 of the knee, 3 of the
    foot)."""
    frames, points = near.shape
    ground = _ground_axes(up)
    hinge, flexion = _hinge(leg)
    reach = np.zeros((frames, points, 2, 7))
    for p in range(points):
        for turn, (start, axis) in enumerate(
            [(leg.hip, a) for a in np.eye(3)] + [(leg.knee, hinge)] + [(leg.foot[:, 0], a) for a in np.eye(3)]
        ):
            reach[:, p, :, turn] = np.cross(axis, leg.foot[:, p] - start) @ ground.T
    weight = np.sqrt(near)[..., None]
    jacobian = (reach * weight[..., None]).reshape(frames, 2 * points, 7)
    wanted = ((ways @ ground.T) * weight).reshape(frames, 2 * points)
    square = jacobian @ jacobian.transpose(0, 2, 1) + damping**2 * np.eye(2 * points)
    turns = np.einsum("tji,tj->ti", jacobian, np.linalg.solve(square, wanted[..., None])[..., 0])
    bend = np.maximum(turns[:, 3], -np.maximum(flexion, 0))
    return exp(np.stack([turns[:, :3], hinge * bend[:, None], turns[:, 4:]], axis=1))


def _ground_axes(up: Array) -> Array:
    """(2, 3) two directions along the ground, at right angles."""
    across = np.cross(up, np.eye(3)[np.argmin(np.abs(up))])
    across = across / np.linalg.norm(across)
    return np.stack([across, np.cross(up, across)])


def _hinge(leg: Leg) -> tuple[Array, Array]:
    """(T, 3) the knee's axis in the world, and (T,) by how much the knee is bent about it.

    The axis sits still in the thigh: it is the mean of where thigh and shin turn against each other, which counts for
    the more the more they do. Zero where the leg is always straight.
    """
    thigh, shin = leg.knee - leg.hip, leg.foot[:, 0] - leg.knee
    normal = np.cross(thigh, shin)
    mean = rotate(conjugate(leg.thigh), normal).mean(axis=0)
    length = np.linalg.norm(mean)
    if length < 1e-6 * leg.length**2:
        return np.zeros_like(normal), np.zeros(len(normal))
    axis = rotate(leg.thigh, np.broadcast_to(mean / length, normal.shape))
    return axis, np.arctan2(np.sum(normal * axis, axis=-1), np.sum(thigh * shin, axis=-1))
