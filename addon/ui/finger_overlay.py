"""The overlay of uncertainty: each finger bone in the colour of what the model does not know about it."""

from __future__ import annotations

from typing import Any

import bpy

from ..core.errors import MenderError
from ..finger_properties import finger_settings_of
from ..operators.finger_uncertainty import Uncertainty, uncertainty

_SURE, _UNSURE = -1.0, 0.7  # nats: of an angle known to about 5 degrees, and to about 28
_WIDTH = 6.0
_GIVEN = (1.0, 1.0, 1.0, 0.9)

_handle: Any = None


def colour(nats: float) -> tuple[float, float, float, float]:
    """From blue, which is sure, over yellow to red."""
    share = min(max((nats - _SURE) / (_UNSURE - _SURE), 0.0), 1.0)
    if share < 0.5:
        return (2 * share, 0.35 + share, 1.0 - 2 * share, 0.95)
    return (1.0, 0.85 - 1.4 * (share - 0.5), 0.0, 0.95)


def _draw() -> None:
    context = bpy.context
    obj: Any = context.object
    scene: Any = context.scene
    if obj is None or obj.type != "ARMATURE" or not finger_settings_of(scene).show_uncertainty:
        return
    settings = finger_settings_of(scene)
    try:
        found = uncertainty(obj, settings, settings.model, float(scene.frame_current_final))
    except MenderError:
        return  # the panel says why
    _draw_bones(obj, found)


def _draw_bones(obj: Any, found: Uncertainty) -> None:
    import gpu
    from gpu_extras.batch import batch_for_shader

    points, colours = [], []
    for bone in (*found.entropy, *found.given):
        pose_bone = obj.pose.bones[bone]
        points += [obj.matrix_world @ pose_bone.head, obj.matrix_world @ pose_bone.tail]
        colours += [colour(found.entropy[bone]) if bone in found.entropy else _GIVEN] * 2
    if not points:
        return
    shader: Any = gpu.shader.from_builtin("POLYLINE_SMOOTH_COLOR")
    shader.bind()
    viewport = gpu.state.viewport_get()
    shader.uniform_float("viewportSize", viewport[2:])
    shader.uniform_float("lineWidth", _WIDTH)
    gpu.state.blend_set("ALPHA")
    gpu.state.depth_test_set("NONE")
    batch_for_shader(shader, "LINES", {"pos": points, "color": colours}).draw(shader)
    gpu.state.blend_set("NONE")


def register() -> None:
    """Draw in every 3D view; without a window there is nothing to draw."""
    global _handle
    if not bpy.app.background:
        _handle = bpy.types.SpaceView3D.draw_handler_add(_draw, (), "WINDOW", "POST_VIEW")


def unregister() -> None:
    """Draw no more."""
    global _handle
    if _handle is not None:
        bpy.types.SpaceView3D.draw_handler_remove(_handle, "WINDOW")
        _handle = None
