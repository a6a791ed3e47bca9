"""Whether the network runtime loads: found out once, and never while a panel is drawn."""

from __future__ import annotations

import functools

import bpy

from ..inference.session import RuntimeUnavailable, runtime


@functools.cache
def runtime_problem() -> str:
    """What keeps onnxruntime from loading and what to do about it; empty where it loads. Takes a moment once."""
    try:
        runtime()
    except RuntimeUnavailable as error:
        return str(error)
    return ""


def known_problem() -> str:
    """The same without waiting: empty as long as nobody has found out."""
    return runtime_problem() if runtime_problem.cache_info().currsize else ""


def check_soon() -> None:
    """Find out when the window has been drawn, and draw the sidebar again if there is a problem."""
    if not runtime_problem.cache_info().currsize and not bpy.app.timers.is_registered(_check):
        bpy.app.timers.register(_check, first_interval=0.05)


def unregister() -> None:
    """Take away a check that waits, and forget the answer."""
    if bpy.app.timers.is_registered(_check):
        bpy.app.timers.unregister(_check)
    runtime_problem.cache_clear()


def _check() -> None:
    manager = bpy.context.window_manager
    if runtime_problem() and manager:
        for window in manager.windows:
            for area in window.screen.areas:
                area.tag_redraw()
