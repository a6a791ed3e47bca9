"""`python -m tests.benchmarks [PART …]`: all benchmarks, or some, printed line by line and kept in build/bench."""

from __future__ import annotations

import argparse
import importlib

from tests.demo.takes import ROOT
from tests.leaving import leave_after

PARTS = {
    "blender": "import, denoising and filtering beside Blender's own importer, bare writing and Butterworth filter",
    "keys": "fewer keys beside Blender's decimate",
    "hour": "how much memory an hour of motion takes",
    "preview": "what a frame of the live preview costs",
    "compression": "compressed actions beside their peers",
    "fingers": "a pose and a motion of fingers",
    "fingers_in_blender": "the same from the button to the keys, beside writing them bare",
    "any_order": "sampling digits with and without the cache",
}
"""The modules beside this one; each has a `run` that gives lines as they come."""


def main() -> None:
    """Run and print those asked for."""
    import bpy

    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks",
        description="Speed beside Blender's own ways.",
        epilog="\n".join(f"{name:12} {what}" for name, what in PARTS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help="some of the parts below; all by default")
    chosen = parser.parse_args().parts or list(PARTS)
    for name in chosen:
        if name not in PARTS:
            parser.error(f"there is no part {name!r}; there are {', '.join(PARTS)}")
    folder = ROOT / "build" / "bench" / f"blender-{bpy.app.version_string.split()[0]}"
    folder.mkdir(parents=True, exist_ok=True)
    for name in chosen:
        with (folder / f"{name}.txt").open("w", encoding="utf-8") as report:
            for line in importlib.import_module(f"{__package__}.{name}").run():
                print(line, flush=True)
                report.write(line + "\n")
                report.flush()


if __name__ == "__main__":
    leave_after(main)
