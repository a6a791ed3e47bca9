"""Hands and eyes inside a real Blender window: mouse, keys, finding a button under the mouse, screenshots.

Needs Blender started with --enable-event-simulate. Coordinates are pixels from the window's lower left corner.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import bpy

PAUSE = 0.4  # seconds that a redraw takes on a software screen
Steps = Iterator[float]


def window() -> bpy.types.Window:
    return bpy.context.window_manager.windows[0]


def area(kind: str = "VIEW_3D") -> bpy.types.Area:
    return next(area for area in window().screen.areas if area.type == kind)


def region(kind: str = "UI") -> bpy.types.Region:
    return next(region for region in area().regions if region.type == kind)


def press(key: str, x: int, y: int, **held: bool) -> None:
    """A key or mouse button pressed and let go at a place, with `ctrl`, `shift` or `alt` held."""
    for value in ("PRESS", "RELEASE"):
        window().event_simulate(type=key, value=value, x=x, y=y, **held)


def point_at(x: int, y: int) -> None:
    window().event_simulate(type="MOUSEMOVE", value="NOTHING", x=x, y=y)


def point_and_wait(x: int, y: int) -> Steps:
    """Come from beside, so that Blender sees the mouse enter the button."""
    point_at(x - 3, y)
    yield PAUSE / 4
    point_at(x, y)
    yield PAUSE / 2


def click(x: int, y: int) -> Steps:
    yield from point_and_wait(x, y)
    press("LEFTMOUSE", x, y)
    yield PAUSE * 2


def find(text: str, share: float = 0.5, **held: bool) -> Iterator[float | tuple[int, int]]:
    """Look down the sidebar for the button whose Python command or data path holds `text`; yields its place last.

    Ctrl C over a button copies the command that it runs; with shift and alt held, the path of what it shows.
    `share` of the sidebar's width is where the mouse goes down.
    """
    bar = region()
    x = bar.x + int(bar.width * share)
    manager = bpy.context.window_manager
    for y in range(bar.y + bar.height - 8, bar.y, -8):
        manager.clipboard = ""
        yield from point_and_wait(x, y)
        press("C", x, y, ctrl=True, **held)
        yield PAUSE / 4
        if text in manager.clipboard:
            yield x, y - 4
            return
    raise AssertionError(f"no button in the sidebar copies {text!r}")


def screenshot(path: Path) -> Steps:
    """The whole screen as a picture, by ImageMagick: Blender's own operator gives a black one on a virtual screen."""
    yield PAUSE * 2
    subprocess.run(["import", "-window", "root", str(path)], check=True, timeout=60)
    yield PAUSE


def found(text: str, share: float = 0.5, **held: bool) -> Iterator[float | tuple[int, int]]:
    """The place of a button; `yield from` gives it."""
    for step in find(text, share, **held):
        if isinstance(step, tuple):
            return step
        yield step
    raise AssertionError(text)


def widen(pixels: int) -> Steps:
    """Drag the sidebar's edge: wider by so many pixels, or narrower."""
    bar = region()
    x, wanted = bar.x, bar.width + pixels
    y = bar.y + bar.height - 30  # beside the first panel: where there is none, the mouse belongs to the view below
    for place in (x - 10, x):
        point_at(place, y)
        yield PAUSE
    window().event_simulate(type="LEFTMOUSE", value="PRESS", x=x, y=y)
    yield PAUSE
    for share in (0.25, 0.5, 0.75, 1.0):
        point_at(x - int(share * pixels), y)
        yield PAUSE / 2
    window().event_simulate(type="LEFTMOUSE", value="RELEASE", x=x - pixels, y=y)
    yield PAUSE * 2
    assert abs(region().width - wanted) < 20, f"the sidebar is {region().width} wide, not {wanted}"
