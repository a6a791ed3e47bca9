"""One process or several: who this process is, its device, and its share of a batch."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor


@dataclass(frozen=True)
class Processes:
    """This process among `count`. The first one writes files and speaks."""

    rank: int
    count: int
    device: torch.device

    @property
    def is_first(self) -> bool:
        """Whether this process writes the files."""
        return self.rank == 0

    def share(self, batch: Tensor) -> Tensor:
        """This process' rows of a global batch (N, …): every `count`-th, from `rank`."""
        return batch[self.rank :: self.count]

    def sum(self, value: Tensor) -> float:
        """The sum of a number over all processes."""
        total = value.detach().clone()
        if self.count > 1:
            dist.all_reduce(total)
        return float(total)

    def first(self, value: float) -> float:
        """The number that the first process has, on all of them."""
        if self.count == 1:
            return value
        told = torch.tensor(value, device=self.device)
        dist.broadcast(told, 0)
        return float(told)


@contextmanager
def processes() -> Iterator[Processes]:
    """The processes that `torchrun` started, else this one alone; on a GPU where there is one."""
    count = int(os.environ.get("WORLD_SIZE", "1"))
    rank = int(os.environ.get("RANK", "0"))
    gpu = torch.cuda.is_available()
    device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0"))) if gpu else torch.device("cpu")
    if count == 1:
        yield Processes(0, 1, device)
        return
    if gpu:
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if gpu else "gloo")
    try:
        yield Processes(rank, count, device)
        dist.barrier()  # one that leaves while another still works now and then dies of its own threads
    finally:
        gc.collect()  # whatever still holds the group goes before it, not when the interpreter ends
        dist.destroy_process_group()
