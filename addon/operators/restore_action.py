"""Restore an action from a compressed file onto the active armature, keys where they were."""

# Blender reads properties from annotations, which mypy takes for types.
# mypy: disable-error-code="valid-type, override, misc"

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
from bpy.props import BoolProperty, StringProperty
from bpy_extras.io_utils import ImportHelper

from ..blender import action, fcurves, recorded
from ..blender.armature import require_armature
from ..blender.steps import Steps, part, threaded
from ..core.compression.archive import SUFFIX, ArchiveError, scan
from ..core.compression.whole import read_curves
from ..properties import settings_of
from . import needs
from .file_job import FileJob
from .pose_codes import code_of


class MOCAP_MENDER_OT_restore_action(needs.Needing, FileJob, ImportHelper, bpy.types.Operator):
    """Give the active armature the action of a compressed file; its former action is kept"""

    bl_idname = "mocap_mender.restore_action"
    bl_label = "Restore Action"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - the form that Blender reads
    needed = (needs.own_armature, needs.no_job)

    filepath: StringProperty(name="File", description="The compressed file to read", subtype="FILE_PATH")
    filter_glob: StringProperty(default=f"*{SUFFIX}", options={"HIDDEN"})
    recover: BoolProperty(
        name="Recover", description="Take what is intact of a damaged file; keys of lost parts will be missing"
    )

    def draw(self, context: bpy.types.Context) -> None:
        """The option beside the file browser."""
        layout: Any = self.layout
        layout.prop(self, "recover")

    def steps(self, context: bpy.types.Context) -> Steps[set[str]]:
        """Read and decode the whole file in a thread, then write the action."""
        obj: Any = require_armature(context.object)
        scene: Any = context.scene
        action.require_exchangeable(obj)
        path = Path(bpy.path.abspath(self.filepath))
        archive = scan(path)
        if not archive.whole and not self.recover:
            raise ArchiveError(
                f"{path.name} is damaged: switch on Recover to take the {len(archive.chunks)} parts that are intact."
            )
        modes = {bone.name: bone.rotation_mode for bone in obj.pose.bones}
        code = code_of(archive)
        yield 0.0
        curves = yield from part(threaded(read_curves, archive, code, modes, fcurves.bone_path), 0.0, 0.7)
        if not curves:
            raise ArchiveError(f"Nothing of {path.name} can be recovered: take it from a backup.")
        self.begin_writing()
        made = yield from part(recorded.write(obj, archive.header.action, curves), 0.7, 1.0)
        keyed = {track.bone: track.mode for group in archive.header.groups for track in group.rotations}
        if absent := [bone for bone in keyed if bone not in modes]:
            self.report({"WARNING"}, f"{obj.name} has no bones for {len(absent)} of the file's: {_some(absent)}")
        if other := [bone for bone, mode in keyed.items() if modes.get(bone, mode) != mode]:
            self.report({"INFO"}, f"{len(other)} bones have another rotation mode now: {_some(other)}")
        if not archive.whole:
            self.report({"WARNING"}, f"{path.name} is damaged: keys of its lost parts are missing")
        keys = sum(len(curve.points) for curve in curves)
        line = f"{made.name}: {keys:,} keys on {len(curves)} curves"
        settings_of(scene).compressed_line = line
        self.report({"INFO"}, line)
        return {"FINISHED"}


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (" …" if len(names) > 3 else "")
