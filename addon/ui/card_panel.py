"""The panel About This Model: the card of the model that is chosen in the panel Denoise."""

# The stubs let whatever a context gives be None; while a panel is drawn it is there.
# mypy: disable-error-code="union-attr, arg-type, override"

from __future__ import annotations

import bpy

from ..inference.model_file import ModelEntry
from ..operators.choice import denoising_models
from ..preferences import DEFAULT_MODEL
from ..properties import settings_of
from .card import Rows, facts, figures
from .text import fitting, paragraph


class MOCAP_MENDER_PT_card(bpy.types.Panel):
    """The chosen model's card: what it does, its licence, its training data, what was measured."""

    bl_label = "About This Model"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_parent_id = "MOCAP_MENDER_PT_denoise"
    bl_options = {"DEFAULT_CLOSED"}  # noqa: RUF012 - the form that Blender reads

    def draw(self, context: bpy.types.Context) -> None:
        """The card, or why there is none."""
        wanted = settings_of(context.scene).model or DEFAULT_MODEL
        _card(self.layout, context, next((entry for entry in denoising_models() if entry.name == wanted), None))


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
