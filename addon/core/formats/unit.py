"""How long a file's length unit is, for formats that do not say."""

from __future__ import annotations

import math

import numpy as np

from ..rigs import cmu
from ..rotation import Array
from ..skeleton import Skeleton

INCH = 0.0254
_UNITS = {"metres": 1.0, "inches": INCH, "centimetres": 0.01, "millimetres": 0.001}
_CMU_UNIT = {"the CMU database's unit of 5.644 cm": cmu.UNIT}
_PERSON = (1.0, 2.5)
_USUAL_PERSON = 1.7
_LARGEST_IN_METRES = 10.0
_FLOOR_TO_LEAP = 3.0


def guess_unit(skeleton: Skeleton) -> tuple[float, str]:
    """Metres per unit in which `skeleton` is measured, and what this unit is called.

    A rest pose is as high, or with arms held out as wide, as a person: of metres, inches, centimetres and
    millimetres the one that comes nearest to 1.7 m is taken. The database's own unit is among them where most of
    CMU's joints are there. What is no person in any unit (a hand, a prop) is in metres if it is small, else in
    centimetres.
    """
    size = extent(skeleton)
    ours = set(cmu.SKELETON.names) | set(cmu.JOINT_OF_BONE)
    known = sum(name in ours for name in skeleton.names)
    candidates = _UNITS | (_CMU_UNIT if known > len(cmu.SKELETON) / 2 else {})
    if size > 0:
        name = min(candidates, key=lambda unit: abs(math.log(size * candidates[unit] / _USUAL_PERSON)))
        if _PERSON[0] <= size * candidates[name] <= _PERSON[1]:
            return candidates[name], name
    name = "metres" if 0 < size < _LARGEST_IN_METRES else "centimetres"
    return _UNITS[name], name


def extent(skeleton: Skeleton) -> float:
    """Largest size of the rest pose along any axis, tips of chains included, in the skeleton's own unit."""
    joints: Array = skeleton.rest_positions()
    points = [*joints, *(joints[site.parent] + site.offset for site in skeleton.end_sites)]
    return float(max(max(axis) - min(axis) for axis in zip(*points, strict=True)))


def guess_unit_of_root(heights: Array, skeleton: Skeleton) -> tuple[float, str]:
    """Metres per unit in which the root's heights (T,) above the floor are measured, and what this unit is called.

    The hips of `skeleton`, in metres, are mostly as high as in its rest pose. Where no unit puts them there, the CMU
    skeleton is in the database's own unit, any other in metres.
    """
    ours = set(skeleton.names) == set(cmu.SKELETON.names)
    candidates = {name: _UNITS[name] for name in ("metres", "centimetres", "millimetres")} | (_CMU_UNIT if ours else {})
    rest = skeleton.rest_positions()[:, 1]
    expected = float(rest[0] - rest.min())
    height = float(np.median(np.abs(heights)))
    if height > 0 and expected > 0:
        name = min(candidates, key=lambda unit: abs(math.log(height * candidates[unit] / expected)))
        if 1 / _FLOOR_TO_LEAP <= height * candidates[name] / expected <= _FLOOR_TO_LEAP:
            return candidates[name], name
    return next(((unit, name) for name, unit in _CMU_UNIT.items() if ours), (1.0, "metres"))
