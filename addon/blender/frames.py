"""Frames and rates: how a clip's frames lie on the scene's time line, and which frames of an action are meant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import bpy
import numpy as np

from ..core.interpolation import LINEAR
from .action import ActionError
from .fcurves import Floats, key_frames, read_keys, read_points
from .tracks import KeyRange

MOST_FRAMES = 2_000_000
"""More than two hours at 240 frames a second."""
_EARLY = 1e-3  # frames: keys are float32, which is this coarse at frame 10,000


def scene_fps(scene: bpy.types.Scene) -> float:
    """Frames per second of the scene, 29.97 and the like included."""
    return scene.render.fps / scene.render.fps_base


def set_scene_fps(scene: bpy.types.Scene, fps: float) -> None:
    """Give the scene the rate `fps`: Blender keeps a whole number and what to divide it by."""
    whole = max(round(fps), 1)
    scene.render.fps = whole
    scene.render.fps_base = whole / fps


def go_to(scene: bpy.types.Scene, frame: float) -> None:
    """Show the scene at a frame or between two."""
    whole = int(np.floor(frame))
    scene.frame_set(whole, subframe=frame - whole)


@contextmanager
def frame_kept(scene: bpy.types.Scene) -> Iterator[None]:
    """Afterwards the scene is at the frame at which it was."""
    frame, subframe = scene.frame_current, scene.frame_subframe
    try:
        yield
    finally:
        scene.frame_set(frame, subframe=subframe)


def extend_range(scene: bpy.types.Scene, first: float, last: float) -> None:
    """Let the scene's frames begin at `first` or before, as far as Blender allows, and reach `last`; never fewer."""
    scene.frame_start = min(scene.frame_start, max(int(np.floor(first)), 0))
    scene.frame_end = max(scene.frame_end, int(np.ceil(last)))


def frame_span(curves: Iterable[bpy.types.FCurve], keys: KeyRange) -> tuple[float, float]:
    """First and last frame that `keys` means: an open end is the first or last key of `curves`. Raises ActionError."""
    frames = selected_frames(curves) if keys.selected else key_frames(list(curves))
    if not len(frames):
        raise ActionError(
            "No key is selected: select keys in the dope sheet, or choose another range."
            if keys.selected
            else "The action has no keys on this armature's bones: key them first."
        )
    first = keys.start if np.isfinite(keys.start) else float(frames[0])
    last = keys.end if np.isfinite(keys.end) else float(frames[-1])
    return first, last


def selected_frames(curves: Iterable[bpy.types.FCurve]) -> Floats:
    """(N,) frames of the selected keys, rising, each once."""
    found = []
    for curve in curves:
        selected = np.empty(len(curve.keyframe_points), dtype=bool)
        curve.keyframe_points.foreach_get("select_control_point", selected)
        found.append(read_points(curve)[selected, 0])
    return np.unique(np.concatenate(found)) if found else np.empty(0, dtype=np.float32)


def sample_frames(
    scene: bpy.types.Scene, curves: Iterable[bpy.types.FCurve], first: float, last: float
) -> tuple[Floats, float]:
    """The frames (T,) at which to sample `curves` from `first` to `last`, and their rate in frames per second.

    These are the action's own keys where they are evenly spaced and say all: closer than the scene's frames, or with
    straight lines between them. Otherwise, every frame of the scene.
    """
    curves = list(curves)
    return sample_frames_for(scene, curves, key_frames(curves), first, last)


def sample_frames_for(
    scene: bpy.types.Scene, curves: Sequence[bpy.types.FCurve], frames: Floats, first: float, last: float
) -> tuple[Floats, float]:
    """The same for `curves` that have keys, or shall get some, at `frames` (N,), rising."""
    step = (frames[-1] - frames[0]) / (len(frames) - 1) if len(frames) > 1 else 0.0
    even = step > 0 and np.abs(frames - np.linspace(frames[0], frames[-1], len(frames))).max() < max(_EARLY, step / 100)
    if not even or (step > 1 + _EARLY and not _all_straight(curves)):
        require_few_frames(first, last, 1.0)
        count = int(np.floor(last - first + _EARLY)) + 1
        return (first + np.arange(count)).astype(np.float32), scene_fps(scene)
    inside = frames[(frames >= first - _EARLY) & (frames <= last + _EARLY)]
    if not len(inside):
        raise ActionError(f"The action has no frames between {first:g} and {last:g}: choose another range.")
    return inside, usual_rate(scene_fps(scene) / step)


def require_few_frames(first: float, last: float, step: float) -> None:
    """Raises ActionError where there are more frames from `first` to `last` than memory should hold."""
    if (last - first) / step > MOST_FRAMES:
        raise ActionError(
            f"The action's keys reach from frame {first:,.0f} to {last:,.0f}, which is too far for one motion: delete "
            "the keys that went astray."
        )


def _all_straight(curves: Iterable[bpy.types.FCurve]) -> bool:
    return all((read_keys(curve).interpolation == LINEAR).all() for curve in curves)


def usual_rate(fps: float) -> float:
    """A whole rate, or one of video's thousandths (30000/1001), where `fps` is as near as float32 frames can tell."""
    candidates: list[Any] = [round(fps), round(fps * 1.001) * 1000 / 1001]
    for candidate in candidates:
        if candidate > 0 and abs(candidate - fps) < 1e-4 * fps:
            return float(candidate)
    return fps
