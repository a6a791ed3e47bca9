"""The any-order transformer: what it may know and what it may not, both forms, with cache and without."""

from __future__ import annotations

import itertools

import pytest
import torch

from training import revealing
from training.likelihood import along
from training.models.any_order import AnyOrderTransformer
from training.models.attention import attend
from training.models.masked import MaskedPerceptron, MaskedTransformer
from training.models.values import Angles, Classes
from training.tasks.mnist import guessed_nats

GRID = torch.tensor([(row, column) for row in range(4) for column in range(4)])
COUNT, CLASSES = len(GRID), 5
HANDS = torch.tensor([(h, j, d, f) for h in range(2) for j in range(3) for d in range(2) for f in range(2)])


def shaken(model, seed=0, by=0.2):
    """A model whose weights are all different and none is zero, as after training."""
    generator = torch.Generator().manual_seed(seed)
    for value in model.parameters():
        value.data += by * torch.randn(value.shape, generator=generator)
    return model.eval()


def network(form, encoding="relative", positions=GRID, classes=CLASSES):
    torch.manual_seed(0)
    return shaken(AnyOrderTransformer(positions, Classes(classes, 32), classes, form, 32, 2, 2, encoding))


def sequences(count, seed=0):
    generator = torch.Generator().manual_seed(seed)
    order = torch.rand(count, COUNT, generator=generator).argsort(dim=1)
    return order, torch.randint(CLASSES, (count, COUNT), generator=generator)


def test_reordering_what_is_attended_to_changes_nothing():
    query, key, value = torch.randn(3, 1, 2, 9, 8, generator=torch.Generator().manual_seed(0))
    shuffle = torch.randperm(9, generator=torch.Generator().manual_seed(1))
    plain = attend(query, key, value, None)
    torch.testing.assert_close(attend(query, key[:, :, shuffle], value[:, :, shuffle], None), plain, atol=1e-6, rtol=0)


def test_reordering_queries_reorders_results():
    query, key, value = torch.randn(3, 1, 2, 9, 8, generator=torch.Generator().manual_seed(0))
    shuffle = torch.randperm(9, generator=torch.Generator().manual_seed(1))
    reordered = attend(query[:, :, shuffle], key, value, None)
    torch.testing.assert_close(reordered, attend(query, key, value, None)[:, :, shuffle], atol=1e-6, rtol=0)


@pytest.mark.parametrize("known", [0, 1, 7, 15])
def test_the_known_are_a_set(known):
    model, (order, values) = network("queries"), sequences(3)
    shuffle = torch.randperm(known, generator=torch.Generator().manual_seed(1))
    plain = model.predict(order[:, :known], values[:, :known], order[:, known:])
    reordered = model.predict(order[:, :known][:, shuffle], values[:, :known][:, shuffle], order[:, known:])
    torch.testing.assert_close(reordered, plain, atol=1e-5, rtol=0)
    if known:
        other = values[:, :known].clone()
        other[:, 0] = (other[:, 0] + 1) % CLASSES
        assert (model.predict(order[:, :known], other, order[:, known:]) - plain).abs().max() > 1e-3


def test_queries_are_blind_to_each_other():
    model, (order, values) = network("queries"), sequences(2)
    asked = order[:, 6:12]
    other = asked.clone()
    other[:, 2] = order[:, 13]
    plain, changed = (model.predict(order[:, :6], values[:, :6], queries) for queries in (asked, other))
    kept = [0, 1, 3, 4, 5]
    torch.testing.assert_close(changed[:, kept], plain[:, kept], atol=1e-6, rtol=0)
    assert (changed[:, 2] - plain[:, 2]).abs().max() > 1e-3


@pytest.mark.parametrize("form", ["triples", "queries", "pairs"])
def test_a_prediction_sees_nothing_that_comes_later(form):
    model, (order, values) = network(form), sequences(2)
    plain = model(order, values)
    for place in (0, 5, 14):
        later = values.clone()
        later[:, place:] = (later[:, place:] + 1) % CLASSES
        changed = model(order, later)
        torch.testing.assert_close(changed[:, : place + 1], plain[:, : place + 1], atol=1e-6, rtol=0)
        assert (changed[:, place + 1] - plain[:, place + 1]).abs().max() > 1e-3


def test_queries_in_one_pass_are_those_asked_one_by_one():
    model, (order, values) = network("queries"), sequences(3)
    whole = model(order, values)
    for known in range(COUNT):
        alone = model.predict(order[:, :known], values[:, :known], order[:, known : known + 1])
        torch.testing.assert_close(whole[:, known : known + 1], alone, atol=1e-5, rtol=0)


def test_padding_among_the_known_is_not_seen():
    model, (order, values) = network("queries"), sequences(2)
    absent = torch.zeros(2, 8, dtype=torch.bool)
    absent[:, 5:] = True
    padded = model.predict(order[:, :8], values[:, :8], order[:, 10:], absent)
    torch.testing.assert_close(padded, model.predict(order[:, :5], values[:, :5], order[:, 10:]), atol=1e-5, rtol=0)


@pytest.mark.parametrize("form", ["triples", "pairs"])
def test_a_chain_with_the_cache_is_the_one_without(form):
    model, (order, values) = network(form), sequences(3)
    whole = model(order, values)
    keys = cached = torch.zeros(2, 3, 2, 0, 16)
    last, value = torch.full((3, 1), COUNT), torch.zeros(3, 1, dtype=torch.int64)
    for place in range(COUNT):
        logits, new_keys, new_values = model.step(last, value, order[:, place:], keys, cached)
        torch.testing.assert_close(logits[:, 0], whole[:, place], atol=1e-5, rtol=0)
        keys, cached = (
            torch.cat(pair, dim=3) for pair in ((keys, new_keys[:, :, :, :1]), (cached, new_values[:, :, :, :1]))
        )
        last, value = order[:, place : place + 1], values[:, place : place + 1]


