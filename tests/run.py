"""Run the tests in each environment asked for; say at the end, over all of them, what passed and what was left out.

`python -m tests.run one` is what `make test` runs: the Blender of `.venv`, and training and export where torch is.
`python -m tests.run all` adds the other Blenders and the real application. `--complete` makes a missing one a failure.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

from tests.application import install

ROOT = Path(__file__).parents[1]
REPORTS = ROOT / "build" / "tests"
MINUTES = 25  # a run that takes longer hangs

# What needs torch, and what needs a window or is no test; the rest runs beside every Blender.
WITH_TORCH = ("tests/training", "tests/export")
NOT_BESIDE_BLENDER = (*WITH_TORCH, "tests/gui", "tests/benchmarks", "tests/application")
# Once is enough for what does not change with Blender.
NOT_IN_EVERY_BLENDER = ("tests/packaging", "tests/demo", "tests/test_arrows.py")


@dataclass(frozen=True)
class Outcome:
    """What one run came to: how many tests, and lines that name those that did not happen, with the reason."""

    name: str
    passed: int
    failed: int
    skipped: int
    left_out: tuple[str, ...]
    seconds: float


def read_report(name: str, report: Path, code: int, seconds: float) -> Outcome:
    """The outcome that pytest's JUnit report tells; a run that died without one, or failed outside a test, failed."""
    if not report.exists():
        print(f"{name}: the run ended with code {code} and no report", flush=True)
        return Outcome(name, 0, 1, 0, (), seconds)
    cases = list(ElementTree.parse(report).iter("testcase"))
    failed = sum(case.find("failure") is not None or case.find("error") is not None for case in cases)
    skipped: dict[tuple[str | None, str | None], list[str]] = {}
    for case in cases:
        why = case.find("skipped")
        if why is not None:
            skipped.setdefault((case.get("classname"), why.get("message")), []).append(case.get("name") or "the file")
    left_out = tuple(f"{where}: {', '.join(names)}: {why}" for (where, why), names in skipped.items())
    count = sum(map(len, skipped.values()))
    return Outcome(name, len(cases) - failed - count, max(failed, int(code != 0)), count, left_out, seconds)


def run(name: str, command: list[str], environment: dict[str, str] | None = None) -> Outcome:
    """Run pytest by this command, its output passed through."""
    print(f"\n=== {name}", flush=True)
    report = REPORTS / f"{name.replace(' ', '-').lower()}.xml"
    report.parent.mkdir(parents=True, exist_ok=True)
    report.unlink(missing_ok=True)
    start = time.monotonic()
    try:
        code = subprocess.run(
            [*command, f"--junitxml={report}"], cwd=ROOT, env=environment, timeout=MINUTES * 60, check=False
        ).returncode
    except subprocess.TimeoutExpired:
        print(f"{name}: stopped after {MINUTES} minutes", flush=True)
        code = -1
    return read_report(name, report, code, time.monotonic() - start)


def pytest(folder: Path, chosen: tuple[str, ...], left: tuple[str, ...]) -> list[str]:
    """The command that runs the chosen tests, without those that are left, in the environment of a folder."""
    return [
        *(str(folder / "bin" / "python"), "-m", "pytest", "-q", "-p", "no:cacheprovider"),
        *(path for path in chosen if (ROOT / path).exists()),
        *(f"--ignore={path}" for path in left),
    ]


def blenders() -> dict[str, Path]:
    """The environments that hold bpy, by Blender's version as in "4.5"."""
    found = {}
    for folder in (ROOT / ".venv", *sorted((ROOT / ".venvs").glob("blender-*"))):
        for package in folder.glob("lib/python*/site-packages/bpy-*.dist-info"):
            version = package.name.removeprefix("bpy-").split(".")
            found.setdefault(".".join(version[:2]), folder)
    return found


def run_blender(version: str, folder: Path) -> Outcome:
    """The tests beside one Blender."""
    left = NOT_BESIDE_BLENDER if folder.name == ".venv" else (*NOT_BESIDE_BLENDER, *NOT_IN_EVERY_BLENDER)
    return run(f"Blender {version}", pytest(folder, ("tests",), left))


def run_training() -> Outcome:
    """The tests of training and export, and the shipped models once more on the newest runtime."""
    name, folder = "Training and export", ROOT / ".venvs" / "training"
    if not (folder / "bin" / "python").exists():
        return Outcome(name, 0, 0, 0, ("needs Python 3.11, for which alone torch is pinned: set PYTHON311",), 0.0)
    return run(name, pytest(folder, (*WITH_TORCH, "tests/inference", "tests/core"), ()))


def run_application() -> Outcome:
    """The tests inside the real application, with the extension built, installed and enabled in it."""
    name = "Application"
    blender = install.find()
    if blender is None:
        return Outcome(name, 0, 0, 0, ("there is no Blender: set BLENDER, or put blender on the PATH",), 0.0)
    start = time.monotonic()
    try:
        environment = install.install(blender)
    except install.InstallError as error:
        print(error, flush=True)
        return Outcome(name, 0, 1, 0, (), time.monotonic() - start)
    return run(name, install.command(blender), environment)


def summarise(outcomes: list[Outcome]) -> None:
    """Print a line a run, a line for everything left out, and the sum."""
    print(f"\n{'':24}{'passed':>8}{'failed':>8}{'left out':>10}{'seconds':>9}")
    for one in outcomes:
        print(f"{one.name:24}{one.passed:8}{one.failed:8}{one.skipped:10}{one.seconds:9.0f}")
    for one in outcomes:
        for what in one.left_out:
            print(f"left out: {one.name}: {what}")
    passed, failed, skipped = (
        sum(getattr(one, count) for one in outcomes) for count in ("passed", "failed", "skipped")
    )
    print(f"{passed} passed, {failed} failed, {skipped} skipped", flush=True)


def main() -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.run", description=__doc__.splitlines()[0])
    parser.add_argument("which", choices=["one", "all"])
    parser.add_argument("--complete", action="store_true", help="fail if an environment or the application is missing")
    asked = parser.parse_args()
    environments = blenders()
    wanted = ("4.2", "4.5", "5.2") if asked.which == "all" else tuple(environments)[:1]
    outcomes = []
    for version in wanted:
        if version in environments:
            outcomes.append(run_blender(version, environments[version]))
        else:
            python = "3.13: set PYTHON313" if version == "5.2" else "3.11: set PYTHON311"
            outcomes.append(Outcome(f"Blender {version}", 0, 0, 0, (f"needs Python {python}",), 0.0))
    outcomes.append(run_training())
    if asked.which == "all":
        outcomes.append(run_application())
    summarise(outcomes)
    missing = [one.name for one in outcomes if one.passed + one.failed == 0]
    if asked.complete and missing:
        print(f"incomplete: {', '.join(missing)} did not run")
    return int(any(one.failed for one in outcomes) or (asked.complete and bool(missing)))


if __name__ == "__main__":
    sys.exit(main())
