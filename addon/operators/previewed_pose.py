"""What the live preview shows: a motion, noise on it and a model over it, as the pose of an armature at one frame.

Nothing is written here. Windows of a model that sees time are kept, and worked out again where anything has changed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from ..blender import pose
from ..blender.fcurves import Floats
from ..blender.pose import Places
from ..core import preview
from ..core.preview import Piece
from ..core.recent import Recent
from ..core.rigs.fit import joint_rotations, turned_bones
from ..core.rotation import Array
from ..inference import denoiser
from ..inference.autoencoder import autoencode
from .previewing import Preview

_AGREES = 1e-5
"""Quaternion components of a pose that was kept and of the same pose now: farther apart, the motion has changed."""

_pieces: Recent[Piece] = Recent(64)


@dataclass(frozen=True, eq=False)
class Shown:
    """A pose to be shown: (17·B,) its numbers, and (D,) the places in it that the preview decides."""

    pose: Floats
    decided: Places


def forget() -> None:
    """Drop the windows that are kept: other data has taken the place of what they were worked out from."""
    _pieces.clear()


def shown(preview_: Preview, frame: float) -> Shown:
    """The pose that the preview shows at `frame` of the scene, a whole one or one between. Raises MenderError."""
    turned = preview_.model is not None or bool(preview_.noise(np.array([np.floor(frame), np.ceil(frame)])).any())
    if not turned and not preview_.plays:
        return Shown(preview_.still, np.empty(0, dtype=np.intp))
    result = preview_.source.whole_pose(float(preview_.retiming.of_source(frame)), preview_.still)
    if not turned:
        return Shown(result, preview_.source.decided)
    # Between whole frames there is no pose of the model's to begin with.
    seen = _joints_of(preview_, result) if frame == int(frame) else None
    turns = _turns_over_time(preview_, frame, seen) if preview_.over_time else _turns_at(preview_, frame, seen)
    moving = pose.rotations_of(preview_.rig, preview_.fit.moving)
    q = turned_bones(preview_.fit, pose.quaternions(result[None], moving), turns[None])[0]
    pose.put_quaternions(result, moving, q)
    return Shown(result, np.union1d(preview_.source.decided, moving.places))


def _turns_at(preview_: Preview, frame: float, seen: Array | None) -> Array:
    """(J, 4) by how much noise, and a model that sees no other frame, turn the joints at `frame`.

    seen: (1, J, 4) the joints there without them, None between two whole frames.
    """
    first = int(np.floor(frame))
    if seen is None:
        return preview.turns_at(_piece(preview_, first, first + 2), frame)
    return _turned(preview_, first, seen).turns[0]


def _turns_over_time(preview_: Preview, frame: float, seen: Array | None) -> Array:
    """(J, 4) the same by a model that sees time; beyond the motion's ends as at the ends."""
    first, last = preview_.retiming.of_scene(preview_.source.extent())
    start = int(np.floor(first + _AGREES))
    end = max(int(np.ceil(last - _AGREES)), start)
    inside = min(max(frame, start), end)
    here = _kept_piece(preview_, int(inside), start, end, seen if inside == frame else None)
    if int(inside) + 1 < here.first + len(here.turns) or inside == int(inside):
        return preview.turns_at(here, inside)
    after = _kept_piece(preview_, int(inside) + 1, start, end, None)  # between two pieces
    joined = Piece(int(inside), here.poses[-1:], np.stack([here.turns[-1], after.turns[0]]))
    return preview.turns_at(joined, inside)


def _kept_piece(preview_: Preview, frame: int, start: int, end: int, seen: Array | None) -> Piece:
    """The piece of whole frames that holds `frame`, by a model that sees time; worked out anew where the motion is not
    what it was. seen: (1, J, 4) the joints at `frame`, where they are known."""
    assert preview_.model is not None
    rate = preview_.fps / preview_.retiming.speed
    window = preview.frames_over_time(frame, start, end, rate, preview_.model.card.fps)
    frames = start + np.arange(window.start, window.stop)
    key = (*preview_.key, start, window, preview_.noise(frames).tobytes(), preview_.strength(frames).tobytes())

    def make() -> Piece:
        whole = _piece(preview_, start + window.start, start + window.stop)
        kept = slice(window.first - window.start, window.last - window.start)
        return Piece(start + window.first, whole.poses[kept].copy(), whole.turns[kept].copy())

    piece = _pieces.get(key, make)
    now = _joints(preview_, frame, frame + 1) if seen is None else seen
    if np.abs(piece.poses[frame - piece.first] - now[0]).max() > _AGREES:
        _pieces.drop(key)
        piece = _pieces.get(key, make)
    return piece


def _piece(preview_: Preview, first: int, stop: int) -> Piece:
    return _turned(preview_, first, _joints(preview_, first, stop))


def _turned(preview_: Preview, first: int, joints: Array) -> Piece:
    """The piece of the joints (T, J, 4) at frames `first`, first + 1, …"""
    frames = np.arange(first, first + len(joints))
    noise, strength = preview_.noise(frames), preview_.strength(frames)
    return Piece(first, joints, preview.turns(joints, first, noise, strength, _network(preview_)))


def _joints(preview_: Preview, first: int, stop: int) -> Array:
    """(T, J, 4) the model's joints at the whole frames `first` … `stop` - 1 of the scene, before noise and model."""
    frames = preview_.retiming.of_source(np.arange(first, stop))
    return joint_rotations(preview_.fit, preview_.source.rotations(preview_.fit.bones, frames, preview_.still))


def _joints_of(preview_: Preview, whole_pose: Floats) -> Array:
    """(1, J, 4) the model's joints in a pose (17·B,)."""
    bones = pose.rotations_of(preview_.rig, preview_.fit.bones)
    return joint_rotations(preview_.fit, pose.quaternions(whole_pose[None], bones))


def _network(preview_: Preview) -> Callable[[Array], Array] | None:
    model = preview_.model
    if model is None:
        return None
    if not preview_.over_time:
        return partial(autoencode, model)
    rate = preview_.fps / preview_.retiming.speed
    return lambda poses: denoiser.denoise(model, poses, rate, absent=preview_.fit.absent)
