"""`make gui`: the installed extension in a real window, clicked through by the scripts beside this file.

The application is found as `make test-all` finds it. Without a display it gets a virtual one (xvfb-run). Screenshots
are made with ImageMagick's `import`, and left in build/gui: they are there to be looked at.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from addon.core import formats
from addon.core.noise import component_noise
from tests.application.install import ROOT, InstallError, find, install_extension
from tests.demo.takes import demo_take

FOLDER = ROOT / "build" / "gui"
SIGMA = 0.02
FRAMES = 600
SECONDS = 300
GEOMETRY = ("--window-geometry", "0", "0", "1600", "900")


def with_window(blender: list[str]) -> list[str]:
    """The command that opens Blender's window, on a virtual screen where there is no other."""
    if blender[-1] == "run":  # the application beside the checkout has a word for it
        return [*blender[:-1], "gui"]
    if sys.platform != "linux" or os.environ.get("DISPLAY"):
        return [*blender, *GEOMETRY]
    if shutil.which("xvfb-run") is None:
        raise InstallError("there is no display: set DISPLAY, or install xvfb")
    return ["xvfb-run", "-a", "-s", "-screen 0 1600x900x24", *blender, *GEOMETRY]


def noisy_take(folder: Path) -> Path:
    """The demo's take with the tutorial's noise, as a BVH file."""
    clip = formats.read(demo_take(ROOT / "build" / "cache").path).section(0, FRAMES)
    path = folder / "noisy.bvh"
    formats.write(clip.with_rotations(component_noise(clip.rotations, SIGMA)), path)
    return path


def play(blender: list[str], environment: dict[str, str], script: str, *words: Path | int) -> int:
    """Blender's exit code: 0 where the script found everything as it should be."""
    start = [*blender, "--enable-event-simulate", "--python", f"tests/gui/{script}", "--", *map(str, words)]
    code = subprocess.run(start, cwd=ROOT, env=environment, timeout=SECONDS, check=False).returncode
    print(f"{script}: {'as it should be' if code == 0 else f'ended with {code}'}", flush=True)
    return abs(code)


def main() -> int:
    """The exit code: 0 where everything was as an animator expects it."""
    blender = find()
    if blender is None:
        print("there is no Blender: set BLENDER, or put blender on the PATH")
        return 1
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    try:
        take, clean = noisy_take(FOLDER), demo_take(ROOT / "build" / "cache").path
        environment, _ = install_extension(blender, FOLDER)
        codes = [
            play(with_window(blender), environment, "animator.py", take, FOLDER),
            play(with_window(blender), environment, "denoise_options.py", take, FOLDER),
            play(with_window(blender), environment, "jobs.py", FOLDER),
            play(with_window(blender), environment, "preview.py", clean, FOLDER),
            play(with_window(blender), environment, "compare.py", clean, FOLDER),
            play(with_window(blender), environment, "compression.py", clean, FOLDER),
            play(with_window(blender), environment, "fingers.py", clean, FOLDER),
            play(with_window(blender), environment, "visual_bake.py", FOLDER),
            *(play(with_window(blender), environment, "rig_map.py", FOLDER, wider) for wider in (0, 160)),
        ]
    except InstallError as error:
        print(error)
        return 1
    for picture in sorted(FOLDER.glob("*.png")):
        print(picture.relative_to(ROOT))
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
