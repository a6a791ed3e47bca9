"""The panel Compression & Data Sets: an action into a small file and back, and folders of motion for training."""

# The stubs let whatever a context gives be None; while a panel is drawn it is there.
# mypy: disable-error-code="union-attr, arg-type, override"

from __future__ import annotations

import bpy

from ..properties import MenderSettings, settings_of
from .progress import main_row
from .text import paragraph


class MOCAP_MENDER_PT_compression(bpy.types.Panel):
    """Small files, and data sets."""

    bl_label = "Compression & Data Sets"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Mender"
    bl_options = {"DEFAULT_CLOSED"}  # noqa: RUF012 - the form that Blender reads
    bl_order = 6

    def draw(self, context: bpy.types.Context) -> None:
        """The tolerances, both buttons, what the last file came to; below, a section for data sets."""
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        settings = settings_of(context.scene)
        _compression(layout, context, settings)
        header, body = layout.panel("MOCAP_MENDER_data_set", default_closed=True)
        header.label(text="Data Set")
        if body is not None:
            _data_set(body.column(), context, settings)


def _compression(layout: bpy.types.UILayout, context: bpy.types.Context, settings: MenderSettings) -> None:
    column = layout.column(align=True)
    column.prop(settings, "compress_degrees", text="Rotation (°)")
    column.prop(settings, "compress_millimetres", text="Location (mm)")
    layout.prop(settings, "compress_method")
    row = main_row(layout, "Compress Action", "Restore Action")
    if row is not None:
        button = row.operator("mocap_mender.compress_action", text="Compress", icon="FILE_NEW")
        button.degrees = settings.compress_degrees
        button.millimetres = settings.compress_millimetres
        button.method = settings.compress_method
        row.operator("mocap_mender.restore_action", text="Restore", icon="FILE_REFRESH")
    if settings.compressed_line:
        paragraph(layout, context, settings.compressed_line, icon="CHECKMARK")


def _data_set(layout: bpy.types.UILayout, context: bpy.types.Context, settings: MenderSettings) -> None:
    layout.prop(settings, "data_set_source")
    if settings.data_set_source == "FOLDER":
        layout.prop(settings, "data_set_folder")
    layout.prop(settings, "data_set_target")
    row = main_row(layout, "Export Data Set")
    if row is not None:
        export = row.operator("mocap_mender.export_data_set", icon="FILE_FOLDER")
        export.source = settings.data_set_source
        export.folder = settings.data_set_folder
        export.directory = settings.data_set_target
    if settings.data_set_line:
        paragraph(layout, context, settings.data_set_line, icon="CHECKMARK")
