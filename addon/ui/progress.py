"""The progress of the long work that runs, in a panel: a bar, and a cross to cancel it."""

from __future__ import annotations

import bpy

from ..blender import job


def draw_progress(layout: bpy.types.UILayout) -> bool:
    """Draw the running job where there is one; whether there was."""
    running = job.progress()
    if running is None:
        return False
    row = layout.row(align=True)
    row.progress(factor=running.share, text=f"{running.title}: {running.share:.0%}")
    row.operator("mocap_mender.stop_job", text="", icon="X")
    return True
