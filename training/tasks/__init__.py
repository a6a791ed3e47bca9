"""What to learn: losses, sampling and evaluation, one file a task. Here: which task a recipe trains on."""

from __future__ import annotations

import torch

from addon.core.errors import MenderError
from addon.core.rotation import Array

from ..config import Recipe, TutorialRecipe
from ..engine import Task
from .reconstruct import Reconstruct


def task_for(recipe: Recipe, joints: tuple[str, ...], poses: Array, reference: Array) -> Task:
    """The task of a recipe on poses (N, J, 4) that are aligned to `reference` (J, 4)."""
    match recipe:
        case TutorialRecipe():
            return Reconstruct(torch.from_numpy(poses.reshape(len(poses), -1)), recipe.activity_l1)
    raise MenderError(f"No task is known for {type(recipe).__name__}.")
