"""The command line inside Blender: `blender --command mocap_mender WORD`, one file or every file of a folder."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from ..core import formats
from ..core.errors import MenderError
from ..finger_properties import finger_settings_of
from ..properties import settings_of
from . import denoise_command, finger_command
from .batch import Job, plan

NAME = "mocap_mender"
DONE, SOME_FAILED, NOT_STARTED = 0, 1, 2

_EXAMPLES = f"""examples:
  blender --command {NAME} import takes --output scenes
  blender --command {NAME} denoise walk.blend --output walk_clean.blend --strength 0.8
  blender --command {NAME} denoise takes --output clean --format bvh
  blender --command {NAME} denoise walk.blend -o sparse.blend --hands 0.5 --fill --reduce 0.5
  blender --command {NAME} fingers takes --output scenes --mode sample --seed 3
  blender --command {NAME} export walk_clean.blend --output walk.csv --frames 1 250

`... import --help` tells the options of one word. Exit code: 0 all done, 1 some files failed, 2 nothing begun."""

_OPERATORS: Any = bpy.ops
_SCENE = ".blend"
# A folder often has a readme beside the takes; a .txt is read only where it is named.
_MOTION = tuple(suffix for suffix in formats.READABLE if suffix != ".txt")


@dataclass(frozen=True)
class Command:
    """What a word of the command line does. `work` treats one file and returns what to say about it."""

    help: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    work: Callable[[Job, argparse.Namespace], str]


def run(arguments: list[str]) -> int:
    """Do what the words after `--command mocap_mender` ask for; the exit code.

    0: every file is done. 1: some failed, the others are done. 2: nothing was begun.
    """
    try:
        options = _parser().parse_args(arguments)
    except SystemExit as leave:
        return leave.code if isinstance(leave.code, int) else NOT_STARTED
    command = COMMANDS[options.command]
    try:
        jobs = plan(options.input, options.output, command.reads, command.writes, lambda path: _suffix(path, options))
    except MenderError as error:
        _say(str(error), sys.stderr)
        return NOT_STARTED
    failed = 0
    for job in jobs:
        try:
            _say(f"{job.source.name} -> {job.target}: {command.work(job, options)}")
        except (MenderError, RuntimeError, OSError) as error:  # operators raise their reports as RuntimeError
            failed += 1
            _say(f"FAILED {job.source.name}: {_sentence(error, job)}", sys.stderr)
    if len(jobs) > 1:
        _say(f"{len(jobs) - failed} of {len(jobs)} files done" + (f", {failed} failed" if failed else ""))
    return SOME_FAILED if failed else DONE


def _import(job: Job, options: argparse.Namespace) -> str:
    rig = _bring_in(job.source, options)
    _save(job.target)
    return _length(rig, options)


def _denoise(job: Job, options: argparse.Namespace) -> str:
    def one() -> str:
        _OPERATORS.mocap_mender.denoise_action(**denoise_command.operator_options(options), **_range(options))
        return settings_of(_scene()).done_line

    return _worked(job, options, one)


def _fingers(job: Job, options: argparse.Namespace) -> str:
    def one() -> str:
        _OPERATORS.mocap_mender.generate_fingers(**finger_command.operator_options(options), **_range(options))
        return finger_settings_of(_scene()).done_line

    return _worked(job, options, one)


def _worked(job: Job, options: argparse.Namespace, one: Callable[[], str]) -> str:
    """Bring the job's rigs in, do `one` for each of them, and write what came of it."""
    is_scene = job.source.suffix.lower() == _SCENE
    rigs = _opened(job.source, options) if is_scene else [_bring_in(job.source, options)]
    if job.target.suffix.lower() != _SCENE:
        _require_one(rigs)
    told = []
    for rig in rigs:
        with _active(rig):
            told.append(one())
    if job.target.suffix.lower() == _SCENE:
        _save(job.target)
    else:
        _write(rigs[0], job.target)
    return "; ".join(told)


def _export(job: Job, options: argparse.Namespace) -> str:
    rig = _require_one(_opened(job.source, options))
    _write(rig, job.target, **_range(options))
    return _length(rig, options)


