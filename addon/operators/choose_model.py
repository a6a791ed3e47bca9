"""Choose the model that a feature uses: an entry of the menus of models, with the model's own words for a tooltip."""

# Blender reads properties from annotations, which mypy takes for types.
# mypy: disable-error-code="valid-type, override"

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import StringProperty

from ..inference.model_file import installed_models
from ..preferences import model_folders


class MOCAP_MENDER_OT_choose_model(bpy.types.Operator):
    """Use this model"""

    bl_idname = "mocap_mender.choose_model"
    bl_label = "Choose Model"
    bl_options = {"INTERNAL", "UNDO"}  # noqa: RUF012 - the form that Blender reads

    settings: StringProperty(name="Settings", description="Where in the context the settings are that have a `model`")
    name: StringProperty(name="Model", description="The model's name")

    @classmethod
    def description(cls, context: bpy.types.Context, properties: Any) -> str:
        """What the model's card says of it."""
        cards = [entry.card for entry in installed_models(model_folders()) if entry.card]
        said = next((card.description for card in cards if card.name == properties.name), "")
        return said.removesuffix(".")  # Blender ends every tooltip with one

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Put the name into the settings."""
        held: Any = context.path_resolve(self.settings)
        held.model = self.name
        return {"FINISHED"}
