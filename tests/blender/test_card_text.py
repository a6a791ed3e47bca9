"""A model's card as the panel shows it: short facts, flat figures, lines that fit."""

from __future__ import annotations

from addon.ui.card import facts, figures, lines
from tests.inference.tiny_model import make_card


def test_what_a_model_sees_in_words():
    assert dict(facts(make_card(fps=60.0, window=64)))["Sees"] == "64 frames at once at 60 fps"
    assert dict(facts(make_card(fps=60.0)))["Sees"] == "Any number of frames at 60 fps"


def test_the_figures_of_a_denoiser_are_degrees():
    errors = {"0": {"all": [0.05, 0.04, 0.06]}, "0.01": {"all": [0.912, 0.9, 0.92], "moving": [1.0, 0.9, 1.1]}}
    assert figures({"denoise-pose": errors}) == [
        ("Error Left After Denoising", [("Clean motion", "0.05°"), ("Noise of 1.8°", "0.91°")])
    ]


def test_a_model_of_motion_shows_its_errors_at_the_usual_rate():
    errors = {"30 fps": {"0.01": {"degrees": [0.77, 0.7, 0.8], "peak": 0.1}}, "120 fps": {"0.01": {"degrees": [0.5]}}}
    assert figures({"denoise": errors}) == [("Error Left After Denoising", [("Noise of 1.8°", "0.77°")])]


def test_other_figures_become_flat_and_short():
    compress = {"degrees": {"all": [1.3168, 1.2, 1.5], "moving": [1.6, 1.5, 1.8]}, "worst": {"Neck": 3.5}, "takes": 15}
    assert figures({"compress": compress, "mean_degrees": 1.2345}) == [
        ("Error Left After Compression", [("Degrees", "1.32"), ("Takes", "15")]),
        ("Mean degrees", [("", "1.23")]),
    ]


def test_lines_fit_and_lose_nothing():
    text = "Takes the tremble out of every pose on its own, without knowing what came before."
    narrow, wide = lines(text, 200), lines(text, 400)
    assert " ".join(narrow) == " ".join(wide) == text
    assert len(narrow) > len(wide) > 1
    assert lines(text, 400, scale=2.0) == narrow
    assert lines("", 200) == []
