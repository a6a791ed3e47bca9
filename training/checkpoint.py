"""The state of a run on disk: written whole or not at all, so that a killed run goes on from its last minute."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from addon.core.errors import MenderError

STATE = "checkpoint.pt"
WEIGHTS = "weights.safetensors"


class WeightsMissingError(MenderError):
    """A run without finished weights, or with weights that are damaged or another network's."""


class CheckpointError(MenderError):
    """A checkpoint that cannot be gone on from."""


class Stateful(Protocol):
    """A module or an optimizer."""

    def state_dict(self) -> dict[str, Any]:
        """Everything to write down."""

    def load_state_dict(self, state_dict: dict[str, Any]) -> object:
        """Take up what was written down."""


class Checkpoint:
    """Saves and loads the states of named parts together with the number of steps done."""

    def __init__(self, folder: Path, parts: Mapping[str, Stateful]) -> None:
        self.path = folder / STATE
        self.parts = parts

    def save(self, step: int) -> None:
        """Write the state after `step` steps beside the old one, then put it in its place."""
        fresh = self.path.with_suffix(".new")
        torch.save({"step": step, **{name: part.state_dict() for name, part in self.parts.items()}}, fresh)
        fresh.replace(self.path)

    def load(self, device: torch.device) -> int:
        """Take up the saved state and return its number of steps; 0 where there is none.

        Raises CheckpointError where it is damaged or another network's.
        """
        if not self.path.is_file():
            return 0
        try:
            state = torch.load(self.path, map_location=device, weights_only=True)
            for name, part in self.parts.items():
                part.load_state_dict(state[name])
            return int(state["step"])
        except Exception as error:  # bytes that are no checkpoint fail wherever the unpickler happens to be
            raise CheckpointError(
                f"{self.path} is damaged, or was written by another version: remove it to begin the run anew."
            ) from error


def save_weights(model: nn.Module, folder: Path, weights: Mapping[str, torch.Tensor] | None = None) -> Path:
    """Write a network's weights and buffers as safetensors; `weights`, where given, in place of the network's own."""
    path = folder / WEIGHTS
    kept = model.state_dict() if weights is None else weights
    save_file({name: value.detach().cpu().contiguous() for name, value in kept.items()}, path)
    return path


def load_weights(model: nn.Module, folder: Path) -> None:
    """Read what `save_weights` wrote into a network of the same shape.

    Raises WeightsMissingError where there are none, they are damaged or they belong to another network.
    """
    path = folder / WEIGHTS
    if not path.is_file():
        raise WeightsMissingError(f"{folder} has no {WEIGHTS}: train the recipe to its end first.")
    try:
        model.load_state_dict(load_file(path))
    except (SafetensorError, OSError) as error:
        raise WeightsMissingError(f"{path} is damaged: train the recipe again.") from error
    except (RuntimeError, ValueError) as error:
        raise WeightsMissingError(f"{path} holds another network's weights: train the recipe again.") from error
