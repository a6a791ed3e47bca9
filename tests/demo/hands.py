"""The demo's hands: fingers for a figure that has none, generated from its wrists' motion and seen from close by."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bpy
import matplotlib.pyplot as plt
import numpy as np
from mathutils import Matrix, Vector

from addon.core.rigs.cmu import POSE_JOINTS
from addon.core.rigs.matching import match_by_name

from .figure import add_figure
from .picture import INK, PAPER, quiet
from .stage import activate, twin

SIDES = ("Left", "Right")
BONES = ("Proximal", "Intermediate", "Distal", "Tip")
PALM_BONE = "Metacarpal"
ACROSS = {"Index": 0.033, "Middle": 0.011, "Ring": -0.011, "Pinky": -0.033}
LENGTHS = {"Thumb": (0.045, 0.034, 0.028), "Index": (0.046, 0.027, 0.021), "Pinky": (0.036, 0.021, 0.018)}
LENGTHS |= {"Middle": (0.05, 0.031, 0.022), "Ring": (0.046, 0.03, 0.022)}
PALM = 0.095
SEEDS = (1, 2)
COLUMNS = 6
PIXELS = 320
SKIN, ARM = (0.72, 0.42, 0.22), (0.32, 0.36, 0.42)


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


def show_fingers(armature: Any, fps: float, path: Path) -> str:
    """Generate the fingers of both hands, twice with another seed, and save a picture of one hand; what was made."""
    hands = with_fingers(armature)
    colours = {bone.name: SKIN if bone.name.endswith((*BONES, PALM_BONE)) else ARM for bone in hands.data.bones}
    figure = add_figure(hands, colours, 0.016)
    first, last = hands.animation_data.action.frame_range
    frames = np.linspace(first, last, COLUMNS + 2)[1:-1].round()
    shown = [other for other in bpy.context.scene.objects if other not in (hands, figure)]
    hidden = [other for other in shown if other.type in ("MESH", "CURVE") and not other.hide_render]
    for other in hidden:
        other.hide_render = True
    hands.animation_data.action = hands.animation_data.action.copy()
    rows, told = [], ""
    for seed in SEEDS:
        bpy.ops.mocap_mender.generate_fingers(task="MOTION", mode="SAMPLE", seed=seed, step=round(fps / 15))
        told = bpy.context.scene.mocap_mender_fingers.done_line
        rows.append([_close_up(hands, int(frame), path.with_name("hand.png")) for frame in frames])
    _sheet(rows, (frames - first) / fps, path)
    for other in hidden:
        other.hide_render = False
    bpy.data.objects.remove(figure)
    bpy.data.objects.remove(hands)
    return told


def _close_up(hands: Any, frame: int, path: Path) -> np.ndarray:
    """A picture of the right hand at a frame, from above its back, its fingers upwards."""
    scene = bpy.context.scene
    scene.frame_set(frame)
    place = {name: hands.matrix_world @ hands.pose.bones[f"Right{name}Proximal"].head for name in ("Index", "Pinky")}
    middle = (place["Index"] + place["Pinky"]) / 2
    forward = (middle - hands.matrix_world @ hands.pose.bones["RightMiddleMetacarpal"].head).normalized()
    side = place["Index"] - place["Pinky"]
    side = (side - forward * side.dot(forward)).normalized()
    towards = (forward.cross(side) + side * 0.9).normalized()
    across = forward.cross(towards)
    camera = scene.camera
    kept = camera.location.copy(), camera.rotation_euler.copy(), camera.data.ortho_scale
    camera.location = middle + towards * 3
    camera.rotation_euler = Matrix((across, forward, towards)).transposed().to_euler()
    camera.data.ortho_scale = 0.3
    size = scene.render.resolution_x, scene.render.resolution_y
    scene.render.resolution_x = scene.render.resolution_y = PIXELS
    scene.render.filepath = str(path)
    with quiet():
        bpy.ops.render.render(write_still=True)
    scene.render.resolution_x, scene.render.resolution_y = size
    camera.location, camera.rotation_euler, camera.data.ortho_scale = kept
    image: np.ndarray = plt.imread(path)
    path.unlink()
    return image


def _sheet(rows: Sequence[Sequence[np.ndarray]], seconds: np.ndarray, path: Path) -> None:
    sheet, axes = plt.subplots(len(rows), COLUMNS, figsize=(15, 2.6 * len(rows) + 0.7), facecolor=PAPER, squeeze=False)
    for row, (seed, images) in enumerate(zip(SEEDS, rows, strict=True)):
        for column, image in enumerate(images):
            axes[row, column].imshow(image)
            axes[row, column].set_axis_off()
            if row == 0:
                axes[row, column].set_title(f"{seconds[column]:.1f} s", fontsize=11, color=INK)
        axes[row, 0].text(-0.02, 0.5, f"seed {seed}", transform=axes[row, 0].transAxes, rotation=90, va="center")
    sheet.suptitle("Fingers that the recording does not have, from the wrists' motion alone", x=0.03, ha="left")
    sheet.subplots_adjust(left=0.02, right=0.99, top=0.86, bottom=0.01, wspace=0.02, hspace=0.02)
    sheet.savefig(path, dpi=110, facecolor=PAPER)
    plt.close(sheet)
