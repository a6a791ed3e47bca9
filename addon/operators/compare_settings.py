"""What the comparison remembers in a scene: the choice for the next one, and the table of the last one."""

# Blender reads properties from annotations, which mypy takes for types.
# mypy: disable-error-code="valid-type"

from __future__ import annotations

import bpy
from bpy.props import (
    CollectionProperty,
    EnumProperty,
    FloatProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)

LAYOUT_ITEMS = (
    ("SIDE_BY_SIDE", "Side by Side", "The figures stand in a row beside the armature"),
    ("OVERLAY", "Overlay", "All figures stand on top of each other"),
)


def _arrange(settings: CompareSettings, context: bpy.types.Context) -> None:
    from .compare import arrange  # which needs these settings itself

    arrange(settings)


class CompareRow(bpy.types.PropertyGroup):
    """One figure's line in the table; errors in degrees against the original."""

    label: StringProperty(options={"HIDDEN"})
    mean: FloatProperty(options={"HIDDEN"})
    percentile: FloatProperty(options={"HIDDEN"})
    worst_joint: StringProperty(options={"HIDDEN"})
    worst_joint_mean: FloatProperty(options={"HIDDEN"})
    worst_frame: IntProperty(options={"HIDDEN"})
    worst_frame_mean: FloatProperty(options={"HIDDEN"})


class CompareSettings(bpy.types.PropertyGroup):
    """The choice for a comparison, and what came of the last one."""

    models: StringProperty(name="Models", description="Names of the models to compare, with commas; empty: all")
    noise: FloatProperty(
        name="Noise",
        description="Deviation σ of the noise that is put on the motion first; 0: the models see the motion as it is",
        min=0.0,
        max=0.1,
        step=0.1,
        precision=4,
        default=0.02,
    )
    layout: EnumProperty(name="Layout", description="How the figures stand", items=LAYOUT_ITEMS, update=_arrange)

    rows: CollectionProperty(type=CompareRow, options={"HIDDEN"})
    spacing: FloatProperty(options={"HIDDEN"})
    picture: PointerProperty(type=bpy.types.Image, options={"HIDDEN"})
    color_type: StringProperty(options={"HIDDEN"})


def comparison_of(scene: bpy.types.Scene) -> CompareSettings:
    """The comparison's settings in `scene`."""
    return scene.mocap_mender_comparison  # type: ignore[attr-defined,no-any-return]


def forget_results() -> None:
    """Take table and picture off every scene: a file has one comparison, whichever scene it stands in."""
    for scene in bpy.data.scenes:
        if scene.library is None:
            comparison_of(scene).rows.clear()
            comparison_of(scene).picture = None


def chosen_names(settings: CompareSettings) -> list[str]:
    """The chosen models' names; none means all."""
    return [name.strip() for name in settings.models.split(",") if name.strip()]


def register() -> None:
    """Hang the settings on every scene. The classes are registered already."""
    bpy.types.Scene.mocap_mender_comparison = PointerProperty(type=CompareSettings)  # type: ignore[attr-defined]


def unregister() -> None:
    """Take the settings off the scenes."""
    del bpy.types.Scene.mocap_mender_comparison  # type: ignore[attr-defined]
