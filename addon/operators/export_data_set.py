"""Export a data set for training: the takes of a folder, or the actions of the active armature."""

# Blender reads properties from annotations, which mypy takes for types.
# mypy: disable-error-code="valid-type, override, misc"

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import bpy
from bpy.props import EnumProperty, StringProperty

from ..blender import action, motion
from ..blender.armature import require_armature
from ..blender.frames import frame_span, sample_frames
from ..blender.job import ModalJob
from ..blender.steps import Steps, part, threaded
from ..blender.tracks import KeyRange
from ..core import data_set
from ..core.data_set import DataSetError, Take
from ..core.errors import MenderError
from ..core.progress import Progress
from ..properties import DATA_SET_ITEMS, settings_of
from . import needs


class MOCAP_MENDER_OT_export_data_set(needs.Needing, ModalJob, bpy.types.Operator):
    """Write takes as a data set: tables in the tutorial's layout, packed arrays for training, and a manifest"""

    bl_idname = "mocap_mender.export_data_set"
    bl_label = "Export Data Set"
    needed = (needs.no_job,)

    source: EnumProperty(name="Source", description="Which takes", items=DATA_SET_ITEMS)
    folder: StringProperty(name="Motion Files", description="The folder that holds the takes", subtype="DIR_PATH")
    directory: StringProperty(name="Data Set", description="The folder to write, empty or new", subtype="DIR_PATH")

    def steps(self, context: bpy.types.Context) -> Steps[set[str]]:
        """Gather the takes, then write the folder in a thread."""
        if not self.directory:
            raise DataSetError("The data set has no folder to go to: choose one.")
        target = Path(bpy.path.abspath(self.directory))
        scene: Any = context.scene
        if self.source == "FOLDER":
            if not self.folder:
                raise DataSetError("No folder is told that holds motion files: choose one.")
            source = Path(bpy.path.abspath(self.folder))
            found = yield from part(threaded(_read_folder, source), 0.0, 0.6)
        else:
            obj = require_armature(context.object)
            takes, refused = yield from part(_takes(obj, scene), 0.0, 0.6)
            found = data_set.gathered(takes, refused)
        manifest = yield from part(threaded(_write, found, target), 0.6, 1.0)
        line = f"{len(found.takes)} takes, {manifest['frames']:,} frames at {found.fps:g} fps, in {target.name}"
        settings_of(scene).data_set_line = line
        self.report({"INFO"}, line)
        for name, why in found.left_out.items():
            self.report({"WARNING"}, f"Left out: {name}: {why}")
        return {"FINISHED"}


def _read_folder(folder: Path, progress: Progress) -> data_set.DataSet:
    return data_set.read_folder(folder, progress)


def _write(found: data_set.DataSet, folder: Path, progress: Progress) -> dict[str, Any]:
    return data_set.write(found, folder, progress)


def _takes(obj: Any, scene: bpy.types.Scene) -> Steps[tuple[list[Take], dict[str, str]]]:
    """The actions that move the armature's bones as takes, and why others of them cannot be read."""
    takes, refused = [], {}
    actions = list(bpy.data.actions)
    for done, found in enumerate(actions):
        yield done / len(actions)
        channels = action.channels_for(found, obj)
        curves = motion.pose_curves(obj, channels) if channels else []
        if not curves:
            continue
        try:
            frames, fps = sample_frames(scene, curves, *frame_span(curves, KeyRange()))
            clip = motion.for_file(obj, motion.read_clip(obj, frames, fps, channels))
        except MenderError as error:
            refused[found.name] = str(error)
            continue
        content = clip.rotations.tobytes() + clip.root_position.tobytes()
        takes.append(Take(found.name, found.name, hashlib.sha256(content).hexdigest(), clip))
    return takes, refused
