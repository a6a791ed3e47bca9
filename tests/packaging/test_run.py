"""The last lines of a test run: what is counted, what is named, and when the whole has failed."""

import sys

import pytest

from tests import run
from tests.run import Outcome

REPORT = """<testsuites><testsuite>
<testcase classname="tests.a" name="test_one"/>
<testcase classname="tests.a" name="test_two"><failure message="no"/></testcase>
<testcase classname="tests.a" name="test_three[1]"><skipped message="slots came with 4.4"/></testcase>
<testcase classname="tests.a" name="test_three[2]"><skipped message="slots came with 4.4"/></testcase>
</testsuite></testsuites>"""


@pytest.fixture
def report(tmp_path):
    path = tmp_path / "report.xml"
    path.write_text(REPORT, encoding="utf-8")
    return path


def test_a_report_is_counted_and_what_was_left_out_is_named(report):
    outcome = run.read_report("Blender 4.2", report, 1, 2.0)
    assert (outcome.passed, outcome.failed, outcome.skipped) == (1, 1, 2)
    assert outcome.left_out == ("tests.a: test_three[1], test_three[2]: slots came with 4.4",)


def test_a_run_that_failed_outside_its_tests_failed(report):
    report.write_text('<testsuite><testcase classname="a" name="b"/></testsuite>', encoding="utf-8")
    assert run.read_report("Blender 4.2", report, 3, 2.0).failed == 1


def test_a_run_that_died_failed(tmp_path):
    outcome = run.read_report("Blender 4.2", tmp_path / "never-written.xml", -11, 2.0)
    assert (outcome.passed, outcome.failed) == (0, 1)


def test_the_last_lines_name_what_was_left_out_and_end_with_the_sum(capsys):
    run.summarise(
        [
            Outcome("Blender 4.2", 5, 0, 2, ("tests.a: test_three: slots came with 4.4",), 1.0),
            Outcome("Application", 0, 0, 0, ("there is no Blender",), 0.0),
        ]
    )
    assert capsys.readouterr().out.splitlines()[-3:] == [
        "left out: Blender 4.2: tests.a: test_three: slots came with 4.4",
        "left out: Application: there is no Blender",
        "5 passed, 0 failed, 2 skipped",
    ]


@pytest.mark.parametrize(
    ("arguments", "application", "code"),
    [
        (["all"], Outcome("Application", 3, 0, 0, (), 1.0), 0),
        (["all"], Outcome("Application", 3, 1, 0, (), 1.0), 1),
        (["all"], Outcome("Application", 0, 0, 0, ("there is no Blender",), 0.0), 0),
        (["all", "--complete"], Outcome("Application", 0, 0, 0, ("there is no Blender",), 0.0), 1),
        (["all", "--complete"], Outcome("Application", 3, 0, 0, (), 1.0), 0),
    ],
)
def test_what_is_missing_fails_only_where_all_must_be_there(monkeypatch, tmp_path, arguments, application, code):
    passed = Outcome("", 3, 0, 0, (), 1.0)
    monkeypatch.setattr(run, "blenders", lambda: dict.fromkeys(("4.2", "4.5", "5.2"), tmp_path))
    monkeypatch.setattr(run, "run_blender", lambda version, folder: passed)
    monkeypatch.setattr(run, "run_training", lambda: passed)
    monkeypatch.setattr(run, "run_application", lambda: application)
    monkeypatch.setattr(sys, "argv", ["tests.run", *arguments])
    assert run.main() == code


def test_a_blender_without_an_environment_is_left_out_by_name(monkeypatch, capsys):
    monkeypatch.setattr(run, "blenders", dict)
    monkeypatch.setattr(run, "run_training", lambda: Outcome("Training and export", 3, 0, 0, (), 1.0))
    monkeypatch.setattr(run, "run_application", lambda: Outcome("Application", 3, 0, 0, (), 1.0))
    monkeypatch.setattr(sys, "argv", ["tests.run", "all"])
    assert run.main() == 0
    assert "left out: Blender 5.2: needs Python 3.13: set PYTHON313" in capsys.readouterr().out
