"""Small takes of motion for tests, and what Blender makes of them: positions of bones in the scene."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import bpy
import numpy as np

from addon.core.clip import Clip
from addon.core.rotation import Array, exp
from addon.core.skeleton import EndSite, Skeleton

NAMES = ("Hips", "HipJoint", "UpLeg", "Leg", "Spine", "Neck", "Head", "Arm", "Hand")
FIGURE = Skeleton(
    names=NAMES,
    parents=(-1, 0, 1, 2, 0, 4, 5, 4, 7),
    # A joint that sits on its parent, and one at a very small distance, as real files have them.
    offsets=np.array(
        [
            *[(0, 0, 0), (0, 0, 0), (0.1, -0.1, 0.02), (0.02, -0.45, 0)],
            *[(0, 0.2, -0.01), (0, 0.3, 0), (0, 0.12, 0.03), (0.2, 0.25, 0), (0.55, 0, 0)],
        ]
    ),
    end_sites=(EndSite(3, (0, -0.4, 0.1)), EndSite(6, (0, 0.15, 0)), EndSite(8, (0.1, 0, 0))),
    rotation_orders=("ZYX", "XYZ", "ZXY", "YZX", "ZYX", "XZY", "YXZ", "ZYX", "ZYX"),
)


def take(skeleton: Skeleton = FIGURE, frames: int = 24, fps: float = 120.0, seed: int = 1, unit: float = 0.01) -> Clip:
    """A smooth motion that starts far from the rest pose and turns the root more than once."""
    rng = np.random.default_rng(seed)
    time = np.linspace(0, 1, frames)[:, None, None]
    swing = rng.normal(size=(3, 1, len(skeleton), 3))
    vectors = 0.5 * swing[0] + 0.8 * np.sin(5 * time + swing[1]) * swing[2]
    vectors[:, 0] = [0, 0, 0] + time[:, 0] * [0.3, 8.0, 0.2]
    root = np.concatenate([np.cos(time[:, 0] * 3), 1 + 0.1 * time[:, 0], time[:, 0] ** 2], axis=-1)
    return Clip(skeleton, fps, root, exp(vectors), unit=unit)


def head_positions(obj: bpy.types.Object, frames: Iterable[float], bones: Sequence[str]) -> Array:
    """(T, J, 3) where the bones' heads are in the scene at each frame."""
    result = []
    for frame in frames:
        whole = int(np.floor(frame))
        bpy.context.scene.frame_set(whole, subframe=float(frame - whole))
        result.append([obj.matrix_world @ obj.pose.bones[bone].head for bone in bones])
    return np.array(result)


def in_scene(positions: Array) -> Array:
    """Points (..., 3) of a Y-up clip in Blender's axes."""
    return np.stack([positions[..., 0], -positions[..., 2], positions[..., 1]], axis=-1)


def data_names() -> list[list[str]]:
    """Names of all that an import could leave behind."""
    kinds = (bpy.data.objects, bpy.data.armatures, bpy.data.actions, bpy.data.collections, bpy.data.texts)
    return [sorted(item.name for item in kind) for kind in kinds]
