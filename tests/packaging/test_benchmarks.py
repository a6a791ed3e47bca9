"""`make bench`: every benchmark is one of its parts, and can be run alone."""

from pathlib import Path

from tests.benchmarks.__main__ import PARTS

FOLDER = Path(__file__).parents[1] / "benchmarks"


def test_every_module_that_measures_is_a_part():
    measuring = {path.stem for path in FOLDER.glob("*.py") if "\ndef run(" in path.read_text(encoding="utf-8")}
    assert measuring == set(PARTS)
