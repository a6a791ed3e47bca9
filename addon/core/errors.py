"""The errors that reach a person: each message is one sentence that says what is wrong and what to do."""

from __future__ import annotations

from pathlib import Path


class MenderError(Exception):
    """Something that the user can mend. Operators show the message as it is and change nothing."""


class MotionFileError(MenderError):
    """A motion file that cannot be read or written: which file, which line, what was expected there."""

    def __init__(self, path: str | Path, message: str, line: int | None = None) -> None:
        place = f"{Path(path).name}, line {line}" if line is not None else Path(path).name
        super().__init__(f"{place}: {message}")
        self.path = Path(path)
        self.line = line
