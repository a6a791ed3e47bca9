"""Which network a recipe trains, and what it is told about the data before it learns."""

from __future__ import annotations

from torch import nn

from addon.core import rotation
from addon.core.errors import MenderError
from addon.core.rotation import Array

from .config import DenoiseRecipe, PoseCompressRecipe, PoseDenoiseRecipe, Recipe, TutorialRecipe
from .data.limbs import PARTS, limb_of
from .data.poses import PoseFrame
from .models import motion_lags, motion_prior
from .models.denoiser import BodyDenoiser
from .models.pose_compress import PoseCompressor, loosely_coupled_basis
from .models.pose_denoise import PoseDenoiser, Prior
from .models.tutorial import TutorialAutoencoder


def network(recipe: Recipe, frame: PoseFrame) -> nn.Module:
    """A fresh network for a recipe on poses of this frame."""
    match recipe:
        case TutorialRecipe():
            return TutorialAutoencoder(4 * len(frame.joints), recipe.first, recipe.second)
        case PoseCompressRecipe():
            return PoseCompressor(frame.reference, frame.moving, recipe.code, recipe.width)
        case PoseDenoiseRecipe():
            return PoseDenoiser(frame.reference, recipe.width)
        case DenoiseRecipe():
            empty = motion_prior.empty(4 * len(frame.joints), recipe.strokes)
            return BodyDenoiser(empty, motion_lags.empty(frame.reference), recipe.width)
    raise MenderError(f"No network is known for {type(recipe).__name__}.")


def tell_about(model: nn.Module, recipe: Recipe, frame: PoseFrame, poses: Array) -> None:
    """Let a network that starts from the data's statistics see the poses (N, J, 4), aligned to the reference."""
    vectors = rotation_vectors(frame, poses)
    if isinstance(model, PoseCompressor) and isinstance(recipe, PoseCompressRecipe):
        limbs = limb_of(frame.joints)
        model.start_linear(*loosely_coupled_basis(vectors[:, frame.moving], limbs[frame.moving], recipe.code))
    if isinstance(model, PoseDenoiser) and isinstance(recipe, PoseDenoiseRecipe):
        model.start_from(Prior(vectors, limb_of(frame.joints, PARTS), recipe.independence))


def rotation_vectors(frame: PoseFrame, poses: Array) -> Array:
    """(N, J, 3) rotation vectors of poses (N, J, 4) relative to the frame's reference."""
    return rotation.log(rotation.multiply(rotation.conjugate(frame.reference), poses))
