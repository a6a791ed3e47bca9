"""`python -m training evaluate orders`: the study from trained runs to JSON, pictures and the page RESULTS.md."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np

from . import checkpoint, digits, evaluation, memory, results_page, runs
from .data import mnist
from .models.digit_classifier import DigitClassifier
from .order_cells import NotMeasuredError, Study, sample_count
from .order_names import ANY_ORDER, BEST, CLASSIFIER, MASKED, ONE_ORDER, RULES, orders_of
from .pictures_of_digits import order_map, sheet
from .tasks import evaluate_orders

TASK = "orders"
SHOWN = 20


def run(folder: Path, publish: bool, limit: int = 0, kept_only: bool = False) -> int:
    """Measure what is trained under `folder`; print the page's tables; 1 where a figure is missed.

    limit: so many test images alone. kept_only: tell what was measured before, and measure nothing more.
    Raises RunError where no model of digits or no classifier is trained.
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
    studies = {name: Study(run, train, test, kept, limit, kept_only) for name, run in trained.items()}
    content, figures = evaluate_orders.evaluate(studies, paths, classifier, train, test)
    report = evaluation.save(TASK, content, figures, publish)
    pictures = results_page.PICTURES if publish else report
    pictures.mkdir(parents=True, exist_ok=True)
    for name, study in studies.items():
        if name in ANY_ORDER:
            _draw(study, name, mnist.binary(test.grey), pictures)
    if publish:
        results_page.write()
    print(f"{results_page.orders(content)}\nin {report}\n")  # noqa: T201
    print("\n".join(map(str, figures)))  # noqa: T201
    return 0 if all(figure.met for figure in figures) else 1


def _draw(study: Study, name: str, real: mnist.Images, folder: Path) -> None:
    """Two pictures of a model: samples in each order, and where each rule goes first."""
    rows = {"test images": real[:SHOWN]}
    for order in orders_of(name):
        with contextlib.suppress(NotMeasuredError):
            rows[order] = study.samples(order, sample_count(order))[:SHOWN]
    sheet(rows, folder / f"{name}-samples.png")
    places: dict[str, np.ndarray] = {}
    for rule in RULES:
        with contextlib.suppress(NotMeasuredError):
            places[rule] = np.argsort(study.orders(rule), axis=1).mean(axis=0)
    with contextlib.suppress(NotMeasuredError):
        places[BEST] = np.argsort(study.best()[1])
    if places:
        maps = {order: place.reshape(study.side, study.side) for order, place in places.items()}
        order_map(maps, folder / f"{name}-places.png")
