"""Cancel the long work that runs: the cross beside its progress, as Esc does."""

# mypy: disable-error-code="override"

from __future__ import annotations

import bpy

from ..blender import job


class MOCAP_MENDER_OT_stop_job(bpy.types.Operator):
    """Cancel what is running; the scene stays as it was"""

    bl_idname = "mocap_mender.stop_job"
    bl_label = "Cancel"
    bl_options = {"INTERNAL"}  # noqa: RUF012 - the form that Blender reads

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Something is running."""
        return job.progress() is not None

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Ask it to end."""
        job.stop()
        return {"FINISHED"}


def unregister() -> None:
    """End what runs: the extension goes."""
    job.unregister()
