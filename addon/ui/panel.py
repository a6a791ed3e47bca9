"""The sidebar tab Mender in the 3D view: bring a motion in, clean it, take it out."""

# The stubs let whatever a context gives be None; while a panel is drawn it is there.
# mypy: disable-error-code="union-attr, arg-type, override"

from __future__ import annotations

import bpy

from ..inference.model_file import ModelEntry
from ..operators.choice import denoising_models
from ..operators.runtime_check import check_soon, known_problem
from ..preferences import DEFAULT_MODEL
from ..properties import DENOISE_OPTIONS, MenderSettings, settings_of
from .card import Rows, facts, figures
from .denoise_options import draw_options
from .progress import draw_progress
from .seen_pose_notice import draw_notice
from .text import fitting, paragraph


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
        entry = _chosen(settings)

        _model_chooser(layout, settings, entry)
        if entry is None:
            paragraph(layout, context, "This model is not installed: choose another one.")
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
            paragraph(done, context, settings.done_line)


class MOCAP_MENDER_PT_card(bpy.types.Panel):
    """The chosen model's card: what it does, its licence, its training data, what was measured."""

    bl_label = "About This Model"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_parent_id = "MOCAP_MENDER_PT_denoise"
    bl_options = {"DEFAULT_CLOSED"}  # noqa: RUF012 - the form that Blender reads

    def draw(self, context: bpy.types.Context) -> None:
        """The card, or why there is none."""
        _card(self.layout, context, _chosen(settings_of(context.scene)))


class MOCAP_MENDER_MT_models(bpy.types.Menu):
    """Models that can denoise, from the extension and from the model folder of the preferences."""

    bl_label = "Model"

    def draw(self, context: bpy.types.Context) -> None:
        """One entry a model; files that cannot be used stand below, greyed out."""
        layout = self.layout
        entries = denoising_models()
        usable = [entry for entry in entries if entry.card]
        chosen = settings_of(context.scene).model or DEFAULT_MODEL
        for entry in usable:
            icon = "CHECKMARK" if entry.name == chosen else "BLANK1"
            choice = layout.operator("wm.context_set_string", text=_label(entry), icon=icon)
            choice.data_path = "scene.mocap_mender.model"
            choice.value = entry.name
        refused = [entry for entry in entries if not entry.card]
        if refused:
            layout.separator()
        for entry in refused:
            row = layout.row()
            row.enabled = False
            row.label(text=entry.problem, icon="ERROR")
        if not entries:
            layout.label(text="No models found: see the model folder in the preferences")


def _chosen(settings: MenderSettings) -> ModelEntry | None:
    wanted = settings.model or DEFAULT_MODEL
    return next((entry for entry in denoising_models() if entry.name == wanted), None)


def _label(entry: ModelEntry) -> str:
    return (entry.card.label or entry.name) if entry.card else entry.name


def _model_chooser(layout: bpy.types.UILayout, settings: MenderSettings, entry: ModelEntry | None) -> None:
    row = layout.row()  # all of the width: labels are longer than the half that a property gets
    row.alert = entry is None or entry.card is None
    text = _label(entry) if entry else settings.model or DEFAULT_MODEL
    row.menu(MOCAP_MENDER_MT_models.__name__, text=text, icon="ERROR" if row.alert else "NONE")


def _card(layout: bpy.types.UILayout, context: bpy.types.Context, entry: ModelEntry | None) -> None:
    if entry is None:
        paragraph(layout, context, "This model is not installed: choose another one.")
        return
    if entry.card is None:
        paragraph(layout, context, entry.problem, icon="ERROR")
        return
    card = entry.card
    paragraph(layout, context, card.description)
    _table(layout, context, facts(card))
    for title, rows in figures(card.metrics):
        layout.label(text=title)
        _table(layout, context, rows)
    for title, text in (("Trained On", card.training_data), ("Licence", card.licence)):
        layout.label(text=title)
        paragraph(layout, context, text)
    layout.separator()


def _table(layout: bpy.types.UILayout, context: bpy.types.Context, rows: Rows) -> None:
    column = layout.column(align=True)
    column.scale_y = 0.85
    for label, text in rows:
        _fact(column, context, label, text)


def _fact(layout: bpy.types.UILayout, context: bpy.types.Context, label: str, text: str) -> None:
    split = layout.split(factor=0.4)
    name = split.column(align=True)
    name.alignment = "RIGHT"
    name.active = False
    name.label(text=label)
    value = split.column(align=True)
    for line in fitting(context, text, share=0.6):
        value.label(text=line)


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
    row = layout.row()
    row.scale_y = 1.6
    if draw_progress(row, "Denoise Action"):
        return
    button = row.operator("mocap_mender.denoise_action", text="Denoise", icon="MOD_SMOOTH")
    for name in ("model", "frame_range", "frame_start", "frame_end", "bones", "result", *DENOISE_OPTIONS):
        setattr(button, name, getattr(settings, name))
