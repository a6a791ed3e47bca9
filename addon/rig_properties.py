"""What an armature object remembers of its joints: the rig map, found once, mended by hand, kept with the file."""

# Blender reads properties from annotations, which mypy takes for types.
# mypy: disable-error-code="valid-type, arg-type"

from __future__ import annotations

from dataclasses import replace
from itertools import takewhile
from typing import Any

import bpy
from bpy.props import BoolProperty, CollectionProperty, EnumProperty, IntProperty, PointerProperty, StringProperty

from .core.errors import MenderError
from .core.rigs.canonical import JOINTS, RARE_JOINTS
from .core.rigs.joint_map import LEFT_OUT_BY_HAND, ROOT, JointMap, from_json, require_possible, to_json

FOUND, DOUBTFUL, UNMATCHED, BY_HAND = "FOUND", "DOUBTFUL", "UNMATCHED", "BY_HAND"
STATE_ITEMS = (
    (FOUND, "Found", "Found by the bone's name", "CHECKMARK", 0),
    (DOUBTFUL, "Doubtful", "This bone may be meant; it is left alone until you confirm it", "QUESTION", 1),
    (UNMATCHED, "Not Found", "No bone was found for this joint: it is left alone", "REMOVE", 2),
    (BY_HAND, "Set by Hand", "The bone that you or a preset chose, or none", "USER", 3),
)
SHOWN_ITEMS = (
    ("BODY", "Body", "The joints of the body"),
    ("FINGERS", "Fingers", "The joints of both hands"),
    ("OPEN", "To Check", "Doubtful joints, and those without a bone"),
)
OVERRIDABLE = {"LIBRARY_OVERRIDABLE"}


def _bone_chosen(joint: RigJoint, context: bpy.types.Context) -> None:
    """A person picked another bone, or none."""
    if not rig_map_of(joint.id_data).filling:
        joint.state, joint.reason = BY_HAND, ""
        check(joint.id_data)


class RigJoint(bpy.types.PropertyGroup):
    """One joint of the body, and the bone that moves it."""

    # `name`, which every group has, is the joint's.
    bone: StringProperty(
        name="Bone",
        description="The bone that moves this joint; empty: the joint keeps its motion",
        update=_bone_chosen,
        override=OVERRIDABLE,
    )
    state: EnumProperty(
        name="State", description="How the bone was found", items=STATE_ITEMS, default=UNMATCHED, override=OVERRIDABLE
    )
    reason: StringProperty(options={"HIDDEN"}, override=OVERRIDABLE)


def _text(rig: RigMap) -> str:
    return to_json(joint_map(rig))


def _set_text(rig: RigMap, text: str) -> None:
    try:
        joints = from_json(text)
        fill(rig.id_data, joints, frozenset(joints.bone_of))
    except MenderError as error:
        rig.problem = str(error)


class RigMap(bpy.types.PropertyGroup):
    """Which bones of this armature object are which joints. Without joints there is no map yet."""

    joints: CollectionProperty(type=RigJoint, override=OVERRIDABLE | {"USE_INSERTION"})
    active: IntProperty(options={"HIDDEN"}, override=OVERRIDABLE)
    found: StringProperty(options={"HIDDEN"}, override=OVERRIDABLE)  # as text: the map before what was set by hand
    family: StringProperty(options={"HIDDEN"}, override=OVERRIDABLE)
    prefix: StringProperty(options={"HIDDEN"}, override=OVERRIDABLE)  # that all bones of the map share
    problem: StringProperty(options={"HIDDEN"}, override=OVERRIDABLE)
    shown: EnumProperty(name="Show", items=SHOWN_ITEMS, description="Which joints to list", override=OVERRIDABLE)
    filling: BoolProperty(options={"HIDDEN", "SKIP_SAVE"})
    text: StringProperty(
        name="Map", description="The whole map as text, for presets and scripts", get=_text, set=_set_text
    )


def rig_map_of(obj: bpy.types.Object) -> RigMap:
    """The map kept with `obj`."""
    return obj.mocap_mender_rig  # type: ignore[attr-defined,no-any-return]


def stored_map(obj: bpy.types.Object) -> JointMap | None:
    """The map kept with `obj`; None where there is none yet."""
    rig = rig_map_of(obj)
    return joint_map(rig) if len(rig.joints) else None


