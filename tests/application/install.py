"""The real Blender application: where it is, and how the extension gets into it the way a user installs it."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "build" / "application"
PACKAGES = FOLDER / "packages"  # pytest, which a Blender does not have; run_in_blender.py looks for it here
RUNNER = Path("tests") / "run_in_blender.py"


class InstallError(Exception):
    """A step towards the installed extension failed; the message has the command and what it printed."""


def find() -> list[str] | None:
    """The command that starts Blender: $BLENDER, else blender on the PATH, else the one beside the checkout."""
    chosen = os.environ.get("BLENDER") or shutil.which("blender")
    if chosen:
        return [chosen]
    beside = ROOT.parent / "shared" / "bin" / "blender-app"
    return [str(beside), "run"] if beside.exists() else None


def command(blender: list[str]) -> list[str]:
    """The command that runs the tests in it; pytest's own arguments may follow."""
    return [*blender, "--background", "--python-exit-code", "1", "--python", str(RUNNER), "--"]


def fresh_environment(folder: Path) -> dict[str, str]:
    """An environment in which Blender finds a user who has just begun, and the tests their data if there is any."""
    home = folder / "home"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    environment = {**os.environ, "BLENDER_USER_RESOURCES": str(home)}
    data = ROOT.parent / "shared" / "data"
    if data.exists():
        environment.setdefault("MOCAP_DATA", str(data))
    return environment


def call(words: list[str], environment: dict[str, str]) -> str:
    """What a command prints; InstallError if it fails."""
    done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=900, check=False)
    if done.returncode != 0:
        raise InstallError(f"{' '.join(words)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def blender_platform() -> str:
    """This machine's platform as Blender names it, as in "linux-x64"."""
    system = {"Darwin": "macos", "Windows": "windows"}.get(platform.system(), "linux")
    return f"{system}-{'arm64' if platform.machine().lower() in ('arm64', 'aarch64') else 'x64'}"


def install_extension(blender: list[str], folder: Path) -> tuple[dict[str, str], str]:
    """Build the extension for this application, install and enable it for a fresh user who lives in `folder`.

    Returns the environment to start it in, and its Python's version as in "3.13". Raises InstallError.
    """
    environment = fresh_environment(folder)
    tell = "import sys; print('Python', '%d.%d' % sys.version_info[:2])"
    output = call([*blender, "--background", "--factory-startup", "--python-expr", tell], environment)
    python = next(line.split()[1] for line in output.splitlines() if line.startswith("Python "))
    zips = folder / "extension"
    shutil.rmtree(zips, ignore_errors=True)
    build = [sys.executable, "-m", "export", "extension", "--platform", blender_platform(), "--output", str(zips)]
    print(call([*build, "--python", python], environment), flush=True)
    (archive,) = zips.glob("*.zip")
    call(
        [*blender, "--command", "extension", "install-file", "--repo", "user_default", "--enable", str(archive)],
        environment,
    )
    return environment, python


def install(blender: list[str]) -> dict[str, str]:
    """The extension for a fresh user, and pytest for the application's Python.

    Returns the environment to start it in. Raises InstallError.
    """
    environment, python = install_extension(blender, FOLDER)
    shutil.rmtree(PACKAGES, ignore_errors=True)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(PACKAGES), "--only-binary=:all:"]
    call([*pip, "--python-version", python, "--constraint", "constraints.txt", "--group", "application"], environment)
    return environment
