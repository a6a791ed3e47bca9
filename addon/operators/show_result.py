"""Look at the motion before and after denoising: a click puts the one action or the other on the armature."""

# Blender reads properties from annotations, which mypy takes for types.
# mypy: disable-error-code="valid-type, override, misc"

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import EnumProperty

from ..blender import action
from ..properties import MenderSettings, settings_of
from . import needs

SHOWN_ITEMS = (
    ("BEFORE", "Before", "The action that was denoised"),
    ("AFTER", "After", "The denoised copy"),
)


def shown(settings: MenderSettings, obj: bpy.types.Object | None) -> str:
    """Which of both the object plays, 'BEFORE' or 'AFTER'; empty where it plays neither or one of them is gone."""
    data = obj.animation_data if obj else None
    names = {settings.done_from: "BEFORE", settings.done_action: "AFTER"}
    if data is None or data.action is None or len(names) < len(SHOWN_ITEMS):
        return ""
    return names.get(data.action.name, "") if all(name in bpy.data.actions for name in names) else ""


def both(context: bpy.types.Context) -> str:
    """The armature has been denoised into a copy, and plays this or the original."""
    there = context.scene is not None and shown(settings_of(context.scene), context.object)
    return "" if there else "Denoise the armature's action into a copy first"


class MOCAP_MENDER_OT_show_result(needs.Needing, bpy.types.Operator):
    """Play the motion before or after denoising"""

    bl_idname = "mocap_mender.show_result"
    bl_label = "Show Before or After"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - the form that Blender reads
    needed = (needs.own_armature, needs.no_job, both)

    which: EnumProperty(name="Motion", description="Which motion the armature plays", items=SHOWN_ITEMS)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Exchange the action; nothing in either changes."""
        obj: Any = context.object
        settings = settings_of(context.scene)  # type: ignore[arg-type]
        wanted = bpy.data.actions[settings.done_from if self.which == "BEFORE" else settings.done_action]
        action.exchange(obj, wanted)
        return {"FINISHED"}
