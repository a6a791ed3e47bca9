"""The command line: `python -m training train|evaluate|list|tables`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import tyro

from addon.core.errors import MenderError

from . import digits, evaluation, hands, hands_study, orders_study, pictures, runs, sweep, tables
from .config import DenoiseRecipe, DigitsRecipe, HandsRecipe, Preset, Recipe, RecipeError, TutorialRecipe
from .data import cmu, mnist, pack
from .data.poses import PoseSet
from .motion import LEAST_JOINTS
from .recipes import DESCRIPTIONS, RECIPES, recipe_named
from .tasks import (
    evaluate_compress,
    evaluate_denoise,
    evaluate_denoise_pose,
    evaluate_feet,
    evaluate_keys,
    evaluate_others,
)


@dataclass(frozen=True)
class Train:
    """Train a recipe; a run that was stopped goes on. Start it with torchrun for several processes."""

    recipe: tyro.conf.Positional[str]
    """One of those that `list` shows."""
    preset: Preset = "cpu"
    """cpu takes minutes on two cores; gpu the full length."""
    set: Annotated[tyro.conf.UseAppendAction[tuple[str, ...]], tyro.conf.arg(metavar="KEY=VALUE")] = ()
    """A setting of the recipe to change; may be given several times."""
    data: Path | None = None
    """A folder of your own motion files, or of a packed data set, instead of the CMU takes."""
    sample: int = 0
    """Train on this many poses, frames or images only: check on little data first."""
    folder: Path | None = None
    """Where the run is kept; runs/RECIPE by default."""
    tensorboard: bool = False
    """Write TensorBoard's files too."""

    def run(self) -> int:
        """Train, and say where the weights are."""
        recipe = recipe_named(self.recipe, self.preset, self.set)
        self._check(recipe)
        own = f"-{pack.short_name(self.data)}" if self.data else ""
        folder = self.folder or runs.FOLDER / (self.recipe + own + ("-sample" if self.sample else ""))
        match recipe:
            case DigitsRecipe():
                digits.start(self.recipe, recipe, mnist.load("train"), folder, self.sample, self.tensorboard)
            case HandsRecipe():
                hands.start(self.recipe, recipe, folder, self.tensorboard)
            case _:
                runs.start(self.recipe, recipe, self._poses(recipe), folder, self.sample, self.tensorboard)
        print(f"{self.recipe}: trained, in {folder}")
        return 0

    def _check(self, recipe: Recipe) -> None:
        """Raise RecipeError for words that do not go with the recipe."""
        if self.sample < 0:
            raise RecipeError(f"--sample is a number of poses, frames or images, not {self.sample}.")
        if self.sample and isinstance(recipe, HandsRecipe):
            raise RecipeError(f"{self.recipe} learns from all its recordings: shorten it with --set epochs=1 instead.")
        if self.data and not isinstance(recipe, DenoiseRecipe | TutorialRecipe):
            raise RecipeError(f"{self.recipe} cannot learn from motion of your own: train denoise on it.")

    def _poses(self, recipe: Recipe) -> PoseSet:
        if self.data is None:
            return cmu.load_motion() if isinstance(recipe, DenoiseRecipe) else cmu.load("train")
        poses = pack.load(self.data)
        if len(poses.joints) < LEAST_JOINTS and isinstance(recipe, DenoiseRecipe):
            raise RecipeError(
                f"The motion in {self.data} has {len(poses.joints)} joints beside its root, and {self.recipe} needs "
                f"{LEAST_JOINTS}: it learns how a whole body moves."
            )
        return poses


@dataclass(frozen=True)
class Data:
    """Make a data set of a folder of motion files: packed arrays, tables in the tutorial's layout, a manifest."""

    word: tyro.conf.Positional[Literal["pack"]]
    """What to do."""
    folder: tyro.conf.Positional[Path]
    """Where the motion files are."""
    output: Path | None = None
    """Where the data set goes; FOLDER/packed by default."""

    def run(self) -> int:
        """Pack, and say what is in it and what was left out."""
        target, found = pack.pack(self.folder, self.output)
        frames = sum(len(take.clip) for take in found.takes)
        print(f"{len(found.takes)} takes, {frames:,} frames at {found.fps:g} fps, {len(found.skeleton)} joints")
        for source, why in found.left_out.items():
            print(f"left out: {source}: {why}")
        print(f"in {target}")
        return 0


