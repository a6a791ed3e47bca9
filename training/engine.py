"""The training loop: one plain loop for every recipe, on one process or several, resumable at any moment.

A step's poses and random numbers follow from the seed and the step alone. So several processes see the shares of the
same global batch and give the same loss curve as one, and a run that was killed goes on as if it had not been.
"""

from __future__ import annotations

import contextlib
import copy
import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from .checkpoint import Checkpoint
from .config import Recipe
from .distributed import Processes
from .record import Record
from .throughput import Meter, Work

CHECKPOINT_SECONDS = 60.0


class Task(Protocol):
    """What to learn: the poses of a batch and what the network does badly on them."""

    @property
    def size(self) -> int:
        """How many training examples there are."""

    def batch(self, indices: Tensor, generator: torch.Generator) -> tuple[Tensor, ...]:
        """The examples at `indices` (N,), with whatever is random about them drawn from `generator`: (N, …) each."""

    def losses(self, model: nn.Module, *batch: Tensor) -> Tensor:
        """(N,) one loss an example; the loop minimises their mean."""


class _Losses(nn.Module):
    """The task's losses as a module, because DistributedDataParallel watches a module's forward pass."""

    def __init__(self, model: nn.Module, task: Task) -> None:
        super().__init__()
        self.model = model
        self.task = task

    def forward(self, *batch: Tensor) -> Tensor:
        return self.task.losses(self.model, *batch)


@dataclass(frozen=True)
class Plan:
    """How many steps there are, and which examples each one sees."""

    size: int
    batch: int
    epochs: int
    seed: int

    @property
    def steps_per_epoch(self) -> int:
        """Steps in one pass; the last may be smaller."""
        return math.ceil(self.size / self.batch)

    @property
    def steps(self) -> int:
        """Steps in the whole run."""
        return self.epochs * self.steps_per_epoch

    def indices(self, step: int) -> Tensor:
        """(N,) the examples of a step, from the epoch's own shuffled order. A timed run may pass the last epoch."""
        epoch, place = divmod(step, self.steps_per_epoch)
        order = torch.randperm(self.size, generator=_generator(self.seed, epoch, stream=0))
        return order[place * self.batch : (place + 1) * self.batch]

    def generator(self, step: int) -> torch.Generator:
        """The random numbers of a step."""
        return _generator(self.seed, step, stream=1)


