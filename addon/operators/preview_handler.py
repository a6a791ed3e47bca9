"""Where the live preview meets Blender: handlers that show it at every frame, and give the pose back when it is off.

Handlers that work stand in Blender's lists only while an object of the file has its preview on, and go with the file.
What stays is a look at every file that is opened and at every undo and redo, whether there is such an object. No
reference into Blender's data is kept between two calls: undo and redo put other data in its place.

Whatever no curve moves is remembered on the object itself (`held`), so that it comes back after saving and undo too.
What curves move Blender evaluates anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import bpy
import numpy as np
from bpy.app.handlers import persistent
from numpy.typing import NDArray

from ..blender import action, fcurves, pose
from ..blender.fcurves import Floats
from ..blender.pose import Rig
from ..core.errors import MenderError
from . import previewed_pose, previewing
from .preview_settings import preview_of

_WIDTH = 4  # numbers that a held part has room for

# What is wrong with a preview, by the object's session uid. It belongs to the session: files may be back tomorrow.
_problems: dict[int, str] = {}


def problem_of(obj: bpy.types.Object) -> str:
    """Why the preview of `obj` shows nothing, as a sentence; empty where it does."""
    return _problems.get(obj.session_uid, "")


def settings_changed(obj: bpy.types.Object) -> None:
    """Show what the settings of `obj` say now, or give its pose back."""
    _install_or_remove()
    scene = bpy.context.scene
    if obj.type != "ARMATURE" or scene is None:
        return
    restore(scene, obj)
    if preview_of(obj).enabled:
        show(scene, obj)


def show(scene: bpy.types.Scene, obj: Any, depsgraph: bpy.types.Depsgraph | None = None) -> None:
    """Give the armature object the pose that its preview shows at the scene's frame.

    depsgraph: that of a render, which has its own frame, or None. Where a file or model is missing or does not fit,
    the pose is left alone and the panel says why.
    """
    rendering = depsgraph is not None and depsgraph.mode == "RENDER"
    settings = preview_of(obj)
    evaluated: Any = obj.evaluated_get(depsgraph) if rendering else obj
    if rendering:
        _take_over_animation(obj, evaluated)
    rig = previewing.rig_of(obj)
    now = pose.read(evaluated)
    still = _without_preview(settings, rig, now)
    try:
        found = previewing.read(scene, obj, settings, still)
        shown = previewed_pose.shown(found, scene.frame_current_final)
    except MenderError as error:
        if obj.session_uid not in _problems:  # from then on Blender moves the pose, and it stays alone
            restore(scene, obj)
        _problems[obj.session_uid] = str(error)
        return
    _problems.pop(obj.session_uid, None)
    _hold(settings, rig, still, shown, found.animated)
    pose.write(obj, shown.pose)


def restore(scene: bpy.types.Scene, obj: Any) -> None:
    """Give the armature object the pose back that it has without the preview."""
    settings = preview_of(obj)
    if obj.pose is None or not len(obj.pose.bones):
        return
    rig = previewing.rig_of(obj)
    result = _without_preview(settings, rig, pose.read(obj))
    for place, curve in pose.animated(_curves(obj), rig).items():
        result[place] = curve.evaluate(scene.frame_current_final)
    pose.write(obj, result)
    settings.held.clear()
    obj.update_tag(refresh={"TIME"})  # whatever else animates it, such as strips, is evaluated anew


def pose_without_preview(obj: Any) -> Floats:
    """(17·B,) what the armature object's pose is without the preview, where no curve moves it."""
    return _without_preview(preview_of(obj), previewing.rig_of(obj), pose.read(obj))


def previewed(objects: Any) -> Iterator[Any]:
    """Those of `objects` that are armatures with their preview on."""
    return (obj for obj in objects if obj.type == "ARMATURE" and obj.pose and preview_of(obj).enabled)


def register() -> None:
    """Look at every file that is opened, and at the one that is open now."""
    for handlers, handler in _STAYING:
        handlers.append(handler)
    # While Blender starts there is no data to look at, and the file that it opens then is looked at as any other.
    if hasattr(bpy.data, "objects"):
        _begin()
    else:
        bpy.app.timers.register(_begin, first_interval=0)


def unregister() -> None:
    """Take every handler away and give all poses back; the settings stay as they are."""
    if bpy.app.timers.is_registered(_begin):
        bpy.app.timers.unregister(_begin)
    for handlers, handler in (*_STAYING, *_WORKING):
        if handler in handlers:
            handlers.remove(handler)
    scene = bpy.context.scene
    if scene is not None:
        for obj in previewed(bpy.data.objects):
            restore(scene, obj)
    forget()


def _begin() -> None:
    _install_or_remove()
    _show_all()


def _install_or_remove() -> None:
    wanted = any(True for _ in previewed(bpy.data.objects))
    for handlers, handler in _WORKING:
        if wanted and handler not in handlers:
            handlers.append(handler)
        elif not wanted and handler in handlers:
            handlers.remove(handler)


def _show_all() -> None:
    context = bpy.context
    if context.scene is not None and context.view_layer is not None:
        context.view_layer.update()  # or else what Blender has not evaluated yet would come over what is shown
        for obj in previewed(context.scene.objects):
            show(context.scene, obj)


