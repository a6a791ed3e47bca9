"""The README's tables are those of the kept results, and nothing else in it changes."""

from pathlib import Path

import pytest

from training import evaluation, tables

README = Path(__file__).parents[2] / "README.md"


def test_the_readme_shows_the_kept_results():
    results = evaluation.all_published()
    text = README.read_text(encoding="utf-8")
    assert all(f"<!-- table: {task} -->" in text for task in results)
    assert tables.filled(text, results) == text, "run: python -m training tables"


def test_only_what_stands_between_the_marks_changes():
    measured = {"degrees": {"all": [1.0, 0.5, 2.0], "moving": [1.0, 0.5, 2.0]}, "centimetres": [3.0, 2.0, 4.0]}
    text = "before\n<!-- table: compress -->\nold\n<!-- end -->\nafter\n"
    new = tables.filled(text, {"compress": {"rows": {"net": measured}}})
    assert new.startswith("before\n<!-- table: compress -->\n| method |")
    assert "| net | 1.00 (0.50–2.00) | 1.00 (0.50–2.00) | 3.00 (2.00–4.00) |\n<!-- end -->\nafter\n" in new
    assert "old" not in new


def test_a_result_that_is_not_there_is_named():
    with pytest.raises(KeyError, match="compress"):
        tables.filled("<!-- table: compress -->\n<!-- end -->", {})
