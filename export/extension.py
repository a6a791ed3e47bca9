"""The extension's zips: an allow-list staged with the locked wheels, then Blender's own builder, one zip a platform."""

import argparse
import importlib.util
import json
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

from addon.core.errors import MenderError
from addon.inference.model_file import read_card

from .wheels import LOCK, Wheel, WheelError, bring, choose, read_lock

ROOT = Path(__file__).parents[1]
MANIFEST = "blender_manifest.toml"
PYTHONS = ("3.11", "3.13")  # Blender's own builds: 4.2 to 5.0, and 5.1 onwards


class BuildError(Exception):
    """The zip cannot be made or is not what it should be; the message says why."""


def shipped_files(root: Path) -> Iterator[Path]:
    """What a zip carries beside the wheels, relative to `root`: named or chosen by suffix; nothing else slips in."""
    yield from (Path(MANIFEST), Path("__init__.py"), Path("LICENSE"))
    for pattern in ("*.py", "models/*.onnx"):
        yield from sorted(path.relative_to(root) for path in (root / "addon").rglob(pattern))


def staged_manifest(text: str, platforms: tuple[str, ...], wheels: tuple[Wheel, ...]) -> str:
    """The manifest of the repository for these platforms, with the wheels listed: the form that Blender builds from."""
    lines = [f"platforms = {json.dumps(list(platforms))}", "wheels = ["]
    lines += [f'    "./wheels/{wheel.file}",' for wheel in wheels]
    staged, count = re.subn(r"^platforms = \[.*?\]$", "\n".join([*lines, "]"]), text, flags=re.MULTILINE | re.DOTALL)
    if count != 1:
        raise BuildError(f"{MANIFEST} should have one line `platforms = […]`, and has {count}")
    return staged


def check_licences(models: list[Path]) -> None:
    """Raise BuildError for a model that may not be sold: the extension's licence promises that everything in it may."""
    for path in models:
        licence = read_card(path).licence
        if re.search(r"\bNC\b|non-?commercial", licence, flags=re.IGNORECASE):
            raise BuildError(f"{path.name} must not ship: its card says {licence}")


def stage(root: Path, folder: Path, platforms: tuple[str, ...], wheels: tuple[Wheel, ...], cache: Path) -> None:
    """Lay out in `folder`, emptied first, exactly what is to be zipped. Downloads wheels that `cache` lacks."""
    check_licences([root / file for file in shipped_files(root) if file.suffix == ".onnx"])
    shutil.rmtree(folder, ignore_errors=True)
    for file in shipped_files(root):
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / file, folder / file)
    text = (root / MANIFEST).read_text(encoding="utf-8")
    (folder / MANIFEST).write_text(staged_manifest(text, platforms, wheels), encoding="utf-8")
    (folder / "wheels").mkdir()
    for wheel in wheels:
        shutil.copyfile(bring(wheel, cache), folder / "wheels" / wheel.file)


def builder() -> list[str]:
    """The command that builds and validates extensions: Blender's own script, which plain Python runs from bpy."""
    found = importlib.util.find_spec("bpy")
    if found is not None and found.submodule_search_locations:
        for folder in found.submodule_search_locations:
            for script in Path(folder).glob("*/scripts/addons_core/bl_pkg/cli/blender_ext.py"):
                return [sys.executable, str(script)]
    application = shutil.which("blender")
    if application is not None:
        return [application, "--factory-startup", "--command", "extension"]
    raise BuildError(
        "Blender's builder was not found: run this in an environment with bpy, or with blender on the PATH"
    )


def run_builder(*arguments: str) -> None:
    """Run it, and raise BuildError with all it printed if it failed: it may print an error and exit with 0."""
    done = subprocess.run([*builder(), *arguments], capture_output=True, text=True)
    output = (done.stdout + done.stderr).strip()
    if done.returncode != 0 or "error" in output.lower():
        raise BuildError(f"{' '.join(arguments)}: {output}")


def contents(archive: Path) -> list[str]:
    """The files in a zip, sorted; BuildError if one is there twice."""
    with zipfile.ZipFile(archive) as opened:
        names = sorted(name for name in opened.namelist() if not name.endswith("/"))
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise BuildError(f"{archive} carries twice: {', '.join(twice)}")
    return names


def build(root: Path, output: Path, work: Path, platforms: tuple[str, ...], wheels: tuple[Wheel, ...]) -> list[Path]:
    """Build and validate one zip a platform in `output`, and return them; `work` keeps the downloads and the staging.

    Raises BuildError or WheelError.
    """
    staging = work / "staging"
    stage(root, staging, platforms, wheels, work / "wheels")
    output.mkdir(parents=True, exist_ok=True)
    run_builder("build", "--source-dir", str(staging), "--output-dir", str(output), "--split-platforms")
    manifest = tomllib.loads((root / MANIFEST).read_text(encoding="utf-8"))
    archives = []
    for platform in platforms:
        archive = output / f"{manifest['id']}-{manifest['version']}-{platform.replace('-', '_')}.zip"
        run_builder("validate", str(archive))
        expected = [file.as_posix() for file in shipped_files(root)]
        expected += [f"wheels/{wheel.file}" for wheel in wheels if platform in wheel.platforms]
        if contents(archive) != sorted(expected):
            raise BuildError(f"{archive} does not carry what was staged for it")
        archives.append(archive)
    return archives


def main(arguments: list[str]) -> int:
    """The command line; returns the exit code."""
    platforms = tuple(tomllib.loads((ROOT / MANIFEST).read_text(encoding="utf-8"))["platforms"])
    parser = argparse.ArgumentParser(prog="python -m export extension", description=__doc__)
    parser.add_argument(
        "--python",
        action="append",
        default=[],
        metavar="X.Y",
        help="add the wheel for this Python: a distribution's Blender may have its own (Debian's: 3.14)",
    )
    parser.add_argument("--platform", action="append", choices=platforms, help="only this one (may be given again)")
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "extension", help="where the zips go")
    asked = parser.parse_args(arguments)
    chosen = tuple(asked.platform or platforms)
    try:
        wheels = choose(read_lock(LOCK.read_text(encoding="utf-8")), PYTHONS, tuple(asked.python), chosen)
        archives = build(ROOT, asked.output, ROOT / "build", chosen, wheels)
    except (BuildError, WheelError, MenderError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    for archive in archives:
        names = contents(archive)
        sys.stdout.write(f"{archive}  {archive.stat().st_size / 1e6:.1f} MB, {len(names)} files\n")
        sys.stdout.writelines(f"    {name}\n" for name in names if not name.endswith(".py"))
    return 0
