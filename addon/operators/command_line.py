"""The command line inside Blender: `blender --command mocap_mender WORD`, one file or every file of a folder."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import bpy

from ..core.errors import MenderError
from .batch import Job, left_to_do, plan, require_other_files
from .commands import COMMANDS

NAME = "mocap_mender"
DONE, SOME_FAILED, NOT_STARTED = 0, 1, 2

_EXAMPLES = f"""examples:
  blender --command {NAME} import takes --output scenes
  blender --command {NAME} denoise walk.blend --output walk_clean.blend --strength 0.8
  blender --command {NAME} denoise takes --output clean --format bvh --skip-existing
  blender --command {NAME} denoise walk.blend -o sparse.blend --hands 0.5 --fill --reduce 0.5
  blender --command {NAME} fingers takes --output scenes --mode sample --seed 3
  blender --command {NAME} export walk_clean.blend --output walk.csv --frames 1 250
  blender --command {NAME} compress takes --output small --degrees 0.5
  blender --command {NAME} restore small --onto character.blend --output scenes

`... import --help` tells the options of one word. Exit code: 0 all done, 1 some files failed, 2 nothing begun."""


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
        every = plan(options.input, options.output, command.reads, command.writes, lambda path: _suffix(path, options))
        require_other_files(every, [options.onto] if "onto" in options else [])
        jobs = every if options.overwrite else left_to_do(every, options.skip_existing)
    except MenderError as error:
        _say(str(error), sys.stderr)
        return NOT_STARTED
    failed = [job for number, job in enumerate(jobs, 1) if not _done(job, options, f"[{number}/{len(jobs)}] ")]
    if len(every) > 1:
        counts = [f"{len(jobs) - len(failed)} of {len(every)} files done"]
        counts += [f"{len(failed)} failed"] if failed else []
        counts += [f"{len(every) - len(jobs)} were there already"] if len(jobs) < len(every) else []
        _say(", ".join(counts))
        if failed:
            _say(f"failed: {', '.join(job.source.name for job in failed)}", sys.stderr)
    return SOME_FAILED if failed else DONE


def _done(job: Job, options: argparse.Namespace, number: str) -> bool:
    """Whether the job could be done; either way it is said what came of it."""
    try:
        _say(f"{number}{job.source.name} -> {job.target}: {COMMANDS[options.command].work(job, options)}")
    except Exception as error:  # whatever is wrong with one take, the others are still done
        _say(f"{number}FAILED {job.source.name}: {_sentence(error, job)}", sys.stderr)
        return False
    return True


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
        there = one.add_mutually_exclusive_group()
        there.add_argument("--skip-existing", action="store_true", help="leave outputs that are there, as to go on")
        there.add_argument("--overwrite", action="store_true", help="make outputs that are there anew")
        if len(command.writes) > 1:
            one.add_argument("--format", choices=[s.lstrip(".") for s in command.writes], help="files for a folder")
        for add in command.options:
            add(one)
    return parser


def _suffix(path: Path, options: argparse.Namespace) -> str:
    """What a file of a folder becomes: the format asked for, its own, or what the word makes of others."""
    command = COMMANDS[options.command]
    if getattr(options, "format", None):
        return f".{options.format}"
    same = path.suffix.lower()
    return same if same in command.writes else command.becomes


def _sentence(error: Exception, job: Job) -> str:
    """The message without what Blender puts before it, on one line, without the file's name once more."""
    text = str(error).strip().removeprefix("Error: ")
    if "Traceback (most recent call last)" in text:  # what an operator met that nobody had thought of
        text = [line for line in text.splitlines() if line and not line.startswith("Location:")][-1]
    elif not isinstance(error, MenderError | RuntimeError | OSError):  # operators raise their reports as RuntimeError
        text = f"{type(error).__name__}: {text}"
    return " ".join(text.split()).removeprefix(f"{job.source.name}: ").removeprefix(f"{job.source.name}, ")


def _say(line: str, stream: Any = None) -> None:
    stream = stream or sys.stdout
    stream.write(line.encode(errors="backslashreplace").decode() + "\n")  # a file's name may be no text
    stream.flush()


_handles: list[Any] = []


def register() -> None:
    """Add the command to Blender's command line."""
    _handles.append(bpy.utils.register_cli_command(NAME, run))


def unregister() -> None:
    """Take it away."""
    bpy.utils.unregister_cli_command(_handles.pop())
