"""What the Fingers panel remembers in a scene: which hands and frames, how the rest is found, and what is shown."""

# Blender reads properties from annotations, which mypy takes for types.
# mypy: disable-error-code="valid-type"

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, IntProperty, PointerProperty, StringProperty

from .core.hand import FINGERS

TASK_ITEMS = (
    ("POSE", "Complete the Pose", "At this frame: from the finger bones that are posed, the rest of the hand"),
    ("FILL", "Fill between Keys", "The motion between your finger keys, which stay exactly as they are"),
    ("MOTION", "From the Motion", "Fingers over all the range from the wrists' motion; finger keys are met"),
)
POSED_ITEMS = (
    ("KEYED", "Keyed", "The finger bones that you have keyed at this frame"),
    ("SELECTED", "Selected", "The selected finger bones, as they stand now"),
)
MODE_ITEMS = (
    ("LIKELY", "Most Likely", "The likeliest value of each angle, given those before"),
    ("AVERAGE", "Average", "What errs least on the whole; calm"),
    ("SAMPLE", "Sample", "One of many possibilities, drawn by the seed; as lively as hands are"),
)
ORDER_ITEMS = (
    ("BEST", "Best Fixed", "The order that was best on the training takes"),
    ("ANATOMICAL", "Anatomical", "Thumb to little finger, each from its root"),
    ("RANDOM", "Random", "By chance, by the seed"),
    ("LOWEST_ENTROPY", "Surest First", "Always the angle that is known best next (lowest entropy)"),
    ("HIGHEST_ENTROPY", "Least Sure First", "Always the angle that is known least next (highest entropy)"),
    ("VARIANCE", "Most Telling First", "Always the angle whose value tells most of the others"),
)
SIDE_ITEMS = (
    ("BOTH", "Both", "Both hands, each of which sees the other"),
    ("LEFT", "Left", "The left hand; the right one is seen"),
    ("RIGHT", "Right", "The right hand; the left one is seen"),
)
RANGE_ITEMS = (
    ("ALL", "All Frames", "From the action's first key to its last"),
    ("PREVIEW", "Preview Range", "The scene's preview range, or its frame range where no preview range is set"),
    ("CUSTOM", "From – To", "The frames between two numbers, both included"),
)
FRAMES_ITEMS = (
    ("STEP", "Every Few Frames", "A key every so many frames"),
    ("WRIST", "At Wrist Keys", "Where the hand bone has keys"),
    ("SELECTED_KEYS", "At Selected Keys", "The frames of the keys that are selected"),
)


def _finger(name: str) -> Any:
    return BoolProperty(name=name.title(), description=f"Give keys to the {name} finger's bones", default=True)


class FingerOptions:
    """What generating fingers offers beside its model: the panel's settings and the operator have it alike."""

    task: EnumProperty(name="Task", description="What to generate", items=TASK_ITEMS)
    posed: EnumProperty(name="Given", description="Which finger bones tell the pose", items=POSED_ITEMS)
    side: EnumProperty(name="Hands", description="Which hands get keys", items=SIDE_ITEMS)
    thumb: _finger(FINGERS[0])
    index: _finger(FINGERS[1])
    middle: _finger(FINGERS[2])
    ring: _finger(FINGERS[3])
    pinky: _finger(FINGERS[4])
    mode: EnumProperty(name="Mode", description="Which of the possible poses", items=MODE_ITEMS, default="AVERAGE")
    seed: IntProperty(name="Seed", description="Another number is another variation", default=0, min=0)
    temperature: FloatProperty(
        name="Temperature",
        description="How daring samples are: 1 is as in the recordings",
        default=1.0,
        min=0.05,
        soft_max=2.0,
    )
    order: EnumProperty(
        name="Order", description="In which order angles are found, given those before", items=ORDER_ITEMS
    )
    frame_range: EnumProperty(name="Range", description="Where new keys go", items=RANGE_ITEMS)
    frame_start: FloatProperty(name="Start", description="First frame that may get a key", default=1)
    frame_end: FloatProperty(name="End", description="Last frame that may get a key", default=250)
    frames: EnumProperty(name="Keys", description="Which frames of the range get keys", items=FRAMES_ITEMS)
    step: IntProperty(name="Step", description="Frames from a new key to the next", default=2, min=1, soft_max=30)


FINGER_OPTIONS = tuple(FingerOptions.__annotations__)


def _liven(settings: Any, context: bpy.types.Context) -> None:
    """Without any finger key the average is a hand that rests: who asks for fingers from the motion wants a sample."""
    if settings.task == "MOTION":
        settings.mode = "SAMPLE"


class FingerSettings(FingerOptions, bpy.types.PropertyGroup):
    """The panel's settings, kept with the scene so that undo and saved files carry them."""

    task: EnumProperty(name="Task", description="What to generate", items=TASK_ITEMS, update=_liven)

    model: StringProperty(name="Model", description="Name of the model to use; empty: the default one")
    show_uncertainty: BoolProperty(
        name="Show Uncertainty",
        description="Colour each finger bone by how little the model knows of it: blue is sure, red is not",
        default=False,
    )
    next_line: StringProperty(options={"HIDDEN"})
    done_line: StringProperty(options={"HIDDEN"})


def finger_settings_of(scene: bpy.types.Scene) -> FingerSettings:
    """The settings kept with `scene`."""
    return scene.mocap_mender_fingers  # type: ignore[attr-defined,no-any-return]


def register() -> None:
    """Hang the settings on every scene. The class is registered already."""
    bpy.types.Scene.mocap_mender_fingers = PointerProperty(type=FingerSettings)  # type: ignore[attr-defined]


def unregister() -> None:
    """Take the settings off the scenes."""
    del bpy.types.Scene.mocap_mender_fingers  # type: ignore[attr-defined]
