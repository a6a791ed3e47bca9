"""The word `denoise` of the command line: its options, and what they ask of the operator."""

from __future__ import annotations

import argparse
from typing import Any

from ..core.rigs.parts import PARTS
from ..preferences import DEFAULT_MODEL


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give the parser of the word `denoise` its own options."""
    parser.add_argument("--model", default="", metavar="NAME", help=f"model to use ({DEFAULT_MODEL})")
    parser.add_argument("--strength", type=_share, default=1.0, help="0 to 1 (1)")
    for part in PARTS:
        parser.add_argument(f"--{part}", type=_share, default=1.0, help=f"how much of it the {part} get, 0 to 1 (1)")
    parser.add_argument("--root", type=_share, default=0.0, help="smoothing of the body's path and heading (0)")
    parser.add_argument(
        "--feet",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="feet go on standing where they stand",
    )
    parser.add_argument("--reduce", type=_degrees, metavar="DEGREES", help="as few keys as this tolerance allows")
    gaps = parser.add_mutually_exclusive_group()
    empty = "fill stretches without keys that are longer than so many frames (5)"
    gaps.add_argument("--fill", type=_frames, nargs="?", const=5.0, metavar="FRAMES", help=empty)
    gaps.add_argument("--missing", nargs=2, type=float, metavar=("FIRST", "LAST"), help="make these frames up")
    parser.add_argument("--in-place", action="store_true", help="in scenes: change the action, keep no original")


def operator_options(options: argparse.Namespace) -> dict[str, Any]:
    """Properties of `mocap_mender.denoise_action`, without the range."""
    wanted: dict[str, Any] = {
        "model": options.model,
        "strength": options.strength,
        "strength_root": options.root,
        "plant_feet": options.feet,
    }
    wanted |= {f"strength_{part}": getattr(options, part) for part in PARTS}
    if options.reduce is not None:
        wanted |= {"reduce_keys": True, "reduce_degrees": options.reduce}
    if options.fill is not None:
        wanted |= {"fill_gaps": "EMPTY", "gap_frames": options.fill}
    if options.missing is not None:
        first, last = options.missing
        wanted |= {"fill_gaps": "MARKED", "gap_start": first, "gap_end": last}
    return wanted | {"result": "IN_PLACE" if options.in_place else "COPY"}


def _share(text: str) -> float:
    if not 0 <= (value := float(text)) <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1")
    return value


def _degrees(text: str) -> float:
    if not 0.01 <= (value := float(text)) < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is no tolerance of 0.01 degrees or more")
    return value


def _frames(text: str) -> float:
    if not 1 <= (value := float(text)) < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is no number of frames")
    return value
