"""The page of the finger models is the one that the kept results give."""

from __future__ import annotations

from training import evaluation, hands_page
from training.hands_pictures import BETWEEN, CURVES, POSES


def test_the_page_is_what_the_kept_results_give():
    assert hands_page.PAGE.read_text(encoding="utf-8") == hands_page.text(evaluation.published("hands"))
    for name in (BETWEEN, POSES, CURVES):
        assert (hands_page.PICTURES / name).is_file()
