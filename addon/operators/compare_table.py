"""What one does with a comparison's table and curves: choose models, go to a worst frame, save the picture."""

# Blender reads properties from annotations, which mypy takes for types.
# mypy: disable-error-code="valid-type, override, misc"

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
from bpy.props import IntProperty, StringProperty
from bpy_extras.io_utils import ExportHelper

from ..core.errors import MenderError
from ..core.files import reason, replacing
from .choice import denoising_models
from .compare_settings import chosen_names, comparison_of
from .reporting import reports_errors


class MOCAP_MENDER_OT_compare_choose(bpy.types.Operator):
    """Take this model into the next comparison, or leave it out"""

    bl_idname = "mocap_mender.compare_choose"
    bl_label = "Choose Model"
    bl_options = {"INTERNAL", "UNDO"}  # noqa: RUF012 - the form that Blender reads

    name: StringProperty(name="Model", description="The model's name")

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Where none is named, all are chosen; at least one stays."""
        assert context.scene is not None
        settings = comparison_of(context.scene)
        every = [entry.name for entry in denoising_models() if entry.card]
        chosen = [name for name in chosen_names(settings) if name in every] or every
        kept = [name for name in every if (name in chosen) != (name == self.name)]
        settings.models = "" if kept == every else ", ".join(kept or chosen)
        return {"FINISHED"}


class MOCAP_MENDER_OT_compare_jump(bpy.types.Operator):
    """Go to the frame at which this figure is farthest from the original"""

    bl_idname = "mocap_mender.compare_jump"
    bl_label = "Go to Worst Frame"
    bl_options = {"INTERNAL"}  # noqa: RUF012 - the form that Blender reads

    frame: IntProperty(name="Frame", description="The frame to go to")
    joint: StringProperty(name="Joint", description="The joint that is farthest off on the whole")

    @classmethod
    def description(cls, context: bpy.types.Context, properties: Any) -> str:
        """With the worst joint's name, for which a narrow table has no room."""
        return (
            f"Go to the frame at which this figure is farthest off; its worst joint on the whole is {properties.joint}"
        )

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Go there."""
        assert context.scene is not None
        context.scene.frame_set(self.frame)
        return {"FINISHED"}


class MOCAP_MENDER_OT_save_error_curves(bpy.types.Operator, ExportHelper):
    """Save the curves of the comparison's errors as a picture"""

    bl_idname = "mocap_mender.save_error_curves"
    bl_label = "Save Error Curves"
    filename_ext = ".png"

    filepath: StringProperty(name="File", description="The picture to write", subtype="FILE_PATH")
    filter_glob: StringProperty(default="*.png", options={"HIDDEN"})

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There is a comparison."""
        return context.scene is not None and comparison_of(context.scene).picture is not None

    @reports_errors
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Write the file; the image in the file stays packed."""
        image: Any = comparison_of(context.scene).picture  # type: ignore[arg-type]
        path = Path(bpy.path.abspath(self.filepath)).with_suffix(".png")
        try:
            with replacing(path) as draft:
                draft.write_bytes(image.packed_file.data)
        except OSError as error:
            raise MenderError(f"{path.name} cannot be written ({reason(error)}): choose another place.") from error
        self.report({"INFO"}, f"{path.name} saved")
        return {"FINISHED"}
