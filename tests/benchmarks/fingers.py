"""The finger model that ships, one thread: a pose drawn angle by angle, and ten seconds of both hands between keys."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from addon.inference import fingers
from addon.inference.session import load_model

from .timing import in_turn

MODEL = Path(__file__).parents[2] / "addon" / "models" / "hands-open.onnx"
POSES = 10
POSE_ASKED, FILL_ASKED = 0.005, 3.0
FPS, SECONDS = 30.0, 10


def run(rounds: int = 5) -> list[str]:
    """Lines to print: processor seconds of a pose in each order, and of the motion, beside what was asked."""
    model = load_model(MODEL, threads=1)
    nothing = np.full(20, np.nan)
    frames = np.arange(round(SECONDS * FPS))
    keyed = np.full((len(frames), 2, 20), np.nan)
    keyed[:: round(FPS / 2)] = np.random.default_rng(0).normal(0.4, 0.2, keyed[:: round(FPS / 2)].shape)
    wrists = np.zeros((len(frames), 2, 7))
    wrists[..., 3] = 1

    def poses(order: fingers.Order) -> None:
        for seed in range(POSES):
            fingers.complete_pose(model, nothing, "sample", seed, 1.0, order)

    works = {
        "a pose, best order": (lambda: None, lambda: poses("best")),
        "a pose, lowest entropy first": (lambda: None, lambda: poses("lowest entropy")),
        "10 s, average": (lambda: None, lambda: fingers.fill(model, frames, keyed, wrists, FPS)),
        "10 s, a sample": (lambda: None, lambda: fingers.fill(model, frames, keyed, wrists, FPS, "sample")),
    }
    for _, work in works.values():
        work()
    timings = in_turn(works, rounds, time.process_time)
    lines = ["The finger model on one thread, processor time:"]
    for name, timing in timings.items():
        is_pose = name.startswith("a pose")
        seconds, asked = timing.median / (POSES if is_pose else 1), POSE_ASKED if is_pose else FILL_ASKED
        lines.append(f"  {name:30} {seconds:.4f} s, asked {asked:g}")
    return lines
