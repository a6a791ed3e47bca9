"""What an operator needs before it can run: what is missing greys its button and stands in its tooltip."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import bpy

from ..blender import job
from .preview_settings import preview_of
from .runtime_check import known_problem

Need = Callable[[bpy.types.Context], str]
"""What is missing in a context, as a sentence without its full stop; empty where nothing is."""


class Needing:
    """An operator whose button is grey while something of `needed` is missing; before `bpy.types.Operator`."""

    needed: ClassVar[tuple[Need, ...]] = ()

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Whether nothing is missing; the tooltip says what is."""
        missing = next(filter(None, (need(context) for need in cls.needed)), "")
        if missing:
            cls.poll_message_set(missing)  # type: ignore[attr-defined]
        return not missing


def armature(context: bpy.types.Context) -> str:
    """An armature object is active, and is not being edited."""
    obj = context.object
    if obj is None or obj.type != "ARMATURE":
        return "Select an armature first"
    if obj.mode == "EDIT":
        return f"{obj.name} is being edited: leave edit mode with Tab first"
    return ""


def own_armature(context: bpy.types.Context) -> str:
    """An armature object is active that this file may change."""
    obj: Any = context.object
    missing = armature(context)
    if not missing and obj.library is not None:
        return f"{obj.name} is linked from another file: make it local or a library override first"
    return missing


def action(context: bpy.types.Context) -> str:
    """The active object has an action."""
    data: Any = context.object.animation_data if context.object else None
    if data is not None and data.action is not None:
        return ""
    if data is not None and any(track.strips for track in data.nla_tracks):
        return "The armature has NLA strips and no action: bake them into one, or choose an action first"
    return "The armature has no action: import a motion or choose an action first"


def runtime(context: bpy.types.Context) -> str:
    """The network runtime loads, as far as is known."""
    return known_problem().removesuffix(".")


def no_job(context: bpy.types.Context) -> str:
    """No long work is running."""
    running = job.progress()
    return f"{running.title} is still running: wait until it is done, or press Esc to cancel it" if running else ""


def preview(context: bpy.types.Context) -> str:
    """The active object's live preview is on."""
    obj: Any = context.object
    return "" if obj and preview_of(obj).enabled else "Switch the live preview on first"
