"""The progress of the long work that runs, in a panel: a bar, and a cross to cancel it."""

from __future__ import annotations

import bpy

from ..blender import job


def draw_progress(layout: bpy.types.UILayout, *titles: str) -> bool:
    """Draw the running job if it is of an operator with one of these titles; whether it was."""
    running = job.progress()
    if running is None or running.title not in titles:
        return False
    row = layout.row(align=True)
    row.progress(factor=running.share, text=f"{running.share:.0%}")
    row.operator("mocap_mender.stop_job", text="", icon="X")
    return True
