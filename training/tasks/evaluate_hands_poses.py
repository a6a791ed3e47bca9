"""How well single poses are completed: errors, likelihoods by order, intervals, samples; beside what learns nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from addon.core.hand_gaussian import PER_HAND, HandGaussian
from addon.core.rotation import Array
from addon.core.von_mises import Grid, Mixture, on_grid, points

from ..data import hands
from ..data.hands import HandSet
from ..hands_fit import along_orders, mixture_of
from ..models.hand_model import HandModel
from ..models.hands_any_order import FORMS
from .hand_baselines import fit_mixture, neighbours
from .hands_any_order import SPACING, along

KNOWN = (3, 5, 10, 15)
NEIGHBOURS = (10, 50, 200)
COMPONENTS = 16
POSES = {"manipnet": 276, "ballplay": 68, "adroit": 56}
"""Test poses drawn of each data set, about as many of each as there are."""
ORDERS = ("best", "anatomical", "random", "lowest entropy", "highest entropy", "variance")
_ORDERED_POSES, _SAMPLES = 100, 200
_ANGLES = 20


def evaluate(models: Mapping[str, HandModel], train: Mapping[str, HandSet]) -> dict[str, Any]:
    """Rows by method and number of known angles, over all test sets and each; orders, intervals and samples by model.

    train: what each model learned from; the baselines beside a model are fitted to the same.
    """
    rng = np.random.default_rng(0)
    test = _drawn(hands.load("all", "test"), rng)
    validation = np.concatenate(list(_drawn(hands.load("all", "validation"), rng).values()))[::4]
    names = np.repeat(list(test), [len(part) for part in test.values()])
    poses = np.concatenate(list(test.values()))
    order = np.argsort(rng.random((len(poses), _ANGLES)), axis=1)
    content: dict[str, Any] = {"poses": {name: len(part) for name, part in test.items()}}
    for name, model in models.items():
        content[name] = {
            "completed": _completed(
                model, hands.single(hands.poses(train[name].takes)), poses, order, names, validation
            ),
            "likelihood": _likelihood(model, hands.single(hands.poses(train[name].takes)), poses, order, names),
            "orders": by_order(model, poses[:: max(len(poses) // _ORDERED_POSES, 1)], rng),
            "samples": _samples(model, hands.single(hands.poses(train[name].takes)), rng),
        }
    return content


def marginals(model: HandModel, known: NDArray[np.integer], values: Array, wanted: NDArray[np.integer]) -> Mixture:
    """Mixtures, N · W of them, of each row's wanted angles (N, W), given its known ones (N, K) alone; one hand."""
    gaussian, prototypes = model.gaussian(), model.prototypes()
    count, asked = wanted.shape
    mean, deviation = np.empty((*wanted.shape, FORMS)), np.empty((*wanted.shape, FORMS))
    for row in range(count):
        mean[row, :, 0], deviation[row, :, 0] = _posterior(gaussian, known[row], values[row], wanted[row])
        mean[row, :, 1], deviation[row, :, 1] = prototypes.expected(known[row], values[row : row + 1], wanted[row])
    given = (known + PER_HAND, values, wanted + PER_HAND, mean, deviation, np.full(count, SPACING[0]))
    kinds = (torch.int64, torch.float32, torch.int64, torch.float32, torch.float32, torch.float32)
    with torch.no_grad():
        raw = model.pose.predict(*(torch.tensor(part, dtype=kind) for part, kind in zip(given, kinds, strict=True)))
    return mixture_of(raw.numpy().reshape(count * asked, 3, -1))


def _posterior(
    gaussian: HandGaussian, known: NDArray[np.integer], values: Array, wanted: NDArray[np.integer]
) -> tuple[Array, Array]:
    k, w = known + PER_HAND, wanted + PER_HAND
    noise = np.radians(0.3) ** 2
    inner = gaussian.covariance[np.ix_(k, k)] + noise * np.eye(len(k))
    across = gaussian.covariance[np.ix_(k, w)]
    solved = np.linalg.solve(inner, np.column_stack([values - gaussian.mean[k], across]))
    variance = np.diag(gaussian.covariance)[w] + noise - np.sum(across * solved[:, 1:], axis=0)
    return gaussian.mean[w] + across.T @ solved[:, 0], np.sqrt(np.maximum(variance, 1e-8))


def grids(model: HandModel, mixture: Mixture, wanted: NDArray[np.integer], temperature: float = 1.0) -> Grid:
    """The densities of the wanted angles (N, W) within the model's limits, one after the other."""
    return on_grid(mixture, points(model.limits.numpy().astype(np.float64)[:, wanted.ravel()]), temperature)


def _drawn(takes: HandSet, rng: np.random.Generator) -> dict[str, Array]:
    found = {}
    for source, count in POSES.items():
        poses = hands.single(hands.poses(takes.of(source).takes))
        found[source] = poses[rng.choice(len(poses), min(count, len(poses)), replace=False)]
    return found


