"""Rotations as unit quaternions (w, x, y, z) on the last axis: pure, vectorised functions.

Every function broadcasts over the leading axes, keeps the floating type of its input and never changes it in place.
Angles are radians. "Hemisphere" is the sign of a quaternion: q and -q are the same rotation.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.floating]
Mask = NDArray[np.bool_]

IDENTITY: Array = np.array([1.0, 0.0, 0.0, 0.0], dtype=np.float32)
AXES = {"X": 0, "Y": 1, "Z": 2}

_TINY = 1e-12


def normalize(q: Array) -> Array:
    """Unit quaternions (..., 4). One whose length is zero, or no finite number, becomes the identity."""
    with np.errstate(invalid="ignore", over="ignore"):
        length = np.sqrt(dot(q, q))[..., None]
    usable = np.isfinite(length) & (length > _TINY)
    if usable.all():
        return q / length
    return np.where(usable, q / np.where(usable, length, 1), IDENTITY.astype(q.dtype))


def dot(a: Array, b: Array) -> Array:
    """Inner products (...) along the last axis: five times as fast as a sum over four numbers at a time."""
    return np.einsum("...i,...i->...", a, b)


def conjugate(q: Array) -> Array:
    """The inverse rotation of unit quaternions (..., 4)."""
    return q * np.array([1, -1, -1, -1], dtype=q.dtype)


def multiply(a: Array, b: Array) -> Array:
    """Hamilton product (..., 4): the rotation `b` followed by `a`, as in matrices A·B."""
    aw, ax, ay, az = (a[..., i] for i in range(4))
    bw, bx, by, bz = (b[..., i] for i in range(4))
    return np.stack(
        [
            aw * bw - ax * bx - ay * by - az * bz,
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
        ],
        axis=-1,
    )


def rotate(q: Array, vector: Array) -> Array:
    """Vectors (..., 3) turned by unit quaternions (..., 4)."""
    twice = 2 * _cross(q[..., 1:], vector)
    return vector + q[..., :1] * twice + _cross(q[..., 1:], twice)


def _cross(a: Array, b: Array) -> Array:
    """As np.cross, of vectors (..., 3), which costs more in looking for what it has been given."""
    (ax, ay, az), (bx, by, bz) = ((v[..., 0], v[..., 1], v[..., 2]) for v in (a, b))
    return np.stack([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx], axis=-1)


def exp(rotation_vector: Array) -> Array:
    """Quaternions (..., 4) of rotation vectors (..., 3): axis times angle."""
    half = np.linalg.norm(rotation_vector, axis=-1, keepdims=True) / 2
    # np.sinc(x) is sin(πx)/(πx), smooth through zero.
    return np.concatenate([np.cos(half), rotation_vector / 2 * np.sinc(half / np.pi)], axis=-1)


def log(q: Array) -> Array:
    """Rotation vectors (..., 3) of unit quaternions (..., 4), the shorter way round: length at most π."""
    q = np.where(q[..., :1] < 0, -q, q)
    sine = np.linalg.norm(q[..., 1:], axis=-1, keepdims=True)
    angle = 2 * np.arctan2(sine, q[..., :1])
    return q[..., 1:] * np.where(sine > _TINY, angle / np.where(sine > _TINY, sine, 1), 2)


def angle_between(a: Array, b: Array) -> Array:
    """Geodesic distance (...) between unit quaternions (..., 4), 0 to π.

    By arctangent: an arccosine of the dot product has a floor of 0.03 degrees in float32.
    """
    difference = multiply(conjugate(a), b)
    return 2 * np.arctan2(np.linalg.norm(difference[..., 1:], axis=-1), np.abs(difference[..., 0]))


def slerp(a: Array, b: Array, t: ArrayLike) -> Array:
    """Rotations (..., 4) at the share `t` (...) of the shorter way from `a` to `b`, at constant speed."""
    share = np.asarray(t, dtype=a.dtype)[..., None]
    return multiply(a, exp(share * log(multiply(conjugate(a), b))))


def continuous(q: Array) -> Array:
    """The same rotations (T, ..., 4) with signs chosen so that none jumps to the other hemisphere in time."""
    if len(q) < 2:
        return q.copy()
    flipped = dot(q[1:], q[:-1]) < 0
    if not flipped.any():
        return q.copy()
    signs = np.cumprod(np.where(flipped, -1, 1), axis=0).astype(q.dtype)
    return np.concatenate([q[:1], q[1:] * signs[..., None]], axis=0)


def aligned(q: Array, reference: Array) -> Array:
    """The same rotations (..., 4), each with the sign that lies nearer to `reference` (..., 4)."""
    flipped = dot(q, reference) < 0
    if flipped.shape == q.shape[:-1] and not flipped.any():
        return q.copy()
    return np.where(flipped[..., None], -q, q)


def mirrored(q: Array) -> Array:
    """Rotations (..., 4) as a mirror at the plane x = 0 shows them."""
    return q * np.array([1, 1, -1, -1], dtype=q.dtype)


def steadily_aligned(q: Array, reference: Array) -> Array:
    """The same rotations (T, ..., 4), continuous in time and in the hemisphere of `reference` (..., 4).

    A rotation about as far from the reference as can be would jump with every bit of noise if each frame were aligned
    alone: here the sign follows the frame before, and changes only where the rotation is clearly on the other side.
    """
    if not len(q):
        return q.copy()
    q = continuous(q)
    near = dot(q, reference)[..., None]
    frames = np.arange(len(q)).reshape(-1, *(1,) * (q.ndim - 1))
    clear = np.abs(near) > 0.5  # within 120 degrees of the reference, or beyond 240
    last_clear = np.maximum.accumulate(np.where(clear, frames, -1), axis=0)
    first_clear = np.argmax(clear, axis=0)[None]  # the first frame of all where none is clear
    decider = np.where(last_clear < 0, first_clear, last_clear)
    return np.where(np.take_along_axis(near, decider, axis=0) < 0, -q, q)


def between(a: Array, b: Array) -> Array:
    """The smallest rotation (..., 4) that turns direction `a` (..., 3) into direction `b` (..., 3)."""
    dtype = np.result_type(a, b, np.float32)
    a = a / np.linalg.norm(a.astype(np.float64), axis=-1, keepdims=True)
    b = b / np.linalg.norm(b.astype(np.float64), axis=-1, keepdims=True)
    # Twice the turn from a to the direction midway, which keeps its digits where a and b are nearly opposite.
    midway = a + b
    length = np.linalg.norm(midway, axis=-1, keepdims=True)
    opposite = length < 1e-7
    midway = midway / np.where(opposite, 1, length)
    q = np.concatenate([np.sum(a * midway, axis=-1, keepdims=True), np.cross(a, midway)], axis=-1)
    any_axis_across = np.cross(a, np.eye(3)[np.argmin(np.abs(a), axis=-1)])
    half_turn = np.concatenate([np.zeros_like(length), any_axis_across], axis=-1)
    return normalize(np.where(opposite, half_turn, q)).astype(dtype)


def mean(q: Array) -> Array:
    """Mean rotation (..., 4) of unit quaternions (T, ..., 4): top eigenvector of the sum of outer products.

    Markley et al., "Averaging Quaternions", 2007. The sign has w >= 0.
    """
    outer = np.einsum("t...i,t...j->...ij", q.astype(np.float64), q.astype(np.float64))
    top = np.linalg.eigh(outer)[1][..., -1]
    return np.where(top[..., :1] < 0, -top, top).astype(q.dtype)


def to_matrix(q: Array) -> Array:
    """Rotation matrices (..., 3, 3), for column vectors, of unit quaternions (..., 4)."""
    w, x, y, z = (q[..., i] for i in range(4))
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def from_matrix(matrix: Array) -> Array:
    """Unit quaternions (..., 4) of rotation matrices (..., 3, 3), accurate for every angle.

    Each of the four candidate formulas is exact; the one with the largest divisor is taken (Shepperd, 1978).
    """
    m = matrix
    trace = m[..., 0, 0] + m[..., 1, 1] + m[..., 2, 2]
    squares = np.stack(
        [1 + trace] + [1 - trace + 2 * m[..., i, i] for i in range(3)],
        axis=-1,
    )
    x, y, z = (m[..., 2, 1] - m[..., 1, 2], m[..., 0, 2] - m[..., 2, 0], m[..., 1, 0] - m[..., 0, 1])
    xy, xz, yz = (m[..., 0, 1] + m[..., 1, 0], m[..., 0, 2] + m[..., 2, 0], m[..., 1, 2] + m[..., 2, 1])
    candidates = np.stack(
        [
            np.stack([squares[..., 0], x, y, z], axis=-1),
            np.stack([x, squares[..., 1], xy, xz], axis=-1),
            np.stack([y, xy, squares[..., 2], yz], axis=-1),
            np.stack([z, xz, yz, squares[..., 3]], axis=-1),
        ],
        axis=-2,
    )
    best = np.argmax(squares, axis=-1)[..., None, None]
    return normalize(np.take_along_axis(candidates, best, axis=-2)[..., 0, :])


def from_euler(angles: Array, axes: str) -> Array:
    """Unit quaternions (..., 4) of three angles (..., 3), the matrix product R = R_axes[0]·R_axes[1]·R_axes[2].

    `axes` reads as the channels of a BVH file: "ZYX" is Rz·Ry·Rx. Blender names the same rotation the other way
    round, rotation mode "XYZ".
    """
    i, j, k = _checked_axes(axes)
    parity = 1 if (j - i) % 3 == 1 else -1
    half = angles / 2
    (c1, c2, c3), (s1, s2, s3) = np.moveaxis(np.cos(half), -1, 0), np.moveaxis(np.sin(half), -1, 0)
    cc, sc, cs, ss = c1 * c2, s1 * c2, c1 * s2, parity * s1 * s2
    q = np.empty((*half.shape[:-1], 4), dtype=half.dtype)
    q[..., 0] = cc * c3 - ss * s3
    q[..., 1 + i] = sc * c3 + parity * cs * s3
    q[..., 1 + j] = cs * c3 - parity * sc * s3
    q[..., 1 + k] = cc * s3 + ss * c3
    return q


def to_euler(q: Array, axes: str) -> Array:
    """Angles (..., 3) with `from_euler(angles, axes)` the same rotation; the middle one lies in [-π/2, π/2].

    Computed in float64. In gimbal lock the third angle is zero.
    """
    i, j, k = _checked_axes(axes)
    parity = 1.0 if (j - i) % 3 == 1 else -1.0
    m = to_matrix(normalize(q.astype(np.float64)))
    cosine = np.hypot(m[..., i, i], m[..., i, j])
    locked = cosine < 1e-7
    first = np.where(
        locked,
        np.arctan2(parity * m[..., k, j], m[..., j, j]),
        np.arctan2(-parity * m[..., j, k], m[..., k, k]),
    )
    second = np.arctan2(parity * m[..., i, k], cosine)
    third = np.where(locked, 0.0, np.arctan2(-parity * m[..., i, j], m[..., i, i]))
    return np.stack([first, second, third], axis=-1)


def compatible_euler(angles: Array, reference: Array) -> Array:
    """The same rotations (..., 3) in the turns that lie nearest to `reference` (..., 3), so that no curve jumps.

    Of the two Euler solutions of each rotation, (a, b, c) and (a + π, π - b, c + π), both shifted by whole turns,
    the one with the smaller summed distance is taken, as Blender's `Euler.make_compatible` does.
    """
    turn = 2 * np.pi

    def nearest(candidate: Array) -> Array:
        return candidate + np.round((reference - candidate) / turn) * turn

    first = nearest(angles)
    other = nearest(angles * np.array([1, -1, 1]) + np.pi)
    closer = np.abs(other - reference).sum(-1, keepdims=True) < np.abs(first - reference).sum(-1, keepdims=True)
    return np.where(closer, other, first)


def _checked_axes(axes: str) -> list[int]:
    if sorted(axes) != ["X", "Y", "Z"]:
        raise ValueError(f"Euler axes must name X, Y and Z once each, as in 'ZYX', not {axes!r}")
    return [AXES[axis] for axis in axes]
