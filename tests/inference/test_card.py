"""The model card: a round trip, and a sentence for every card that does not fit."""

import contextlib
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addon.core.errors import MenderError
from addon.inference.card import SCHEMA, ModelCard, ModelCardError
from tests.inference.tiny_model import make_card


def test_a_card_comes_back_from_json_as_it_was():
    card = make_card()
    again = ModelCard.from_json(card.to_json())
    assert again.to_json() == card.to_json()
    assert again.inputs == card.inputs
    assert again.joints == ("Spine", "Head")
    np.testing.assert_array_equal(again.reference, card.reference)
    assert again.skeleton.parents == (-1, 0)


def test_tips_are_optional_and_come_back():
    card = make_card(tips=np.array([[0, 0, 0], [0, 0.1, 0.05]]))
    again = ModelCard.from_json(card.to_json())
    np.testing.assert_array_equal(again.tips, card.tips)
    assert [site.parent for site in again.skeleton.end_sites] == [1]
    content = json.loads(card.to_json())
    del content["tips"]
    without = ModelCard.from_json(json.dumps(content))
    np.testing.assert_array_equal(without.tips, np.zeros((2, 3)))
    assert without.skeleton.end_sites == ()


def test_keys_of_a_later_version_are_left_out():
    content = json.loads(make_card().to_json()) | {"colour": "blue"}
    assert ModelCard.from_json(json.dumps(content)).name == "tiny"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"kind": "toaster"}, "toaster"),
        ({"schema": SCHEMA + 1}, "update the extension"),
        ({"name": ""}, "no name"),
        ({"joints": ["Spine"]}, "offsets"),
        ({"joints": ["Spine", "Spine"]}, "unique"),
        ({"joints": "Spine"}, "list of names"),
        ({"parents": [1, 0]}, "after its parent"),
        ({"parents": [-1, 0.0]}, "whole numbers"),
        ({"offsets": [[0, 0, 0]]}, "offsets"),
        ({"offsets": [["a", 0, 0], [0, 0, 0]]}, "offsets"),
        ({"reference": [[0, 0, 0, 0], [1, 0, 0, 0]]}, "no length"),
        ({"fps": -1}, "fps"),
        ({"fps": "fast"}, "fps"),
        ({"window": True}, "window"),
        ({"fps": 10**400}, "fps"),
        ({"window": 0.5}, "window"),
        ({"offsets": [[10**400, 0, 0], [0, 0, 0]]}, "offsets"),
        ({"tips": None}, "tips"),
        ({"tips": 5}, "tips"),
        ({"reference": [[1e30, 0, 0, 0], [1, 0, 0, 0]]}, "reference"),
        ({"angles": 3}, "angles must be a list of names"),
        ({"angles": ["a"], "limits": [[1], [-1]]}, "limit"),
        ({"limits": None}, "limits"),
        ({"inputs": [{"name": "pose"}]}, "inputs"),
        ({"inputs": ["pose"]}, "inputs"),
        ({"inputs": [{"name": "pose", "shape": [["N"], 8], "unit": ""}]}, "inputs"),
        ({"inputs": [{"name": "pose", "shape": "N8", "unit": ""}]}, "inputs"),
        ({"inputs": 3}, "inputs"),
        ({"outputs": []}, "first output"),
        ({"inputs": [{"name": "pose", "shape": ["N", 7], "unit": ""}]}, "first input"),
        ({"metrics": []}, "metrics"),
        ({"label": None}, "label"),
    ],
)
def test_a_card_that_does_not_fit_is_refused_with_a_reason(changes, expected):
    text = json.dumps(json.loads(make_card().to_json()) | changes)
    with pytest.raises(ModelCardError, match=expected):
        ModelCard.from_json(text)


def test_a_reason_is_no_longer_than_a_sentence():
    content = json.loads(make_card().to_json())
    for changes in ({"kind": "x" * 10_000}, {"label": ["x"] * 10_000}, {"fps": "9" * 10_000}, {"schema": "9" * 10_000}):
        with pytest.raises(ModelCardError) as caught:
            ModelCard.from_json(json.dumps(content | changes))
        assert len(str(caught.value)) < 250


@pytest.mark.parametrize("text", ["", "not json", "[1, 2]", "{}", '{"schema": 1}', "[" * 100_000, "1" * 5_000])
def test_text_that_is_no_card_is_refused(text):
    with pytest.raises(MenderError, match="card"):
        ModelCard.from_json(text)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["", "x", 10**400, -1, 1e300]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "shape", "unit"]), inner),
    max_leaves=8,
)


@given(key=st.sampled_from(sorted(json.loads(make_card().to_json()))), value=ANYTHING)
@settings(max_examples=200)
@pytest.mark.filterwarnings("error")
def test_whatever_a_card_says_is_a_card_or_a_sentence(key, value):
    text = json.dumps(json.loads(make_card().to_json()) | {key: value})
    with contextlib.suppress(ModelCardError):
        card = ModelCard.from_json(text)
        assert ModelCard.from_json(card.to_json()).to_json() == card.to_json()
        assert card.skeleton.names == card.joints
