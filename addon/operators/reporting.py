"""How operators speak: errors that a person can mend as one sentence, results as one line."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TypeVar

import bpy

from ..blender.changes import Written
from ..core.errors import MenderError
from ..properties import remember_result

SomeOperator = TypeVar("SomeOperator", bound=bpy.types.Operator)
Step = Callable[[SomeOperator, bpy.types.Context], set[str]]


def reports_errors(step: Step[SomeOperator]) -> Step[SomeOperator]:
    """Decorate an operator's `execute`: a MenderError becomes its sentence and {'CANCELLED'}.

    For a Python caller Blender raises the sentence as a RuntimeError.
    """

    @functools.wraps(step)
    def guarded(self: SomeOperator, context: bpy.types.Context) -> set[str]:
        try:
            return step(self, context)
        except MenderError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}

    return guarded


def finished(
    operator: bpy.types.Operator,
    scene: bpy.types.Scene,
    original: str,
    action: bpy.types.Action,
    written: Written,
    degrees: float,
    seconds: float,
) -> set[str]:
    """Say in the status bar and in the panel what was made of `original` in `action`, and return {'FINISHED'}.

    degrees: mean angle between a changed bone's rotation before and after. seconds: how long it took.
    """
    counts = [f"{written.changed:,} keys"]
    counts += [f"{count:,} {word}" for count, word in ((written.new, "new"), (written.gone, "gone")) if count]
    line = " · ".join([*counts, f"{degrees:.2f}° mean", f"{seconds:.1f}\N{NO-BREAK SPACE}s"])
    remember_result(scene, original, action, line)
    operator.report({"INFO"}, f"{action.name}: {line}")
    return {"FINISHED"}
