"""Left and right of the canonical joints."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .canonical import ARM_PARTS, LEG_PARTS, MITTEN_PARTS, SIDES, sided

_TWIN = {
    sided(part, side): sided(part, other)
    for part in (*LEG_PARTS, *ARM_PARTS, *MITTEN_PARTS)
    for side, other in (SIDES, SIDES[::-1])
}


def twins(joints: Sequence[str]) -> NDArray[np.intp] | None:
    """(J,) the place of each body joint's twin on the other side, its own in the middle; None where one is missing.

    None too where no joint has a twin: then the names are not canonical ones, or there are no sides.
    """
    place = {joint: i for i, joint in enumerate(joints)}
    found = [place.get(_TWIN.get(joint, joint), -1) for joint in joints]
    if -1 in found or found == list(range(len(joints))):
        return None
    return np.array(found, dtype=np.intp)
