"""What a model would change about an armature's motion: turns of its bones, and the frames at which they hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import bpy
import numpy as np

from ..blender import retarget
from ..blender.action import Floats
from ..blender.binding import Binding
from ..blender.frames import sample_frames, scene_fps
from ..blender.job import Steps, part, threaded
from ..blender.tracks import KeyRange
from ..core.rotation import Array
from ..inference import denoiser
from ..inference.autoencoder import autoencode
from ..inference.session import Model


@dataclass(frozen=True, eq=False)
class Correction:
    """frames: (T,) rising. turns: bone -> (T, 4), in the bone's own space after its rotation."""

    frames: Floats
    turns: Mapping[str, Array]


def correction(scene: bpy.types.Scene, model: Model, binding: Binding, timed: Floats) -> Steps[Correction]:
    """How `model` would mend the motion that it sees through `binding`, for keys at the frames `timed` (K,).

    A model of single poses sees those at the keys, or at its own rate if it has one. One that sees time sees the whole
    action, evenly sampled at the rate of its keys, or else at the scene's, and minds its own rate by itself: what lies
    beside the keys that are meant tells about them too. It mends bones that are none of its joints as well, each alone.
    """
    if model.card.kind != denoiser.KIND:
        frames = retarget.model_frames(timed, scene_fps(scene), model.card.fps)
        motion = yield from part(retarget.sample(binding, frames), 0.0, 0.4)
        clean = replace(motion, body=autoencode(model, motion.body))
    else:
        frames, fps = _even_frames(scene, binding)
        motion = yield from part(retarget.sample(binding, frames), 0.0, 0.2)
        body, free = motion.body, motion.free
        if binding.matched:
            absent = np.array([track is None for track in binding.tracks])
            body = yield from part(threaded(denoiser.denoise, model, body, fps, None, absent), 0.2, 0.7)
        if binding.free:
            free = yield from part(threaded(denoiser.denoise_curves, model, free, fps, None), 0.7, 0.8)
        clean = replace(motion, body=body, free=free)
    turns = yield from part(retarget.turns(binding, frames, motion, clean), 0.8, 1.0)
    return Correction(frames, turns)


def _even_frames(scene: bpy.types.Scene, binding: Binding) -> tuple[Floats, float]:
    """The frames (T,) at which a model sees the whole action, and their rate: the body's, where it has keys."""
    everything = retarget.key_frames(binding.read, {track.bone for track in binding.read}, KeyRange())
    first, last = float(everything[0]), float(everything[-1])
    body = [track for track in binding.matched if track.curves] or binding.read
    frames, fps = sample_frames(scene, [curve for track in body for curve in track.curves.values()], first, last)
    step = scene_fps(scene) / fps
    before, after = ((np.ceil(max(gap, 0) / step - 1e-3)) for gap in (frames[0] - first, last - frames[-1]))
    whole = (frames[0] + step * np.arange(-before, 0), frames, frames[-1] + step * np.arange(1, after + 1))
    return np.concatenate(whole).astype(np.float32), fps
