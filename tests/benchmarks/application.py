"""`python -m tests.benchmarks.application`: what only the real application can tell, printed and kept in build/bench.

How long the longest step of the main thread is while a job runs in a window, and how long denoising takes beside
Blender's own Butterworth filter over the same curves. The application is found as `make test-all` finds it.
"""

from __future__ import annotations

import subprocess
import sys

from tests.application.install import ROOT, InstallError, find, install_extension
from tests.benchmarks.motion import SIGMA, long_file
from tests.gui.__main__ import with_window

FOLDER = ROOT / "build" / "bench"
SECONDS = 900


def main() -> int:
    """The exit code: 0 where everything could be measured, or where there is no Blender to measure in."""
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
    code = subprocess.run([*command, *words], cwd=ROOT, env=environment, timeout=SECONDS, check=False).returncode
    take.unlink()
    if report.exists():
        print(report.read_text(encoding="utf-8"), end="")
    return abs(code)


if __name__ == "__main__":
    sys.exit(main())
