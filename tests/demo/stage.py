"""The demo's scene: one armature a row place, each with the take as it came, noisy, or denoised by one model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from addon.blender import motion
from addon.blender.armature import turn_from
from addon.core.axes import turned
from addon.core.clip import Clip
from addon.core.noise import component_noise
from addon.core.rigs.cmu import POSE_JOINTS
from addon.core.rigs.matching import match_by_name
from addon.core.rotation import conjugate

Frames = np.ndarray


@dataclass(frozen=True)
class Player:
    """An armature of the row and how it is told apart."""

    label: str
    armature: Any
    colour: str
    seconds: float | None = None


def import_take(path: Path) -> Any:
    """The armature that the import operator makes of the file, at the file's own frame rate."""
    bpy.ops.mocap_mender.import_motion(filepath=str(path), set_scene_fps=True)
    armature = bpy.context.object
    first, last = armature.animation_data.action.frame_range
    bpy.context.scene.frame_start, bpy.context.scene.frame_end = int(first), int(last)
    return armature


def twin(armature: Any, name: str) -> Any:
    """A second armature object with the same bones and the same action, active and selected."""
    copy = armature.copy()
    copy.data = armature.data.copy()
    copy.name = copy.data.name = name
    bpy.context.scene.collection.objects.link(copy)
    activate(copy)
    return copy


def activate(armature: Any) -> None:
    """Make this armature, and no other object, the one that operators work on."""
    for other in bpy.context.selected_objects:
        other.select_set(False)
    armature.select_set(True)
    bpy.context.view_layer.objects.active = armature
    bpy.context.view_layer.update()


def add_noise(armature: Any, sigma: float, frames: Frames, fps: float) -> None:
    """Give the armature a noisy version of its action: the tutorial's noise, in the file's axes, root left out."""
    clip = motion.read_clip(armature, frames, fps)
    to_armature = turn_from("Y", armature)
    as_in_file = turned(clip, conjugate(to_armature))
    bones = match_by_name(clip.skeleton.names, POSE_JOINTS).bone_of
    joints = [clip.skeleton.index(bones[name]) for name in POSE_JOINTS if name in bones]
    rotations = as_in_file.rotations.copy()
    rotations[:, joints] = component_noise(rotations[:, joints], sigma, first_frame=int(frames[0]))
    noisy = turned(as_in_file.with_rotations(rotations), to_armature)
    names = dict(enumerate(clip.skeleton.names))
    motion.write_clip(armature, noisy, names, frames, f"{armature.name} σ {sigma:g}")


def read(armature: Any, frames: Frames, fps: float) -> Clip:
    """The armature's motion, its pose joints only in name: the root's rotation is there for kinematics."""
    return motion.read_clip(armature, frames, fps)


def stand(armature: Any, offset: np.ndarray) -> None:
    """Move the whole armature by `offset` (3,) metres."""
    armature.location = offset
