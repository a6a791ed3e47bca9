"""Switch the live preview of the selected armatures on or off."""

# Blender reads properties from annotations, which mypy takes for types.
# mypy: disable-error-code="valid-type, override"

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import EnumProperty

from ..core.errors import MenderError
from . import needs
from .preview_handler import problem_of
from .preview_settings import preview_of
from .reporting import reports_errors

SWITCH_ITEMS = (
    ("TOGGLE", "Switch", "On where it is off on the active armature, else off"),
    ("ON", "On", "Show the preview"),
    ("OFF", "Off", "Give the animated pose back"),
)


class MOCAP_MENDER_OT_live_preview(needs.Needing, bpy.types.Operator):
    """Show a motion through noise and a model while scrubbing, playing and rendering; no key is written"""

    bl_idname = "mocap_mender.live_preview"
    bl_label = "Live Preview"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - the form that Blender reads
    needed = (needs.own_armature,)

    switch: EnumProperty(name="Switch", description="What becomes of the preview", items=SWITCH_ITEMS)

    @reports_errors
    def execute(self, context: bpy.types.Context) -> set[str]:
        """All selected armatures do what the active one does."""
        active: Any = context.object
        if active.library is not None:
            raise MenderError(f"{active.name} is linked from another file: make it local or a library override first.")
        enabled = not preview_of(active).enabled if self.switch == "TOGGLE" else self.switch == "ON"
        for obj in {active, *context.selected_objects}:
            if obj.type == "ARMATURE" and obj.library is None and preview_of(obj).enabled != enabled:
                preview_of(obj).enabled = enabled
        problem = problem_of(active)
        if enabled and problem:
            self.report({"WARNING"}, problem)
        return {"FINISHED"}