class _Clock:
    """How much of a run is done: its steps, or the minutes that it may take, those before a kill included.

    On a CPU the minutes are those that its cores worked for the run, so that other work on the machine takes none.
    """

    def __init__(self, recipe: Recipe, plan: Plan, processes: Processes) -> None:
        self.budget = recipe.minutes * 60
        self.plan = plan
        self.processes = processes
        self.before = 0.0
        self.on_cpu = processes.device.type == "cpu"
        self.started = self._now()

    def share(self, step: int) -> float:
        """The share of the run that is done before `step`, the same on all processes; 1 and above is its end."""
        if not self.budget:
            return step / self.plan.steps
        return self.processes.first(self._seconds() / self.budget)

    def state_dict(self) -> dict[str, Any]:
        return {"seconds": self._seconds()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.before = float(state_dict["seconds"])

    def _seconds(self) -> float:
        return self.before + self._now() - self.started

    def _now(self) -> float:
        return time.process_time() / torch.get_num_threads() if self.on_cpu else time.monotonic()


def learning_rate(recipe: Recipe, step: int, done: float) -> float:
    """The rate of a step, `done` (0 to 1) of the run before it: a linear rise over the warm-up, then constant or a
    half cosine to zero."""
    rate = recipe.learning_rate * min(1.0, (step + 1) / (recipe.warm_up + 1))
    return rate if recipe.schedule == "constant" else rate * 0.5 * (1 + math.cos(math.pi * done))


def train(
    model: nn.Module,
    task: Task,
    recipe: Recipe,
    folder: Path,
    processes: Processes,
    tensorboard: bool = False,
    work: Work | None = None,
) -> nn.Module:
    """Train `model` in place, going on from the checkpoint in `folder` if there is one; returns the averaged weights.

    The first process leaves `metrics.jsonl` and the checkpoint in `folder`. work: of a step; the metrics then tell
    tokens a second and the share of the device's peak.
    """
    if recipe.threads:
        torch.set_num_threads(recipe.threads)
    plan = Plan(task.size, recipe.batch, recipe.epochs, recipe.seed)
    model.to(processes.device)
    average = _Average(model, recipe.ema)
    optimizer = _optimizer(model, recipe)
    clock = _Clock(recipe, plan, processes)
    parts = {"model": model, "average": average.model, "optimizer": optimizer}
    checkpoint = Checkpoint(folder, parts | {"clock": clock} if recipe.minutes else parts)
    start = checkpoint.load(processes.device)
    losses: nn.Module = _Losses(model, task)
    if processes.count > 1:
        losses = DistributedDataParallel(losses, broadcast_buffers=False)
    if recipe.compile:
        losses = torch.compile(losses)
    saved = time.monotonic()
    meter = Meter(work, recipe, processes.device, processes.count, start) if work and processes.is_first else None
    with Record(folder, start, plan.steps, processes.is_first, tensorboard) as record:
        step = start
        share = clock.share(step)
        while share < 1:
            rate = learning_rate(recipe, step, share)
            loss = _step(losses, task, plan, optimizer, recipe, processes, step, rate)
            average.follow(model, step)
            step += 1
            share = clock.share(step)
            if step % recipe.log_every == 0 or share >= 1:
                told = {"loss": processes.sum(loss), "learning_rate": rate, **(meter.read(step) if meter else {})}
                record.log(step, epoch=step / plan.steps_per_epoch, **told)
                if processes.is_first and time.monotonic() - saved > CHECKPOINT_SECONDS:
                    checkpoint.save(step)
                    saved = time.monotonic()
        if processes.is_first and start < step:
            checkpoint.save(step)
    return average.model


def _step(
    losses: nn.Module,
    task: Task,
    plan: Plan,
    optimizer: torch.optim.Optimizer,
    recipe: Recipe,
    processes: Processes,
    step: int,
    rate: float,
) -> Tensor:
    """One update. Returns this process' share of the batch's mean loss: the shares add up to it."""
    indices = plan.indices(step)
    batch = task.batch(indices, plan.generator(step))
    share = [processes.share(part).to(processes.device) for part in batch]
    for group in optimizer.param_groups:
        group["lr"] = rate
    optimizer.zero_grad()
    loss = torch.zeros((), device=processes.device)
    pieces = list(zip(*(part.chunk(recipe.accumulate) for part in share), strict=True))
    for piece, rows in enumerate(pieces):
        # Gradients travel between processes once, with the last piece.
        last = piece == len(pieces) - 1
        alone = contextlib.nullcontext() if last or processes.count == 1 else losses.no_sync()
        with alone:
            with torch.autocast(processes.device.type, torch.bfloat16, enabled=recipe.precision == "bfloat16"):
                part = losses(*rows).sum() / len(indices)
            # DistributedDataParallel averages gradients over processes; the shares' losses are to be summed.
            (part * processes.count).backward()
        loss += part.detach()
    if recipe.clip:
        nn.utils.clip_grad_norm_(losses.parameters(), recipe.clip)
    optimizer.step()
    return loss


class _Average:
    """Exponential moving average of the weights; without a decay it is the weights themselves."""

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay = decay
        self.model = copy.deepcopy(model) if decay else model

    @torch.no_grad()
    def follow(self, model: nn.Module, step: int) -> None:
        if not self.decay:
            return
        # Early on the average forgets faster, or it would remember the random start.
        decay = min(self.decay, (1 + step) / (10 + step))
        for mean, new in zip(self.model.parameters(), model.parameters(), strict=True):
            mean.lerp_(new, 1 - decay)


def _optimizer(model: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    settings: dict[str, Any] = {"lr": recipe.learning_rate, "eps": recipe.epsilon, "amsgrad": recipe.amsgrad}
    if not recipe.weight_decay:
        return torch.optim.Adam(model.parameters(), **settings)
    matrices = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim <= 1]
    groups = [{"params": matrices, "weight_decay": recipe.weight_decay}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, **settings)


def _generator(seed: int, number: int, stream: int) -> torch.Generator:
    # PyTorch's CPU generator takes 32 bits of its seed: mix all three numbers into them.
    mixed = np.random.SeedSequence((seed, stream, number)).generate_state(1)
    return torch.Generator().manual_seed(int(mixed[0]))
