"""What the live preview shows: a motion, noise on it and a model over it, as the pose of an armature at one frame.

Nothing is written here. What takes long is kept, and worked out again where a file, a model, an action, the armature or
a setting has changed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from ..blender import action, fitting, played, pose
from ..blender.action import Floats
from ..blender.armature import require_armature
from ..blender.frames import scene_fps
from ..blender.pose import Places, Rig
from ..core import formats, preview
from ..core.clip import Clip
from ..core.errors import MenderError, MotionFileError
from ..core.preview import Piece, Retiming
from ..core.recent import Recent
from ..core.rigs.fit import Fit, joint_rotations, turned_bones
from ..core.rotation import Array
from ..inference import denoiser
from ..inference.autoencoder import autoencode
from ..inference.model_file import read_card
from ..inference.session import Model, load_model
from ..preferences import model_folders, threads
from ..rig_properties import rig_map_of
from .choice import chosen_model
from .preview_settings import NAME, PreviewSettings
from .rig import joints_of, require_known

Source = played.PlayedAction | played.PlayedClip

_AGREES = 1e-5
"""Quaternion components of a pose that was kept and of the same pose now: farther apart, the motion has changed."""

_clips: Recent[Clip] = Recent(4)
_fitted: Recent[played.FittedClip] = Recent(8)
_rigs: Recent[Rig] = Recent(16)
_fits: Recent[Fit] = Recent(16)
_paths: Recent[Path] = Recent(16)
_pieces: Recent[Piece] = Recent(64)
_changes: Counter[int] = Counter()


@dataclass(frozen=True, eq=False)
class Shown:
    """A pose to be shown: (17·B,) its numbers, and (D,) the places in it that the preview decides."""

    pose: Floats
    decided: Places


@dataclass(frozen=True, eq=False)
class Preview:
    """Everything that a preview needs of Blender at one moment, read and checked.

    still: (17·B,) the pose without the preview, which holds where nothing is played. animated: the places in it that
    curves move. model: None where the pose is not sent through it. noise, strength: the setting at frames (T,) of the
    scene.
    """

    key: tuple[object, ...]
    rig: Rig
    fit: Fit
    source: Source
    retiming: Retiming
    fps: float
    still: Floats
    animated: frozenset[int]
    model: Model | None
    noise: Callable[[Places | Floats], Floats]
    strength: Callable[[Places | Floats], Floats]

    @property
    def plays(self) -> bool:
        """Whether it shows another motion, or another moment of it, than Blender does."""
        return isinstance(self.source, played.PlayedClip) or self.retiming != Retiming()

    @property
    def over_time(self) -> bool:
        """Whether the model sees frames beside the one that is shown."""
        return self.model is not None and self.model.card.kind == denoiser.KIND


def forget() -> None:
    """Drop what was read of Blender's data: another file is open, or an undo has put other data in its place.

    Motion files lie on the disk, and are kept for as long as they stay the same there.
    """
    for kept in (_fitted, _rigs, _fits, _pieces):
        kept.clear()
    _changes.clear()


def changed(uid: int) -> None:
    """Take note that the action or armature with this session uid was changed."""
    _changes[uid] += 1


def rig_of(obj: Any) -> Rig:
    """The armature object's bones, kept until they change."""
    return _rigs.get(_rig_key(obj), partial(pose.rig_of, obj))


