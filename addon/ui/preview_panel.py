"""The panel of the live preview: its settings, what is wrong, and the way into an action."""

# The stubs let whatever a context gives be None; while a panel is drawn it is there.
# mypy: disable-error-code="union-attr, arg-type, override"

from __future__ import annotations

from typing import Any

import bpy

from ..operators.choice import denoising_models
from ..operators.preview_handler import problem_of
from ..operators.preview_settings import NAME, PreviewSettings, preview_of
from ..preferences import DEFAULT_MODEL
from .model_chooser import draw_chooser, draw_entries
from .progress import draw_progress, main_row
from .text import paragraph


class MOCAP_MENDER_PT_preview(bpy.types.Panel):
    """See a motion through noise and a model without writing a key."""

    bl_label = "Live Preview"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Mender"
    bl_order = 4
    bl_options = {"DEFAULT_CLOSED"}  # noqa: RUF012 - the form that Blender reads

    def draw_header(self, context: bpy.types.Context) -> None:
        """The switch."""
        rig = _rig(context)
        if rig is not None:
            self.layout.prop(preview_of(rig), "enabled", text="")

    def draw(self, context: bpy.types.Context) -> None:
        """What is shown, and why if nothing is."""
        layout = self.layout
        layout.use_property_split = True
        rig = _rig(context)
        if rig is None:
            paragraph(layout, context, "Select an armature.", icon="INFO")
            return
        settings = preview_of(rig)
        row: Any = main_row(layout)
        text, icon = ("Stop Preview", "PAUSE") if settings.enabled else ("Start Preview", "PLAY")
        row.operator("mocap_mender.live_preview", text=text, icon=icon)
        if settings.enabled and problem_of(rig):
            paragraph(layout.box(), context, problem_of(rig), icon="ERROR")
        _source(layout, settings)
        _model(layout, settings)
        if settings.enabled:
            if not context.scene.render.use_lock_interface:
                row = layout.row()  # a render and the window may not touch the same pose at one time
                row.use_property_split = False
                row.prop(context.scene.render, "use_lock_interface", text="Lock Interface While Rendering")
            if not draw_progress(layout, "Bake Preview"):
                layout.operator("mocap_mender.bake_preview", icon="ACTION")


class MOCAP_MENDER_MT_preview_models(bpy.types.Menu):
    """Models that the preview can send the pose through."""

    bl_label = "Model"

    def draw(self, context: bpy.types.Context) -> None:
        """One entry a model; files that cannot be used stand below, greyed out."""
        chosen = preview_of(context.object).model or DEFAULT_MODEL
        draw_entries(self.layout, denoising_models(), chosen, f"object.{NAME}")


def _rig(context: bpy.types.Context) -> bpy.types.Object | None:
    rig = context.active_object
    return rig if rig is not None and rig.type == "ARMATURE" else None


def _source(layout: bpy.types.UILayout, settings: PreviewSettings) -> None:
    plain = layout.column()
    plain.use_property_decorate = False
    plain.row().prop(settings, "source", expand=True)
    if settings.source == "FILE":
        plain.prop(settings, "filepath")
        plain.row().prop(settings, "up_axis", expand=True)
        if not settings.filepath.lower().endswith((".bvh", ".amc", ".asf")):
            plain.prop(settings, "fps", text="FPS if Unknown")
    column = plain.column(align=True)
    column.prop(settings, "offset")
    column.prop(settings, "speed")


def _model(layout: bpy.types.UILayout, settings: PreviewSettings) -> None:
    layout.prop(settings, "noise", slider=True)
    plain = layout.row()
    plain.use_property_decorate = False
    plain.prop(settings, "autoencode")
    column = layout.column()
    column.active = settings.autoencode
    draw_chooser(column, MOCAP_MENDER_MT_preview_models, denoising_models(), settings.model or DEFAULT_MODEL)
    column.prop(settings, "strength", slider=True)
