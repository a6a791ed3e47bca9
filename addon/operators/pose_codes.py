"""Models that compress poses: which are installed, the chosen one's code, and the one that a file was written with."""

from __future__ import annotations

from ..core.compression.archive import Archive, ArchiveError
from ..core.compression.block import PoseCode
from ..core.errors import MenderError
from ..inference.model_file import ModelEntry, installed_models
from ..inference.pose_code import file_hash, gives_code, pose_code
from ..inference.session import Model, load_model
from ..preferences import model_folders, threads

DEFAULT_CODE = "pose-compress"


def code_models() -> list[ModelEntry]:
    """The installed models that compress poses, the default one first."""
    found = [entry for entry in installed_models(model_folders()) if entry.card and gives_code(entry.card)]
    return sorted(found, key=lambda entry: (entry.name != DEFAULT_CODE, entry.name))


def chosen_code_model(name: str) -> Model:
    """The installed model of that name (empty: the default one), loaded. Raises MenderError where there is none."""
    wanted = name or DEFAULT_CODE
    entries = {entry.name: entry for entry in code_models()}
    if wanted not in entries:
        there = f"choose one of {', '.join(entries)}" if entries else "install the extension again"
        raise MenderError(f"There is no model called {wanted} that compresses poses: {there}.")
    return load_model(entries[wanted].path, threads())


def code_of(archive: Archive) -> PoseCode | None:
    """The code that an archive was written in, None where it needs none.

    Raises ArchiveError where the very model that it was written with is not installed.
    """
    header = archive.header
    if not header.model:
        return None
    same_name = [entry for entry in code_models() if entry.name == header.model]
    for entry in code_models():
        if file_hash(entry.path) == header.model_hash:
            return pose_code(load_model(entry.path, threads()))
    if same_name:
        raise ArchiveError(
            f"{archive.path.name} was written with another version of the model {header.model} than the one that is "
            "installed: put that version's file into the model folder."
        )
    raise ArchiveError(
        f"{archive.path.name} was written with the model {header.model}, which is not installed: put its file into "
        "the model folder."
    )