COMMANDS = {
    "import": Command("motion files into scenes", _MOTION, (_SCENE,), _import),
    "denoise": Command(
        "clean the motion of scenes or motion files", (_SCENE, *_MOTION), (_SCENE, *formats.WRITABLE), _denoise
    ),
    "fingers": Command(
        "give the fingers of scenes or motion files keys", (_SCENE, *_MOTION), (_SCENE, *formats.WRITABLE), _fingers
    ),
    "export": Command("the motion of scenes into motion files", (_SCENE,), formats.WRITABLE, _export),
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"blender --command {NAME}",
        description="Bring motion in, clean it, take it out: one file, or every file of a folder. "
        "A file that fails is named and the others are done; the input is never overwritten.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    words = parser.add_subparsers(dest="command", required=True, metavar="|".join(COMMANDS))
    for word, command in COMMANDS.items():
        one = words.add_parser(word, help=command.help, description=f"{word.capitalize()}: {command.help}.")
        one.add_argument("input", type=Path, metavar="FILE|FOLDER", help="/".join(command.reads))
        one.add_argument(
            "--output", "-o", type=Path, required=True, metavar="FILE|FOLDER", help="/".join(command.writes)
        )
        if word != "import":
            one.add_argument("--armature", default="", metavar="NAME", help="only this one of a scene's armatures")
            one.add_argument("--frames", nargs=2, type=float, metavar=("FIRST", "LAST"), help="only these frames")
        if len(command.writes) > 1:
            one.add_argument("--format", choices=[s.lstrip(".") for s in command.writes], help="files for a folder")
        if word != "export":
            one.add_argument("--up", choices=("Y", "Z"), default="Y", help="axis that points up in motion files (Y)")
            one.add_argument("--scale", type=_scale, default=0.0, help="metres per unit of motion files (found out)")
            one.add_argument("--fps", type=_rate, default=120.0, help="rate of files that do not tell theirs (120)")
        if word == "fingers":
            finger_command.add_arguments(one)
        if word == "denoise":
            denoise_command.add_arguments(one)
    return parser


def _rate(text: str) -> float:
    if not 0 < (value := float(text)) < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is no number of frames per second")
    return value


def _scale(text: str) -> float:
    if not 0 <= (value := float(text)) < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is no number of metres")
    return value


def _suffix(path: Path, options: argparse.Namespace) -> str:
    if options.command == "import":
        return _SCENE
    if options.format:
        return f".{options.format}"
    same = path.suffix.lower()
    return same if same in COMMANDS[options.command].writes else ".bvh"


def _bring_in(path: Path, options: argparse.Namespace) -> bpy.types.Object:
    # Factory settings for the scene alone: those for the preferences would turn this extension off.
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    _OPERATORS.mocap_mender.import_motion(
        filepath=str(path.absolute()), up_axis=options.up, scale=options.scale, fps=options.fps, set_scene_fps=True
    )
    return _require_one(_animated(""))


def _opened(path: Path, options: argparse.Namespace) -> list[bpy.types.Object]:
    bpy.ops.wm.open_mainfile(filepath=str(path.absolute()), load_ui=False, use_scripts=False)
    return _animated(options.armature)


def _animated(name: str) -> list[bpy.types.Object]:
    found = [
        obj
        for obj in _scene().objects
        if obj.type == "ARMATURE" and obj.animation_data and obj.animation_data.action and name in ("", obj.name)
    ]
    if not found:
        whose = f"armature {name!r}" if name else "armature"
        raise MenderError(f"The scene has no {whose} with an action: check the file in Blender.")
    return found


def _require_one(rigs: list[bpy.types.Object]) -> bpy.types.Object:
    if len(rigs) > 1:
        names = ", ".join(rig.name for rig in rigs)
        raise MenderError(f"Several armatures have actions ({names}): say which one with --armature.")
    return rigs[0]


def _active(rig: bpy.types.Object) -> Any:
    return bpy.context.temp_override(object=rig, active_object=rig)


def _scene() -> Any:
    return bpy.context.scene


def _range(options: argparse.Namespace) -> dict[str, Any]:
    if options.frames is None:
        return {}
    first, last = options.frames
    return {"frame_range": "CUSTOM", "frame_start": first, "frame_end": last}


def _length(rig: Any, options: argparse.Namespace) -> str:
    first, last = rig.animation_data.action.frame_range
    if getattr(options, "frames", None):
        first, last = max(first, options.frames[0]), min(last, options.frames[1])
    return f"frames {first:g} to {last:g}"


def _save(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    bpy.ops.wm.save_as_mainfile(filepath=str(path.absolute()), check_existing=False, copy=True)


def _write(rig: bpy.types.Object, path: Path, **frames: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with _active(rig):
        _OPERATORS.mocap_mender.export_motion(filepath=str(path.absolute()), **frames)


def _sentence(error: Exception, job: Job) -> str:
    """The message without what Blender puts before it, on one line, without the file's name once more."""
    text = str(error).strip().removeprefix("Error: ")
    if "Traceback (most recent call last)" in text:
        text = text.splitlines()[-1]
    return " ".join(text.split()).removeprefix(f"{job.source.name}: ").removeprefix(f"{job.source.name}, ")


def _say(line: str, stream: Any = None) -> None:
    stream = stream or sys.stdout
    stream.write(line + "\n")
    stream.flush()


_handles: list[Any] = []


def register() -> None:
    """Add the command to Blender's command line."""
    _handles.append(bpy.utils.register_cli_command(NAME, run))


def unregister() -> None:
    """Take it away."""
    bpy.utils.unregister_cli_command(_handles.pop())
