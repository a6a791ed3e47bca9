"""Any-order models from files, both forms driven step by step: the small models of digits beside the tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from addon.core import orders
from addon.inference import any_order

FOLDER = Path(__file__).parents[1] / "models"
FORMS = {"triples": "mnist-triples", "queries": "mnist-query"}


@pytest.fixture(params=FORMS)
def model(request):
    return any_order.open_model(FOLDER / f"{FORMS[request.param]}.onnx")


def test_the_file_says_what_it_is(model):
    assert model.form in FORMS
    assert (model.count, model.classes) == (196, 16)
    assert all(path.stat().st_size < 5_000_000 for path in FOLDER.glob("*.onnx"))


def test_images_in_raster_order_look_like_digits(model):
    """Ink within what digits have, and a likelihood that is near that of digits (about 88 nats)."""
    values, order = any_order.sample(model, orders.raster(model.count), 2, seed=0)
    ink = np.array([bin(value).count("1") for value in values.ravel()]).reshape(2, -1).sum(axis=1)
    assert ((ink > 20) & (ink < 300)).all()
    nats = any_order.nats(model, order, values)
    assert ((nats > 20) & (nats < 180)).all()


def test_the_same_seed_draws_the_same(model):
    order = orders.shuffled(model.count, 2, seed=0)
    first, again = (any_order.sample(model, order, 2, seed=3)[0] for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, any_order.sample(model, order, 2, seed=4)[0])


def test_a_rules_order_is_the_one_that_its_values_lead_to(model):
    """Asked anew about the same values, the rule goes the same way: its likelihood is exact."""
    values, taken = any_order.sample(model, "lowest-entropy", 1, seed=0)
    orders.check_order(taken, model.count)
    show, is_open = any_order.reading(model, 1), np.ones((1, model.count), dtype=bool)
    for step in range(40):
        candidates = np.nonzero(is_open)[1][None]
        place = orders.choose("lowest-entropy", show.ask(candidates), np.ones(candidates.shape, dtype=bool))
        chosen = candidates[0, place]
        assert chosen == taken[:, step]
        show.reveal(chosen, values[0, chosen])
        is_open[0, chosen] = False


def test_known_values_stay_and_the_rest_follows_them(model):
    """Of an upright bar the upper half is known: the lower half goes on with it more often than an empty one does."""
    upper, rest = np.arange(98), np.arange(98, 196)
    bar = np.zeros((14, 14), dtype=np.int64)
    bar[3:7, 7] = 15
    completed = any_order.complete(model, upper, bar.ravel()[:98], rest, 6, seed=0)
    assert (completed[:, :98] == bar.ravel()[:98]).all()
    below = completed.reshape(6, 14, 14)[:, 7:9, 5:9]
    assert (below.reshape(6, -1) > 0).any(axis=1).sum() >= 5


def test_cold_draws_are_the_likeliest_values(model):
    """At a low temperature T no draw falls behind the likeliest by more than 20 T, but once in e²⁰ times."""
    known, temperature = np.arange(176), 1e-4
    rest = np.arange(176, 196)[::-1]
    bar = np.zeros((14, 14), dtype=np.int64)
    bar[3:11, 7] = 15
    cold, warm = (
        any_order.complete(model, known, bar.ravel()[known], rest, 2, seed=1, temperature=heat)
        for heat in (temperature, 3.0)
    )

    def behind(values):
        show = any_order.reading(model, 2)
        for position in known:
            show.reveal(np.full(2, position), values[:, position])
        lags = []
        for position in rest:
            logits = show.ask(np.full((2, 1), position))[:, 0]
            lags.append(logits.max(axis=1) - logits[np.arange(2), values[:, position]])
            show.reveal(np.full(2, position), values[:, position])
        return np.max(lags)

    assert behind(cold) < 20 * temperature
    assert behind(warm) > 1


@pytest.mark.parametrize("temperature", [0.3, 1.0, 3.0])
def test_draws_follow_the_logits_divided_by_the_temperature(temperature):
    logits = np.array([2.0, 1.0, 0.0, -1.0])

    class Same:
        def run(self, names, told):
            return [np.broadcast_to(logits, (*told["queries"].shape, 4))]

    model = any_order.AnyOrderModel(Same(), "queries", 1, 4, 1, 1, 1)
    drawn, _ = any_order.sample(model, np.array([0]), 20_000, seed=0, temperature=temperature)
    often = np.bincount(drawn[:, 0], minlength=4) / 20_000
    expected = np.exp(logits / temperature) / np.exp(logits / temperature).sum()
    # Four deviations of a share.
    assert (np.abs(often - expected) < 4 * np.sqrt(expected * (1 - expected) / 20_000) + 1e-9).all()


def test_chain_by_cache_is_the_chain_at_once():
    model = any_order.open_model(FOLDER / "mnist-triples.onnx")
    order = orders.shuffled(model.count, 2, seed=0)
    values = np.random.default_rng(0).integers(0, 16, order.shape)
    inputs = np.concatenate((np.full((2, 1), model.count), order[:, :-1]), axis=1)
    before = np.concatenate((np.zeros((2, 1), dtype=np.int64), values[:, :-1]), axis=1)
    mask = np.triu(np.full((model.count, model.count), -np.inf, dtype=np.float32), 1)
    nothing = np.zeros((model.layers, 2, model.heads, 0, model.head_width), dtype=np.float32)
    whole, _, _ = any_order.extend(model, inputs, before, order, mask, nothing, nothing)
    show = any_order.reading(model, 2)
    for step in range(model.count):
        # Beside the position that comes next stands another candidate: neither sees the other.
        asked = order[:, [min(step + 1, model.count - 1), step]] if step < 20 else order[:, [step]]
        np.testing.assert_allclose(show.ask(asked)[:, -1], whole[:, step], atol=1e-5)
        show.reveal(order[:, step], values[:, step])


def test_the_known_are_a_set_in_the_file_too():
    model = any_order.open_model(FOLDER / "mnist-query.onnx")
    rng = np.random.default_rng(0)
    positions, values = rng.permutation(model.count)[:50], rng.integers(0, 16, 50)
    told = []
    for shuffle in (np.arange(50), rng.permutation(50)):
        show = any_order.reading(model, 1)
        for position, value in zip(positions[shuffle], values[shuffle], strict=True):
            show.reveal(np.array([position]), np.array([value]))
        told.append(show.ask(np.setdiff1d(np.arange(model.count), positions)[None]))
    np.testing.assert_allclose(told[1], told[0], atol=1e-5)


def test_orders_and_known_sets_that_do_not_fit_are_named(model):
    with pytest.raises(ValueError, match="permutation"):
        any_order.sample(model, np.zeros(model.count, dtype=np.int64), 1, seed=0)
    with pytest.raises(ValueError, match="100 positions and the model was trained for 196"):
        any_order.sample(model, np.arange(100), 1, seed=0)
    everything = np.arange(model.count)
    for positions, values, told in (
        (everything[:0], everything[:0], "empty"),
        (everything, np.zeros_like(everything), "full"),
        (everything[:2], np.array([0, 16]), "value lies outside 0 to 15"),
        (np.array([196]), np.array([0]), "position lies outside 0 to 195"),
    ):
        with pytest.raises(ValueError, match=told):
            any_order.complete(model, positions, values, "lowest-entropy", 1, seed=0)
    with pytest.raises(ValueError, match="permutation"):
        any_order.complete(model, everything[:98], np.zeros(98, dtype=np.int64), everything[:98], 1, seed=0)
    with pytest.raises(ValueError, match="0 to 15"):
        any_order.nats(model, everything[None], np.full((1, 196), 16))
    with pytest.raises(ValueError, match="temperature"):
        any_order.sample(model, everything, 1, seed=0, temperature=0.0)
    with pytest.raises(ValueError, match="lowest-entropy"):
        any_order.sample(model, "surest", 1, seed=0)


def test_another_file_is_refused(tmp_path):
    (tmp_path / "foreign.onnx").write_bytes(b"no model")
    with pytest.raises(any_order.AnyOrderFileError, match=r"foreign\.onnx"):
        any_order.open_model(tmp_path / "foreign.onnx")
    shipped = Path(__file__).parents[2] / "addon" / "models" / "pose-compress.onnx"
    with pytest.raises(any_order.AnyOrderFileError, match=r"pose-compress\.onnx holds no any-order model"):
        any_order.open_model(shipped)
