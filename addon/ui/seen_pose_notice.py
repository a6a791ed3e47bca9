"""One line in a panel where what is seen of the armature is not its keys' alone, and the bake that mends it."""

# The stubs let whatever a context gives be None; while a panel is drawn it is there.
# mypy: disable-error-code="union-attr"

from __future__ import annotations

from typing import Any

import bpy

from ..operators.seen_pose import known_notice
from .progress import draw_progress
from .text import paragraph


def draw_notice(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Nothing where the keys say all that is seen, or where no armature is active."""
    obj: Any = context.object
    if obj is None or obj.type != "ARMATURE" or obj.mode == "EDIT":
        return
    sentence = known_notice(obj)
    if not sentence:
        return
    box = layout.box()
    paragraph(box, context, sentence, icon="CONSTRAINT_BONE")
    if not draw_progress(box, "Visual Bake into a Copy"):
        box.operator("mocap_mender.visual_bake", icon="ACTION")
