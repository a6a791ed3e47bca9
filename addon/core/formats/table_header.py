"""What a table of poses cannot say, as one line of JSON beside it: rate, length unit and skeleton.

`fps`; `unit`, metres per length unit of the table and of this line; `joints`, J names; `parents`, J indices, -1 for a
root; `offsets`, J times xyz; `end_sites`, each a joint's index and xyz; `rotation_orders`, J times the axes as BVH has
them; and `motion`, in words for whoever opens the file. All but the last are needed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..clip import Clip
from ..errors import MotionFileError
from ..skeleton import EndSite, Skeleton
from .text import LARGEST_NUMBER


@dataclass(frozen=True, eq=False)
class Header:
    """skeleton: in metres. fps: frames per second. unit: metres per unit of the table's positions."""

    skeleton: Skeleton
    fps: float
    unit: float


def header_of(clip: Clip) -> str:
    """One line of JSON. Lengths are in the clip's unit."""
    skeleton = clip.skeleton.scaled(1 / clip.unit)
    content = {
        "motion": "root position xyz, then a quaternion xyzw for each joint",
        "fps": clip.fps,
        "unit": clip.unit,
        "joints": skeleton.names,
        "parents": skeleton.parents,
        "offsets": [[float(f"{value:.7g}") for value in offset] for offset in skeleton.offsets],
        "end_sites": [[site.parent, *(float(f"{value:.7g}") for value in site.offset)] for site in skeleton.end_sites],
        "rotation_orders": skeleton.rotation_orders,
    }
    return json.dumps(content)


def parse_header(path: Path, text: str, line: int | None) -> Header | None:
    """The header in a comment, or None where the comment is another's.

    Raises MotionFileError where it is ours but damaged.
    """
    if not (text.lstrip().startswith("{") and '"joints"' in text):
        return None
    try:
        return _header(json.loads(text))
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, RecursionError) as error:
        message = f"expected the header as it was written, with rate, unit and skeleton; found a damaged one ({error})"
        raise MotionFileError(path, message, line) from None


def _header(content: dict[str, Any]) -> Header:
    names, parents, orders = content["joints"], content["parents"], content["rotation_orders"]
    if not all(isinstance(name, str) for name in names) or not all(type(parent) is int for parent in parents):
        raise ValueError("joints are names, parents are whole numbers")
    if any(not isinstance(order, str) or sorted(order) != ["X", "Y", "Z"] for order in orders):
        raise ValueError("rotation orders name X, Y and Z")
    fps, unit = float(content["fps"]), float(content["unit"])
    if not (1e-3 <= fps <= 1e6 and 1e-6 <= unit <= 1e6):
        raise ValueError("rate and unit are positive")
    offsets = np.array(content["offsets"], dtype=np.float64)
    sites = np.array(content["end_sites"], dtype=np.float64).reshape(-1, 4)
    if not (np.all(np.abs(offsets) <= LARGEST_NUMBER) and np.all(np.abs(sites) <= LARGEST_NUMBER)):
        raise ValueError("offsets are numbers")
    if np.any(sites[:, 0] % 1 != 0):
        raise ValueError("end sites hang on joints")
    skeleton = Skeleton(
        names=tuple(names),
        parents=tuple(parents),
        offsets=offsets,
        end_sites=tuple(EndSite(int(site), (float(x), float(y), float(z))) for site, x, y, z in sites),
        rotation_orders=tuple(orders),
    )
    return Header(skeleton.scaled(unit), fps, unit)
