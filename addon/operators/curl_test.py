"""The curl test: each finger closes and opens in turn, to see whether a rig's fingers are understood."""

# Blender reads properties from annotations, which mypy takes for types.
# mypy: disable-error-code="valid-type, override, misc, union-attr"

from __future__ import annotations

import time
from typing import Any

import bpy
import numpy as np
from bpy.props import EnumProperty, FloatProperty

from ..blender.armature import require_armature
from ..blender.finger_poses import numbers, put_numbers, put_pose
from ..blender.rigged_hand import RiggedHand
from ..core.errors import MenderError
from ..core.hand import DOF, FINGERS
from ..core.rotation import Array
from . import needs
from .fingering import hands_with_map, pose_channels
from .reporting import reports_errors

CLOSED = np.radians([70.0 if "MCP flexion" in a else 90.0 if "PIP" in a else 60.0 if "DIP" in a else 0.0 for a in DOF])
"""Of a closed finger, radians; the thumb's below."""
_THUMB_CLOSED = {"thumb CMC flexion": 30.0, "thumb CMC abduction": 20.0, "thumb MCP": 40.0, "thumb IP": 50.0}
for _angle, _degrees in _THUMB_CLOSED.items():
    CLOSED[DOF.index(_angle)] = np.radians(_degrees)
_SECONDS = 0.7
FINGER_ITEMS = tuple((finger.upper(), finger.title(), f"Close the {finger}") for finger in FINGERS)


class MOCAP_MENDER_OT_curl_test(needs.Needing, bpy.types.Operator):
    """Close each finger in turn to see that the rig's fingers are understood; the pose comes back, no key is written"""

    bl_idname = "mocap_mender.curl_test"
    bl_label = "Curl Test"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - the form that Blender reads
    needed = (needs.own_armature,)

    finger: EnumProperty(name="Finger", description="Which finger to close", items=FINGER_ITEMS, default="INDEX")
    closed: FloatProperty(
        name="Closed", description="How far: 0 is flat, 1 closed", subtype="FACTOR", min=0.0, max=1.0, default=1.0
    )

    @reports_errors
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Close one finger, and leave it so."""
        obj: Any = require_armature(context.object)
        _close(
            obj,
            hands_with_map(obj, pose_channels(obj)),
            FINGERS.index(self.finger.lower()),
            self.closed,
        )
        return {"FINISHED"}

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Close and open all of them one after the other; Esc ends it."""
        try:
            obj: Any = require_armature(context.object)
            self._hands = hands_with_map(obj, pose_channels(obj))
        except MenderError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self._obj, self._started = obj, time.perf_counter()
        self._before = numbers(obj, self._hands)
        self._timer = context.window_manager.event_timer_add(1 / 30, window=context.window)
        context.window_manager.modal_handler_add(self)  # type: ignore[arg-type]
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """A picture at every tick; at the end the pose that was."""
        if event.type not in {"TIMER", "ESC"}:
            return {"PASS_THROUGH"}
        finger, share = divmod((time.perf_counter() - self._started) / _SECONDS, 1.0)
        try:
            put_numbers(self._obj, self._before)
            if finger < len(FINGERS) and event.type != "ESC":
                closed = float(np.sin(np.pi * share))
                _close(self._obj, self._hands, int(finger), closed)
                return {"PASS_THROUGH"}
        except ReferenceError:
            pass  # the armature was deleted meanwhile: there is nothing to give back
        self.cancel(context)
        return {"CANCELLED"}

    def cancel(self, context: bpy.types.Context) -> None:
        """Stop the clock."""
        context.window_manager.event_timer_remove(self._timer)


def _close(obj: Any, hands: list[RiggedHand], finger: int, share: float) -> None:
    for hand in hands:
        pose = np.tile(hand.rig.rest_dof(), (2, 1))
        bones = {bone for bone, joint in zip(hand.rig.bones, hand.rig.joint, strict=True) if joint // 3 == finger}
        chosen = np.array([angle.startswith(FINGERS[finger]) for angle in DOF])
        pose[:, chosen] = _between(hand.rig.rest_dof(), share)[chosen]
        put_pose(obj, [hand], pose, bones)


def _between(rest: Array, share: float) -> Array:
    return rest + share * (CLOSED - rest)
