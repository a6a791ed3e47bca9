"""The panel Fingers: complete a pose, fill between keys, or let the wrists' motion make the fingers move."""

# The stubs let whatever a context gives be None; while a panel is drawn it is there.
# mypy: disable-error-code="union-attr, arg-type, override"

from __future__ import annotations

from typing import Any

import bpy

from ..blender.finger_poses import saved_assets
from ..core.hand import FINGERS
from ..finger_properties import FINGER_OPTIONS, FingerSettings, finger_settings_of
from ..operators.choice import finger_models
from ..operators.generate_fingers import MOCAP_MENDER_OT_generate_fingers
from ..operators.runtime_check import check_soon, known_problem
from ..preferences import DEFAULT_FINGER_MODEL
from .model_chooser import draw_chooser, draw_entries
from .progress import draw_progress
from .text import paragraph

_TEXT = {"POSE": "Complete Pose", "FILL": "Fill between Keys", "MOTION": "Generate Fingers"}


class MOCAP_MENDER_PT_fingers(bpy.types.Panel):
    """Finger keys that go with those that you set."""

    bl_label = "Fingers"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Mender"
    bl_order = 3
    bl_options = {"DEFAULT_CLOSED"}  # noqa: RUF012 - the form that Blender reads

    def draw(self, context: bpy.types.Context) -> None:
        """What to do, with which hands, the button, and what it did."""
        layout = self.layout
        obj = context.object
        if obj is None or obj.type != "ARMATURE":
            paragraph(layout, context, "Select an armature that has fingers.", icon="INFO")
            return
        layout.use_property_split = True
        layout.use_property_decorate = False
        settings = finger_settings_of(context.scene)
        layout.column().prop(settings, "task", expand=True)
        _model(layout, context, settings)
        if settings.task == "POSE":
            layout.row().prop(settings, "posed", expand=True)
        else:
            _frames(layout.column(), settings)
        layout.row().prop(settings, "side", expand=True)
        _drawing(layout, settings)
        _more(layout, context, settings)
        check_soon()
        problem = known_problem()
        if problem:
            paragraph(layout.box(), context, problem, icon="ERROR")
        if settings.task == "POSE":
            _variations(layout, settings)
        _button(layout, settings)
        clear = layout.operator("mocap_mender.clear_fingers", icon="TRASH")
        _hand_over(clear, settings)
        if settings.done_line:
            layout.label(text=settings.done_line, icon="CHECKMARK")


class MOCAP_MENDER_MT_finger_models(bpy.types.Menu):
    """Models of fingers, from the extension and from the model folder of the preferences."""

    bl_label = "Finger Model"

    def draw(self, context: bpy.types.Context) -> None:
        """One entry a model; files that cannot be used stand below, greyed out."""
        chosen = finger_settings_of(context.scene).model or DEFAULT_FINGER_MODEL
        draw_entries(self.layout, finger_models(), chosen, "scene.mocap_mender_fingers")


class MOCAP_MENDER_MT_hand_poses(bpy.types.Menu):
    """Poses of fingers that this file keeps as assets."""

    bl_label = "Start from a Pose"

    def draw(self, context: bpy.types.Context) -> None:
        """One entry a pose."""
        settings = finger_settings_of(context.scene)
        found = saved_assets()
        for made in found:
            choice = self.layout.operator("mocap_mender.apply_hand_pose", text=made.name, icon="ACTION")
            _hand_over(choice, settings)
            choice.asset = made.name
        if not found:
            self.layout.label(text="None yet: pose a hand and save it")


def _model(layout: Any, context: bpy.types.Context, settings: FingerSettings) -> None:
    wanted = settings.model or DEFAULT_FINGER_MODEL
    entry = draw_chooser(layout, MOCAP_MENDER_MT_finger_models, finger_models(), wanted)
    if entry and entry.card:
        licence = layout.column()
        licence.active = False
        paragraph(licence, context, entry.card.licence.split(";")[0].split(". ")[0], icon="INFO")


def _frames(column: Any, settings: FingerSettings) -> None:
    column.prop(settings, "frame_range")
    if settings.frame_range == "CUSTOM":
        ends = column.column(align=True)
        ends.prop(settings, "frame_start")
        ends.prop(settings, "frame_end")
    column.prop(settings, "frames")
    if settings.frames == "STEP":
        column.prop(settings, "step")


def _drawing(layout: Any, settings: FingerSettings) -> None:
    column = layout.column()
    column.prop(settings, "mode")
    if settings.mode == "SAMPLE":
        column.prop(settings, "temperature")
        if settings.task != "POSE":
            column.prop(settings, "seed")


def _more(layout: Any, context: bpy.types.Context, settings: FingerSettings) -> None:
    header, body = layout.panel("MOCAP_MENDER_fingers_which", default_closed=True)
    header.label(text="Which Fingers")
    if body is not None:
        row = body.row(align=True)
        row.use_property_split = False
        for finger in FINGERS:
            row.prop(settings, finger, toggle=True)
        body.operator("mocap_mender.curl_test", icon="PLAY")
    if settings.task == "POSE":
        header, body = layout.panel("MOCAP_MENDER_fingers_help", default_closed=True)
        header.label(text="Order, What Next, Kept Poses")
        if body is not None:
            body.prop(settings, "order")
            body.prop(settings, "show_uncertainty")
            _hand_over(body.operator("mocap_mender.next_finger", icon="VIEWZOOM"), settings)
            if settings.next_line:
                paragraph(body, context, settings.next_line)
            poses = body.row(align=True)
            _hand_over(poses.operator("mocap_mender.save_hand_pose", icon="ASSET_MANAGER"), settings)
            poses.menu(MOCAP_MENDER_MT_hand_poses.__name__, text="", icon="DOWNARROW_HLT")


def _variations(layout: Any, settings: FingerSettings) -> None:
    row = layout.row(align=True)
    shown = f"Variation {settings.seed}" if settings.mode == "SAMPLE" else "Show First"
    for step, icon in ((-1, "TRIA_LEFT"), (0, "HIDE_OFF"), (1, "TRIA_RIGHT")):
        text = shown if step == 0 else ""
        button = row.operator("mocap_mender.vary_fingers", text=text, icon=icon)
        _hand_over(button, settings)
        button.step = step


def _button(layout: Any, settings: FingerSettings) -> None:
    if draw_progress(layout, MOCAP_MENDER_OT_generate_fingers.bl_label):
        return
    row = layout.row()
    row.scale_y = 1.6
    _hand_over(row.operator("mocap_mender.generate_fingers", text=_TEXT[settings.task], icon="VIEW_PAN"), settings)


def _hand_over(button: Any, settings: FingerSettings) -> None:
    """Give an operator's button the panel's settings, those of them that it has."""
    known = button.bl_rna.properties.keys()
    for name in (*FINGER_OPTIONS, "model"):
        if name in known:
            setattr(button, name, getattr(settings, name))
