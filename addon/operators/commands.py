"""The words of the command line: which files each reads and writes, its options, and what it does with one file."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from ..core import formats
from ..core.compression.archive import SUFFIX as COMPRESSED
from ..core.errors import MenderError
from ..finger_properties import finger_settings_of
from ..properties import settings_of
from . import compression_command, denoise_command, finger_command
from .batch import Job

SCENE = ".blend"
# A folder often has a readme beside the takes; a .txt is read only where it is named.
MOTION = tuple(suffix for suffix in formats.READABLE if suffix != ".txt")

_OPERATORS: Any = bpy.ops


@dataclass(frozen=True)
class Command:
    """What a word of the command line does.

    reads, writes: suffixes. becomes: what a file of a folder gets where its own cannot be written.
    options: what the parser of the word is given. work: treats one file and returns what to say about it.
    """

    help: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    becomes: str
    options: tuple[Callable[[argparse.ArgumentParser], None], ...]
    work: Callable[[Job, argparse.Namespace], str]


def _add_armature(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--armature", default="", metavar="NAME", help="only this one of a scene's armatures")


def _add_frames(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--frames", nargs=2, type=float, metavar=("FIRST", "LAST"), help="only these frames")


def _add_reading(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--up", choices=("Y", "Z"), default="Y", help="axis that points up in motion files (Y)")
    parser.add_argument("--scale", type=_scale, default=0.0, help="metres per unit of motion files (found out)")
    parser.add_argument("--fps", type=_rate, default=120.0, help="rate of files that do not tell theirs (120)")


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
    rigs = _read(job.source, options)
    if job.target.suffix.lower() != SCENE:
        _require_one(rigs)
    told = []
    for rig in rigs:
        with _active(rig):
            told.append(one())
    _put(rigs[0], job.target)
    return "; ".join(told)


def _export(job: Job, options: argparse.Namespace) -> str:
    rig = _require_one(_read(job.source, options))
    _write(rig, job.target, **_range(options))
    return _length(rig, options)


def _compress(job: Job, options: argparse.Namespace) -> str:
    rig = _require_one(_read(job.source, options))
    job.target.parent.mkdir(parents=True, exist_ok=True)
    with _active(rig):
        wanted = compression_command.compress_options(options)
        _OPERATORS.mocap_mender.compress_action(filepath=str(job.target.absolute()), **wanted)
    return settings_of(_scene()).compressed_line.removeprefix(f"{job.target.name}: ")


def _restore(job: Job, options: argparse.Namespace) -> str:
    if options.onto.suffix.lower() == SCENE:
        _open(options.onto)
        rig = _require_one(_armatures(options.armature))
    else:
        rig = _bring_in(options.onto, options)
    with _active(rig):
        _OPERATORS.mocap_mender.restore_action(filepath=str(job.source.absolute()), recover=options.recover)
    _put(rig, job.target)
    return _length(rig, options)


COMMANDS = {
    "import": Command("motion files into scenes", MOTION, (SCENE,), SCENE, (_add_reading,), _import),
    "denoise": Command(
        "clean the motion of scenes or motion files",
        (SCENE, *MOTION),
        (SCENE, *formats.WRITABLE),
        ".bvh",
        (_add_armature, _add_frames, _add_reading, denoise_command.add_arguments),
        _denoise,
    ),
    "fingers": Command(
        "give the fingers of scenes or motion files keys",
        (SCENE, *MOTION),
        (SCENE, *formats.WRITABLE),
        ".bvh",
        (_add_armature, _add_frames, _add_reading, finger_command.add_arguments),
        _fingers,
    ),
    "export": Command(
        "the motion of scenes into motion files",
        (SCENE,),
        formats.WRITABLE,
        ".bvh",
        (_add_armature, _add_frames),
        _export,
    ),
    "compress": Command(
        "the motion of scenes or motion files into small files",
        (SCENE, *MOTION),
        (COMPRESSED,),
        COMPRESSED,
        (_add_armature, _add_reading, compression_command.add_compress_arguments),
        _compress,
    ),
    "restore": Command(
        "small files back onto an armature",
        (COMPRESSED,),
        (SCENE, *formats.WRITABLE),
        SCENE,
        (_add_armature, _add_reading, compression_command.add_restore_arguments),
        _restore,
    ),
}


def _rate(text: str) -> float:
    if not 0 < (value := float(text)) < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is no number of frames per second")
    return value


def _scale(text: str) -> float:
    if not 0 <= (value := float(text)) < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is no number of metres")
    return value


def _read(path: Path, options: argparse.Namespace) -> list[bpy.types.Object]:
    """The animated armatures of a scene, or the one that a motion file makes."""
    if path.suffix.lower() != SCENE:
        return [_bring_in(path, options)]
    _open(path)
    return _animated(options.armature)


def _bring_in(path: Path, options: argparse.Namespace) -> bpy.types.Object:
    # Factory settings for the scene alone: those for the preferences would turn this extension off.
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    _OPERATORS.mocap_mender.import_motion(
        filepath=str(path.absolute()), up_axis=options.up, scale=options.scale, fps=options.fps, set_scene_fps=True
    )
    return _require_one(_animated(""))


def _open(path: Path) -> None:
    bpy.ops.wm.open_mainfile(filepath=str(path.absolute()), load_ui=False, use_scripts=False)


def _armatures(name: str) -> list[bpy.types.Object]:
    return [obj for obj in _scene().objects if obj.type == "ARMATURE" and name in ("", obj.name)]


def _animated(name: str) -> list[bpy.types.Object]:
    found = [obj for obj in _armatures(name) if obj.animation_data and obj.animation_data.action]
    if not found:
        whose = f"armature {name!r}" if name else "armature"
        raise MenderError(f"The scene has no {whose} with an action: check the file in Blender.")
    return found


def _require_one(rigs: list[bpy.types.Object]) -> bpy.types.Object:
    if not rigs:
        raise MenderError("The scene has no such armature: check the file in Blender.")
    if len(rigs) > 1:
        names = ", ".join(rig.name for rig in rigs)
        raise MenderError(f"Several armatures could be meant ({names}): say which one with --armature.")
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


def _put(rig: bpy.types.Object, path: Path) -> None:
    """The whole scene, or the rig's motion, as the path's suffix says."""
    if path.suffix.lower() == SCENE:
        _save(path)
    else:
        _write(rig, path)


def _save(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    bpy.ops.wm.save_as_mainfile(filepath=str(path.absolute()), check_existing=False, copy=True)


def _write(rig: bpy.types.Object, path: Path, **frames: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with _active(rig):
        _OPERATORS.mocap_mender.export_motion(filepath=str(path.absolute()), **frames)
