"""The command line: `python -m training train|evaluate|list`."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from addon.core.errors import MenderError

from . import runs
from .config import DESCRIPTIONS, RECIPES, Preset, recipe_named
from .data import cmu


@dataclass(frozen=True)
class Train:
    """Train a recipe; a run that was stopped goes on. Start it with torchrun for several processes."""

    recipe: tyro.conf.Positional[str]
    """One of those that `list` shows."""
    preset: Preset = "cpu"
    """cpu takes minutes on two cores; gpu the full length."""
    set: Annotated[tyro.conf.UseAppendAction[tuple[str, ...]], tyro.conf.arg(metavar="KEY=VALUE")] = ()
    """A setting of the recipe to change; may be given several times."""
    sample: int = 0
    """Train on this many poses only: check on little data first."""
    folder: Path | None = None
    """Where the run is kept; runs/RECIPE by default."""
    tensorboard: bool = False
    """Write TensorBoard's files too."""

    def run(self) -> int:
        """Train, and say where the weights are."""
        recipe = recipe_named(self.recipe, self.preset, self.set)
        folder = self.folder or runs.FOLDER / (self.recipe + ("-sample" if self.sample else ""))
        runs.start(self.recipe, recipe, cmu.load("train"), folder, self.sample, self.tensorboard)
        print(f"{self.recipe}: trained, in {folder}")
        return 0


@dataclass(frozen=True)
class List:
    """Show the recipes and their settings."""

    def run(self) -> int:
        """Print one line a recipe and preset."""
        for name, presets in RECIPES.items():
            print(f"{name}: {DESCRIPTIONS[name]}")
            for preset, recipe in presets.items():
                print(f"  {preset}: " + ", ".join(f"{key}={value}" for key, value in vars(recipe).items()))
        return 0


def main() -> int:
    """Run the command that was typed; an error that the person can mend is one line."""
    command = tyro.extras.subcommand_cli_from_dict({"train": Train, "list": List}, prog="python -m training")
    try:
        return command.run()
    except MenderError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
