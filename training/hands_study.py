"""`python -m training evaluate hands`: the finger models from trained runs to JSON, pictures and the page HANDS.md."""

from __future__ import annotations

import shutil
from pathlib import Path

from . import checkpoint, evaluation, hands, hands_page, hands_pictures, runs
from .data import manipnet
from .tasks import evaluate_hands
from .tasks.evaluate_hands import FORMS, OPEN, OURS, TASK

WITHOUT = "hands-without-{}"
"""The folder of a run that left a ManipNet take out, `train hands --set leave_out=TAKE --folder …`."""


def run(folder: Path, publish: bool) -> int:
    """Measure what is trained under `folder`, or kept; print the page's tables; 1 where a figure is missed.

    Raises RunError where a model is not trained, DataMissingError where the recordings are not there.
    """
    found = {name: hands.load(runs.finished(name, folder)) for name in (OURS, OPEN)}
    for name in FORMS:
        if (folder / name / checkpoint.WEIGHTS).is_file():
            found[name] = hands.load(folder / name)
    train = {name: hands.training_takes(found[name].recipe) for name in (OURS, OPEN)}
    left_out = {manipnet.TEST[0]: found[OURS].model}
    for take in (*manipnet.TRAIN, *manipnet.VALIDATION):
        path = folder / WITHOUT.format(take)
        if (path / checkpoint.WEIGHTS).is_file():
            left_out[take] = hands.load(path).model
    models = {name: one.model for name, one in found.items()}
    content, figures = evaluate_hands.evaluate(models, train, left_out)
    report = evaluation.save(TASK, content, figures, publish)
    pictures = hands_page.PICTURES if publish else report
    hands_pictures.write(content, models[OURS], pictures)
    if publish:
        for name in (OURS, OPEN):
            if (folder / name).is_dir():
                _keep(name, folder)
        hands_page.write()
    print(f"{hands_page.tables(content)}\nin {report}\n")  # noqa: T201
    print("\n".join(map(str, figures)))  # noqa: T201
    return 0 if all(figure.met for figure in figures) else 1


def _keep(name: str, folder: Path) -> None:
    target = runs.KEPT / name
    target.mkdir(parents=True, exist_ok=True)
    for file in (runs.DESCRIPTION, checkpoint.WEIGHTS):
        shutil.copyfile(folder / name / file, target / file)
