"""Lay a motion, its noisy version and what models make of it side by side: figures, a table, curves."""

# Blender reads properties from annotations, which mypy takes for types.
# mypy: disable-error-code="valid-type, override, misc"

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import bpy
import numpy as np
from bpy.props import EnumProperty, FloatProperty, StringProperty

from ..blender import action, fcurves, figures, fitting, motion, played, pose, stand_in, tracks
from ..blender.armature import require_armature, rest_pose
from ..blender.fcurves import Floats
from ..blender.frames import require_few_frames, scene_fps
from ..blender.job import ModalJob
from ..blender.marked import mark
from ..blender.steps import Steps, part, threaded
from ..core import comparison, curve_picture
from ..core.errors import MenderError
from ..core.rigs.canonical import BODY_JOINTS
from ..core.rigs.joint_map import ROOT, JointMap
from ..core.rotation import Array
from ..core.skeleton import Skeleton
from . import needs
from .choice import chosen_model, denoising_models
from .compare_settings import LAYOUT_ITEMS, CompareSettings, comparison_of, forget_results
from .comparing import Contestant, Result, compare, moved_bones
from .preview_handler import pose_without_preview
from .rig import joints_of, possible_joints, require_known

_COLUMNS = 4096
"""Colours over time at most: a picture that is wider is of no use to anyone."""
_SPACE = 1.35
"""Distance from one figure to the next, in widths of a figure."""
_ACROSS = np.array([1.0, 0.0, 0.0])
"""The way in which the row runs: across for whom looks at the front."""
_SMALL = (420, 56)
"""Width of the panel's picture, and height of a chart in it."""
_SEEN = 0.3
"""Share of the work that is done when a rig of controls has been looked at; the two below are of the rest."""
_READ, _COMPUTED = 0.2, 0.7  # share that is done after reading, and after computing


class MOCAP_MENDER_OT_compare(needs.Needing, ModalJob, bpy.types.Operator):
    """Show the motion, noisy and through each model, as stick figures coloured by their error, with table and curves"""

    bl_idname = "mocap_mender.compare"
    bl_label = "Compare"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - the form that Blender reads
    needed = (needs.armature, needs.action, needs.runtime, needs.no_job)

    models: StringProperty(name="Models", description="Names of the models to compare, with commas; empty: all")
    noise: FloatProperty(
        name="Noise", description="Deviation σ of the noise that is put on the motion first", min=0.0, max=0.1
    )
    layout: EnumProperty(name="Layout", description="How the figures stand", items=LAYOUT_ITEMS)

    def steps(self, context: bpy.types.Context) -> Steps[set[str]]:
        """Read the motion, send it through the models in a thread, then build the figures."""
        obj: Any = require_armature(context.object)
        scene: Any = context.scene
        areas = [area for area in context.screen.areas if area.type == "VIEW_3D"] if context.screen else []
        channels = action.assigned_channels(obj)
        plain = yield from part(_plain(scene, obj, channels), 0.0, _SEEN)
        try:
            contestants, refused = _contestants(obj, plain, channels, self.models)
            return (yield from part(self._compared(scene, plain or obj, areas, contestants, refused), _SEEN, 1.0))
        finally:
            if plain is not None:
                stand_in.remove(plain)

    def _compared(
        self, scene: Any, obj: Any, areas: list[Any], contestants: list[Contestant], refused: list[str]
    ) -> Steps[set[str]]:
        """What the armature object's own keys do, through the contestants, as figures."""
        rest = rest_pose(obj).skeleton
        bones = _with_those_above(rest, {bone for one in contestants for bone in one.fit.bones})
        rig = pose.rig_of(obj)
        curves = fcurves.by_path(action.assigned_channels(obj))
        source = played.played_action(pose.animated(curves, rig), rig, bones)
        first, last = (round(end) for end in source.extent())
        frames = np.arange(first, last + 1, dtype=np.float32)
        still = pose_without_preview(obj)
        rotations: dict[str, Array] = {}
        locations: dict[str, Array] = {}
        for number, bone in enumerate(bones):
            rotations[bone] = source.rotations((bone,), frames, still)[:, 0]
            places = rig.places([bone], "location")[0]
            if not set(places.tolist()).isdisjoint(source.curves):
                locations[bone] = source.values(places, frames, still)
            yield _READ * number / len(bones)
        fps = scene_fps(scene)
        results = yield from part(threaded(compare, rotations, contestants, self.noise, first, fps), _READ, _COMPUTED)
        coloured = moved_bones(contestants)
        lines = figures.sticks(obj, coloured, rest)
        spacing = _SPACE * max(figures.width(obj, rest, rotations, _ACROSS), 0.1)

        self.begin_writing()
        performances = [_performance(result, frames, locations) for result in results]
        yield from part(figures.build(scene, obj, lines, performances, 0.9 * spacing), _COMPUTED, 0.98)
        if not obj.users_scene:  # a stand-in, whose bones are the figures' from now on
            mark(obj.data)
        forget_results()
        settings = comparison_of(scene)
        settings.spacing, settings.layout = spacing, self.layout
        arrange(settings)
        _fill_table(settings, results, coloured, frames)
        settings.picture = _picture(results[1:], coloured, frames)
        _show_colours(settings, areas)
        for sentence in refused:
            self.report({"WARNING"}, sentence)
        self.report({"INFO"}, f"{len(results)} figures, {len(frames):,} frames, {len(coloured)} bones")
        return {"FINISHED"}


