"""Bring a motion file into the scene: onto a new armature, or onto the active one."""

# Blender reads properties from annotations, which mypy takes for types.
# mypy: disable-error-code="valid-type, override, misc"

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
import numpy as np
from bpy.props import BoolProperty, EnumProperty, FloatProperty, StringProperty
from bpy_extras.io_utils import ImportHelper

from ..blender import armature, motion
from ..blender.action import require_exchangeable
from ..blender.frames import extend_range, scene_fps, set_scene_fps
from ..core import formats
from ..core.axes import rescaled, turned
from ..core.clip import Clip
from ..core.errors import MenderError
from .reporting import reports_errors


class MOCAP_MENDER_OT_import_motion(bpy.types.Operator, ImportHelper):
    """Import a motion (BVH, ASF/AMC, CSV or NumPy) as an action"""

    bl_idname = "mocap_mender.import_motion"
    bl_label = "Import Motion"
    bl_options = {"REGISTER", "UNDO", "PRESET"}  # noqa: RUF012 - the form that Blender reads

    filepath: StringProperty(name="File", description="The motion file to read", subtype="FILE_PATH")
    filter_glob: StringProperty(default=";".join(f"*{suffix}" for suffix in formats.READABLE), options={"HIDDEN"})
    target: EnumProperty(
        name="Target",
        description="What the motion goes onto",
        items=(
            ("NEW", "New Armature", "Build an armature from the file's skeleton"),
            ("ACTIVE", "Active Armature", "Give the active armature a new action; bones are matched by name"),
        ),
    )
    up_axis: EnumProperty(
        name="Up",
        description="Which axis points up in the file",
        items=(("Y", "Y", "Y up, as most motion files have it"), ("Z", "Z", "Z up, as Blender has it")),
    )
    scale: FloatProperty(
        name="Scale",
        description="Metres per length unit of the file; 0: found out from the skeleton's size",
        default=0.0,
        min=0.0,
        soft_max=1.0,
        precision=5,
    )
    set_scene_fps: BoolProperty(
        name="Set Scene Frame Rate",
        description="Give the scene the file's frame rate; otherwise the motion keeps its speed at the scene's rate, "
        "with keys between frames where need be",
    )
    extend_scene: BoolProperty(
        name="Extend Scene Range",
        description="Let the scene's frames reach as far as the motion; they are never made fewer",
        default=True,
    )
    start_frame: FloatProperty(name="Start Frame", description="Frame of the first key", default=1.0)
    fps: FloatProperty(
        name="Frame Rate",
        description="Frames per second of a file that does not tell its own",
        default=120.0,
        min=0.01,
        soft_max=1000.0,
    )

    def draw(self, context: bpy.types.Context) -> None:
        """The options beside the file browser."""
        layout: Any = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        for name in ("target", "up_axis", "scale", "start_frame"):
            layout.prop(self, name)
        layout.prop(self, "set_scene_fps", text="Set Scene FPS")
        layout.prop(self, "extend_scene", text="Extend Range")
        layout.prop(self, "fps", text="FPS if Unknown")

    @reports_errors
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Read the whole file first: a bad one leaves the scene as it was."""
        scene: Any = context.scene
        path = Path(bpy.path.abspath(self.filepath))
        if not self.filepath or path.is_dir():
            raise MenderError("No motion file is chosen: click one in the list, then import it.")
        clip = formats.read(path, fps=self.fps, unit=self.scale or None)
        if self.target == "ACTIVE":
            obj, fitted, bones = _fitted(context, clip, self.up_axis)
        else:
            fitted = turned(clip, armature.turn_from(self.up_axis, None))
            obj, names = armature.build(fitted.skeleton, path.stem, list(fitted.translations))
            armature.remember_file(obj, clip.unit, self.up_axis)
            bones = dict(enumerate(names))
        if self.set_scene_fps:
            set_scene_fps(scene, clip.fps)
        frames = self.start_frame + np.arange(len(clip)) * (scene_fps(scene) / clip.fps)
        ignored = motion.write_clip(obj, fitted, bones, frames.astype(np.float32), path.stem)
        if self.extend_scene:
            extend_range(scene, float(frames[0]), float(frames[-1]))

        self.report({"INFO"}, f"{path.name}: {len(clip):,} frames at {clip.fps:g} fps, {len(bones)} bones")
        for note in clip.notes:
            self.report({"INFO"}, note)
        if left_out := [name for joint, name in enumerate(clip.skeleton.names) if joint not in bones]:
            self.report({"WARNING"}, f"{obj.name} has no bones for these joints: {', '.join(left_out)}")
        if ignored:
            self.report({"WARNING"}, f"Connected bones cannot move, only turn: {', '.join(ignored)}")
        return {"FINISHED"}


def _fitted(context: bpy.types.Context, clip: Clip, up_axis: str) -> tuple[bpy.types.Object, Clip, dict[int, str]]:
    """The active armature, the clip in its axes and size, and the bones of the clip's joints."""
    obj = armature.require_armature(context.object)
    require_exchangeable(obj)
    rest = armature.rest_pose(obj)
    bones = motion.bones_by_name(clip, rest)
    in_its_axes = turned(clip, armature.turn_from(up_axis, obj))
    return obj, rescaled(in_its_axes, motion.size_ratio(clip, rest, bones)), bones
