"""How operators speak: errors that a person can mend as one sentence, results as one line."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TypeVar

import bpy

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
    action: bpy.types.Action,
    keys: int,
    degrees: float,
    seconds: float,
) -> set[str]:
    """Say what was done to `action` in the status bar and in the panel, and return {'FINISHED'}.

    keys: how many keys have another value now. degrees: mean angle between a changed bone's rotation before and
    after. seconds: how long it took.
    """
    line = remember_result(scene, action, keys, degrees, seconds)
    operator.report({"INFO"}, f"{action.name}: {line}")
    return {"FINISHED"}
