"""Rotations inside a network: torch twins of `addon.core.rotation`, from operators that ONNX has.

Lengths are kept from zero by clamping their squares: an added 1e-12 is nothing to the exporter, which leaves it out,
and the file would divide zero by zero where PyTorch does not.
"""

from __future__ import annotations

import torch
from torch import Tensor

_TINY = 1e-12


def normalize(q: Tensor) -> Tensor:
    """Unit quaternions (..., 4)."""
    return q / _length(q)


def conjugate(q: Tensor) -> Tensor:
    """The inverse rotation of unit quaternions (..., 4)."""
    return torch.cat([q[..., :1], -q[..., 1:]], dim=-1)


def multiply(a: Tensor, b: Tensor) -> Tensor:
    """Hamilton product (..., 4): the rotation `b` followed by `a`."""
    aw, ax, ay, az = a.unbind(dim=-1)
    bw, bx, by, bz = b.unbind(dim=-1)
    return torch.stack(
        [
            aw * bw - ax * bx - ay * by - az * bz,
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
        ],
        dim=-1,
    )


def rotate(q: Tensor, vector: Tensor) -> Tensor:
    """Vectors (..., 3) turned by unit quaternions (..., 4)."""
    w, u = q[..., :1], q[..., 1:]
    twice = 2 * torch.linalg.cross(u, vector)
    return vector + w * twice + torch.linalg.cross(u, twice)


def exp(vector: Tensor) -> Tensor:
    """Quaternions (..., 4) of rotation vectors (..., 3): axis times angle in radians."""
    half = _length(vector) / 2
    return torch.cat([half.cos(), vector / 2 * (half.sin() / half)], dim=-1)


def log(q: Tensor) -> Tensor:
    """Rotation vectors (..., 3) of unit quaternions (..., 4) with w > -1: twice the angle of q itself, up to 2π.

    By tan(θ/4) = sin(θ/2) / (1 + cos(θ/2)), which divides by zero only at w = -1.
    """
    sine = _length(q[..., 1:])
    return q[..., 1:] * (4 * torch.atan(sine / (1 + q[..., :1])) / sine)


def chord(a: Tensor, b: Tensor) -> Tensor:
    """(...) distance of unit quaternions (..., 4) of the same hemisphere: half their angle where it is small."""
    return ((a - b).square().sum(dim=-1) + _TINY).sqrt()


def _length(x: Tensor) -> Tensor:
    return x.square().sum(dim=-1, keepdim=True).clamp(min=_TINY).sqrt()