def test_offsets_alone_tell_attention_where_things_are():
    """With the factors' own embeddings silenced, moving everything by one changes no prediction inside."""
    model = network("queries")
    for tables in (model.input_factors, model.target_factors):
        for table in tables:
            table.weight.data.zero_()
    model.position_bias.data.zero_()
    model.cos[-1], model.sin[-1] = 0, 0  # begin has a place of its own, which does not move along
    known = torch.tensor([[0, 1, 5]])
    values = torch.tensor([[1, 2, 3]])
    here, moved = (model.predict(known + by, values, torch.tensor([[4]]) + by) for by in (0, 5))
    torch.testing.assert_close(here, moved, atol=1e-5, rtol=0)
    turned = model.predict(known, values, torch.tensor([[6]]))
    assert (turned - here).abs().max() > 1e-3


def test_absolute_positions_know_no_offset():
    model = network("queries", "absolute")
    for tables in (model.input_factors, model.target_factors):
        for table in tables:
            table.weight.data.zero_()
    model.position_bias.data.zero_()
    known, values = torch.tensor([[0, 1, 5]]), torch.tensor([[1, 2, 3]])
    first, second = (model.predict(known, values, torch.tensor([[query]])) for query in (4, 15))
    torch.testing.assert_close(first, second, atol=1e-6, rtol=0)


@pytest.mark.parametrize("form", ["triples", "queries"])
def test_positions_of_hands_and_angles_for_values(form):
    torch.manual_seed(0)
    model = shaken(AnyOrderTransformer(HANDS, Angles(3, 32), 7, form, 32, 2, 2))
    order = torch.rand(2, len(HANDS)).argsort(dim=1)[:, :10]
    values = torch.rand(2, 10) * 6
    plain = model(order, values)
    assert plain.shape == (2, 10, 7)
    torch.testing.assert_close(model(order, values + 2 * torch.pi), plain, atol=1e-4, rtol=0)
    hints = torch.zeros(2, 10, 32)
    hints[:, 4] = torch.linspace(0, 1, 32)
    assert (model(order, values, hints)[:, 4] - plain[:, 4]).abs().max() > 1e-3


def test_only_queries_take_a_set():
    with pytest.raises(ValueError, match="triples"):
        network("triples").predict(*sequences(1), torch.tensor([[0]]))
    with pytest.raises(ValueError, match="sideways"):
        network("sideways")
    with pytest.raises(ValueError, match="heads"):
        AnyOrderTransformer(GRID, Classes(4, 30), 4, "triples", 30, 1, 4)


@pytest.mark.parametrize("form", ["triples", "queries"])
@pytest.mark.parametrize("rule", ["lowest-entropy", "highest-entropy", "fixed"])
def test_probabilities_of_all_sequences_add_up_to_one(form, rule):
    positions = torch.tensor([(0, 0), (0, 1), (1, 0), (1, 1)])
    model = shaken(network(form, positions=positions, classes=3), by=0.6)
    values = torch.tensor(list(itertools.product(range(3), repeat=4)))
    fixed = torch.tensor([2, 0, 3, 1]).expand(len(values), -1)
    order = fixed if rule == "fixed" else revealing.chosen_orders(model, values, rule)
    if rule != "fixed":
        assert len({tuple(row) for row in order.tolist()}) > 1
    assert torch.from_numpy(along(model, order, values)).neg().exp().sum() == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("form", ["triples", "queries"])
def test_bfloat16_on_a_cpu_is_near_float32(form):
    model, (order, values) = network(form), sequences(4)
    plain = model(order, values)
    with torch.autocast("cpu", torch.bfloat16):
        rough = model(order, values)
    assert rough.dtype == torch.float32
    assert (rough - plain).abs().max() < 0.1 * plain.abs().max()


MASKED = {
    "transformer": lambda: MaskedTransformer(GRID, Classes(CLASSES, 32), CLASSES, 32, 2, 2),
    "perceptron": lambda: MaskedPerceptron(COUNT, CLASSES, 24),
}


@pytest.mark.parametrize("kind", MASKED)
def test_masked_models_do_not_see_holes(kind):
    model, (_, values) = shaken(MASKED[kind]()), sequences(3)
    known = torch.rand(values.shape, generator=torch.Generator().manual_seed(2)) < 0.5
    other = torch.where(known, values, (values + 1) % CLASSES)
    torch.testing.assert_close(model(other, known), model(values, known))
    assert (model(values, ~known) - model(values, known)).abs().max() > 1e-3


def test_guesses_at_the_mean_over_orders_have_no_bias():
    """All masks of four positions: their mean is the mean over all 24 orders of the exact likelihood."""
    torch.manual_seed(0)
    model = shaken(MaskedPerceptron(4, 3, 16), by=0.5)
    values = torch.tensor([[0, 2, 1, 1]])
    orders = torch.tensor(list(itertools.permutations(range(4))))
    exact = along(model, orders, values.expand(24, -1)).mean()
    guesses = []
    for count in range(4):
        masks = [set(chosen) for chosen in itertools.combinations(range(4), count)]
        known = torch.tensor([[place in mask for place in range(4)] for mask in masks])
        guesses.append(
            guessed_nats(model(values.expand(len(masks), -1), known), values.expand(len(masks), -1), known).mean()
        )
    assert torch.stack(guesses).mean().item() == pytest.approx(float(exact), rel=1e-5)
