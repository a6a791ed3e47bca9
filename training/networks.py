"""Which network a recipe trains."""

from __future__ import annotations

from torch import nn

from addon.core.errors import MenderError
from addon.core.rotation import Array

from .config import Recipe, TutorialRecipe
from .models.tutorial import TutorialAutoencoder


def network(recipe: Recipe, joints: tuple[str, ...], poses: Array, reference: Array) -> nn.Module:
    """A fresh network for a recipe.

    poses: (N, J, 4) aligned to `reference` (J, 4): what the network is told about the data before it learns.
    """
    match recipe:
        case TutorialRecipe():
            return TutorialAutoencoder(4 * len(joints), recipe.first, recipe.second)
    raise MenderError(f"No network is known for {type(recipe).__name__}.")
