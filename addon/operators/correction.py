"""What a model would change about an armature's motion: turns of its bones, and the frames at which they hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import bpy
import numpy as np
from numpy.typing import NDArray

from ..blender import retarget
from ..blender.binding import Binding
from ..blender.fcurves import Floats
from ..blender.frames import require_few_frames, sample_frames_for, scene_fps
from ..blender.gaps import Gaps
from ..blender.steps import Steps, part, threaded
from ..blender.tracks import KeyRange, Track, union
from ..core.errors import MenderError
from ..core.progress import Progress
from ..core.rotation import Array
from ..inference import denoiser
from ..inference.autoencoder import autoencode
from ..inference.session import Model


@dataclass(frozen=True, eq=False)
class Correction:
    """frames: (T,) rising. turns: bone -> (T, 4), in the bone's own space after its rotation."""

    frames: Floats
    turns: Mapping[str, Array]


def correction(scene: bpy.types.Scene, model: Model, binding: Binding, timed: Floats, gaps: Gaps) -> Steps[Correction]:
    """How `model` would mend the motion that it sees through `binding`, for keys at the frames `timed` (K,).

    A model of single poses sees those at the keys, or at its own rate if it has one. One that sees time sees the whole
    action, evenly sampled at the rate of its keys, or else at the scene's, and minds its own rate by itself: what lies
    beside the keys that are meant tells about them too. It mends bones that are none of its joints as well, each alone.

    gaps: what such a model shall make up. Raises MenderError where one of single poses is asked to.
    """
    if model.card.kind != denoiser.KIND:
        if gaps:
            raise MenderError(
                f"{model.card.label} sees single poses and cannot fill gaps: choose a model that sees motion over time."
            )
        frames = retarget.model_frames(timed, scene_fps(scene), model.card.fps)
        motion = yield from part(retarget.sample(binding, frames), 0.0, 0.4)
        clean = replace(motion, body=(yield from part(threaded(_autoencoded, model, motion.body), 0.4, 0.8)))
    else:
        frames, fps = _even_frames(scene, binding, gaps)
        yield 0.0
        motion = yield from part(retarget.sample(binding, frames), 0.0, 0.2)
        body, free = motion.body, motion.free
        if binding.matched:
            absent = np.array([track is None for track in binding.tracks])
            missing = _missing(gaps, binding.tracks, frames)
            body = yield from part(threaded(denoiser.denoise, model, body, fps, missing, absent), 0.2, 0.7)
        if binding.free:
            missing = _missing(gaps, binding.free, frames)
            free = yield from part(threaded(denoiser.denoise_curves, model, free, fps, missing), 0.7, 0.8)
        clean = replace(motion, body=body, free=free)
    turns = yield from part(retarget.turns(binding, frames, motion, clean), 0.8, 1.0)
    return Correction(frames, turns)


def _autoencoded(model: Model, body: Array, progress: Progress) -> Array:
    return autoencode(model, body)


def _missing(gaps: Gaps, tracks: Sequence[Track | None], frames: Floats) -> NDArray[np.bool_] | None:
    """(T, J) what is to be made up of the tracks' rotations; None where that is nothing."""
    if not gaps:
        return None
    nothing = np.zeros(len(frames), dtype=bool)
    return np.stack([gaps.missing(track.bone, frames) if track else nothing for track in tracks], axis=1)


def _even_frames(scene: bpy.types.Scene, binding: Binding, gaps: Gaps) -> tuple[Floats, float]:
    """The frames (T,) at which a model sees the whole action, and their rate: the body's, where it has keys or shall
    get some."""
    everything = retarget.key_frames(binding.read, {track.bone for track in binding.read}, KeyRange())
    first, last = float(everything[0]), float(everything[-1])
    body = [track for track in binding.matched if track.curves] or binding.read
    curves = [curve for track in body for curve in track.curves.values()]
    keyed = retarget.key_frames(body, {track.bone for track in body}, KeyRange())
    frames, fps = sample_frames_for(scene, curves, union([keyed, gaps.frames]), first, last)
    step = scene_fps(scene) / fps
    require_few_frames(min(first, float(frames[0])), max(last, float(frames[-1])), step)
    before, after = ((np.ceil(max(gap, 0) / step - 1e-3)) for gap in (frames[0] - first, last - frames[-1]))
    whole = (frames[0] + step * np.arange(-before, 0), frames, frames[-1] + step * np.arange(1, after + 1))
    return np.concatenate(whole).astype(np.float32), fps
