"""The study of orders, the sweep and their page: exact, kept as they go, and generated."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from addon.core import orders
from training import (
    digits,
    likelihood,
    order_cells,
    orders_answer,
    orders_study,
    record,
    results_page,
    revealing,
    runs,
    sweep,
)
from training.__main__ import main
from training.data import mnist
from training.digit_samples import compare, kernel_distance
from training.evaluation import RESULTS, published
from training.models.digit_classifier import DigitClassifier
from training.order_names import RULES, orders_of
from training.recipes import recipe_named
from training.tasks.mnist import log_marginals
from training.variance_reduction import variance

sys.path.insert(0, str(Path(__file__).parent))
from test_any_order import CLASSES, COUNT, GRID, network, sequences
from test_digits import data, made_up, tiny  # noqa: F401  (a fixture)

BITS = (torch.arange(CLASSES)[:, None] >> torch.arange(3)) & 1


@pytest.mark.parametrize("form", ["triples", "queries"])
@pytest.mark.parametrize("rule", [*RULES, revealing.LookAhead(GRID, BITS.float())])
def test_an_adaptive_order_follows_from_what_it_reveals(form, rule):
    """Two sequences that agree along the way go the same way; the values are never looked at beforehand."""
    model, (_, values) = network(form), sequences(2)
    order = revealing.chosen_orders(model, values, rule)
    orders.check_order(order.numpy(), COUNT)
    other = values.clone()
    half = order[:, : COUNT // 2]
    other = ((other + 1) % CLASSES).scatter(1, half, values.gather(1, half))
    again = revealing.chosen_orders(model, other, rule)
    assert (again[:, : COUNT // 2 + 1] == order[:, : COUNT // 2 + 1]).all()


@pytest.mark.parametrize("form", ["triples", "queries"])
@pytest.mark.parametrize("rule", [*RULES, revealing.LookAhead(GRID, BITS.float())])
def test_samples_are_drawn_in_the_order_that_their_values_lead_to(form, rule):
    model = network(form)
    values, taken = revealing.sampled(model, rule, 4, COUNT, seed=0)
    assert len({tuple(row) for row in values.tolist()}) > 1
    np.testing.assert_array_equal(revealing.chosen_orders(model, torch.from_numpy(values), rule), taken)


@pytest.mark.parametrize("form", ["triples", "queries"])
def test_samples_have_the_models_distribution(form):
    """Of four positions with three values: how often each sequence is drawn, beside its exact probability."""
    positions = torch.tensor([(0, 0), (0, 1), (1, 0), (1, 1)])
    model = network(form, positions=positions, classes=3)
    drawn, _ = revealing.sampled(model, "highest-entropy", 4000, 4, seed=0)
    every = torch.cartesian_prod(*[torch.arange(3)] * 4)
    order = revealing.chosen_orders(model, every, "highest-entropy")
    exact = np.exp(-likelihood.along(model, order, every))
    often = np.bincount(drawn @ [27, 9, 3, 1], minlength=81) / len(drawn)
    assert np.abs(often - exact).sum() / 2 < 0.12  # about 0.057 is what chance alone gives
    cold, _ = revealing.sampled(model, orders.shuffled(4, 50, 0), 50, 4, seed=0, temperature=1e-3)
    assert len({tuple(row) for row in revealing.sampled(model, "lowest-entropy", 50, 4, 1, 1e-3)[0].tolist()}) == 1
    assert cold.shape == (50, 4)


def test_samples_in_the_one_order_that_was_learnt_have_the_models_distribution():
    model = network("pairs", positions=torch.tensor([(0, 0), (0, 1), (1, 0), (1, 1)]), classes=3)
    drawn, _ = revealing.sampled(model, np.tile(orders.raster(4), (4000, 1)), 4000, 4, seed=0)
    every = torch.cartesian_prod(*[torch.arange(3)] * 4)
    exact = np.exp(-likelihood.along(model, torch.arange(4).expand(81, -1), every))
    often = np.bincount(drawn @ [27, 9, 3, 1], minlength=81) / len(drawn)
    assert np.abs(often - exact).sum() / 2 < 0.12  # about 0.057 is what chance alone gives


def test_look_ahead_takes_the_position_that_settles_another():
    """Two twins and a stranger, all as unsure: revealing a twin settles the other one too."""

    class Twins:
        def __init__(self, known=None):
            self.known = known

        def ask(self, candidates):
            logits = torch.zeros(*candidates.shape, 2)
            if self.known is not None:
                row, value = self.known
                settled = (candidates == 1 - row[:, None]) & (row[:, None] < 2)
                logits[..., 0] = torch.where(settled, torch.where(value == 0, 9.0, -9.0)[:, None], 0.0)
            return logits

        def reveal(self, position, value):
            self.known = (position, value)

        def fork(self, rows):
            return Twins()

    from training.variance_reduction import place

    candidates = torch.tensor([[2, 0, 1]])
    grid, bits = torch.tensor([(0, 0), (0, 1), (0, 2)]), torch.tensor([[0.0], [1.0]])
    assert place(Twins(), candidates, torch.zeros(1, 3, 2), grid, bits).tolist() == [1]


def test_variance_of_pixels_by_summation():
    logits = torch.randn(4, CLASSES, generator=torch.Generator().manual_seed(0))
    share, bits = logits.softmax(dim=-1).numpy(), BITS.numpy()
    mean = share @ bits
    np.testing.assert_allclose(variance(logits, BITS.float()), (mean * (1 - mean)).sum(axis=-1), atol=1e-6)


def test_the_best_fixed_order_is_no_worse_than_those_tried():
    model, (_, values) = network("queries"), sequences(20)
    _, order = likelihood.best_fixed_order(model, values, 4, 4)
    orders.check_order(order, COUNT)
    found = likelihood.along(model, torch.from_numpy(order).expand(20, -1), values).mean()
    for other in (orders.raster(COUNT), orders.coarse_to_fine(4, 4), orders.spiral(4, 4, inward=True)):
        assert found <= likelihood.along(model, torch.from_numpy(other).expand(20, -1), values).mean()


def test_samples_beside_themselves_and_beside_nothing():
    torch.manual_seed(0)
    real = mnist.binary(made_up(200).grey)
    same = compare(real[:100], real[100:], DigitClassifier())
    empty = compare(np.zeros_like(real[:100]), real[100:], DigitClassifier())
    assert (same.blank, empty.blank) == (0, 1)
    assert same.ink < 3 < empty.ink
    assert abs(same.features) < 0.2 * empty.features
    assert 0 <= same.balance <= empty.balance <= 1


def test_the_kernel_distance_has_no_bias():
    rng = np.random.default_rng(0)
    found = [kernel_distance(rng.normal(size=(20, 3)), rng.normal(size=(30, 3)))[0] for _ in range(400)]
    assert abs(np.mean(found)) < 3 * np.std(found) / 20
    assert kernel_distance(rng.normal(size=(50, 3)), rng.normal(2, 1, (50, 3)))[0] > 10 * np.std(found)


def test_the_kernel_distances_error_is_what_other_samples_would_make():
    rng = np.random.default_rng(0)
    real = rng.normal(size=(100, 3))
    found, errors = zip(*(kernel_distance(rng.normal(0.5, 1, (40, 3)), real) for _ in range(300)), strict=True)
    # Three deviations of a variance of 300 draws.
    assert np.mean(np.square(errors)) / np.var(found) == pytest.approx(1, abs=0.25)


def test_marginals_are_how_often_a_class_was_seen():
    values = torch.tensor([[0, 2], [0, 1], [1, 1]])
    np.testing.assert_allclose(
        log_marginals(values, 3).exp(), [[3 / 6, 2 / 6, 1 / 6], [1 / 6, 3 / 6, 2 / 6]], rtol=1e-6
    )


@pytest.fixture
def small(data, monkeypatch):  # noqa: F811
    """A folder of barely trained runs on made-up digits, and a study cut down to them."""
    cut = {"SUBSET": 3, "FEW": 3, "FEW_AT_A_TIME": 2, "MANY_AT_A_TIME": 20, "MEMBERS": 2}
    for name, value in (cut | {"SAMPLES": 3, "MORE_SAMPLES": 4, "SEARCH_IMAGES": 4}).items():
        monkeypatch.setattr(order_cells, name, value)
    for name in ("mnist-query", "mnist-raster", "mnist-mlp", "mnist-classifier"):
        digits.start(name, tiny(name, "epochs=1"), mnist.load("train"), data / "runs" / name)
    return data


def test_the_study_is_kept_as_it_goes_and_told_whole(small, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["training", "evaluate", "orders"])
    code = main()
    shown = capsys.readouterr().out
    result = json.loads((small / "runs" / "evaluate" / "orders" / "result.json").read_text())
    assert set(result["rows"]) == {"mnist-query", "mnist-raster", "mnist-mlp"}
    assert set(result["rows"]["mnist-query"]) == set(orders_of("mnist-query"))
    assert result["rows"]["mnist-query"]["random"]["images"] == 24
    assert result["rows"]["mnist-query"]["lowest-entropy"]["images"] == 3
    assert code == (0 if all(figure["met"] for figure in result["figures"]) else 1)
    assert result["ensembles"]["mnist-query"]["images"] == 24
    page = results_page.page(result, [])
    assert "not run" in page
    assert all(label in page for label in ("queries", "fixed-order transformer", "triples"))
    assert "queries" in shown
    cells = {path: path.stat().st_mtime_ns for path in small.rglob("*.npz")}
    assert len(cells) > 20
    assert main() == code
    assert {path: path.stat().st_mtime_ns for path in small.rglob("*.npz")} == cells
    assert json.loads((small / "runs" / "evaluate" / "orders" / "result.json").read_text()) == result


def test_the_page_tells_what_settings_give_a_run_again(small):
    """Even where nothing is measured yet."""
    assert orders_study.run(small / "runs", publish=False, kept_only=True) == 0
    result = json.loads((small / "runs" / "evaluate" / "orders" / "result.json").read_text())
    for name, told in result["trained"].items():
        settings = [f"{key}={value}" for key, (value, _) in told["changed"].items()]
        assert "width=16" in settings
        assert recipe_named(name, "cpu", settings) == digits.load(small / "runs" / name).recipe
    assert "`width=16` (128)" in results_page.page(result, [])


def test_the_work_of_the_runs_compared_is_told_with_that_of_the_run_before():
    def told(operations, after=""):
        return {"operations": operations, "after": after}

    trained = {
        "mnist-query": told(8e13),
        "mnist-query-mixed": told(1.5e13, "mnist-query"),
        "mnist-raster": told(9.6e13),
    }
    assert results_page._compared_work({"trained": trained}).startswith(
        ": 96.0 of the fixed-order transformer, 95.0 of"
    )
    assert not results_page._compared_work({"trained": {"mnist-query": told(8e13)}})


def test_a_stopped_study_tells_what_it_has(small, monkeypatch):
    order_cells.Study(
        digits.load(small / "runs" / "mnist-query"),
        mnist.load("train"),
        mnist.load("test"),
        small / "runs" / "evaluate" / "orders" / "cells",
    ).nats("raster")
    monkeypatch.setattr("sys.argv", ["training", "evaluate", "orders", "--kept"])
    main()
    result = json.loads((small / "runs" / "evaluate" / "orders" / "result.json").read_text())
    assert {name: set(row) for name, row in result["rows"].items()} == {"mnist-query": {"raster"}}
    assert result["rows"]["mnist-query"]["raster"]["images"] == 24
    assert results_page.page(result, []).count("not run") > 10
    kept = sorted(small.rglob("*.npz"))
    assert len(kept) == 2
    kept[1].unlink()  # the last images: what is left is told, and of how many images it is
    main()
    result = json.loads((small / "runs" / "evaluate" / "orders" / "result.json").read_text())
    assert result["rows"]["mnist-query"]["raster"]["images"] == 20
    assert len(list(small.rglob("*.npz"))) == 1


def test_a_likelihood_of_the_study_is_the_models_own(small):
    run = digits.load(small / "runs" / "mnist-query")
    study = order_cells.Study(run, mnist.load("train"), mnist.load("test"), small / "cells", limit=6)
    values = order_cells.tokens(run, mnist.load("test").grey[:6])
    order = torch.arange(196).expand(6, -1)
    with torch.no_grad():
        logs = run.model(order, values).log_softmax(dim=-1).gather(2, values[..., None])[..., 0]
    np.testing.assert_allclose(study.nats("raster"), -logs.sum(dim=1), rtol=1e-5)


def test_an_ensemble_is_the_mean_of_its_members_likelihoods(small):
    run = digits.load(small / "runs" / "mnist-query")
    study = order_cells.Study(run, mnist.load("train"), mnist.load("test"), small / "cells", limit=6)
    found = study.ensemble()
    (kept,) = (small / "cells").rglob("ensemble-0-6-*.npz")
    each = np.load(kept)["nats"]
    assert each.shape == (6, 2)
    np.testing.assert_allclose(found, -np.log(np.exp(-each.astype(np.float64)).mean(axis=1)), rtol=1e-5)
    drawn = orders.shuffled(196, 12, order_cells.ENSEMBLE_SEED)
    assert len(np.unique(drawn, axis=0)) == 12  # every image has orders of its own
    for image, member in ((0, 0), (0, 1), (5, 1)):
        order = torch.from_numpy(drawn[2 * image + member])[None]
        alone = likelihood.along(run.model, order, study.values[image : image + 1])
        np.testing.assert_allclose(each[image, member], alone[0], rtol=1e-5)


def test_the_mean_of_likelihoods_far_below_what_floats_hold():
    nats = np.array([[2000.0, 2000.0], [1000.0, 3000.0]])
    np.testing.assert_allclose(likelihood.ensemble(nats), [2000, 1000 + np.log(2)])


def test_without_a_trained_model_the_study_says_what_to_train(data, monkeypatch, capsys):  # noqa: F811
    monkeypatch.setattr("sys.argv", ["training", "evaluate", "orders"])
    assert main() == 2
    assert "train mnist-triples" in capsys.readouterr().err


def test_a_sweep_that_was_stopped_goes_on(data, monkeypatch, capsys):  # noqa: F811
    recipe = tiny("mnist-triples", "epochs=1")
    chosen = [{"width": 16, "depth": depth, "encoding": "relative", "random_share": 1.0} for depth in (1, 2)]
    folder = data / "runs" / "sweep"
    first = next(iter(sweep.sweep("mnist-triples", recipe, chosen, 5, folder)))
    kept = (folder / sweep.LINES).read_text()
    with (folder / sweep.LINES).open("a") as file:
        file.write('{"settings": {"wid')  # as a kill leaves it
    lines = list(sweep.sweep("mnist-triples", recipe, chosen, 5, folder))
    assert lines[0] == first
    assert [line["settings"]["depth"] for line in lines] == [1, 2]
    assert (folder / sweep.LINES).read_text().startswith(kept)
    assert len(list(sweep.sweep("mnist-triples", recipe, chosen, 5, folder))) == 2
    assert all(np.isfinite([line["random"], line["raster"]]).all() for line in lines)
    monkeypatch.setattr("sys.argv", ["training", "sweep", "--recipe", "mnist-mlp"])
    assert main() == 2
    assert "mnist-query" in capsys.readouterr().err


def test_the_grid_holds_every_combination_once():
    every = sweep.grid()
    assert len(every) == len({tuple(settings.values()) for settings in every}) == 16
    base = tiny("mnist-triples", "width=128", "depth=4")
    assert len(sweep.one_at_a_time(base)) == 5


def test_the_page_is_the_one_that_the_results_make():
    """Mend with: python -m training evaluate orders --publish."""
    assert results_page.PAGE.read_text(encoding="utf-8") == results_page.page(
        published("orders"), record.lines(results_page.SWEEP)
    )


def test_the_pages_pictures_and_proofs_are_there():
    for link in re.findall(r"\]\(([^)]+)\)", results_page.PAGE.read_text(encoding="utf-8")):
        assert (results_page.PAGE.parent / link).is_file(), link
    proofs = (results_page.PAGE.parent / "docs" / "attention-and-angles.md").read_text(encoding="utf-8")
    tests = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    named = re.findall(r"`(test_\w+)`", proofs)
    assert len(named) >= 7
    assert all(f"def {name}(" in tests for name in named)


def told_of(random=-1.0, **models):
    """Results of models by name: (features surest first, least sure first, their error), and the interval in nats."""
    rows, nats = {}, {}
    for name, (looks, interval) in models.items():
        name = name.replace("_", "-")
        rows[name] = {
            rule: {
                "samples": {"blank": blank, "features": features, "features_error": looks[2]},
                "against random": [random, random, random],
            }
            for rule, features, blank in zip(RULES, looks[:2], (0.02, 0.01), strict=True)
        }
        nats[name] = [sum(interval) / 2, *interval]
    return {"rows": rows, "lowest against highest": nats}


def test_the_answer_follows_the_numbers():
    better, worse, as_good = (0.1, 0.4, 0.05), (0.4, 0.1, 0.05), (0.4, 0.3, 0.05)

    def told(**models):
        return orders_answer.answer(told_of(**models))

    one = told(mnist_query=(better, (1, 3)))
    assert one.startswith("The hypothesis holds: ")
    assert (
        "the looks of digits, better with 1 of 1 models, worse with 0, neither with 0; by likelihood, better with 0"
        in one
    )
    assert told(mnist_query=(worse, (-3, -1))).startswith("The hypothesis does not hold: ")
    assert told(mnist_query=(as_good, (-3, -1))).startswith("The hypothesis is not confirmed: ")
    some = told(mnist_query=(better, (1, 2)), mnist_triples=(as_good, (-1, 2)), mnist_query_own=(better, (-2, -1)))
    assert some.startswith("The hypothesis is not confirmed: ")
    assert "the looks of digits, better with 2 of 3 models, worse with 0, neither with 1; by likelihood" in some
    assert "by likelihood, better with 1 of 3 models, worse with 1, neither with 1; and a random" in some
    assert some.endswith("a random order is likelier than both with 0.")
    assert told(random=1.0, mnist_query=(better, (1, 2))).endswith("a random order is likelier than both with 1.")
    assert "is open" in orders_answer.answer({"lowest against highest": {}, "rows": {}})


def test_looks_are_told_apart_by_more_than_chance():
    content = told_of(mnist_query=((0.1, 0.4, 0.05), (-3, -1)))
    within = 1.96 * np.hypot(0.05, 0.05)
    assert f"-0.30 ({-0.3 - within:+.2f} to {-0.3 + within:+.2f}) | -2.00 (-3.00 to -1.00)" in (
        orders_answer.compared(content)
    )
    assert orders_answer.compared(content).count("not run") == 10


def test_missing_runs_are_said_by_name(tmp_path):
    with pytest.raises(runs.RunError, match="mnist-triples"):
        orders_study.run(tmp_path, publish=False)
    assert RESULTS.is_dir()
