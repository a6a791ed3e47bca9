"""A panel's main button, and in its place, while it works, a bar and a cross to cancel it."""

from __future__ import annotations

from typing import Any

import bpy

from ..blender import job

_HEIGHT = 1.4  # of a main button, in rows


def main_row(layout: bpy.types.UILayout, *titles: str) -> Any | None:
    """The row for a panel's main button; None while an operator of one of these titles runs: its progress is there."""
    row = layout.row(align=True)
    row.scale_y = _HEIGHT
    return None if draw_progress(row, *titles) else row


def draw_progress(layout: bpy.types.UILayout, *titles: str) -> bool:
    """Draw the running job if it is of an operator with one of these titles; whether it was."""
    running = job.progress()
    if running is None or running.title not in titles:
        return False
    row = layout.row(align=True)
    row.progress(factor=running.share, text=f"{running.share:.0%}")
    row.operator("mocap_mender.stop_job", text="", icon="X")
    return True
