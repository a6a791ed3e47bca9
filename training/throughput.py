"""How much arithmetic a step of training a transformer takes, and what share of the device's peak that makes.

Counted as Chowdhery et al. (2022, PaLM, arXiv 2204.02311, appendix B) do: six operations a token and weight of a
matrix, forward and backward, and those of attention between all tokens of a sequence, masked or not.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch
from torch import nn

from .config import Recipe

PEAKS = {"H200": 989e12, "H100": 989e12, "A100": 312e12, "L40S": 362e12, "RTX 4090": 165e12}
"""Operations a second in bfloat16 without sparsity, by a part of the card's name (NVIDIA's data sheets)."""
SIDE, ROUNDS = 1024, 5  # of the matrices whose product is timed where no data sheet is known


@dataclass(frozen=True)
class Work:
    """What a step takes on average, over all processes: tokens that are learnt from, and operations."""

    tokens: float
    operations: float


def operations_per_token(model: nn.Module, depth: int, width: int, length: int) -> float:
    """Forward and backward, in sequences of `length`, of a transformer of `depth` blocks and this `width`."""
    linear = (module for module in model.modules() if isinstance(module, nn.Linear))
    weights = sum(module.weight.numel() for module in linear if module.weight.requires_grad)
    return 6.0 * weights + 12.0 * depth * width * length


def peak(device: torch.device, precision: str) -> float:
    """Operations a second that a device can do at most: its data sheet's, else the best of some matrix products."""
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else ""
    for part, operations in PEAKS.items():
        if part in name and precision == "bfloat16":
            return operations
    return _timed_product(device, torch.bfloat16 if precision == "bfloat16" else torch.float32)


class Meter:
    """Reads tokens a second and the share of the peak off the clock, each time since it was last read."""

    def __init__(self, work: Work, recipe: Recipe, device: torch.device, processes: int, step: int) -> None:
        self.work = work
        self.peak = processes * peak(device, recipe.precision)
        self.step, self.seconds = step, time.perf_counter()

    def read(self, step: int) -> dict[str, float]:
        """Over the steps since the last reading."""
        now = time.perf_counter()
        rate = (step - self.step) / (now - self.seconds)
        self.step, self.seconds = step, now
        return {
            "tokens_per_second": rate * self.work.tokens,
            "share_of_peak": rate * self.work.operations / self.peak,
        }


def _timed_product(device: torch.device, kind: torch.dtype) -> float:
    first = torch.randn(SIDE, SIDE, device=device).to(kind)
    seconds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        float((first @ first)[0, 0])  # waits for the device
        seconds.append(time.perf_counter() - start)
    return 2.0 * SIDE**3 / min(seconds)
