"""Denoise the active armature's action: a model sees its motion, and the keys take what the model mends."""

# Blender reads properties from annotations, which mypy takes for types.
# mypy: disable-error-code="valid-type, override"

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import bpy
from bpy.props import EnumProperty, FloatProperty, StringProperty

from ..blender import action, edits, retarget
from ..blender.armature import require_armature
from ..blender.job import finish
from ..core.errors import MenderError
from ..inference import denoiser
from ..properties import BONES_ITEMS, FRAME_RANGE_ITEMS, RESULT_ITEMS
from .choice import chosen_bones, chosen_keys, chosen_model
from .correction import correction
from .reporting import finished, reports_errors
from .rig import joints_of, possible_joints, require_known, warnings
from .runtime_check import known_problem


class MOCAP_MENDER_OT_denoise_action(bpy.types.Operator):
    """Clean the active armature's motion with a network; keys, other bones and other channels stay as they are"""

    bl_idname = "mocap_mender.denoise_action"
    bl_label = "Denoise Action"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - the form that Blender reads

    model: StringProperty(name="Model", description="Name of the model to use; empty: the default one")
    frame_range: EnumProperty(name="Range", description="Which frames to change", items=FRAME_RANGE_ITEMS)
    frame_start: FloatProperty(name="Start", description="First frame to change", default=1)
    frame_end: FloatProperty(name="End", description="Last frame to change", default=250)
    bones: EnumProperty(name="Bones", description="Which bones to change", items=BONES_ITEMS)
    strength: FloatProperty(
        name="Strength",
        description="0 leaves the motion as it is, 1 takes the model's result",
        subtype="FACTOR",
        min=0.0,
        max=1.0,
        default=1.0,
    )
    result: EnumProperty(name="Result", description="Where the result goes", items=RESULT_ITEMS)

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """An armature with an action is active; the tooltip says what is missing."""
        obj = context.object
        if obj is None or obj.type != "ARMATURE":
            cls.poll_message_set("Select an armature first")
            return False
        if obj.animation_data is None or obj.animation_data.action is None:
            cls.poll_message_set("The armature has no action: import a motion or choose an action first")
            return False
        problem = known_problem()
        if problem:
            cls.poll_message_set(problem)
            return False
        return True

    @reports_errors
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Denoise, or report one sentence and change nothing."""
        started = time.perf_counter()
        obj: Any = require_armature(context.object)
        scene: Any = context.scene
        action.require_editable(obj)
        channels = action.assigned_channels(obj)
        model = chosen_model(self.model)
        asked = chosen_bones(obj, self.bones)
        keys = chosen_keys(scene, self.frame_range, self.frame_start, self.frame_end)

        card = model.card
        sees_time = card.kind == denoiser.KIND
        joints = (possible_joints if sees_time else joints_of)(obj, channels, card.joints)
        require_known(joints, card)
        beside = asked if sees_time else ()
        binding = finish(retarget.bind(obj, channels, joints, card.skeleton, card.reference, beside))
        edits.require_editable_curves(binding.read, asked)
        timed = retarget.key_frames(binding.read, asked, keys)
        if not len(timed):
            raise MenderError(
                f"No rotation key of the bones that {card.label} knows lies in the range: "
                "widen the range or select other bones."
            )
        mended = finish(correction(scene, model, binding, timed))
        strengths = dict.fromkeys(asked, self.strength)
        changes, degrees = finish(edits.edits(binding.read, mended.frames, mended.turns, keys, strengths))

        if self.result == "COPY":
            name = obj.animation_data.action.name.removesuffix(" denoised")
            channels = action.assign_copy(obj, f"{name} denoised")
        edits.write_edits(channels, changes)
        for warning in warnings(replace(joints, left_out={**joints.left_out, **binding.left_out})):
            self.report({"WARNING"}, warning)
        changed = sum(change.changed for change in changes)
        return finished(self, scene, obj.animation_data.action, changed, degrees, time.perf_counter() - started)
