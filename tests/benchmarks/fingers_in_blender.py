"""Fingers inside Blender: a pose, and ten seconds of both hands between keys, beside the bare writing of their keys."""

from __future__ import annotations

import bpy
import numpy as np

import addon
from addon.blender import action, fcurves
from addon.blender.finger_poses import put_pose
from addon.blender.hands import hands_of
from addon.core.hand import DOF
from addon.core.rigs.resting_hands import _found
from addon.finger_properties import finger_settings_of
from addon.operators.finger_uncertainty import uncertainty
from tests.blender.test_finger_rigs import CLOSED, cmu_like

from .timing import Timing, in_turn, ratio

FPS, SECONDS = 30, 10
KEYED_EVERY = FPS // 2
MOTION_ASKED = 3.0


def run() -> list[str]:
    """The lines of the report."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    addon.register()
    bpy.context.scene.render.fps, bpy.context.scene.render.fps_base = FPS, 1.0
    obj = _character()
    original = obj.animation_data.action

    def again() -> None:
        obj.animation_data.action = original.copy()

    def fill(mode: str) -> None:
        bpy.ops.mocap_mender.generate_fingers(task="FILL", mode=mode, step=1)

    def pose() -> None:
        bpy.context.scene.frame_set(1 + KEYED_EVERY // 2)
        bpy.ops.mocap_mender.generate_fingers(task="POSE", posed="SELECTED", mode="SAMPLE")

    again()
    fill("AVERAGE")
    written = [
        (curve.data_path, curve.array_index, fcurves.read_points(curve))
        for curve in action.assigned_channels(obj).fcurves
        if "Hand" in curve.data_path
    ]

    def bare() -> None:
        channels = action.new_action(obj, "bare")
        for path, index, points in written:
            fcurves.write_curve(channels, path, index, points[:, 0], points[:, 1], "bone")

    def by_motion() -> None:
        bpy.ops.mocap_mender.generate_fingers(task="MOTION", mode="SAMPLE", step=1)

    def without_finger_keys() -> None:
        again()
        channels = action.assigned_channels(obj)
        for curve in [curve for curve in channels.fcurves if curve.data_path not in _wrist_paths(obj)]:
            channels.fcurves.remove(curve)

    def redraw() -> None:
        settings = finger_settings_of(bpy.context.scene)
        uncertainty(obj, settings, settings.model, 1.0)

    times = in_turn(
        {
            "bare write": (again, bare),
            "average": (again, lambda: fill("AVERAGE")),
            "a sample": (again, lambda: fill("SAMPLE")),
            "from the motion alone": (without_finger_keys, by_motion),
            "one pose": (again, pose),
            "a redraw": (again, redraw),
            "a redraw of another rig": (_found.cache_clear, redraw),
        }
    )
    addon.unregister()
    return _lines(times)


def _lines(times: dict[str, Timing]) -> list[str]:
    bare = times["bare write"]
    lines = [f"Fingers in Blender {bpy.app.version_string}, both hands, {SECONDS} s at {FPS} fps, a key every frame:"]
    for name in ("average", "a sample", "from the motion alone"):
        asked = "" if name.startswith("from") else f", asked {MOTION_ASKED:g} s"
        lines.append(
            f"  {name:22} {times[name].median:.2f} s{asked}; {ratio(times[name], bare):.1f} × the bare bulk write"
        )
    lines.append(f"  one pose of both hands, drawn and keyed: {times['one pose'].median * 1000:.0f} ms")
    redraw, first = times["a redraw"], times["a redraw of another rig"]
    return [
        *lines,
        f"  what is not known of them, for a redraw: {redraw.median * 1000:.0f} ms; "
        f"{ratio(first, redraw):.1f} × that where the rig has changed",
    ]


def _character() -> bpy.types.Object:
    """A character whose wrists turn, its fingers keyed every half second, its index fingers selected."""
    obj = cmu_like()
    obj.scale = (1, 1, 1)
    rng = np.random.default_rng(0)
    hands = hands_of(obj, None)
    for frame in range(1, FPS * SECONDS + 2):
        for path in _wrists(obj):
            bone = obj.pose.bones[path]
            bone.rotation_mode = "QUATERNION"
            angle = 0.6 * np.sin(frame / 9)
            bone.rotation_quaternion = (np.cos(angle / 2), 0, 0, np.sin(angle / 2))
            bone.keyframe_insert("rotation_quaternion", frame=frame)
        if (frame - 1) % KEYED_EVERY:
            continue
        for hand in hands:
            put_pose(obj, [hand], rng.uniform(0, 1, (2, len(DOF))) * CLOSED, set(hand.rig.bones))
            for name in hand.rig.bones:
                obj.pose.bones[name].keyframe_insert("rotation_quaternion", frame=frame)
    for bone in obj.pose.bones:
        shown = bone if bpy.app.version >= (5, 0, 0) else bone.bone
        shown.select = "Index" in bone.name
    return obj


def _wrists(obj: bpy.types.Object) -> list[str]:
    return [hand.rig.carrier for hand in hands_of(obj, None)]


def _wrist_paths(obj: bpy.types.Object) -> set[str]:
    return {fcurves.bone_path(bone, "rotation_quaternion") for bone in _wrists(obj)}