def chosen_by_hand(obj: bpy.types.Object) -> dict[str, str]:
    """Joint -> the bone that a person or a preset chose for it in the map of `obj`, "" for none."""
    return {joint.name: joint.bone for joint in rig_map_of(obj).joints if joint.state == BY_HAND}


def joint_map(rig: RigMap) -> JointMap:
    """The kept joints as a record: doubtful ones are left out, and suggested.

    Raises JointMapError where none are kept.
    """
    found = from_json(rig.found)
    used = {joint.name: joint.bone for joint in rig.joints if joint.bone and joint.state != DOUBTFUL}
    left_out = {
        joint.name: joint.reason or LEFT_OUT_BY_HAND
        for joint in rig.joints
        if joint.state == DOUBTFUL or (not joint.bone and (joint.reason or joint.state == BY_HAND))
    }
    hips = rig.joints.get(ROOT)
    return replace(
        found,
        root=hips.bone if hips and hips.state == BY_HAND else found.root,
        bone_of=used,
        left_out=left_out,
        suggested={joint.name: joint.bone for joint in rig.joints if joint.state == DOUBTFUL and joint.bone},
        seen_of={joint: bone for joint, bone in found.seen_of.items() if used.get(joint) == found.bone_of.get(joint)},
    )


def fill(obj: bpy.types.Object, joints: JointMap, by_hand: frozenset[str] = frozenset()) -> None:
    """Keep `joints` with `obj`, those of `by_hand` as a person's choice. Bones that `obj` has not are not taken."""
    rig = rig_map_of(obj)
    armature: Any = obj.data
    names = [joint for joint in JOINTS if _listed(joint, joints)]
    if [joint.name for joint in rig.joints] != names:
        rig.joints.clear()
        for name in names:
            rig.joints.add().name = name
    rig.found, rig.family, rig.filling = to_json(joints), joints.family, True
    for joint in rig.joints:
        name = joint.name
        bone = joints.bone_of.get(name) or joints.suggested.get(name, "")
        reason = joints.left_out.get(name, "")
        if bone and bone not in armature.bones:
            bone, state, reason = "", UNMATCHED, f"this rig has no bone called {bone}"
        elif name in by_hand or reason == LEFT_OUT_BY_HAND:
            state, reason = BY_HAND, ""
        elif bone:
            state = FOUND if name in joints.bone_of else DOUBTFUL
        else:
            state = UNMATCHED
        joint.bone, joint.state, joint.reason = bone, state, reason
    rig.filling = False
    check(obj)


def check(obj: bpy.types.Object) -> None:
    """Keep the sentence that says what cannot be in the map of `obj`, or none."""
    rig = rig_map_of(obj)
    rig.prefix = _shared_prefix([joint.bone for joint in rig.joints if joint.bone])
    try:
        require_possible(joint_map(rig), *bone_tree(obj))
    except MenderError as error:
        rig.problem = str(error)
    else:
        rig.problem = ""


def bone_tree(obj: bpy.types.Object) -> tuple[list[str], list[int]]:
    """Names of the bones of an armature object, and the index of each one's parent, -1 for none."""
    armature: Any = obj.data
    names = [bone.name for bone in armature.bones]
    place = {name: i for i, name in enumerate(names)}
    return names, [place[bone.parent.name] if bone.parent else -1 for bone in armature.bones]


def _shared_prefix(names: list[str]) -> str:
    """What all names begin with, up to the last sign that parts words, such as "mixamorig:"."""
    first, last = min(names, default=""), max(names, default="")
    shared = "".join(sign for sign, _ in takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False)))
    return shared[: max(shared.rfind(sign) for sign in ":_-") + 1]


def _listed(joint: str, joints: JointMap) -> bool:
    return joint not in RARE_JOINTS or joint in joints.bone_of or joint in joints.suggested


def register() -> None:
    """Hang a map on every object. The classes are registered already."""
    bpy.types.Object.mocap_mender_rig = PointerProperty(  # type: ignore[attr-defined]
        type=RigMap, override=OVERRIDABLE
    )


def unregister() -> None:
    """Take the maps off the objects."""
    del bpy.types.Object.mocap_mender_rig  # type: ignore[attr-defined]
