"""The preview through the model that sees time: what denoising would write, from windows that are kept."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

from addon.blender import action, fcurves, pose
from addon.core.metrics import geodesic_degrees
from addon.inference import denoiser
from addon.operators import previewed_pose, previewing
from addon.operators.preview_settings import preview_of
from tests.blender.test_denoise_over_time import imported, noisy, swinging


def rotations(obj, frames):
    found = []
    for frame in frames:
        bpy.context.scene.frame_set(int(frame))
        found.append([tuple(bone.rotation_quaternion) for bone in obj.pose.bones])
    return np.array(found)


@pytest.mark.parametrize(("fps", "seconds"), [(30.0, 50.0), (120.0, 12.0)])
def test_it_shows_what_denoising_writes(tmp_path, fps, seconds):
    obj = imported(noisy(swinging(fps, seconds)), tmp_path)
    frames = np.arange(1, int(seconds * fps), int(fps / 4))
    preview_of(obj).enabled = True
    shown = rotations(obj, frames)
    preview_of(obj).enabled = False
    plain = rotations(obj, frames)
    bpy.ops.mocap_mender.denoise_action(plant_feet=False)
    written = rotations(obj, frames)
    assert geodesic_degrees(shown, plain).mean() > 1.0
    apart = geodesic_degrees(shown, written)
    assert apart.mean() < 0.02
    assert apart.max() < 0.3


def test_windows_are_kept_and_dropped_when_the_motion_changes(tmp_path, monkeypatch):
    obj = imported(noisy(swinging(30.0, 40.0)), tmp_path)
    runs = []
    denoise = denoiser.denoise
    monkeypatch.setattr(denoiser, "denoise", lambda *a, **k: runs.append(len(a[1])) or denoise(*a, **k))
    preview_of(obj).enabled = True
    runs.clear()
    rotations(obj, range(1, 1200))
    assert len(runs) <= 3
    before = rotations(obj, [300])
    runs.clear()
    rotations(obj, [10, 1150, 300])
    assert not runs
    # Written in bulk, of which nobody is told.
    curve = next(c for c in action.assigned_channels(obj).fcurves if "Spine" in c.data_path and c.array_index == 1)
    points = fcurves.read_points(curve)
    curve.keyframe_points.foreach_set("co", (points + np.array([0, 0.2], dtype=np.float32)).ravel())
    assert not np.array_equal(rotations(obj, [300]), before)
    assert len(runs) == 1


def test_noise_and_its_removal(tmp_path):
    """The tutorial's viewer: a clean motion, noise on it, and the model over that."""
    clip = swinging(30.0, 10.0)
    obj = imported(clip, tmp_path)
    frames = np.arange(20, 280, 7)
    clean = rotations(obj, frames)
    settings = preview_of(obj)
    settings.noise, settings.autoencode, settings.enabled = 0.02, False, True
    spoilt = rotations(obj, frames)
    settings.autoencode = True
    mended = rotations(obj, frames)
    assert geodesic_degrees(spoilt, clean).mean() == pytest.approx(3.6, abs=0.4)
    assert geodesic_degrees(mended, clean).mean() < 0.6 * geodesic_degrees(spoilt, clean).mean()
    settings.enabled = False
    assert np.array_equal(rotations(obj, frames), clean)


def test_between_two_windows(tmp_path):
    obj = imported(noisy(swinging(30.0, 40.0)), tmp_path)
    settings = preview_of(obj)
    settings.enabled = True
    scene = bpy.context.scene
    found = previewing.read(scene, obj, settings, pose.read(obj))
    moments = np.arange(505, 520, 0.25)
    poses = np.array([previewed_pose.shown(found, moment).pose for moment in moments])
    steps = np.abs(np.diff(poses, axis=0)).max(axis=1)
    assert steps.max() < 4 * np.median(steps)
