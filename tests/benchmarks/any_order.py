"""Sampling an image with the exported triples model on one thread: with the cache of keys and values, and without."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from addon.core import orders
from addon.inference import any_order

from .timing import in_turn, ratio

MODEL = Path(__file__).parents[1] / "models" / "mnist-triples.onnx"
ASKED = 5.0


def with_cache(model: any_order.AnyOrderModel) -> np.ndarray:
    """(count,) one image in raster order."""
    return any_order.sample(model, orders.raster(model.count), 1, seed=0)[0][0]


def without_cache(model: any_order.AnyOrderModel) -> np.ndarray:
    """(count,) the same image; every step runs all tokens so far."""
    rng, values = np.random.default_rng(0), np.zeros((1, 0), dtype=np.int64)
    order = orders.raster(model.count)[None]
    nothing = np.zeros((model.layers, 1, model.heads, 0, model.head_width), dtype=np.float32)
    for step in range(1, model.count + 1):
        inputs = np.concatenate((np.full((1, 1), model.count), order[:, : step - 1]), axis=1)
        before = np.concatenate((np.zeros((1, 1), dtype=np.int64), values), axis=1)
        mask = np.triu(np.full((step, step), -np.inf, dtype=np.float32), 1)
        logits, _, _ = any_order.extend(model, inputs, before, order[:, :step], mask, nothing, nothing)
        drawn = np.argmax(logits[:, -1] + rng.gumbel(size=logits[:, -1].shape), axis=-1)
        values = np.concatenate((values, drawn[:, None]), axis=1)
    return values[0]


def run(rounds: int = 3) -> list[str]:
    """Lines to print: seconds an image, and how many times as fast the cache is."""
    model = any_order.open_model(MODEL, threads=1)
    same = np.array_equal(with_cache(model), without_cache(model))
    works = {
        "with cache": (lambda: None, lambda: with_cache(model)),
        "without": (lambda: None, lambda: without_cache(model)),
    }
    timings = in_turn(works, rounds)
    gain = ratio(timings["without"], timings["with cache"])
    return [
        f"One image of {model.count} tokens, exported triples model, one thread:",
        *(f"  {name:12} {timing.median:.3f} s" for name, timing in timings.items()),
        f"  {gain:.1f} times as fast with it, asked {ASKED:g}; both draw {'the same image' if same else 'ANOTHER'}",
    ]
