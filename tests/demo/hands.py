"""The demo's hands: fingers for a figure that has none, generated from its wrists' motion and seen from close by."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bpy
import matplotlib.pyplot as plt
import numpy as np
from mathutils import Matrix

from .figure import add_limbs
from .finger_bones import ACROSS, BONES, PALM_BONE, with_fingers
from .picture import INK, PAPER, quiet

SEEDS = (2, 5)
COLUMNS = 6
PIXELS = 320
TEMPERATURE = 0.5
SKIN, SLEEVE = (0.62, 0.34, 0.2), (0.1, 0.13, 0.18)
THICK = {"Metacarpal": (0.0125, 0.0115), "Proximal": (0.0098, 0.0086), "Intermediate": (0.0086, 0.0078)}
THICK |= {"Distal": (0.0078, 0.0062)}
"""Radii of a finger at either end of its bones, metres; the little finger's are smaller, the thumb's larger."""
SHARE = {"Thumb": 1.25, "Pinky": 0.85}


def show_fingers(armature: Any, fps: float, path: Path) -> str:
    """Generate the fingers of both hands, twice with another seed, and save a picture of one hand; what was made."""
    hands = with_fingers(armature)
    radii = _radii(hands)
    figure = add_limbs(hands, radii, {name: SLEEVE if name in _arm(hands) else SKIN for name in radii})
    first, last = hands.animation_data.action.frame_range
    frames = np.linspace(first, last, COLUMNS + 2)[1:-1].round()
    shown = [other for other in bpy.context.scene.objects if other not in (hands, figure)]
    hidden = [other for other in shown if other.type in ("MESH", "CURVE") and not other.hide_render]
    for other in hidden:
        other.hide_render = True
    hands.animation_data.action = hands.animation_data.action.copy()
    rows, told = [], ""
    for seed in SEEDS:
        bpy.ops.mocap_mender.generate_fingers(
            task="MOTION", mode="SAMPLE", seed=seed, step=round(fps / 15), temperature=TEMPERATURE
        )
        told = bpy.context.scene.mocap_mender_fingers.done_line
        rows.append([_close_up(hands, int(frame), path.with_name("hand.png")) for frame in frames])
    _sheet(rows, (frames - first) / fps, path)
    for other in hidden:
        other.hide_render = False
    bpy.data.objects.remove(figure)
    bpy.data.objects.remove(hands)
    return told


def _radii(hands: Any) -> dict[str, tuple[float, float]]:
    """Of the right hand's bones that are shown, and of its forearm."""
    found = {}
    for finger in ("Thumb", *ACROSS):
        for part in (PALM_BONE, *BONES[:-1]):
            name = f"Right{finger}{part}"
            if name in hands.data.bones:
                head, tail = THICK[part]
                found[name] = (head * SHARE.get(finger, 1.0), tail * SHARE.get(finger, 1.0))
    return found | dict.fromkeys(_arm(hands), (0.042, 0.029))


def _arm(hands: Any) -> tuple[str, ...]:
    """The forearm's bone."""
    return (hands.data.bones[f"RightMiddle{PALM_BONE}"].parent.parent.name,)


def _close_up(hands: Any, frame: int, path: Path) -> np.ndarray:
    """A picture of the right hand at a frame, from above its back, its fingers upwards."""
    scene = bpy.context.scene
    scene.frame_set(frame)
    place = {name: hands.matrix_world @ hands.pose.bones[f"Right{name}Proximal"].head for name in ("Index", "Pinky")}
    middle = (place["Index"] + place["Pinky"]) / 2
    forward = (middle - hands.matrix_world @ hands.pose.bones["RightMiddleMetacarpal"].head).normalized()
    side = place["Index"] - place["Pinky"]
    side = (side - forward * side.dot(forward)).normalized()
    towards = (forward.cross(side) + side * 0.35).normalized()
    across = forward.cross(towards)
    camera = scene.camera
    kept = camera.location.copy(), camera.rotation_euler.copy(), camera.data.ortho_scale
    camera.location = middle + towards * 3
    camera.rotation_euler = Matrix((across, forward, towards)).transposed().to_euler()
    camera.data.ortho_scale = 0.26
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
    title = f"Fingers that the recording does not have, from the wrists' motion alone (temperature {TEMPERATURE:g})"
    sheet.suptitle(title, x=0.03, ha="left")
    sheet.subplots_adjust(left=0.02, right=0.99, top=0.86, bottom=0.01, wspace=0.02, hspace=0.02)
    sheet.savefig(path, dpi=110, facecolor=PAPER)
    plt.close(sheet)