def _completed(
    model: HandModel, train: Array, poses: Array, order: NDArray[np.integer], names: Array, validation: Array
) -> dict[str, Any]:
    """Mean absolute error in degrees of what was unknown, by method and number known; coverage of our intervals."""
    gaussian = model.gaussian()
    rng = np.random.default_rng(1)
    mixture = fit_mixture(train[:: max(len(train) // 5000, 1)], COMPONENTS, rng)
    rows: dict[str, Any] = {}
    for known in KNOWN:
        there = _mask(order, known)
        held = _mask(np.argsort(rng.random((len(validation), _ANGLES)), axis=1), known)
        count = min(NEIGHBOURS, key=lambda n: _error(neighbours(train, validation, held, n), validation, held))
        seen, wanted = order[:, :known], order[:, known:]
        grid = grids(model, marginals(model, seen, np.take_along_axis(poses, seen, axis=1), wanted), wanted)
        ours = poses.copy()
        np.put_along_axis(ours, wanted, grid.quantile(0.5).reshape(wanted.shape), axis=1)
        expected = poses.copy()
        for row in range(len(poses)):
            expected[row, wanted[row]] = _posterior(gaussian, seen[row], poses[row, seen[row]], wanted[row])[0]
        methods = {
            "mean pose": np.tile(gaussian.mean[:_ANGLES], (len(poses), 1)),
            "conditional Gaussian": expected,
            f"nearest neighbours ({'/'.join(map(str, NEIGHBOURS))} by validation)": neighbours(
                train, poses, there, count
            ),
            f"Gaussian mixture, {COMPONENTS}": mixture.completed(poses, there),
            "ours": ours,
        }
        for name, found in methods.items():
            row = rows.setdefault(name, {})
            row[str(known)] = {"all": _error(found, poses, there), **_by_set(found, poses, there, names)}
        rows.setdefault("coverage", {})[str(known)] = _coverage(grid, np.take_along_axis(poses, wanted, axis=1))
    return rows


def _mask(order: NDArray[np.integer], known: int) -> NDArray[np.bool_]:
    there = np.zeros(order.shape, dtype=bool)
    np.put_along_axis(there, order[:, :known], True, axis=1)
    return there


def _error(found: Array, poses: Array, known: NDArray[np.bool_]) -> float:
    return round(float(np.degrees(np.abs(found - poses)[~known].mean())), 3)


def _by_set(found: Array, poses: Array, known: NDArray[np.bool_], names: Array) -> dict[str, float]:
    return {str(name): _error(found[names == name], poses[names == name], known[names == name]) for name in POSES}


def _coverage(grid: Grid, truth: Array) -> dict[str, float]:
    low, high, near_low, near_high = (grid.quantile(p) for p in (0.05, 0.95, 0.25, 0.75))
    flat = truth.ravel()
    return {
        "50": round(float(np.mean((flat >= near_low) & (flat <= near_high))), 4),
        "90": round(float(np.mean((flat >= low) & (flat <= high))), 4),
    }


def _likelihood(
    model: HandModel, train: Array, poses: Array, order: NDArray[np.integer], names: Array
) -> dict[str, Any]:
    """Nats an angle of what is not known, the chain rule over the rest of a random order: ours and the Gaussians'."""
    values = np.take_along_axis(poses, order, axis=1)
    mean, deviation = along(model.gaussian(), order + PER_HAND, values, np.full(len(order), SPACING[0]))
    gaussian = -0.5 * ((values - mean) / deviation) ** 2 - np.log(deviation) - 0.5 * np.log(2 * np.pi)
    mixture = fit_mixture(train[:: max(len(train) // 5000, 1)], COMPONENTS, np.random.default_rng(1))
    weight, means, deviations = mixture.along(order, values)
    parts = -0.5 * ((values[..., None] - means) / deviations) ** 2 - np.log(deviations) - 0.5 * np.log(2 * np.pi)
    mixed = np.log(np.maximum(np.sum(weight * np.exp(parts), axis=-1), 1e-300))
    ours, _ = along_orders(model, order, values)
    rows: dict[str, Any] = {}
    for name, logs in (
        *(("conditional Gaussian", gaussian), (f"Gaussian mixture, {COMPONENTS}", mixed)),
        ("ours", ours),
    ):
        rows[name] = {
            str(known): {
                "all": round(float(-logs[:, known:].mean()), 4),
                **{str(part): round(float(-logs[names == part, known:].mean()), 4) for part in POSES},
            }
            for known in (0, *KNOWN)
        }
    return rows


def by_order(model: HandModel, poses: Array, rng: np.random.Generator) -> dict[str, float]:
    """Nats an angle of whole poses by the order in which angles are revealed: exact, by the chain rule.

    An adaptive order looks at what is revealed alone, so that its likelihood is a proper one.
    """
    found = {}
    fixed = {
        "best": np.tile(model.best_order.numpy(), (len(poses), 1)),
        "anatomical": np.tile(np.arange(_ANGLES), (len(poses), 1)),
        "random": np.argsort(rng.random(poses.shape), axis=1),
    }
    for name, order in fixed.items():
        logs, _ = along_orders(model, order, np.take_along_axis(poses, order, axis=1))
        found[name] = round(float(-logs.mean()), 4)
    if model.pose.transformer.form == "queries":
        for name in ORDERS[3:]:
            order = _adaptive(model, poses, name)
            logs, _ = along_orders(model, order, np.take_along_axis(poses, order, axis=1))
            found[name] = round(float(-logs.mean()), 4)
    return found


def _adaptive(model: HandModel, poses: Array, name: str) -> NDArray[np.int64]:
    """(N, 20) the order that each pose's own revealed values lead to."""
    count = len(poses)
    order = np.zeros((count, 0), dtype=np.int64)
    covariance = model.gaussian().covariance[:_ANGLES, :_ANGLES] + np.radians(0.3) ** 2 * np.eye(_ANGLES)
    for _ in range(_ANGLES):
        left = np.stack([np.setdiff1d(np.arange(_ANGLES), row) for row in order])
        if name == "variance":
            place = np.array([_most_told(covariance, order[row], left[row]) for row in range(count)])
        else:
            mixture = marginals(model, order, np.take_along_axis(poses, order, axis=1), left)
            entropy = grids(model, mixture, left).entropy.reshape(left.shape)
            place = entropy.argmin(axis=1) if name == "lowest entropy" else entropy.argmax(axis=1)
        order = np.column_stack([order, left[np.arange(count), place]])
    return order


def _most_told(covariance: Array, seen: NDArray[np.integer], left: NDArray[np.integer]) -> int:
    rest = covariance[np.ix_(left, left)]
    if len(seen):
        across = covariance[np.ix_(seen, left)]
        rest = rest - across.T @ np.linalg.solve(covariance[np.ix_(seen, seen)], across)
    return int(np.argmax(np.sum(rest**2, axis=0) / np.diag(rest)))


def _samples(model: HandModel, train: Array, rng: np.random.Generator) -> dict[str, float]:
    """Whole poses drawn angle by angle in the best order: how many lie within limits, how diverse they are.

    Limits are judged before they are enforced, so that the network is.
    """
    order = np.tile(model.best_order.numpy(), (_SAMPLES, 1))
    low, high = model.limits.numpy().astype(np.float64)
    drawn = np.zeros((_SAMPLES, 0))
    inside = []
    for step in range(_ANGLES):
        mixture = marginals(model, order[:, :step], drawn, order[:, step : step + 1])
        wide = np.stack([np.full(_SAMPLES, -np.pi), np.full(_SAMPLES, np.pi)])
        grid = on_grid(mixture, points(wide))
        at = order[:, step]
        free = grid.quantile(rng.random(_SAMPLES))
        inside.append((free >= low[at]) & (free <= high[at]))
        kept = grids(model, mixture, order[:, step : step + 1]).quantile(rng.random(_SAMPLES))
        drawn = np.column_stack([drawn, kept])
    poses = np.empty_like(drawn)
    np.put_along_axis(poses, order, drawn, axis=1)
    seen = train[rng.choice(len(train), _SAMPLES)]
    return {
        "within limits before they are enforced": round(float(np.mean(inside)), 4),
        "within limits": round(float(np.mean((poses >= low - 1e-6) & (poses <= high + 1e-6))), 4),
        "distance between two samples, of the data's": round(_apart(poses) / _apart(seen), 3),
    }


def _apart(poses: Array) -> float:
    """Mean distance of two poses."""
    half = len(poses) // 2
    return float(np.linalg.norm(poses[:half] - poses[half : 2 * half], axis=1).mean())


def compare_forms(models: Mapping[str, HandModel]) -> dict[str, Any]:
    """Nats an angle of test poses in random orders, by model, over all sets and each: only what forms share."""
    rng = np.random.default_rng(0)
    test = _drawn(hands.load("all", "test"), rng)
    names = np.repeat(list(test), [len(part) for part in test.values()])
    poses = np.concatenate(list(test.values()))
    order = np.argsort(rng.random((len(poses), _ANGLES)), axis=1)
    values = np.take_along_axis(poses, order, axis=1)
    found = {}
    for name, model in models.items():
        logs, _ = along_orders(model, order, values)
        found[name] = {
            "all": round(float(-logs.mean()), 4),
            **{str(part): round(float(-logs[names == part].mean()), 4) for part in POSES},
        }
    return found
