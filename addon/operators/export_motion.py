"""Write the active armature's action to a motion file, over any range."""

# Blender reads properties from annotations, which mypy takes for types.
# mypy: disable-error-code="valid-type, override, misc"

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
from bpy.props import EnumProperty, FloatProperty, StringProperty
from bpy_extras.io_utils import ExportHelper

from ..blender import armature, motion
from ..blender.frames import frame_span, sample_frames
from ..core import formats
from ..properties import FRAME_RANGE_ITEMS
from . import needs
from .choice import chosen_keys
from .reporting import reports_errors

FORMAT_ITEMS = (
    (".bvh", "BVH", "Skeleton and motion in one file, which most programs read"),
    (".csv", "CSV", "A table with a header: root position and quaternions, a line a frame"),
    (".npy", "NumPy", "The same table as an array for Python"),
    (".amc", "ASF/AMC", "Acclaim's pair of files: the skeleton beside the motion"),
)


class MOCAP_MENDER_OT_export_motion(needs.Needing, bpy.types.Operator, ExportHelper):
    """Export the active armature's action as a motion file; the name's end says which: .bvh, .csv, .npy or .amc"""

    bl_idname = "mocap_mender.export_motion"
    bl_label = "Export Motion"
    needed = (needs.armature, needs.action)

    filename_ext = ".bvh"
    _format = ".bvh"
    filepath: StringProperty(name="File", description="The motion file to write", subtype="FILE_PATH")
    filter_glob: StringProperty(default=";".join(f"*{suffix}" for suffix in formats.WRITABLE), options={"HIDDEN"})
    file_format: EnumProperty(
        name="Format",
        description="What the file browser makes the name end in; in scripts the name says it",
        items=FORMAT_ITEMS,
        options={"SKIP_SAVE"},
    )
    frame_range: EnumProperty(name="Range", description="Which frames to export", items=FRAME_RANGE_ITEMS)
    frame_start: FloatProperty(name="Start", description="First frame to export", default=1.0)
    frame_end: FloatProperty(name="End", description="Last frame to export", default=250.0)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Propose the action's name."""
        obj: Any = context.object
        self.filepath = bpy.path.clean_name(obj.animation_data.action.name) + self.filename_ext
        return ExportHelper.invoke(self, context, event)  # type: ignore[return-value]

    def draw(self, context: bpy.types.Context) -> None:
        """The options beside the file browser."""
        layout: Any = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.prop(self, "file_format")
        layout.prop(self, "frame_range")
        if self.frame_range == "CUSTOM":
            layout.prop(self, "frame_start")
            layout.prop(self, "frame_end")

    def check(self, context: bpy.types.Context) -> bool:
        """Let the name in the file browser and the format agree, whichever was changed; whether the name changed."""
        before = self.filepath
        self.filepath, self.file_format = agreed(before, self.file_format, self._format)
        self._format = self.file_format
        return before != self.filepath

    @reports_errors
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Sample the action and write the file."""
        scene: Any = context.scene
        obj = armature.require_armature(context.object)
        curves = motion.pose_curves(obj)
        keys = chosen_keys(scene, self.frame_range, self.frame_start, self.frame_end)
        frames, fps = sample_frames(scene, curves, *frame_span(curves, keys))
        clip = motion.for_file(obj, motion.read_clip(obj, frames, fps))
        path = Path(bpy.path.abspath(self.filepath))
        formats.write(clip, path)
        self.report({"INFO"}, f"{path.name}: {len(clip):,} frames at {fps:g} fps, {len(clip.skeleton)} bones")
        return {"FINISHED"}


def agreed(filepath: str, suffix: str, before: str) -> tuple[str, str]:
    """A path and a format that go together: as the format says where it is not as `before`, else as the path does."""
    own = Path(filepath).suffix
    known = own.lower() in formats.WRITABLE
    if known and suffix == before:
        return filepath, own.lower()
    return (filepath.removesuffix(own) if known else filepath) + suffix, suffix
