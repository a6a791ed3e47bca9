"""Entries of the menus of models: one click chooses, one undo step takes it back, and the tooltip is the card's."""

from __future__ import annotations

import bpy

from addon.finger_properties import finger_settings_of
from addon.operators.choose_model import MOCAP_MENDER_OT_choose_model as ChooseModel
from addon.operators.preview_settings import NAME, preview_of
from addon.preferences import DEFAULT_FINGER_MODEL
from addon.properties import settings_of
from tests.blender.figure import make_armature


class Properties:
    def __init__(self, name):
        self.name = name


def test_it_is_put_where_the_panel_says():
    obj = make_armature()
    for settings in ("scene.mocap_mender", "scene.mocap_mender_fingers", f"object.{NAME}"):
        assert bpy.ops.mocap_mender.choose_model(settings=settings, name="mine") == {"FINISHED"}
    assert settings_of(bpy.context.scene).model == "mine"
    assert finger_settings_of(bpy.context.scene).model == "mine"
    assert preview_of(obj).model == "mine"


def test_the_tooltip_says_what_the_model_does():
    said = ChooseModel.description(bpy.context, Properties(DEFAULT_FINGER_MODEL))
    assert "fingers" in said
    assert not said.endswith(".")
    assert ChooseModel.description(bpy.context, Properties("mine")) == ""
