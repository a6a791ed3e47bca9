"""Write what the live preview shows into an action, a key a frame, and switch the preview off."""

# Blender reads properties from annotations, which mypy takes for types.
# mypy: disable-error-code="valid-type, override, misc"

from __future__ import annotations

from typing import Any

import bpy
import numpy as np
from bpy.props import BoolProperty, IntProperty

from ..blender import action, fcurves, pose
from ..blender.fcurves import Floats
from ..blender.job import ModalJob
from ..blender.pose import Part, Rig
from ..blender.steps import Steps
from ..core.errors import MenderError
from ..core.rotation_mode import from_quaternions
from . import needs, previewed_pose, previewing
from .preview_handler import pose_without_preview
from .preview_settings import preview_of

_READ = 0.8  # share of the work that reading the preview is


class MOCAP_MENDER_OT_bake_preview(needs.Needing, ModalJob, bpy.types.Operator):
    """Write what the preview shows into an action of its own, a key a frame; the preview is switched off"""

    bl_idname = "mocap_mender.bake_preview"
    bl_label = "Bake Preview"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - the form that Blender reads
    needed = (needs.own_armature, needs.preview, needs.no_job)

    whole_range: BoolProperty(
        name="Scene Range",
        description="Bake the scene's preview range, or its frame range where no preview range is set",
        default=True,
    )
    frame_start: IntProperty(name="Start", description="First frame to bake", default=1)
    frame_end: IntProperty(name="End", description="Last frame to bake", default=250)

    def steps(self, context: bpy.types.Context) -> Steps[set[str]]:
        """Read every frame, then write them all into a copy of the action."""
        obj: Any = context.object
        scene: Any = context.scene
        settings = preview_of(obj)
        action.require_exchangeable(obj)
        if self.whole_range:
            own = scene.use_preview_range
            first = scene.frame_preview_start if own else scene.frame_start
            last = scene.frame_preview_end if own else scene.frame_end
        else:
            first, last = self.frame_start, self.frame_end
        if last < first:
            raise MenderError(f"The range from {first} to {last} is empty: let it end after its start.")
        frames = np.arange(first, last + 1, dtype=np.float32)
        poses: list[Floats] = []
        decided: set[int] = set()
        for frame in range(first, last + 1):
            found = previewing.read(scene, obj, settings, pose_without_preview(obj))
            shown = previewed_pose.shown(found, frame)
            poses.append(shown.pose)
            decided.update(shown.decided.tolist())
            yield _READ * len(poses) / len(frames)
        if not decided:
            raise MenderError("The preview changes nothing: add noise, a model, an offset or a speed first.")
        rig = previewing.rig_of(obj)
        parts = _played_parts(rig, frozenset(decided))

        self.begin_writing()
        settings.enabled = False
        data = obj.animation_data
        name = data.action.name if data and data.action else obj.name
        channels = (
            action.assign_copy(obj, f"{name.removesuffix(' preview')} preview")
            if data and data.action
            else action.new_action(obj, f"{name} preview")
        )
        _write(channels, rig, parts, frames, np.stack(poses))
        scene.frame_set(scene.frame_current, subframe=scene.frame_subframe)
        baked: Any = obj.animation_data
        self.report({"INFO"}, f"{baked.action.name}: {len(frames):,} frames of {len({p.bone for p in parts})} bones")
        return {"FINISHED"}


def _played_parts(rig: Rig, decided: frozenset[int]) -> list[Part]:
    """The properties to key: of rotations only the one that the bone's mode goes by."""
    mode_of = dict(zip(rig.names, rig.modes, strict=True))
    return [part for part in pose.parts_of(rig, decided) if pose.is_used(part, mode_of[part.bone])]


def _write(channels: action.Channels, rig: Rig, parts: list[Part], frames: Floats, poses: Floats) -> None:
    """Key every property in `parts` at `frames` (T,) with its numbers in `poses` (T, 17·B) alone."""
    curves = fcurves.by_path(channels)
    mode_of = dict(zip(rig.names, rig.modes, strict=True))
    for part in parts:
        values = poses[:, part.places]
        if part.name.startswith("rotation"):
            turns = pose.quaternions(poses, pose.rotations_of(rig, (part.bone,)))
            values = from_quaternions(turns, mode_of[part.bone])[:, 0]
        path = fcurves.bone_path(part.bone, part.name)
        for index in range(values.shape[1]):
            if (path, index) in curves:
                channels.fcurves.remove(curves[path, index])
            fcurves.write_curve(channels, path, index, frames, values[:, index], part.bone)
