"""Text in the sidebar: cut into lines that fit, because Blender's labels do not wrap."""

# The stubs let whatever a context gives be None; while a panel is drawn it is there.
# mypy: disable-error-code="union-attr"

from __future__ import annotations

from typing import Any

import bpy

from .card import lines

_MARGIN = 56  # pixels at scale 1 that a panel's frame, the scroll bar and the tabs take from the region's width


def paragraph(layout: bpy.types.UILayout, context: bpy.types.Context, text: str, icon: Any = "NONE") -> None:
    """Text over all of the panel's width, its first line with the icon."""
    column = layout.column(align=True)
    column.scale_y = 0.85
    for number, line in enumerate(fitting(context, text, share=1.0 if icon == "NONE" else 0.9)):
        column.label(text=line, icon=icon if number == 0 or icon == "NONE" else "BLANK1")


def is_wide(context: bpy.types.Context, pixels: int) -> bool:
    """Whether the sidebar has been made at least so many pixels wide, at scale 1."""
    return context.region.width >= pixels * context.preferences.system.ui_scale


def fitting(context: bpy.types.Context, text: str, share: float) -> list[str]:
    """Text cut into lines that fit into this share of the panel's width."""
    scale = context.preferences.system.ui_scale
    return lines(text, (context.region.width - _MARGIN * scale) * share, scale)
