"""Take the comparison away: figures, labels, table, picture, and the colours that views were set to show."""

# mypy: disable-error-code="override"

from __future__ import annotations

from typing import Any

import bpy

from ..blender.marked import any_collection, marked, remove
from . import needs
from .compare_settings import comparison_of, forget_results


def a_comparison(context: bpy.types.Context) -> str:
    """There is a comparison, or what is left of one."""
    there = any_collection() or (context.scene is not None and len(comparison_of(context.scene).rows))
    return "" if there else "There is no comparison yet"


class MOCAP_MENDER_OT_remove_comparison(needs.Needing, bpy.types.Operator):
    """Remove the figures, their table and their picture; nothing of them is left in the file"""

    bl_idname = "mocap_mender.remove_comparison"
    bl_label = "Remove Comparison"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - the form that Blender reads
    needed = (a_comparison,)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Remove all of it, from whichever scene it stands in."""
        forget_results()
        remove(marked())
        screen: Any = context.screen
        for settings in (comparison_of(scene) for scene in bpy.data.scenes if scene.library is None):
            for area in screen.areas if screen and settings.color_type else ():
                if area.type == "VIEW_3D" and area.spaces.active.shading.color_type == "VERTEX":
                    area.spaces.active.shading.color_type = settings.color_type
            for name in ("color_type", "spacing", "layout"):
                settings.property_unset(name)
        return {"FINISHED"}
