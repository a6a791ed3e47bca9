"""A model's card as the panel shows it: short facts, flat figures, lines that fit."""

from __future__ import annotations

from addon.ui.card import facts, figures, lines
from tests.inference.tiny_model import make_card


def test_facts_tell_the_licence_and_the_training_data():
    told = dict(facts(make_card(licence="GPL-3.0-or-later", training_data="CMU, five subjects")))
    assert told["Licence"] == "GPL-3.0-or-later"
    assert told["Trained on"] == "CMU, five subjects"
    assert told["Sees"] == "One pose at a time"


def test_what_a_model_sees_in_words():
    assert dict(facts(make_card(fps=60.0, window=64)))["Sees"] == "64 frames at once at 60 fps"
    assert dict(facts(make_card(fps=60.0)))["Sees"] == "Any number of frames at 60 fps"


def test_nested_figures_become_flat_and_short():
    metrics = {"mean_degrees": 1.23456, "noise": {"0.01": {"after": 0.4}}, "takes": 15}
    assert list(figures(metrics)) == [("Mean degrees", "1.23"), ("Noise, 0.01, after", "0.4"), ("Takes", "15")]


def test_lines_fit_and_lose_nothing():
    text = "Takes the tremble out of every pose on its own, without knowing what came before."
    narrow, wide = lines(text, 200), lines(text, 400)
    assert " ".join(narrow) == " ".join(wide) == text
    assert len(narrow) > len(wide) > 1
    assert lines(text, 400, scale=2.0) == narrow
    assert lines("", 200) == []
