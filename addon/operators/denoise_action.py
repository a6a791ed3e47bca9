"""Denoise the active armature's action: a model sees its motion, and the keys take what the model mends."""

# Blender reads properties from annotations, which mypy takes for types.
# mypy: disable-error-code="valid-type, override, misc"

from __future__ import annotations

import time
from typing import Any

import bpy
from bpy.props import EnumProperty, FloatProperty, StringProperty

from ..blender import action
from ..blender.armature import require_armature
from ..blender.changes import Changes, Written, write, write_in_place
from ..blender.job import ModalJob
from ..blender.steps import Steps, part
from ..properties import BONES_ITEMS, FRAME_RANGE_ITEMS, RESULT_ITEMS, DenoiseOptions
from . import needs
from .choice import chosen_wishes, loading
from .denoising import denoised
from .reporting import finished


class MOCAP_MENDER_OT_denoise_action(needs.Needing, ModalJob, DenoiseOptions, bpy.types.Operator):
    """Clean the active armature's motion with a network; keys, other bones and other channels stay as they are"""

    bl_idname = "mocap_mender.denoise_action"
    bl_label = "Denoise Action"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - the form that Blender reads
    needed = (needs.own_armature, needs.action, needs.runtime, needs.no_job)

    model: StringProperty(name="Model", description="Name of the model to use; empty: the default one")
    frame_range: EnumProperty(name="Range", description="Which frames to change", items=FRAME_RANGE_ITEMS)
    frame_start: FloatProperty(name="Start", description="First frame to change", default=1)
    frame_end: FloatProperty(name="End", description="Last frame to change", default=250)
    bones: EnumProperty(name="Bones", description="Which bones to change", items=BONES_ITEMS)
    result: EnumProperty(name="Result", description="Where the result goes", items=RESULT_ITEMS)

    def steps(self, context: bpy.types.Context) -> Steps[set[str]]:
        """Work out the changes, then write them; cancelled, all is as it was."""
        started = time.perf_counter()
        obj: Any = require_armature(context.object)
        scene: Any = context.scene
        (action.require_exchangeable if self.result == "COPY" else action.require_editable)(obj)
        channels = action.assigned_channels(obj)
        model = yield from part(loading(self.model), 0.0, 0.05)
        wishes = chosen_wishes(self, obj, scene)
        found = yield from part(denoised(scene, obj, channels, model, wishes), 0.05, 0.8)
        original = obj.animation_data.action.name
        self.begin_writing()
        written = yield from part(self._written(obj, found.changes), 0.8, 1.0)
        for line in found.told:
            self.report({"WARNING"}, line)
        seconds = time.perf_counter() - started
        return finished(self, scene, original, obj.animation_data.action, written, found.degrees, seconds)

    def _written(self, obj: Any, changes: Changes) -> Steps[Written]:
        if self.result != "COPY":
            return (yield from write_in_place(action.assigned_channels(obj), changes))
        name = obj.animation_data.action.name.removesuffix(" denoised")
        copy, slot, channels = action.loose_copy(obj, f"{name} denoised")
        try:
            written = yield from write(channels, changes)
        except BaseException:
            bpy.data.actions.remove(copy)
            raise
        action.assign(obj, copy, slot)
        return written
