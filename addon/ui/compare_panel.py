"""The panel of the comparison: which models, how, and the table and curves of what came of it."""

# The stubs let whatever a context gives be None; while a panel is drawn it is there.
# mypy: disable-error-code="union-attr, arg-type, override"

from __future__ import annotations

from typing import Any

import bpy

from ..operators.choice import denoising_models
from ..operators.compare_settings import CompareSettings, chosen_names, comparison_of
from .model_chooser import label
from .progress import main_row
from .text import is_wide, paragraph

_ICON = 22  # pixels of an icon and its margin at scale 1
_WIDE = 320  # pixels at scale 1 of a sidebar in which the worst joints have room too
# Of what is left in a line, one column after the other.
_NARROW_SHARES = (0.44, 0.35, 0.48, 1.0)
_WIDE_SHARES = (0.36, 0.22, 0.24, 0.62, 1.0)


class MOCAP_MENDER_PT_compare(bpy.types.Panel):
    """A motion and what each model makes of it, side by side."""

    bl_label = "Compare"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Mender"
    bl_order = 5
    bl_options = {"DEFAULT_CLOSED"}  # noqa: RUF012 - the form that Blender reads

    def draw(self, context: bpy.types.Context) -> None:
        """The choice, the button, and the result."""
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        settings = comparison_of(context.scene)
        _choice(layout, settings)
        layout.prop(settings, "noise", slider=True)
        row = layout.row()
        row.use_property_split = False  # both words need all of the width
        row.prop(settings, "layout", expand=True)
        main = main_row(layout, "Compare")
        if main is not None:
            button = main.operator("mocap_mender.compare", icon="ARMATURE_DATA")
            for name in ("models", "noise", "layout"):
                setattr(button, name, getattr(settings, name))
            main.operator("mocap_mender.remove_comparison", text="", icon="TRASH")
        if len(settings.rows):
            _table(layout, context, settings)
            paragraph(layout, context, "Click a frame to go there. Blue bones are right, red ones 6° off or more.")
            if settings.picture:
                size = context.region.width / (_ICON * context.preferences.system.ui_scale)
                layout.template_icon(settings.picture.preview_ensure().icon_id, scale=size)
                layout.operator("mocap_mender.save_error_curves", text="Save Curves", icon="IMAGE_DATA")


def _choice(layout: bpy.types.UILayout, settings: CompareSettings) -> None:
    chosen = chosen_names(settings)
    column = layout.box().column(align=True)
    for entry in (entry for entry in denoising_models() if entry.card):
        row = column.row()
        row.alignment = "LEFT"
        icon = "CHECKBOX_HLT" if not chosen or entry.name in chosen else "CHECKBOX_DEHLT"
        row.operator("mocap_mender.compare_choose", text=label(entry), icon=icon, emboss=False).name = entry.name


def _table(layout: bpy.types.UILayout, context: bpy.types.Context, settings: CompareSettings) -> None:
    """A line a figure; the worst joint where there is room for its name, else in the tooltip of the frame's button."""
    wide = is_wide(context, _WIDE)
    box = layout.box().column(align=True)
    shares = _WIDE_SHARES if wide else _NARROW_SHARES
    _line(box, ("", "mean", "95 %", *(["worst joint"] if wide else []), "frame"), shares)
    for row in settings.rows:
        joint = [row.worst_joint] if wide else []
        _line(box, (row.label, f"{row.mean:.2f}°", f"{row.percentile:.1f}°", *joint, row), shares)


def _line(layout: bpy.types.UILayout, cells: tuple[Any, ...], shares: tuple[float, ...]) -> None:
    """The cells as columns: texts, and for a figure's row the button that goes to its worst frame."""
    rest = layout.row(align=True)
    for cell, share in zip(cells, shares, strict=True):
        split = rest.split(factor=share, align=True) if share < 1 else rest
        if isinstance(cell, str):
            split.label(text=cell)
        else:
            jump = split.operator("mocap_mender.compare_jump", text=f"{cell.worst_frame}")
            jump.frame, jump.joint = cell.worst_frame, cell.worst_joint
        rest = split.row(align=True) if share < 1 else rest
