"""Generate finger keys: the rest of a pose, the motion between keys, or all of it from the wrists' motion."""

# Blender reads properties from annotations, which mypy takes for types.
# mypy: disable-error-code="valid-type, override, misc"

from __future__ import annotations

import time
from typing import Any

import bpy
from bpy.props import StringProperty

from ..blender import action, finger_keys
from ..blender.armature import require_armature
from ..blender.job import ModalJob
from ..blender.steps import Steps, part
from ..finger_properties import FingerOptions, finger_settings_of
from . import needs
from .choice import chosen_finger_model, chosen_keys, selected_bones
from .fingering import (
    Fingers,
    chosen_hands,
    completed_pose,
    drawing_of,
    filled_motion,
    frames_to_key,
    known_pose,
    pose_channels,
    pose_keys,
    posed_bones,
)


class MOCAP_MENDER_OT_generate_fingers(needs.Needing, ModalJob, FingerOptions, bpy.types.Operator):
    """Give the fingers keys that go with those you set, which stay exactly as they are"""

    bl_idname = "mocap_mender.generate_fingers"
    bl_label = "Generate Fingers"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - the form that Blender reads
    needed = (needs.own_armature, needs.runtime, needs.no_job)

    model: StringProperty(name="Model", description="Name of the model to use; empty: the default one")

    def steps(self, context: bpy.types.Context) -> Steps[set[str]]:
        """Work out the keys, then write them; cancelled, all is as it was."""
        started = time.perf_counter()
        obj: Any = require_armature(context.object)
        scene: Any = context.scene
        action.require_editable(obj)
        model = chosen_finger_model(self.model)
        if self.task == "POSE":
            found, channels = self._pose(obj, scene, model), pose_channels(obj)
        else:
            channels = action.assigned_channels(obj)
            hands, bones = chosen_hands(obj, channels, self)
            keys = chosen_keys(scene, self.frame_range, self.frame_start, self.frame_end)
            at = frames_to_key(scene, obj, channels, hands, self, keys)
            motion = filled_motion(scene, obj, channels, model, hands, bones, at, drawing_of(self, self.seed))
            found = yield from part(motion, 0.0, 0.8)
        self.begin_writing()
        if channels is None:
            channels = action.new_action(obj, f"{obj.name} fingers")
        written = yield from part(finger_keys.write(channels, found.keys), 0.8, 1.0)
        for line in found.told:
            self.report({"WARNING"}, line)
        bones = {key.bone for key in found.keys}
        line = f"{written:,} keys · {len(bones)} bones · {time.perf_counter() - started:.1f} s"
        finger_settings_of(scene).done_line = line
        self.report({"INFO"}, line)
        return {"FINISHED"}

    def _pose(self, obj: Any, scene: Any, model: Any) -> Fingers:
        hands, bones = chosen_hands(obj, pose_channels(obj), self)
        frame = float(scene.frame_current_final)
        given = posed_bones(obj, hands, self.posed, selected_bones(obj), frame)
        pose = completed_pose(model, known_pose(obj, hands, given), hands, drawing_of(self, self.seed))
        return pose_keys(obj, hands, pose, bones - given, given, frame)
