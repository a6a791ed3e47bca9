"""The extension as a user has it: enabled in the preferences, on the command line, its models in its own runtime."""

import subprocess
from pathlib import Path

import addon_utils
import bpy
import numpy as np

from addon.core import formats
from addon.core.clip import Clip
from addon.core.rigs import cmu
from addon.inference import denoiser, fingers
from addon.inference.autoencoder import autoencode
from addon.inference.session import load_model, runtime
from addon.preferences import model_folders

EXTENSION = "bl_ext.user_default.mocap_mender"


def a_take(path, frames=40):
    """A figure that swings every joint to and fro, written as a motion file."""
    angles = 0.4 * np.sin(np.arange(frames) / 6)
    rotations = np.zeros((frames, len(cmu.SKELETON), 4))
    rotations[..., 0], rotations[..., 1] = np.cos(angles / 2)[:, None], np.sin(angles / 2)[:, None]
    formats.write(Clip(cmu.SKELETON, 60.0, np.zeros((frames, 3)), rotations), path)


def blender(*words):
    """Start another Blender for the same user, with the extension's own command."""
    command = [bpy.app.binary_path, "--command", "mocap_mender", *(str(word) for word in words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def test_it_is_enabled_for_a_user_who_has_just_begun():
    assert addon_utils.check(EXTENSION) == (True, True)


def test_it_can_be_disabled_and_enabled_again():
    # In a Blender of its own: the modules of an extension that is enabled again are not those that the tests hold.
    script = f"""
import bpy
bpy.ops.preferences.addon_disable(module={EXTENSION!r})
assert not hasattr(bpy.types.Scene, 'mocap_mender')
bpy.ops.preferences.addon_enable(module={EXTENSION!r})
assert bpy.ops.mocap_mender.import_motion.poll()
"""
    command = [bpy.app.binary_path, "--background", "--python-exit-code", "1", "--python-expr", script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_the_runtime_is_the_one_that_came_with_it():
    own = bpy.utils.user_resource("EXTENSIONS")
    assert Path(runtime().__file__).is_relative_to(own)


def test_every_shipped_model_runs():
    shipped = sorted(model_folders()[0].glob("*.onnx"))
    assert shipped
    for path in shipped:
        assert np.isfinite(through(load_model(path))).all()


def through(model):
    """What the model makes of its own reference, by the door of its kind."""
    if model.card.kind == fingers.KIND:
        return fingers.complete_pose(model, np.where(np.arange(20) < 4, 0.3, np.nan))
    poses = np.tile(model.card.reference, (5, 1, 1))
    return denoiser.denoise(model, poses, 30.0) if model.card.kind == denoiser.KIND else autoencode(model, poses)


def test_a_folder_is_denoised_and_exported_from_the_command_line(tmp_path):
    (tmp_path / "takes").mkdir()
    for name in ("run", "walk"):
        a_take(tmp_path / "takes" / f"{name}.bvh")
    done = blender("denoise", tmp_path / "takes", "--output", tmp_path / "clean")
    assert done.returncode == 0, done.stdout + done.stderr
    assert sorted(path.name for path in (tmp_path / "clean").iterdir()) == ["run.bvh", "walk.bvh"]
    assert blender("import", tmp_path / "takes" / "run.bvh", "--output", tmp_path / "run.blend").returncode == 0
    assert blender("export", tmp_path / "run.blend", "--output", tmp_path / "run.npy").returncode == 0
    assert np.load(tmp_path / "run.npy").shape[0] == 40


def test_the_command_line_ends_with_an_error_where_a_file_fails(tmp_path):
    (tmp_path / "bad.bvh").write_text("this is no motion\n")
    done = blender("import", tmp_path / "bad.bvh", "--output", tmp_path / "bad.blend")
    assert done.returncode != 0
    assert "bad.bvh" in done.stderr
