"""The panel Denoise: the model, what it may change, the button, and what it did."""

# The stubs let whatever a context gives be None; while a panel is drawn it is there.
# mypy: disable-error-code="union-attr, arg-type, override"

from __future__ import annotations

import bpy

from ..operators.choice import denoising_models
from ..operators.runtime_check import check_soon, known_problem
from ..operators.show_result import SHOWN_ITEMS, shown
from ..preferences import DEFAULT_MODEL
from ..properties import DENOISE_OPTIONS, MenderSettings, settings_of
from .denoise_options import draw_options
from .model_chooser import draw_chooser, draw_entries
from .progress import main_row
from .seen_pose_notice import draw_notice
from .text import paragraph


class MOCAP_MENDER_PT_denoise(bpy.types.Panel):
    """Clean the active armature's action."""

    bl_label = "Denoise"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Mender"
    bl_order = 1

    def draw(self, context: bpy.types.Context) -> None:
        """The model, the options, the button, and what it did."""
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        settings = settings_of(context.scene)

        draw_chooser(layout, MOCAP_MENDER_MT_models, denoising_models(), settings.model or DEFAULT_MODEL)
        _options(layout, settings)
        draw_options(layout, settings)
        layout.separator()
        check_soon()
        problem = known_problem()
        if problem:
            paragraph(layout.box(), context, problem, icon="ERROR")
        draw_notice(layout, context)
        _button(layout, settings)
        if settings.done_line:
            done = layout.column(align=True)
            done.label(text=settings.done_action, icon="CHECKMARK")
            paragraph(done, context, settings.done_line, icon="BLANK1")
            _before_and_after(layout, settings, shown(settings, context.object))


class MOCAP_MENDER_MT_models(bpy.types.Menu):
    """Models that can denoise, from the extension and from the model folder of the preferences."""

    bl_label = "Model"

    def draw(self, context: bpy.types.Context) -> None:
        """One entry a model; files that cannot be used stand below, greyed out."""
        chosen = settings_of(context.scene).model or DEFAULT_MODEL
        draw_entries(self.layout, denoising_models(), chosen, "scene.mocap_mender")


def _before_and_after(layout: bpy.types.UILayout, settings: MenderSettings, there: str) -> None:
    if not there:
        return
    row = layout.row(align=True)
    for which, name, _ in SHOWN_ITEMS:
        row.operator("mocap_mender.show_result", text=name, depress=which == there).which = which


def _options(layout: bpy.types.UILayout, settings: MenderSettings) -> None:
    column = layout.column()
    column.prop(settings, "frame_range")
    if settings.frame_range == "CUSTOM":
        frames = column.column(align=True)
        frames.prop(settings, "frame_start")
        frames.prop(settings, "frame_end")
    column.row().prop(settings, "bones", expand=True)
    column.prop(settings, "strength", slider=True)
    column.row().prop(settings, "result", expand=True)


def _button(layout: bpy.types.UILayout, settings: MenderSettings) -> None:
    row = main_row(layout, "Denoise Action")
    if row is None:
        return
    button = row.operator("mocap_mender.denoise_action", text="Denoise", icon="MOD_SMOOTH")
    for name in ("model", "frame_range", "frame_start", "frame_end", "bones", "result", *DENOISE_OPTIONS):
        setattr(button, name, getattr(settings, name))
