"""Motion through the whole mapping, read, changed and written, with no model in between; and what is then seen."""

from __future__ import annotations

from dataclasses import replace

import bpy
import numpy as np

from addon.blender import action, retarget
from addon.blender.edits import edits, write_edits
from addon.blender.steps import finish
from addon.blender.tracks import KeyRange
from addon.core.rigs.cmu import POSE_JOINTS, SKELETON
from addon.core.rotation import Array, angle_between, conjugate, exp, multiply
from addon.operators.rig import joints_of

NO_TURN = np.array([1.0, 0.0, 0.0, 0.0], dtype=np.float32)


def poses(obj, frames) -> Array:
    """(T, N, 4) how every bone is turned in the scene, measured there."""
    result = []
    for frame in np.asarray(frames).tolist():
        bpy.context.scene.frame_set(int(frame), subframe=frame % 1)
        result.append([(obj.matrix_world @ bone.matrix).to_quaternion() for bone in obj.pose.bones])
    return np.array(result)


def changed(obj, frames, change) -> int:
    """Turn every joint that the CMU models know by (T, J, 4), and every other keyed bone as the first of them, after
    its rotation; returns how many joints the rig has."""
    channels = action.assigned_channels(obj)
    skeleton = SKELETON.subset(POSE_JOINTS)
    reference = np.tile(NO_TURN, (len(skeleton), 1))
    everything = {bone.name for bone in obj.pose.bones}
    joints = joints_of(obj, channels, POSE_JOINTS)
    binding = finish(retarget.bind(obj, channels, joints, skeleton, reference, everything))
    motion = finish(retarget.sample(binding, frames))
    clean = replace(motion, body=multiply(motion.body, change), free=multiply(motion.free, change[:, :1]))
    turns = finish(retarget.turns(binding, frames, motion, clean))
    changes, _ = finish(edits(binding.read, frames, turns, KeyRange(), dict.fromkeys(turns, 1.0)))
    assert changes
    write_edits(channels, changes)
    return len(binding.matched)


def assert_changes_nothing(obj, frames, seen, fewest):
    """No change is the identity in the scene to 0.01 degrees, and so is one that is taken back; at `seen` frames."""
    before = poses(obj, seen)
    still = np.tile(NO_TURN, (len(frames), len(POSE_JOINTS), 1))
    assert changed(obj, frames, still) >= fewest
    assert np.degrees(angle_between(poses(obj, seen), before)).max() < 0.01
    away = exp(np.random.default_rng(1).normal(0, 0.1, (*still.shape[:2], 3))).astype(np.float32)
    changed(obj, frames, away)
    assert np.degrees(angle_between(poses(obj, seen), before)).mean() > 3
    changed(obj, frames, conjugate(away))
    assert np.degrees(angle_between(poses(obj, seen), before)).max() < 0.01
