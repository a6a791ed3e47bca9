"""What to learn: losses, sampling and evaluation, one file a task. Here: which task a recipe trains on."""

from __future__ import annotations

import torch

from addon.core.errors import MenderError
from addon.core.rotation import Array

from ..config import PoseCompressRecipe, PoseDenoiseRecipe, Recipe, TutorialRecipe
from ..data.limbs import PARTS, limb_of
from ..data.poses import PoseFrame
from ..engine import Task
from ..networks import rotation_vectors
from .compress_pose import CompressPose
from .denoise_pose import DenoisePose
from .reconstruct import Reconstruct


def task_for(recipe: Recipe, frame: PoseFrame, poses: Array) -> Task:
    """The task of a recipe on poses (N, J, 4) that are aligned to the frame's reference."""
    if isinstance(recipe, TutorialRecipe):
        return Reconstruct(torch.from_numpy(poses.reshape(len(poses), -1)), recipe.activity_l1)
    vectors = torch.from_numpy(rotation_vectors(frame, poses))
    reference = torch.from_numpy(frame.reference)
    limbs = torch.from_numpy(limb_of(frame.joints))
    if isinstance(recipe, PoseCompressRecipe):
        offsets = torch.from_numpy(frame.offsets)
        return CompressPose(vectors, reference, limbs, frame.parents, offsets, recipe.blend, recipe.position)
    if isinstance(recipe, PoseDenoiseRecipe):
        still = torch.ones(len(frame.joints), dtype=torch.bool)
        still[torch.from_numpy(frame.moving)] = False
        return DenoisePose(
            vectors,
            reference,
            torch.from_numpy(limb_of(frame.joints, PARTS)),
            still,
            recipe.sigma_low,
            recipe.sigma_high,
            recipe.clean,
            recipe.quiet,
            recipe.uneven,
            recipe.astray,
            recipe.blend,
        )
    raise MenderError(f"No task is known for {type(recipe).__name__}.")
