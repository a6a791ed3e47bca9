"""The word `fingers` of the command line: its options, and what they ask of the operator."""

from __future__ import annotations

import argparse
from typing import Any

from ..core.hand import FINGERS, SIDES
from ..preferences import DEFAULT_FINGER_MODEL

_MODES = ("average", "sample", "likely")
_AT_WRIST = "wrist"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give the parser of the word `fingers` its own options."""
    parser.add_argument("--model", default="", metavar="NAME", help=f"model to use ({DEFAULT_FINGER_MODEL})")
    parser.add_argument(
        "--between-keys", action="store_true", help="only between the first and the last finger key that is there"
    )
    parser.add_argument("--hands", choices=(*SIDES, "both"), default="both", help="which hands get keys (both)")
    parser.add_argument("--fingers", nargs="+", choices=FINGERS, default=FINGERS, help="which fingers (all)")
    which = (
        "which of the possible motions (average between keys; else sample, because the average is a hand that rests)"
    )
    parser.add_argument("--mode", choices=_MODES, help=which)
    parser.add_argument("--seed", type=int, default=0, help="another number is another variation (0)")
    parser.add_argument("--temperature", type=_positive, default=1.0, help="how daring samples are (1)")
    keys = f"a key every so many frames, or `{_AT_WRIST}`: where the hand has keys (2)"
    parser.add_argument("--keys", type=_step, default=2, metavar="FRAMES", help=keys)


def operator_options(options: argparse.Namespace) -> dict[str, Any]:
    """Properties of `mocap_mender.generate_fingers`, without the range."""
    wanted: dict[str, Any] = {
        "task": "FILL" if options.between_keys else "MOTION",
        "model": options.model,
        "side": options.hands.upper(),
        "mode": (options.mode or ("average" if options.between_keys else "sample")).upper(),
        "seed": options.seed,
        "temperature": options.temperature,
    }
    wanted |= {finger: finger in options.fingers for finger in FINGERS}
    return wanted | ({"frames": "WRIST"} if options.keys == _AT_WRIST else {"frames": "STEP", "step": options.keys})


def _positive(text: str) -> float:
    if not 0 < (value := float(text)) < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is no number above 0")
    return value


def _step(text: str) -> Any:
    if text == _AT_WRIST:
        return text
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is neither a number of frames nor {_AT_WRIST}")
    return int(text)
