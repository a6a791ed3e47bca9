"""A run: a recipe put to work on poses in its own folder, and read back from there."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from addon.core import rotation
from addon.core.errors import MenderError
from addon.core.rigs.cmu import SKELETON
from addon.core.rotation import Array
from addon.core.skeleton import EndSite, Skeleton

from . import checkpoint, engine, environment, motion
from .config import DenoiseRecipe, Recipe
from .data.poses import Origin, PoseFrame, PoseSet, mirrored, pose_frame
from .distributed import processes
from .models.denoiser import BodyDenoiser
from .networks import network, tell_about
from .recipes import RECIPES
from .tasks import task_for

FOLDER = Path("runs")
KEPT = Path(__file__).parent / "weights"
DESCRIPTION = "run.json"
_BASE_DEFAULTS = {
    entry.name: entry.default for entry in dataclasses.fields(Recipe) if entry.default is not dataclasses.MISSING
}


class RunError(MenderError):
    """A run folder that does not fit what is asked of it."""


@dataclass(frozen=True, eq=False)
class Run:
    """A finished run: its recipe, what its pose vectors mean, the network, and where the motion came from.

    origin: None for the CMU database. made_with: what it was trained with, one record for each time that it changed
    while the run went on.
    """

    name: str
    recipe: Recipe
    frame: PoseFrame
    model: nn.Module
    origin: Origin | None = None
    made_with: tuple[dict[str, str], ...] = ()


def start(name: str, recipe: Recipe, poses: PoseSet, folder: Path, sample: int = 0, tensorboard: bool = False) -> Path:
    """Train a recipe on `poses`, or on `sample` of them; leaves weights and metrics in `folder`.

    The sample is drawn at random; of a recipe that learns from takes as they ran, it is the first so many frames.
    A folder with a checkpoint of the same recipe is gone on with. Raises RunError where it holds another.
    """
    if recipe.leave_out:
        poses = poses.without_subject(recipe.leave_out)
    if isinstance(recipe, DenoiseRecipe):
        return _start_motion(name, recipe, poses, folder, sample, tensorboard)
    stacked = _sampled(poses.stacked(), sample, recipe.seed)
    if recipe.mirror:
        stacked = np.concatenate([stacked, mirrored(stacked, poses.joints)])
    frame = pose_frame(poses.joints, stacked, poses.skeleton)
    aligned = rotation.aligned(stacked, frame.reference)
    with processes() as here:
        if here.is_first:
            claim(folder, name, recipe, sample, _told(frame, poses))
        torch.manual_seed(recipe.seed)
        model = network(recipe, frame)
        tell_about(model, recipe, frame, aligned)
        task = task_for(recipe, frame, aligned)
        averaged = engine.train(model, task, recipe, folder, here, tensorboard)
        if here.is_first:
            checkpoint.save_weights(averaged, folder)
    return folder


def _start_motion(
    name: str, recipe: DenoiseRecipe, poses: PoseSet, folder: Path, sample: int, tensorboard: bool
) -> Path:
    """The same for a recipe that learns from takes as they ran, not from single poses."""
    poses = poses.first(sample) if sample else poses
    frame, stretch = motion.frame_of(poses), motion.stretches_of(poses)
    with processes() as here:
        if here.is_first:
            claim(folder, name, recipe, sample, _told(frame, poses))
        torch.manual_seed(recipe.seed)
        model = motion.network(recipe, stretch)
        averaged = engine.train(model, motion.task(stretch, poses), recipe, folder, here, tensorboard)
        if here.is_first:
            checkpoint.save_weights(averaged, folder, motion.rounded(averaged))
    return folder


def load(folder: Path) -> Run:
    """The finished run in `folder`, its network ready to use. Raises RunError or WeightsMissingError."""
    content = read(folder)
    try:
        recipe = type(RECIPES[content["recipe"]]["cpu"])(**content["settings"])
        reference = np.array(content["reference"], dtype=np.float32)
        moving = np.array(content["moving"], dtype=np.int64)
        frame = PoseFrame(tuple(content["joints"]), reference, moving, _skeleton(content))
        origin = Origin(**content["origin"]) if "origin" in content else None
        made_with = tuple(content.get("made_with", ()))
    except (KeyError, TypeError, ValueError) as error:
        raise RunError(f"{folder / DESCRIPTION} was written by another version ({error}): train again.") from error
    model = network(recipe, frame)
    checkpoint.load_weights(model, folder)
    return Run(content["recipe"], recipe, frame, model.eval(), origin, made_with)


def finished(name: str, folder: Path = FOLDER) -> Path:
    """The folder of a recipe's finished run: in `folder`, else the one that the project keeps.

    Raises RunError where there is neither.
    """
    for candidate in (folder / name, KEPT / name):
        if (candidate / checkpoint.WEIGHTS).is_file():
            return candidate
    raise RunError(f"{name} has no finished run: python -m training train {name}")


def keep(name: str, folder: Path = FOLDER) -> Path:
    """Copy a finished run's description and weights to where the project keeps what it ships."""
    target = KEPT / name
    target.mkdir(parents=True, exist_ok=True)
    for file in (DESCRIPTION, checkpoint.WEIGHTS):
        shutil.copyfile(folder / name / file, target / file)
    return target