def read(scene: bpy.types.Scene, obj: Any, settings: PreviewSettings, still: Floats) -> Preview:
    """The preview of an armature object whose pose, without the preview, is `still` (17·B,) where nothing plays.

    Raises MenderError where a file, a model or the action is missing or does not fit.
    """
    require_armature(obj)
    fps = scene_fps(scene)
    model = _model(settings.model)
    rig_key = _rig_key(obj)
    rig = rig_of(obj)
    channels = _channels(obj, needed=settings.source == "ACTION")
    curves = action.by_path(channels)
    animated = pose.animated(curves, rig)
    joints = tuple((joint.name, joint.bone, joint.state) for joint in rig_map_of(obj).joints)
    fit_key = (*rig_key, joints, model.path, model.path.stat().st_mtime_ns, _action_state(obj))
    fit = _fits.get(fit_key, partial(_fit, obj, channels, model))
    retiming = Retiming(settings.offset, settings.speed)
    source: Source
    if settings.source == "ACTION":
        source = played.played_action(animated, rig, fit.bones if retiming == Retiming() else None)
        source_key: tuple[object, ...] = ()
    else:
        path = Path(bpy.path.abspath(settings.filepath, library=obj.library))
        source_key = (path, *_state(path), settings.fps, settings.up_axis, tuple(map(tuple, obj.matrix_world)))
        clip = _clips.get(source_key[:4], lambda: formats.read(path, fps=settings.fps))
        fitted = _fitted.get((*rig_key, *source_key), lambda: played.fitted_clip(obj, clip, settings.up_axis))
        source = played.played_clip(fitted, rig, fps)
    return Preview(
        key=(*fit_key, *source_key, retiming, fps, settings.autoencode),
        rig=rig,
        fit=fit,
        source=source,
        retiming=retiming,
        fps=fps,
        still=still,
        animated=frozenset(animated),
        model=model if settings.autoencode else None,
        noise=partial(_setting, curves.get((f"{NAME}.noise", 0)), settings.noise),
        strength=partial(_setting, curves.get((f"{NAME}.strength", 0)), settings.strength),
    )


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


def _model(name: str) -> Model:
    """The model called `name`, loaded. Where it lies is looked up once, and again where the file is gone."""
    key = (name, *model_folders())
    path = _paths.get(key, lambda: chosen_model(name).path)
    if not path.is_file():
        _paths.drop(key)
        path = _paths.get(key, lambda: chosen_model(name).path)
    # A single pose is done before a second thread has woken up; a window of many frames is not.
    return load_model(path, threads() if read_card(path).kind == denoiser.KIND else 1)


def _fit(obj: Any, channels: action.Channels, model: Model) -> Fit:
    joints = joints_of(obj, channels, model.card.joints)
    require_known(joints, model.card)
    if joints.seen_of:
        raise MenderError(
            f"{obj.name} is moved by controls through constraints, which the preview cannot set: denoise its action."
        )
    return fitting.fit_of(obj, joints, model.card.skeleton, model.card.reference)


def _channels(obj: Any, needed: bool) -> action.Channels:
    if needed or (obj.animation_data and obj.animation_data.action):
        try:
            return action.assigned_channels(obj)
        except action.ActionError:
            if needed:
                raise
    return fitting.NoChannels()


def _setting(curve: bpy.types.FCurve | None, now: float, frames: Places | Floats) -> Floats:
    """(T,) what a setting is at `frames` (T,) of the scene: as its curve says, or what it is `now`."""
    if curve is None or action.is_muted(curve):
        return np.full(len(frames), now, dtype=np.float32)
    return np.array([curve.evaluate(float(frame)) for frame in frames], dtype=np.float32)


def _rig_key(obj: Any) -> tuple[object, ...]:
    """What tells one state of an armature from another: rotation modes change without a word."""
    modes = np.empty(len(obj.pose.bones), dtype=np.int32)
    obj.pose.bones.foreach_get("rotation_mode", modes)
    return obj.session_uid, obj.data.session_uid, _changes[obj.data.session_uid], modes.tobytes()


def _action_state(obj: Any) -> tuple[object, ...]:
    """Which action and slot the object has, and how often the action is known to have been changed."""
    data = obj.animation_data
    if data is None or data.action is None:
        return ()
    return data.action.session_uid, _changes[data.action.session_uid], getattr(data, "action_slot_handle", 0)


def _state(path: Path) -> tuple[int, int]:
    """When the file was changed, and its size. Raises MotionFileError where it is not there."""
    if not str(path).strip() or path == Path():
        raise MenderError("No motion file is chosen: choose one, or preview the armature's own action.")
    try:
        state = path.stat()
    except OSError as error:
        raise MotionFileError(path, f"the file cannot be read ({error.strerror}); choose another one") from error
    return state.st_mtime_ns, state.st_size