def forget() -> None:
    """Drop all that is kept from one frame to the next: clips, windows, what was wrong."""
    previewing.forget()
    previewed_pose.forget()
    _problems.clear()


@persistent
def _on_other_data(*_: Any) -> None:
    forget()
    _begin()


def _on_frame(scene: bpy.types.Scene, depsgraph: bpy.types.Depsgraph) -> None:
    for obj in previewed(scene.objects):
        show(scene, obj, depsgraph)


def _on_change(scene: bpy.types.Scene, depsgraph: bpy.types.Depsgraph) -> None:
    """Keys or the rest pose were edited while the frame stayed: Blender has put the animated pose back."""
    if not (depsgraph.id_type_updated("ACTION") or depsgraph.id_type_updated("ARMATURE")):
        return
    updated: list[Any] = [update.id for update in depsgraph.updates]
    edited = {block.original.session_uid for block in updated if block.id_type in ("ACTION", "ARMATURE")}
    for uid in edited:
        previewing.changed(uid)
    for obj in previewed(scene.objects):
        own = obj.animation_data.action if obj.animation_data else None
        if obj.data.session_uid in edited or (own is not None and own.session_uid in edited):
            show(scene, obj)


def _without_preview(settings: Any, rig: Rig, now: Floats) -> Floats:
    """(17·B,) the pose `now`, with what the preview made of unkeyed numbers taken back.

    Numbers that are not what the preview made of them have been posed by hand since: these are the pose's own now.
    """
    if not len(settings.held):
        return now
    places, real = _held_places(rig, _held_names(settings))
    own, shown = (np.empty((len(places), _WIDTH), dtype=np.float32) for _ in range(2))
    settings.held.foreach_get("own", own.ravel())
    settings.held.foreach_get("shown", shown.ravel())
    untouched = real & ((now[places] == shown) | ~real).all(axis=1)[:, None]
    result = now.copy()
    result[places[untouched]] = own[untouched]
    return result


def _hold(settings: Any, rig: Rig, still: Floats, shown: previewed_pose.Shown, animated: frozenset[int]) -> None:
    """Remember what the preview decides and no curve moves."""
    names = tuple((part.bone, part.name) for part in pose.parts_of(rig, frozenset(shown.decided.tolist()) - animated))
    if _held_names(settings) != names:
        settings.held.clear()
        for bone, name in names:
            held = settings.held.add()
            held.bone, held.part = bone, name
    if names:
        places, _ = _held_places(rig, names)
        settings.held.foreach_set("own", still[places].ravel())
        settings.held.foreach_set("shown", shown.pose[places].ravel())


def _held_names(settings: Any) -> tuple[tuple[str, str], ...]:
    return tuple((held.bone, held.part) for held in settings.held)


@lru_cache(maxsize=16)
def _held_places(rig: Rig, names: tuple[tuple[str, str], ...]) -> tuple[pose.Places, NDArray[np.bool_]]:
    """(n, 4) where the held numbers stand in the pose, and which of the four a property has; none for lost bones."""
    places = np.zeros((len(names), _WIDTH), dtype=np.intp)
    real = np.zeros((len(names), _WIDTH), dtype=bool)
    for row, (bone, name) in enumerate(names):
        if bone in rig.names:
            found = rig.places([bone], name)[0]
            places[row, : len(found)], real[row, : len(found)] = found, True
    return places, real


def _curves(obj: Any) -> dict[tuple[str, int], bpy.types.FCurve]:
    """The curves of the object's action by path and index; none where it has no action, or none that can be read."""
    try:
        return fcurves.by_path(action.assigned_channels(obj))
    except action.ActionError:
        return {}


def _take_over_animation(obj: Any, evaluated: Any) -> None:
    """Put what the render's frame makes of the armature's bones on the original.

    A render evaluates a copy at its own frame. When a handler writes on the original, Blender copies the bones from it
    again, and all that is animated on them would fall back to the frame that the window shows.
    """
    pose.write(obj, pose.read(evaluated))
    moved = previewing.rig_of(obj).place_of
    for path, index in _curves(obj):
        if path.startswith("pose.bones[") and (path, index) not in moved:
            _copy_property(obj, evaluated, path)


def _copy_property(obj: Any, evaluated: Any, path: str) -> None:
    holder, dot, name = path.rpartition(".")
    try:
        if dot and "[" not in name:
            setattr(obj.path_resolve(holder), name, getattr(evaluated.path_resolve(holder), name))
        elif path.endswith('"]'):
            holder, _, name = path[:-2].rpartition('["')
            obj.path_resolve(holder)[name] = evaluated.path_resolve(path)
    except (ValueError, AttributeError, TypeError, KeyError):  # a curve of something that is not there moves nothing
        return


_STAYING: tuple[tuple[Any, Any], ...] = tuple(
    (getattr(bpy.app.handlers, name), _on_other_data) for name in ("load_post", "undo_post", "redo_post")
)
_WORKING: tuple[tuple[Any, Any], ...] = (
    (bpy.app.handlers.frame_change_post, _on_frame),
    (bpy.app.handlers.depsgraph_update_post, _on_change),
)
