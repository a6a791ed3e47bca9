"""Look at variations of a completed pose one after the other: until one is accepted, no key is written."""

# Blender reads properties from annotations, which mypy takes for types.
# mypy: disable-error-code="valid-type, override, misc"

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import IntProperty, StringProperty

from ..blender.armature import require_armature
from ..blender.finger_poses import put_pose
from ..finger_properties import FingerOptions, finger_settings_of
from . import needs
from .choice import chosen_finger_model, selected_bones
from .fingering import chosen_hands, completed_pose, drawing_of, known_pose, pose_channels, posed_bones
from .reporting import reports_errors


class MOCAP_MENDER_OT_vary_fingers(needs.Needing, FingerOptions, bpy.types.Operator):
    """Show a way to complete the pose; no key is written until you accept it with the button below"""

    bl_idname = "mocap_mender.vary_fingers"
    bl_label = "Show Variation"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - the form that Blender reads
    needed = (needs.own_armature, needs.runtime)

    model: StringProperty(name="Model", description="Name of the model to use; empty: the default one")
    step: IntProperty(name="Step", description="How many samples on, or back; 0: what the mode gives", default=1)

    @reports_errors
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Pose the bones that are not given, and remember which variation it is. One that is stepped to is a sample."""
        obj: Any = require_armature(context.object)
        scene: Any = context.scene
        hands, bones = chosen_hands(obj, pose_channels(obj), self)
        frame = float(scene.frame_current_final)
        given = posed_bones(obj, hands, self.posed, selected_bones(obj), frame)
        settings = finger_settings_of(scene)
        seed = max(settings.seed + self.step, 0)
        if self.step:
            self.mode = settings.mode = "SAMPLE"
        drawing = drawing_of(self, seed)
        pose = completed_pose(chosen_finger_model(self.model), known_pose(obj, hands, given), hands, drawing)
        put_pose(obj, hands, pose, bones - given)
        settings.seed = seed
        settings.done_line = f"Variation {seed}: no key yet" if self.mode == "SAMPLE" else "Shown: no key yet"
        return {"FINISHED"}
