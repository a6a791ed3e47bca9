"""Data-blocks that bear the comparison's mark, so that all of them can be found and taken away again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import bpy

MARK = "mocap_mender_comparison"
"""The custom property that is the mark; on a figure's armature it counts the figures."""
_KINDS_BY_TYPE = {
    "OBJECT": "objects",
    "ARMATURE": "armatures",
    "COLLECTION": "collections",
    "MESH": "meshes",
    "CURVE": "curves",
    "MATERIAL": "materials",
    "NODETREE": "node_groups",
    "IMAGE": "images",
    "ACTION": "actions",
    "FONT": "fonts",
}
_KINDS = tuple(_KINDS_BY_TYPE.values())


def mark(block: Any) -> Any:
    """The data-block, marked as one of the comparison's."""
    block[MARK] = 0
    return block


def marked() -> list[Any]:
    """Every data-block of the comparison in this file, in an order in which they can be removed."""
    kinds: list[Any] = [getattr(bpy.data, kind) for kind in _KINDS]
    return [block for blocks in kinds for block in blocks if block.get(MARK) is not None and block.library is None]


def any_collection() -> bool:
    """Whether there is a comparison's collection: what a redraw can afford to ask in a file of any size."""
    return any(collection.get(MARK) is not None for collection in bpy.data.collections if collection.library is None)


def remove(blocks: Iterable[Any]) -> None:
    """Take data-blocks of `marked` away."""
    for block in blocks:
        getattr(bpy.data, _KINDS_BY_TYPE[block.id_type]).remove(block)
