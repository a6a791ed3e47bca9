"""What every script in a window does: its session step by step under Blender's timer, and an end with a code."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

import bpy

from tests.gui import window as gui


def play(session: Iterator[float | tuple[int, int]], failure: Path) -> None:
    """Let the session run once the window stands; Blender then ends with 0, or with 1 and a picture in `failure`."""

    def advance() -> float | None:
        try:
            step = next(session)
        except StopIteration:
            leave(0)
        except BaseException:
            traceback.print_exc()
            for _ in gui.screenshot(failure):
                pass
            leave(1)
        return step if isinstance(step, float) else gui.PAUSE

    bpy.context.preferences.view.show_splash = False
    # Persistent: a session may open another file.
    bpy.app.timers.register(advance, first_interval=2.0, persistent=True)


def leave(code: int) -> None:
    """End without Blender's questions about unsaved work."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
