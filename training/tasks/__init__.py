"""What to learn: losses, sampling and evaluation, one file a task. Here: which task a recipe trains on."""

from __future__ import annotations

import torch

from addon.core.errors import MenderError
from addon.core.rotation import Array

from ..config import PoseCompressRecipe, Recipe, TutorialRecipe
from ..data.limbs import limb_of
from ..data.poses import PoseFrame
from ..engine import Task
from ..networks import rotation_vectors
from .compress_pose import CompressPose
from .reconstruct import Reconstruct


def task_for(recipe: Recipe, frame: PoseFrame, poses: Array) -> Task:
    """The task of a recipe on poses (N, J, 4) that are aligned to the frame's reference."""
    match recipe:
        case TutorialRecipe():
            return Reconstruct(torch.from_numpy(poses.reshape(len(poses), -1)), recipe.activity_l1)
        case PoseCompressRecipe():
            vectors = torch.from_numpy(rotation_vectors(frame, poses))
            limbs = torch.from_numpy(limb_of(frame.joints))
            return CompressPose(
                vectors,
                torch.from_numpy(frame.reference),
                limbs,
                frame.parents,
                torch.from_numpy(frame.offsets),
                recipe.blend,
                recipe.position,
            )
    raise MenderError(f"No task is known for {type(recipe).__name__}.")
