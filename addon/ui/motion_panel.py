"""The panel Motion: a motion file in, a motion file out, and the action that is worked on."""

# The stubs let whatever a context gives be None; while a panel is drawn it is there.
# mypy: disable-error-code="union-attr, arg-type, override"

from __future__ import annotations

import bpy

from .text import paragraph


class MOCAP_MENDER_PT_motion(bpy.types.Panel):
    """Motion in and out."""

    bl_label = "Motion"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Mender"
    bl_order = 0

    def draw(self, context: bpy.types.Context) -> None:
        """Import and export, and the action that is worked on."""
        layout = self.layout
        row = layout.row(align=True)
        row.operator("mocap_mender.import_motion", text="Import", icon="IMPORT")
        row.operator("mocap_mender.export_motion", text="Export", icon="EXPORT")
        rig = context.active_object
        if rig is None or rig.type != "ARMATURE":
            paragraph(layout, context, "Import a motion, or select an armature.", icon="INFO")
        elif rig.animation_data is None or rig.animation_data.action is None:
            paragraph(layout, context, f"{rig.name} has no action yet.", icon="INFO")
        else:
            layout.template_ID(rig.animation_data, "action")