def arrange(settings: CompareSettings) -> None:
    """Put the figures where the layout wants them: beside the armature, all in one place or in a row."""
    armatures = figures.armatures()
    across = settings.spacing * _ACROSS
    if settings.layout == "OVERLAY":
        figures.arrange(armatures, [across] * len(armatures), stacked=True)
    else:
        figures.arrange(armatures, [across * (number + 1) for number in range(len(armatures))], stacked=False)


def _plain(scene: Any, obj: Any, channels: action.Channels) -> Steps[Any]:
    """What stands in for an armature object whose keyed bones are controls of others; None for any other."""
    joints = possible_joints(obj, channels, BODY_JOINTS)
    if not joints.seen_of:
        return None
    ends = [fcurves.read_points(curve)[[0, -1], 0] for curve in motion.pose_curves(obj) if not fcurves.is_empty(curve)]
    if not ends:
        raise MenderError(f"No bone of {obj.name} has keys: choose its action first.")
    first, last = (round(float(end)) for end in (np.min(ends), np.max(ends)))
    require_few_frames(first, last, 1.0)
    frames = np.arange(first, last + 1, dtype=np.float32)
    curves = fcurves.by_path(channels)
    for bone in joints.bone_of.values():
        tracks.rotation(tracks.track_of(obj, curves, bone), frames)  # which says where a key is no rotation
    return (yield from stand_in.stand_in(scene, obj, joints, frames, scene_fps(scene)))


def _contestants(obj: Any, plain: Any, channels: action.Channels, names: str) -> tuple[list[Contestant], list[str]]:
    """The models of these names, or all that there are, ready for the armature; and why others are left out.

    plain: what stands in for an armature of controls, its bones called as the joints are; else None.
    Raises MenderError where one that was asked for cannot be used, or none can.
    """
    asked = [name.strip() for name in names.split(",") if name.strip()]
    found, refused = [], []
    for name in asked or [entry.name for entry in denoising_models() if entry.card]:
        try:
            model = chosen_model(name)
            card = model.card
            joints = joints_of(obj, channels, card.joints)
            require_known(joints, card)
            if plain is not None:
                joints = JointMap({joint: joint for joint in joints.bone_of if joint in plain.data.bones}, root=ROOT)
            fit = fitting.fit_of(plain or obj, joints, card.skeleton, card.reference)
            found.append(Contestant(card.label or name, model, fit))
        except MenderError as error:
            if asked:
                raise
            refused.append(str(error))
    if not found:
        raise MenderError(refused[0] if refused else "No model is installed: install the extension again.")
    return found, refused


def _with_those_above(rest: Skeleton, bones: set[str]) -> tuple[str, ...]:
    """The bones and all that carry them, in the rest pose's order."""
    wanted = set(bones)
    for joint in reversed(range(len(rest))):
        if rest.names[joint] in wanted and rest.parents[joint] >= 0:
            wanted.add(rest.names[rest.parents[joint]])
    return tuple(name for name in rest.names if name in wanted)


def _performance(result: Result, frames: Floats, locations: dict[str, Array]) -> figures.Performance:
    columns = np.linspace(0, len(frames) - 1, min(len(frames), _COLUMNS)).round().astype(np.intp)
    colours = comparison.colours(result.degrees[columns])
    return figures.Performance(result.label, frames, dict(result.rotations), locations, colours)


def _fill_table(settings: CompareSettings, results: Sequence[Result], bones: Sequence[str], frames: Floats) -> None:
    for result in results[1:]:
        row, summary = settings.rows.add(), comparison.summary(result.degrees)
        row.label, row.mean, row.percentile = result.label, summary.mean, summary.percentile
        row.worst_joint, row.worst_joint_mean = bones[summary.worst_joint], summary.worst_joint_mean
        row.worst_frame, row.worst_frame_mean = int(frames[summary.worst_frame]), summary.worst_frame_mean


def _picture(results: Sequence[Result], bones: Sequence[str], frames: Floats) -> Any:
    """The curves as an image of the file, and a smaller drawing of them as its preview, which the panel shows."""
    charts = []
    for result in results:
        worst = comparison.summary(result.degrees).worst_joint
        charts.append(curve_picture.Chart(result.label, result.degrees, bones[worst], worst))
    ends = float(frames[0]), float(frames[-1])
    pixels, small = curve_picture.picture(charts, *ends), curve_picture.picture(charts, *ends, *_SMALL)
    height, width, _ = pixels.shape
    image: Any = mark(bpy.data.images.new("Comparison curves", width, height))
    image.pixels.foreach_set(pixels.ravel())
    image.pack()
    preview = image.preview_ensure()
    preview.image_size = small.shape[1], small.shape[0]
    preview.image_pixels_float.foreach_set(small.ravel())
    return image


def _show_colours(settings: CompareSettings, areas: Sequence[Any]) -> None:
    """Let solid views show the colours of meshes; what they showed before is remembered."""
    for area in areas:
        shading = area.spaces.active.shading
        if shading.type == "SOLID" and shading.color_type != "VERTEX":
            settings.color_type = shading.color_type
            shading.color_type = "VERTEX"
