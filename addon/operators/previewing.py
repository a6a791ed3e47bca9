"""What the live preview needs of Blender and of files at one moment: motion, rig, model and settings, read and checked.

Nothing is written here. What takes long is kept, and read again where a file, a model, an action, the armature or a
setting has changed.
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

from ..blender import action, fcurves, fitting, played, pose
from ..blender.armature import require_armature
from ..blender.fcurves import Floats
from ..blender.frames import scene_fps
from ..blender.pose import Places, Rig
from ..core import formats
from ..core.clip import Clip
from ..core.errors import MenderError, MotionFileError
from ..core.files import reason
from ..core.preview import Retiming
from ..core.recent import Recent
from ..core.rigs.fit import Fit
from ..inference import denoiser
from ..inference.model_file import read_card
from ..inference.session import Model, load_model
from ..preferences import model_folders, threads
from ..rig_properties import rig_map_of
from .choice import chosen_model
from .preview_settings import NAME, PreviewSettings
from .rig import joints_of, require_known

Source = played.PlayedAction | played.PlayedClip

_clips: Recent[Clip] = Recent(4)
_fitted: Recent[played.FittedClip] = Recent(8)
_rigs: Recent[Rig] = Recent(16)
_fits: Recent[Fit] = Recent(16)
_paths: Recent[Path] = Recent(16)
_changes: Counter[int] = Counter()


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
    for kept in (_fitted, _rigs, _fits):
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
    curves = fcurves.by_path(channels)
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
    if curve is None or fcurves.is_muted(curve):
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
        raise MotionFileError(path, f"the file cannot be read ({reason(error)}); choose another one") from error
    return state.st_mtime_ns, state.st_size
