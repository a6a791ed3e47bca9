"""Bake the pose that is seen into a copy of the action, so that it can be denoised."""

# mypy: disable-error-code="override, misc"

from __future__ import annotations

from typing import Any

import bpy
import numpy as np

from ..blender import action, fcurves, visual
from ..blender.armature import require_armature
from ..blender.fcurves import Floats
from ..blender.frames import sample_frames_for
from ..blender.job import ModalJob
from ..blender.steps import Steps, part
from ..blender.tracks import union
from ..core.errors import MenderError
from . import needs
from .seen_pose import baked_bones


class MOCAP_MENDER_OT_visual_bake(needs.Needing, ModalJob, bpy.types.Operator):
    """Key the pose that is seen into a copy of the action, and mute the constraints and drivers that made it"""

    bl_idname = "mocap_mender.visual_bake"
    bl_label = "Visual Bake into a Copy"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - the form that Blender reads
    needed = (needs.own_armature, needs.no_job)

    def steps(self, context: bpy.types.Context) -> Steps[set[str]]:
        """Bake, or report one sentence and change nothing."""
        obj: Any = require_armature(context.object)
        scene: Any = context.scene
        action.require_exchangeable(obj)
        moves, bones = baked_bones(obj)
        if not bones:
            raise MenderError(f"Nothing but keys moves the body of {obj.name}: there is nothing to bake.")
        frames = _frames(scene, obj)
        baked = yield from part(visual.bake(scene, obj, bones, frames), 0.0, 0.9)
        self.begin_writing()
        keys = yield from part(_write(obj, baked), 0.9, 1.0)
        muted = visual.mute_movers(obj, moves, bones)
        parts = [f"{len(bones)} bones keyed at {len(frames):,} frames ({keys:,} keys)"]
        for count, word in ((muted.constraints, "constraint"), (muted.drivers, "driver")):
            parts += [f"{count} {word}{'s' if count > 1 else ''} muted"] if count else []
        self.report({"INFO"}, f"{obj.animation_data.action.name}: {', '.join(parts)}")
        return {"FINISHED"}


def _frames(scene: bpy.types.Scene, obj: Any) -> Floats:
    """The action's own frames if they are even, else all of the scene's in its span; without an action, the scene's."""
    data = obj.animation_data
    if data is None or data.action is None:
        return np.arange(scene.frame_start, scene.frame_end + 1, dtype=np.float32)
    curves = list(action.assigned_channels(obj).fcurves)
    keyed = union([fcurves.read_points(curve)[:, 0] for curve in curves if len(curve.keyframe_points)])
    if not len(keyed):
        raise MenderError(f"The action {data.action.name} has no keys: key the rig first.")
    return sample_frames_for(scene, curves, keyed, float(keyed[0]), float(keyed[-1]))[0]


def _write(obj: Any, baked: visual.Baked) -> Steps[int]:
    """Into a copy of the action, or a new one where there is none; closed before the end, all is as it was."""
    data = obj.animation_data
    if data is None or data.action is None:
        made, slot, channels = action.loose_action(f"{obj.name} visual", obj.name)
    else:
        made, slot, channels = action.loose_copy(obj, f"{data.action.name.removesuffix(' visual')} visual")
    try:
        keys = yield from visual.write(channels, baked)
    except BaseException:
        bpy.data.actions.remove(made)
        raise
    action.assign(obj, made, slot)
    return keys
