"""What the Denoise panel offers beside model and range, in sections that are closed until somebody wants them."""

# mypy: disable-error-code="union-attr, arg-type"

from __future__ import annotations

from typing import Any

import bpy

from ..core.rigs.parts import PARTS
from ..properties import MenderSettings


def draw_options(layout: bpy.types.UILayout, settings: MenderSettings) -> None:
    """The sections Body Parts, Feet and Root, Keys, and Gaps."""
    for title, draw in (
        ("Body Parts", _body_parts),
        ("Feet and Root", _feet_and_root),
        ("Keys", _keys),
        ("Gaps", _gaps),
    ):
        header, body = layout.panel(f"MOCAP_MENDER_denoise_{title}", default_closed=True)
        header.label(text=title)
        if body is not None:
            draw(body.column(), settings)


def _body_parts(column: Any, settings: MenderSettings) -> None:
    for part in PARTS:
        column.prop(settings, f"strength_{part}", slider=True)


def _feet_and_root(column: Any, settings: MenderSettings) -> None:
    column.prop(settings, "plant_feet")
    column.prop(settings, "strength_root", text="Smooth Root", slider=True)


def _keys(column: Any, settings: MenderSettings) -> None:
    column.prop(settings, "reduce_keys")
    row = column.row()
    row.active = settings.reduce_keys
    row.prop(settings, "reduce_degrees")


def _gaps(column: Any, settings: MenderSettings) -> None:
    column.prop(settings, "fill_gaps", text="Fill")
    if settings.fill_gaps == "EMPTY":
        column.prop(settings, "gap_frames")
    if settings.fill_gaps == "MARKED":
        frames = column.column(align=True)
        frames.prop(settings, "gap_start")
        frames.prop(settings, "gap_end")
