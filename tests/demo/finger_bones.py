"""Fingers for a figure that has none: bones in place of CMU's mitten, three each, resting straight."""

from __future__ import annotations

from typing import Any

import bpy
from mathutils import Vector

from addon.core.rigs.cmu import POSE_JOINTS
from addon.core.rigs.matching import match_by_name

from .stage import activate, twin

SIDES = ("Left", "Right")
BONES = ("Proximal", "Intermediate", "Distal", "Tip")
PALM_BONE = "Metacarpal"
ACROSS = {"Index": 0.033, "Middle": 0.011, "Ring": -0.011, "Pinky": -0.033}
LENGTHS = {"Thumb": (0.045, 0.034, 0.028), "Index": (0.046, 0.027, 0.021), "Pinky": (0.036, 0.021, 0.018)}
LENGTHS |= {"Middle": (0.05, 0.031, 0.022), "Ring": (0.046, 0.03, 0.022)}
PALM = 0.095


def with_fingers(armature: Any) -> Any:
    """A twin of the figure that has fingers in place of CMU's mitten, three bones each, resting straight."""
    hands = twin(armature, "fingers")
    bone_of = match_by_name([bone.name for bone in hands.data.bones], POSE_JOINTS).bone_of
    bpy.ops.object.mode_set(mode="EDIT")
    bones = hands.data.edit_bones
    for side, sign in zip(SIDES, (1.0, -1.0), strict=True):
        wrist = bones[bone_of[f"{side}Hand"]]
        for bone in wrist.children_recursive:  # CMU's mitten
            bones.remove(bone)
        along = Vector(wrist.head - wrist.parent.head).normalized()
        up = Vector((0, 0, 1)) - along * along.z
        front = up.normalized().cross(along) * sign
        wrist.tail = wrist.head + along * PALM
        for finger, lengths in LENGTHS.items():
            thumb = finger == "Thumb"
            way = (along + front * 0.9).normalized() if thumb else along
            place = wrist.head + (front * 0.022 + along * 0.02 if thumb else front * ACROSS[finger] + along * PALM)
            parent = wrist
            if not thumb:
                parent = bones.new(f"{side}{finger}{PALM_BONE}")
                parent.head, parent.tail, parent.parent = wrist.head + front * ACROSS[finger] * 0.4, place, wrist
            for part, length in zip(BONES, (*lengths, 0.006), strict=True):
                bone = bones.new(f"{side}{finger}{part}")
                bone.head, bone.tail, bone.parent = place, place + way * length, parent
                place, parent = bone.tail.copy(), bone
    bpy.ops.object.mode_set(mode="OBJECT")
    activate(hands)
    return hands