def as_function(run: Run) -> Callable[..., Array]:
    """The run's network as a function of rotations (T, J, 4), of any sign, to unit quaternions (T, J, 4).

    One that sees motion takes the frames a second as well, and which rotations are missing (T, J).
    """
    if isinstance(run.model, BodyDenoiser):
        return motion.as_function(run.model, run.frame.joints)

    def through(rotations: Array) -> Array:
        poses = rotation.aligned(rotation.normalize(rotations.astype(np.float32)), run.frame.reference)
        with torch.no_grad():
            result = run.model(torch.from_numpy(poses.reshape(len(poses), -1)))
        restored = result[0] if isinstance(result, tuple) else result
        return rotation.normalize(restored.numpy().reshape(rotations.shape))

    return through


def _sampled(poses: Array, count: int, seed: int) -> Array:
    if not 0 < count < len(poses):
        return poses
    return poses[np.random.default_rng(seed).choice(len(poses), count, replace=False)]


def _told(frame: PoseFrame, poses: PoseSet) -> dict[str, Any]:
    told = {"joints": list(frame.joints), "reference": frame.reference.tolist(), "moving": frame.moving.tolist()}
    if poses.origin is None:
        return told
    skeleton = frame.skeleton
    return told | {
        "origin": dataclasses.asdict(poses.origin),
        "skeleton": {
            "names": list(skeleton.names),
            "parents": list(skeleton.parents),
            "offsets": skeleton.offsets.tolist(),
            "end_sites": [dataclasses.asdict(site) for site in skeleton.end_sites],
        },
    }


def _skeleton(content: dict[str, Any]) -> Skeleton:
    if "skeleton" not in content:
        return SKELETON
    told = content["skeleton"]
    sites = tuple(EndSite(int(site["parent"]), tuple(site["offset"])) for site in told["end_sites"])
    return Skeleton(tuple(told["names"]), tuple(told["parents"]), np.array(told["offsets"]), sites)


def claim(folder: Path, name: str, recipe: Recipe, sample: int = 0, told: Mapping[str, Any] | None = None) -> None:
    """Write what the folder is for, or check that a run that began there is the same.

    Beside it are written what the run is made with, and `told`. Raises RunError where the run is another.
    """
    settings = dataclasses.asdict(recipe)
    made_with: list[dict[str, str]] = []
    if (folder / checkpoint.STATE).is_file():
        begun = read(folder)
        # A setting that came later had its default's effect before.
        before = {"recipe": begun.get("recipe"), "sample": begun.get("sample"), **_BASE_DEFAULTS}
        before |= begun.get("settings", {})
        wanted = {"recipe": name, "sample": sample, **settings}
        other = [key for key in {**before, **wanted} if key not in before or before[key] != wanted.get(key)]
        if other:
            raise RunError(
                f"{folder} holds a run with other settings ({', '.join(other)}): name another folder with --folder, "
                "or remove it."
            )
        made_with = begun.get("made_with", [])
    here = environment.here()
    made_with += [here] if here not in made_with[-1:] else []
    folder.mkdir(parents=True, exist_ok=True)
    content = {"recipe": name, "sample": sample, "settings": settings, "made_with": made_with, **(told or {})}
    (folder / DESCRIPTION).write_text(json.dumps(content, indent=1) + "\n")


def read(folder: Path) -> dict[str, Any]:
    """What a run's folder says that it holds. Raises RunError where it holds none."""
    try:
        content = json.loads((folder / DESCRIPTION).read_text())
    except (OSError, ValueError) as error:
        raise RunError(f"{folder} holds no training run: train a recipe there first.") from error
    if not isinstance(content, dict):
        raise RunError(f"{folder / DESCRIPTION} is no description of a run: train again.")
    return content
