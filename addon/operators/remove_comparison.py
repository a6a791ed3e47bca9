"""Take the comparison away: figures, labels, table, picture, and the colours that views were set to show."""

# mypy: disable-error-code="override"

from __future__ import annotations

import bpy

from ..blender.marked import marked, remove
from .compare_settings import comparison_of


class MOCAP_MENDER_OT_remove_comparison(bpy.types.Operator):
    """Remove the figures, their table and their picture; nothing of them is left in the file"""

    bl_idname = "mocap_mender.remove_comparison"
    bl_label = "Remove Comparison"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - the form that Blender reads

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There is one."""
        return context.scene is not None and bool(marked())

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Remove all of it."""
        assert context.scene is not None
        settings = comparison_of(context.scene)
        settings.rows.clear()
        settings.picture = None
        remove(marked())
        for area in context.screen.areas if context.screen and settings.color_type else ():
            if area.type == "VIEW_3D" and area.spaces.active.shading.color_type == "VERTEX":  # type: ignore[union-attr]
                area.spaces.active.shading.color_type = settings.color_type  # type: ignore[union-attr]
        for name in ("color_type", "spacing", "layout"):
            settings.property_unset(name)
        return {"FINISHED"}
