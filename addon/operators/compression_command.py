"""The words `compress` and `restore` of the command line: their options, and what they ask of the operators."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..properties import METHOD_ITEMS

_METHODS = tuple(identifier.lower() for identifier, _, _ in METHOD_ITEMS)


def add_compress_arguments(parser: argparse.ArgumentParser) -> None:
    """Give the parser of the word `compress` its own options."""
    parser.add_argument("--degrees", type=_positive, default=1.0, help="how far a bone may be turned at most (1)")
    parser.add_argument("--millimetres", type=_positive, default=1.0, help="how far it may be moved at most (1)")
    parser.add_argument("--method", choices=_METHODS, default=_METHODS[0], help=f"how poses are coded ({_METHODS[0]})")


def add_restore_arguments(parser: argparse.ArgumentParser) -> None:
    """Give the parser of the word `restore` its own options."""
    onto = "the scene or motion file whose armature gets the action"
    parser.add_argument("--onto", type=_file, required=True, metavar="FILE", help=onto)
    parser.add_argument("--recover", action="store_true", help="take what is intact of damaged files")


def compress_options(options: argparse.Namespace) -> dict[str, Any]:
    """Properties of `mocap_mender.compress_action`, without the file."""
    return {"degrees": options.degrees, "millimetres": options.millimetres, "method": options.method.upper()}


def _positive(text: str) -> float:
    if not 0 < (value := float(text)) < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is no number above 0")
    return value


def _file(text: str) -> Path:
    if not Path(text).is_file():
        raise argparse.ArgumentTypeError(f"there is no file {text}")
    return Path(text)
