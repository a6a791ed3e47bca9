"""Long work on a file that is asked for first: once it is chosen, the work runs as a job of the window."""

from __future__ import annotations

from typing import Any

import bpy

from ..blender.job import ModalJob


class FileJob(ModalJob):
    """An operator that opens the file browser where no file is told, and then does its `steps`.

    Mix it in before `ExportHelper` or `ImportHelper`, whose `invoke` opens the browser. After the browser Blender calls
    `execute`, which would hold the window: there the operator begins anew, with the file.
    """

    filepath: Any
    bl_idname: str
    asked = False

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Begin, or ask for the file."""
        if self.filepath:
            return super().invoke(context, event)
        self.asked = True
        self.filepath = self.proposed(context)
        return super(ModalJob, self).invoke(context, event)  # type: ignore[misc, no-any-return]

    def execute(self, context: bpy.types.Context) -> set[str]:
        """All at once for scripts; as a job of the window where the file browser asked."""
        if not self.asked or bpy.app.background:
            return super().execute(context)
        operator: Any = self
        names = [entry.identifier for entry in operator.properties.bl_rna.properties]
        chosen = {name: getattr(self, name) for name in names if name != "rna_type"}
        module, _, name = self.bl_idname.partition("_OT_")  # Blender's own form of it
        getattr(getattr(bpy.ops, module.lower()), name)("INVOKE_DEFAULT", **chosen)
        return {"FINISHED"}

    def proposed(self, context: bpy.types.Context) -> str:
        """The file name that the browser shows first."""
        return ""
