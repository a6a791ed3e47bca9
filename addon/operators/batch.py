"""What a batch has to do: which file becomes which, planned before the first one is touched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from ..core.errors import MenderError


@dataclass(frozen=True)
class Job:
    """One file to read and one to write."""

    source: Path
    target: Path


def plan(
    source: Path,
    output: Path,
    reads: Collection[str],
    writes: Collection[str],
    suffix_for: Callable[[Path], str],
) -> list[Job]:
    """The jobs of one file or of the files of a folder, by name.

    output: a file, or a folder (with or without being there) in which each file is named after its source.
    reads, writes: suffixes in small letters. suffix_for: what a source becomes in a folder.
    Raises MenderError where there is nothing to do, or where a source would be overwritten.
    """
    if source.is_dir():
        sources = sorted(
            path
            for path in source.iterdir()
            if path.is_file() and path.suffix.lower() in reads and not path.name.startswith(".")
        )
        if not sources:
            raise MenderError(f"{source} holds no {' or '.join(sorted(reads))} file: choose another folder.")
        if output.suffix.lower() in writes or output.is_file():
            raise MenderError(f"{output} is a file and {source} a folder: give a folder for the output.")
        jobs = _named_after(sources, output, suffix_for)
    elif not source.is_file():
        raise MenderError(f"There is no file or folder {source}: check the path.")
    elif output.is_dir() or not output.suffix:
        jobs = _named_after([source], output, suffix_for)
    elif output.suffix.lower() in writes:
        jobs = [Job(source, output)]
    else:
        raise MenderError(f"{output.name} must end in {' or '.join(sorted(writes))}, or be a folder.")
    require_other_files(jobs, ())
    return jobs


def left_to_do(jobs: list[Job], skip: bool) -> list[Job]:
    """The jobs whose files are not there yet: files are written whole, so one that is there is done.

    Raises MenderError where some are there and it is not said that they are to be skipped.
    """
    there = [job for job in jobs if job.target.exists()]
    if there and not skip:
        which = f"{len(there)} of {len(jobs)} outputs exist" if len(jobs) > 1 else f"{there[0].target} exists"
        raise MenderError(f"{which} already: add --skip-existing to do the rest, or --overwrite to make them anew.")
    return [job for job in jobs if job not in there]


def _named_after(sources: Iterable[Path], folder: Path, suffix_for: Callable[[Path], str]) -> list[Job]:
    plain = {path: path.stem + suffix_for(path) for path in sources}
    names = Counter(name.casefold() for name in plain.values())
    return [
        # walk.bvh and walk.csv both become walk.blend: then each keeps its own ending in its name.
        Job(path, folder / (name if names[name.casefold()] == 1 else path.name.replace(".", "_") + suffix_for(path)))
        for path, name in plain.items()
    ]


def require_other_files(jobs: Iterable[Job], beside: Iterable[Path]) -> None:
    """Raises MenderError where a job would write a file that one of them, or something `beside` them, reads."""
    jobs = list(jobs)
    sources = [*(job.source.resolve() for job in jobs), *(path.resolve() for path in beside)]
    for job in jobs:
        target = job.target.resolve()
        if target in sources or (target.exists() and any(map(target.samefile, sources))):
            raise MenderError(f"{job.target} would overwrite a file that is read: give another output.")