@dataclass(frozen=True)
class Evaluate:
    """Measure the trained networks on people that they never saw; exit 1 where a figure asked for is missed."""

    task: tyro.conf.Positional[
        Literal["compress", "denoise-pose", "denoise", "feet", "keys", "others", "orders", "hands"]
    ]
    """What to measure."""
    folder: Path = runs.FOLDER
    """Where finished runs are looked for; those that the project keeps stand in for what is not there."""
    publish: bool = False
    """Keep result and weights in the project, for the documents' tables and for export."""
    kept: bool = False
    """Of orders: tell what a study that was stopped has measured, and measure nothing more."""
    held_out: str = ""
    """Training subjects to judge on instead, such as 16,35, that the run left out with --set leave_out=16,35: choices
    are made on these, never on the test subjects."""

    def run(self) -> int:
        """Print the table and each figure asked for, met or missed; leave JSON and a picture under runs/evaluate."""
        if self.kept and self.task != "orders":
            raise runs.RunError(f"--kept goes with orders alone: {self.task} is measured whole.")
        if self.held_out and self.task not in _EVALUATIONS:
            raise runs.RunError(f"--held-out names CMU subjects, and {self.task} is not measured on any.")
        if self.task == "orders":
            return orders_study.run(self.folder, self.publish, kept_only=self.kept)
        if self.task == "hands":
            return hands_study.run(self.folder, self.publish)
        task, table, picture = _EVALUATIONS[self.task]
        trained = {name: runs.load(runs.finished(name, self.folder)) for name in task.NETWORKS}
        networks = {name: runs.as_function(run) for name, run in trained.items()}
        frame = trained[task.NETWORKS[-1]].frame
        train, test = cmu.load("train"), cmu.load("test")
        if self.held_out:
            if self.publish or trained[task.NETWORKS[-1]].recipe.leave_out != self.held_out:
                raise runs.RunError(
                    f"Judging on {self.held_out} takes a run that left it out, train with --set "
                    f"leave_out={self.held_out}, and is not published."
                )
            train, test = train.without_subject(self.held_out), train.of_subject(self.held_out)
        content, figures = task.evaluate(networks, frame, train, test)
        folder = evaluation.save(self.task, content, figures, self.publish)
        picture(content, folder / "figure.png")
        if self.publish:
            for name in task.NETWORKS:
                if (self.folder / name).is_dir():
                    runs.keep(name, self.folder)
        print(f"{table(content)}\nin {folder}\n")
        print("\n".join(map(str, figures)))
        return 0 if all(figure.met for figure in figures) else 1


@dataclass(frozen=True)
class Tables:
    """Put the results that the project keeps into the tables of its documents."""

    files: tyro.conf.Positional[tuple[Path, ...]] = tables.DOCUMENTS
    """Markdown files to fill."""

    def run(self) -> int:
        """Write the files anew; what stands outside their tables stays."""
        results = evaluation.all_published()
        for file in self.files:
            file.write_text(tables.filled(file.read_text(encoding="utf-8"), results), encoding="utf-8")
        return 0


_EVALUATIONS: dict[str, tuple[Any, Callable[[dict[str, Any]], str], Callable[[dict[str, Any], Path], Path]]] = {
    "compress": (evaluate_compress, tables.compress, pictures.compress),
    "denoise-pose": (evaluate_denoise_pose, tables.denoise_pose, pictures.denoise_pose),
    "denoise": (evaluate_denoise, tables.denoise, pictures.denoise),
    "feet": (evaluate_feet, tables.feet, pictures.feet),
    "keys": (evaluate_keys, tables.keys, pictures.keys),
    "others": (evaluate_others, tables.others, pictures.others),
}


@dataclass(frozen=True)
class List:
    """Show the recipes, or the settings of one."""

    recipe: tyro.conf.Positional[str] = ""
    """The one whose settings to show."""

    def run(self) -> int:
        """Print a line a recipe; of one recipe a line a setting, with its value in each preset."""
        if not self.recipe:
            width = max(map(len, RECIPES))
            print("\n".join(f"{name:{width}}  {DESCRIPTIONS[name]}" for name in RECIPES))
            print("\nThe settings of one: python -m training list RECIPE")
            return 0
        presets = {preset: vars(recipe_named(self.recipe, preset)) for preset in get_args(Preset)}
        print(f"{self.recipe}: {DESCRIPTIONS[self.recipe]}\n\n{'setting':16}" + "".join(f"{p:>12}" for p in presets))
        for key in next(iter(presets.values())):
            print(f"{key:16}" + "".join(f"{settings[key]!s:>12}" for settings in presets.values()))
        return 0


def main() -> int:
    """Run the command that was typed; an error that the person can mend is one line."""
    command = tyro.extras.subcommand_cli_from_dict(
        {
            "train": Train,
            "evaluate": Evaluate,
            "sweep": sweep.Sweep,
            "data": Data,
            "list": List,
            "tables": Tables,
        },
        prog="python -m training",
    )
    try:
        return command.run()
    except MenderError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
