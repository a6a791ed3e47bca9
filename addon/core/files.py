"""Files: written whole or not at all, told apart by their bytes, and why one cannot be read or written."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Gives the path of a draft beside `path`, to be written in the block; after it the draft takes the file's place.

    Where the block raises, the draft is removed and `path` is as it was. Raises OSError where nothing can stand there.
    """
    if not path.name:
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    draft = path.with_name(f"{path.name}.part")
    try:
        yield draft
        draft.replace(path)
    finally:
        with contextlib.suppress(OSError):
            draft.unlink()


def reason(error: OSError) -> str:
    """Why a file could not be read or written, in the system's words, without number and path."""
    return error.strerror or str(error) or type(error).__name__


def sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal digits. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
