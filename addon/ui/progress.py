"""The progress of the long work that runs, in a panel: a bar, and a cross to cancel it."""

from __future__ import annotations

import bpy

from ..blender import job


def draw_progress(layout: bpy.types.UILayout, title: str) -> bool:
    """Draw the running job if it is the operator's of that title, in place of its button; whether it was."""
    running = job.progress()
    if running is None or running.title != title:
        return False
    row = layout.row(align=True)
    row.progress(factor=running.share, text=f"{running.share:.0%}")
    row.operator("mocap_mender.stop_job", text="", icon="X")
    return True
