"""The settings of the live preview, kept on the armature object and with it in the file."""

# Blender reads properties from annotations, which mypy takes for types.
# mypy: disable-error-code="valid-type"

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import (
    BoolProperty,
    CollectionProperty,
    EnumProperty,
    FloatProperty,
    FloatVectorProperty,
    PointerProperty,
    StringProperty,
)

NAME = "mocap_mender_preview"
"""The settings' name on an object; animated settings have it in their F-curves' data paths."""

SOURCE_ITEMS = (
    ("ACTION", "Own Action", "The action that the armature has"),
    ("FILE", "Motion File", "A motion file; bones are matched by name, as in importing onto the active armature"),
)
UP_ITEMS = (("Y", "Y", "Y up, as most motion files have it"), ("Z", "Z", "Z up, as Blender has it"))
_KEPT: dict[str, Any] = {"override": {"LIBRARY_OVERRIDABLE"}}


def _changed(settings: PreviewSettings, context: bpy.types.Context) -> None:
    from .preview_handler import settings_changed  # which needs these settings itself

    obj: Any = settings.id_data
    settings_changed(obj)


class HeldNumbers(bpy.types.PropertyGroup):
    """Numbers of a bone that no curve moves: what they are without the preview, and what the preview made of them.

    They are kept in the file, so that switching off gives them back after saving, undo and redo too.
    """

    bone: StringProperty(options={"HIDDEN"})
    part: StringProperty(options={"HIDDEN"})
    own: FloatVectorProperty(size=4, options={"HIDDEN"})
    shown: FloatVectorProperty(size=4, options={"HIDDEN"})


class PreviewSettings(bpy.types.PropertyGroup):
    """What the live preview of one armature shows."""

    enabled: BoolProperty(
        name="Live Preview",
        description="Show the processed pose while scrubbing, playing and rendering; no key is written",
        options={"HIDDEN"},
        update=_changed,
        **_KEPT,
    )
    source: EnumProperty(
        name="Source", description="Where the motion comes from", items=SOURCE_ITEMS, update=_changed, **_KEPT
    )
    filepath: StringProperty(
        name="File", description="The motion file to play", subtype="FILE_PATH", update=_changed, **_KEPT
    )
    up_axis: EnumProperty(
        name="Up", description="Which axis points up in the file", items=UP_ITEMS, update=_changed, **_KEPT
    )
    fps: FloatProperty(
        name="Frame Rate",
        description="Frames per second of a file that does not tell its own",
        default=120.0,
        min=0.01,
        soft_max=1000.0,
        update=_changed,
        **_KEPT,
    )
    offset: FloatProperty(
        name="Frame Offset",
        description="How many of the scene's frames later in the source the scene's first frame begins",
        update=_changed,
        **_KEPT,
    )
    speed: FloatProperty(
        name="Speed",
        description="How many times as fast as it is the source is played",
        default=1.0,
        min=0.01,
        soft_max=4.0,
        update=_changed,
        **_KEPT,
    )
    noise: FloatProperty(
        name="Noise",
        description="Deviation σ of the noise on every quaternion component of the model's joints; "
        "a frame always gets the same noise",
        min=0.0,
        max=0.1,
        step=0.1,
        precision=4,
        update=_changed,
        **_KEPT,
    )
    autoencode: BoolProperty(
        name="Autoencode",
        description="Send the pose through the model; off: show the noise alone",
        default=True,
        update=_changed,
        **_KEPT,
    )
    model: StringProperty(
        name="Model", description="Name of the model to use; empty: the default one", update=_changed, **_KEPT
    )
    strength: FloatProperty(
        name="Strength",
        description="0 leaves the motion as it is, 1 takes the model's result",
        subtype="FACTOR",
        min=0.0,
        max=1.0,
        default=1.0,
        update=_changed,
        **_KEPT,
    )
    held: CollectionProperty(type=HeldNumbers, options={"HIDDEN"}, **_KEPT)


def preview_of(obj: bpy.types.Object) -> PreviewSettings:
    """The preview's settings on `obj`."""
    return obj.mocap_mender_preview  # type: ignore[attr-defined,no-any-return]


def register() -> None:
    """Hang the settings on every object. The classes are registered already."""
    bpy.types.Object.mocap_mender_preview = PointerProperty(  # type: ignore[attr-defined]
        type=PreviewSettings, override={"LIBRARY_OVERRIDABLE"}
    )


def unregister() -> None:
    """Take the settings off the objects; the file keeps what they were."""
    del bpy.types.Object.mocap_mender_preview  # type: ignore[attr-defined]
