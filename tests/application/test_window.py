"""What needs a window: another Blender for the same user, on a virtual screen where there is no other."""

import os
import shutil
import subprocess
from pathlib import Path

import bpy
import pytest

SCRIPTS = Path(__file__).parents[1] / "gui"
SCREEN = ("xvfb-run", "-a", "-s", "-screen 0 1600x900x24")


def window_command():
    if shutil.which("import") is None:
        pytest.skip("screenshots need ImageMagick")
    if os.environ.get("DISPLAY"):
        return []
    if shutil.which("xvfb-run") is None:
        pytest.skip("there is no display: set DISPLAY, or install xvfb")
    return SCREEN


def test_long_work_ends_in_every_way_it_can(tmp_path):
    command = [
        *(*window_command(), bpy.app.binary_path, "--window-geometry", "0", "0", "1600", "900"),
        *("--enable-event-simulate", "--python", str(SCRIPTS / "jobs.py"), "--", str(tmp_path)),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
