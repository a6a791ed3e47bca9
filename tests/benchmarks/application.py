"""`python -m tests.benchmarks.application [PART …]`: what only the real application can tell, kept in build/bench.

`jobs`: how long the longest step of the main thread is while a job runs in a window. `butterworth`: how long denoising
takes beside Blender's own filter over the same curves. The application is found as `make test-all` finds it.
"""

from __future__ import annotations

import argparse
import subprocess
import sys

from tests.application.install import ROOT, InstallError, find, install_extension
from tests.benchmarks.motion import SIGMA, long_file
from tests.gui.__main__ import with_window

FOLDER = ROOT / "build" / "bench"
SECONDS = 900
PARTS = ("jobs", "butterworth")


def main() -> int:
    """The exit code: 0 where everything could be measured, or where there is no Blender to measure in."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.application", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{' or '.join(PARTS)}; both by default")
    chosen = parser.parse_args().parts or list(PARTS)
    if not set(chosen) <= set(PARTS):
        parser.error(f"there are the parts {', '.join(PARTS)}")
    blender = find()
    if blender is None:
        print("not run: there is no Blender: set BLENDER, or put blender on the PATH")
        return 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    take, report = long_file(FOLDER, SIGMA), FOLDER / "application.txt"
    report.unlink(missing_ok=True)
    try:
        environment, _ = install_extension(blender, FOLDER)
        command = with_window(blender)
    except InstallError as error:
        print(error)
        return 1
    words = ["--enable-event-simulate", "--python", "tests/benchmarks/in_window.py", "--", str(take), str(report)]
    start = [*command, *words, *chosen]
    try:  # it prints what it measures as it comes
        return abs(subprocess.run(start, cwd=ROOT, env=environment, timeout=SECONDS, check=False).returncode)
    except subprocess.TimeoutExpired:
        print(f"stopped after {SECONDS // 60} minutes; what was measured until then is in {report}")
        return 1
    finally:
        take.unlink()


if __name__ == "__main__":
    sys.exit(main())
