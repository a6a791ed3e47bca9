"""What a model would change about an armature's motion: turns of its joints, and the frames at which they hold."""

from __future__ import annotations

from dataclasses import dataclass

import bpy
import numpy as np

from ..blender import retarget
from ..blender.action import Floats
from ..blender.frames import sample_frames, scene_fps
from ..blender.tracks import KeyRange
from ..core.rotation import Array, conjugate, multiply
from ..inference import denoiser
from ..inference.autoencoder import autoencode
from ..inference.session import Model


@dataclass(frozen=True, eq=False)
class Correction:
    """frames: (T,) rising. turns: (T, J, 4), of the model's joints after their local rotations."""

    frames: Floats
    turns: Array


def correction(scene: bpy.types.Scene, model: Model, binding: retarget.Binding, timed: Floats) -> Correction:
    """How `model` would mend the motion that it sees through `binding`, for keys at the frames `timed` (K,).

    A model of single poses sees those at the keys, or at its own rate if it has one. One that sees time sees the whole
    action, evenly sampled at the rate of its keys, or else at the scene's, and minds its own rate by itself: what lies
    beside the keys that are meant tells about them too.
    """
    if model.card.kind != denoiser.KIND:
        frames = retarget.model_frames(timed, scene_fps(scene), model.card.fps)
        poses = retarget.sample(binding, frames)
        return Correction(frames, multiply(conjugate(poses), autoencode(model, poses)))
    curves = [curve for track in binding.matched for curve in track.curves.values()]
    everything = retarget.key_frames(binding, {track.bone for track in binding.matched}, KeyRange())
    frames, fps = sample_frames(scene, curves, float(everything[0]), float(everything[-1]))
    motion = retarget.sample(binding, frames)
    absent = np.array([track is None for track in binding.tracks])
    clean = denoiser.denoise(model, motion, fps, absent=absent)
    return Correction(frames, multiply(conjugate(motion), clean))
