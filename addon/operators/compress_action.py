"""Compress the active armature's action into a file, within tolerances for rotations and locations."""

# Blender reads properties from annotations, which mypy takes for types.
# mypy: disable-error-code="valid-type, override, misc"

from __future__ import annotations

import contextlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy
from bpy.props import EnumProperty, FloatProperty, StringProperty
from bpy_extras.io_utils import ExportHelper

from ..blender import action, recorded
from ..blender.armature import require_armature
from ..blender.frames import scene_fps
from ..blender.places import places
from ..blender.steps import Steps, part, threaded
from ..core.compression.archive import SUFFIX, Archive
from ..core.compression.block import PoseCode, code_step
from ..core.compression.plan import BoneKeys, Place, Plan, plan
from ..core.compression.recording import Curve, Header
from ..core.compression.whole import write_smallest
from ..core.errors import MenderError
from ..core.progress import Progress
from ..inference.pose_code import file_hash, pose_code
from ..inference.session import Model, RuntimeUnavailable
from ..properties import METHOD_ITEMS, settings_of
from . import needs
from .file_job import FileJob
from .pose_codes import chosen_code_model
from .rig import joints_of

_KEY_BYTES = 8  # frame and value of a key, in single precision


class MOCAP_MENDER_OT_compress_action(needs.Needing, FileJob, ExportHelper, bpy.types.Operator):
    """Write the active armature's action into a small file; what comes back from it is off by no more than told"""

    bl_idname = "mocap_mender.compress_action"
    bl_label = "Compress Action"
    needed = (needs.armature, needs.action, needs.no_job)

    filename_ext = SUFFIX
    filepath: StringProperty(name="File", description="The file to write", subtype="FILE_PATH")
    filter_glob: StringProperty(default=f"*{SUFFIX}", options={"HIDDEN"})
    degrees: FloatProperty(
        name="Rotation",
        description="By how many degrees a bone may be off at most, at every key and frame",
        default=1.0,
        min=0.01,
        soft_max=10.0,
    )
    millimetres: FloatProperty(
        name="Location",
        description="By how many millimetres of the scene a bone's location may be off at most",
        default=1.0,
        min=0.001,
        soft_max=100.0,
    )
    method: EnumProperty(name="Method", description="How poses are coded", items=METHOD_ITEMS)
    model: StringProperty(name="Model", description="Name of the model whose code is used; empty: the default one")

    def proposed(self, context: bpy.types.Context) -> str:
        """The action's name."""
        obj: Any = context.object
        return bpy.path.clean_name(obj.animation_data.action.name) + SUFFIX

    def draw(self, context: bpy.types.Context) -> None:
        """The options beside the file browser."""
        layout: Any = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        for name in ("degrees", "millimetres", "method"):
            layout.prop(self, name)

    def steps(self, context: bpy.types.Context) -> Steps[set[str]]:
        """Read the action, write the file in a thread, and say how small it became."""
        obj: Any = require_armature(context.object)
        scene: Any = context.scene
        path = Path(bpy.path.abspath(self.filepath))
        channels = action.assigned_channels(obj)
        metres = scene.unit_settings.scale_length * (float(sum(map(abs, obj.matrix_world.to_scale()))) / 3 or 1.0)
        length = self.millimetres / 1000 / metres
        header = Header(obj.animation_data.action.name, obj.name, scene_fps(scene), self.degrees, length, ())
        model, found = self._model(obj, channels)
        bones, others = yield from part(recorded.read(obj), 0.0, 0.2)
        size = _KEY_BYTES * sum(len(curve.points) for curve in (*others, *(c for keys in bones for c in keys.curves)))
        told = (path, bones, others, header, self.method, model, found)
        archive = yield from part(threaded(_written, *told), 0.2, 1.0)
        line = _line(archive, size)
        with contextlib.suppress(ReferenceError):  # the file is written, whatever became of the scene
            settings_of(scene).compressed_line = f"{path.name}: {line}"
        self.report({"INFO"}, f"{path.name}: {line}")
        return {"FINISHED"}

    def _model(self, obj: Any, channels: Any) -> tuple[Model | None, dict[str, Place]]:
        """The model whose code is tried, and where the bones stand in its poses; None where the curves are to do."""
        if self.method == "CURVES":
            return None, {}
        try:
            model = chosen_code_model(self.model)
            joints = joints_of(obj, channels, model.card.joints)
        except MenderError as error:
            if self.method == "CODE" or (self.model and not isinstance(error, RuntimeUnavailable)):
                raise
            return None, {}
        if joints.seen_of:  # the keyed bones are controls: their rotations are no pose of a body
            if self.method == "CODE":
                raise MenderError(f"{obj.name} is moved by controls, which no model knows: choose Curves Alone.")
            return None, {}
        return model, places(obj, joints, model.card.skeleton, model.card.reference)


def _written(
    path: Path,
    bones: list[BoneKeys],
    others: list[Curve],
    header: Header,
    method: str,
    model: Model | None,
    found: dict[str, Place],
    progress: Progress,
) -> Archive:
    """Write the action in each way that `method` allows. For a thread: nothing here knows Blender."""
    ways: list[tuple[Plan, PoseCode | None]] = []
    if model is not None:
        code = pose_code(model)
        step = code_step(code, header.degrees)
        told = replace(header, model=model.card.name, model_hash=file_hash(model.path), code_step=step)
        by_code = plan(bones, others, told, found, len(code.reference))
        if by_code.header.model:
            ways.append((by_code, code))
        elif method == "CODE":
            raise MenderError(
                f"{model.card.label} knows too few of the bones that have keys on every frame: choose Curves Alone."
            )
    if method != "CODE":
        ways.append((plan(bones, others, header, {}), None))
    return write_smallest(path, ways, progress)


def _line(archive: Archive, size: int) -> str:
    """How small the file is, how it is coded, and how many rotations the code alone would have missed."""
    small = max(archive.path.stat().st_size, 1)
    line = f"{small / 1000:,.1f} kB, 1/{size / small:.0f} of its keys, by "
    if not archive.header.model:
        return line + "curves alone"
    share = (archive.mended or 0) / max(archive.rotations or 0, 1)
    return line + f"the code of {archive.header.model}; {share:.0%} of rotations corrected to keep the tolerance"
