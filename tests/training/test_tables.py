"""The documents' tables are those of the kept results, and nothing else in them changes."""

import re
from pathlib import Path

import pytest

from training import evaluation, tables

ROOT = Path(__file__).parents[2]
DOCUMENTS = {path: (ROOT / path).read_text(encoding="utf-8") for path in tables.DOCUMENTS}


@pytest.mark.parametrize("path", DOCUMENTS, ids=str)
def test_a_document_shows_the_kept_results(path):
    filled = tables.filled(DOCUMENTS[path], evaluation.all_published())
    assert filled == DOCUMENTS[path], "run: python -m training tables"


def test_every_table_stands_in_one_document_and_every_result_has_its_table():
    shown = [name for text in DOCUMENTS.values() for name in re.findall(r"<!-- table: ([\w-]+) -->", text)]
    assert sorted(shown) == sorted([*tables.RENDERED, tables.MISSED])
    assert set(evaluation.all_published()) <= set(shown)


def test_the_summary_shows_the_best_filter_of_each_noise_and_marks_the_least_error():
    errors = {"noisy input": (4, 8), "denoise": (1, 5), "tutorial-compress": (9, 9), "tutorial-sparse": (7, 7)}
    errors |= dict.fromkeys(tables.SINGLE_FILTERS, (3, 6))
    errors |= {tables.SINGLE_FILTERS[1]: (2, 7), "PCA-60 + Butterworth": (2.5, 4)}
    rows = {
        name: {
            "30 fps": {sigma: {"degrees": [value, 0, 0]} for sigma, value in zip(("0.01", "0.02"), values, strict=True)}
        }
        for name, values in errors.items()
    }
    lines = tables.summary({"rows": rows}).splitlines()
    assert lines[0] == "| mean error, 30 fps | σ = 0.01 | σ = 0.02 |"
    assert lines[5] == "| the best of 6 classical filters | 2.00° | 6.00° |"
    assert lines[6].endswith("| 2.50° | **4.00°** |")
    assert lines[7].endswith("| **1.00°** | 5.00° |")


def test_what_was_missed_is_listed_whatever_the_task():
    figures = [
        {"name": "a", "value": 0.6, "limit": 0.5, "met": False},
        {"name": "b", "value": 1, "limit": 2, "met": True},
    ]
    lines = tables.missed({"one": {"figures": figures}, "two": {}, "three": {"figures": figures}}).splitlines()
    assert lines[0].startswith("| `evaluate`, 2 of 4 figures |")
    assert lines[2:] == [f"| `{task}` | a | 0.600 | 0.500 |" for task in ("one", "three")]


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
