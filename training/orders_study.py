"""`python -m training evaluate orders`: the study from trained runs to JSON, pictures and the page RESULTS.md."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from . import checkpoint, digits, evaluation, memory, results_page, runs
from .data import mnist
from .models.digit_classifier import DigitClassifier
from .pictures_of_digits import order_map, sheet
from .tasks import evaluate_orders
from .tasks.evaluate_orders import ANY_ORDER, CLASSIFIER, MASKED, ONE_ORDER, Study

TASK = "orders"
SHOWN = 20


def run(folder: Path, publish: bool, limit: int = 0) -> int:
    """Measure what is trained under `folder`; print the page's tables; 1 where a figure is missed.

    limit: so many test images alone. Raises RunError where no any-order model or no classifier is trained.
    """
    memory.keep_freed()
    paths = {name: folder / name for name in (*ANY_ORDER, *ONE_ORDER, *MASKED)}
    paths = {name: path for name, path in paths.items() if (path / checkpoint.WEIGHTS).is_file()}
    if not paths:
        raise runs.RunError(f"{folder} holds no finished model of digits: python -m training train mnist-triples")
    trained = {name: digits.load(path) for name, path in paths.items()}
    classifier = digits.load(runs.finished(CLASSIFIER, folder)).model
    assert isinstance(classifier, DigitClassifier)
    train, test = mnist.load("train"), mnist.load("test")
    kept = evaluation.REPORTS / TASK / "cells"
    content, figures = evaluate_orders.evaluate(trained, paths, classifier, train, test, kept, limit)
    report = evaluation.save(TASK, content, figures, publish)
    pictures = results_page.PICTURES if publish else report
    pictures.mkdir(parents=True, exist_ok=True)
    for name in (name for name in trained if name in ANY_ORDER):
        study = Study(trained[name], train, test, kept, limit)
        _draw(study, name, mnist.binary(test.grey), pictures)
    if publish:
        results_page.write()
    print(f"{results_page.orders(content)}\nin {report}\n")  # noqa: T201
    print("\n".join(map(str, figures)))  # noqa: T201
    return 0 if all(figure.met for figure in figures) else 1


def _draw(study: Study, name: str, real: mnist.Images, folder: Path) -> None:
    """Two pictures of a model: samples in each order, and where each rule goes first."""
    rows = {"test images": real[:SHOWN]}
    for order in evaluate_orders.orders_of(name):
        rows[order] = study.samples(order, evaluate_orders.sample_count(order))[:SHOWN]
    sheet(rows, folder / f"{name}-samples.png")
    places: dict[str, np.ndarray] = {
        rule: np.argsort(study.orders(rule), axis=1).mean(axis=0) for rule in evaluate_orders.RULES
    }
    places["best fixed"] = np.argsort(study.best()[1])
    order_map(
        {rule: place.reshape(study.side, study.side) for rule, place in places.items()}, folder / f"{name}-places.png"
    )
