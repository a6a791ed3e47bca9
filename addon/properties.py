"""What the panel remembers in a scene: the settings of the next run and the result of the last one."""

# Blender reads properties from annotations, which mypy takes for types.
# mypy: disable-error-code="valid-type"

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, IntProperty, PointerProperty, StringProperty

FRAME_RANGE_ITEMS = (
    ("ALL", "All Frames", "Every key of the action"),
    ("PREVIEW", "Preview Range", "The scene's preview range, or its frame range where no preview range is set"),
    ("CUSTOM", "From – To", "The frames between two numbers, both included"),
    ("SELECTED_KEYS", "Selected Keys", "The keys that are selected in the dope sheet or the graph editor"),
)
BONES_ITEMS = (
    ("ALL", "All", "Every bone that the model knows"),
    ("SELECTED", "Selected", "Only the selected bones; the model still sees the whole pose"),
)
RESULT_ITEMS = (
    ("COPY", "Copy", "Work on a copy of the action and leave the original as it is"),
    ("IN_PLACE", "In Place", "Change the action itself"),
)
METHOD_ITEMS = (
    ("SMALLEST", "Smallest", "Try both and keep the smaller file"),
    ("CODE", "Model's Code", "Poses as the model's code; the same model is needed to restore them"),
    ("CURVES", "Curves Alone", "Every bone by itself: no model is needed to restore them"),
)


FILL_ITEMS = (
    ("NONE", "Leave", "Motion between keys stays as it is"),
    (
        "EMPTY",
        "Empty Stretches",
        "Where a bone has no keys for a while though it has beside, and keys that are no rotation: made up",
    ),
    ("MARKED", "From – To", "The frames between two numbers count for nothing: all motion there is made up"),
)


def _share(name: str, description: str, default: float = 1.0) -> Any:
    return FloatProperty(name=name, description=description, subtype="FACTOR", min=0.0, max=1.0, default=default)


class DenoiseOptions:
    """What denoising offers beside its model and its range: the panel's settings and the operator have it alike."""

    strength: _share("Strength", "0 leaves the motion as it is, 1 takes the model's result")
    strength_spine: _share("Spine", "How much of the strength spine, neck and head get")
    strength_arms: _share("Arms", "How much of the strength collar bones, arms and forearms get")
    strength_legs: _share("Legs", "How much of the strength legs and feet get")
    strength_hands: _share("Hands", "How much of the strength wrists and fingers get")
    strength_root: _share(
        "Root", "How much the body's path and heading are smoothed, on their own and without a model", default=0.0
    )
    plant_feet: BoolProperty(
        name="Planted Feet", description="Feet that stand on the ground go on standing there", default=True
    )
    reduce_keys: BoolProperty(
        name="Fewer Keys", description="Leave as few rotation keys as the tolerance allows", default=False
    )
    reduce_degrees: FloatProperty(
        name="Tolerance",
        description="By how many degrees a bone may be off at most, at every key that was there",
        default=0.5,
        min=0.01,
        soft_max=5.0,
        precision=2,
    )
    fill_gaps: EnumProperty(name="Gaps", description="Which frames count as missing", items=FILL_ITEMS)
    gap_frames: FloatProperty(
        name="Longer Than",
        description="Frames without a key from which on they are missing",
        default=5.0,
        min=1.0,
        step=100,
        precision=0,
    )
    gap_start: FloatProperty(name="From", description="First frame that is missing", default=1, step=100, precision=0)
    gap_end: FloatProperty(name="To", description="Last frame that is missing", default=10, step=100, precision=0)


DENOISE_OPTIONS = tuple(DenoiseOptions.__annotations__)
DATA_SET_ITEMS = (
    ("FOLDER", "Folder of Files", "Every motion file of a folder: BVH, AMC, CSV and NumPy"),
    ("ACTIONS", "Actions of the Armature", "Every action in this file that moves bones of the active armature"),
)


class MenderSettings(DenoiseOptions, bpy.types.PropertyGroup):
    """The panel's settings, kept with the scene so that undo and saved files carry them."""

    model: StringProperty(name="Model", description="Name of the model to use; empty: the default one")
    frame_range: EnumProperty(name="Range", description="Which frames to change", items=FRAME_RANGE_ITEMS)
    frame_start: IntProperty(name="Start", description="First frame to change", default=1)
    frame_end: IntProperty(name="End", description="Last frame to change", default=250)
    bones: EnumProperty(name="Bones", description="Which bones to change", items=BONES_ITEMS)
    result: EnumProperty(name="Result", description="Where the result goes", items=RESULT_ITEMS)

    compress_degrees: FloatProperty(
        name="Rotation",
        description="By how many degrees a bone may be off at most, at every key and frame",
        default=1.0,
        min=0.01,
        soft_max=10.0,
        precision=2,
    )
    compress_millimetres: FloatProperty(
        name="Location",
        description="By how many millimetres of the scene a bone's location may be off at most",
        default=1.0,
        min=0.001,
        soft_max=100.0,
        precision=2,
    )
    compress_method: EnumProperty(name="Method", description="How poses are coded", items=METHOD_ITEMS)
    compressed_line: StringProperty(options={"HIDDEN"})
    data_set_source: EnumProperty(name="Source", description="Which takes", items=DATA_SET_ITEMS)
    data_set_folder: StringProperty(
        name="Motion Files", description="The folder that holds the takes", subtype="DIR_PATH"
    )
    data_set_target: StringProperty(
        name="Data Set", description="The folder to write, empty or new", subtype="DIR_PATH"
    )
    data_set_line: StringProperty(options={"HIDDEN"})

    done_from: StringProperty(options={"HIDDEN"})
    done_action: StringProperty(options={"HIDDEN"})
    done_line: StringProperty(options={"HIDDEN"})


def settings_of(scene: bpy.types.Scene) -> MenderSettings:
    """The settings kept with `scene`."""
    return scene.mocap_mender  # type: ignore[attr-defined,no-any-return]


def remember_result(scene: bpy.types.Scene, original: str, action: bpy.types.Action, line: str) -> None:
    """Keep the line that the panel shows under the button, and which action came from the one called `original`.

    It lives in the scene, so that undoing the run takes the line back with it.
    """
    settings = settings_of(scene)
    settings.done_from, settings.done_action, settings.done_line = original, action.name, line


def register() -> None:
    """Hang the settings on every scene. The class is registered already."""
    bpy.types.Scene.mocap_mender = PointerProperty(type=MenderSettings)  # type: ignore[attr-defined]


def unregister() -> None:
    """Take the settings off the scenes."""
    del bpy.types.Scene.mocap_mender  # type: ignore[attr-defined]
