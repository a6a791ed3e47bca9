"""A graph editor where no window is seen: Blender's own operators on curves run in one alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import bpy


@contextmanager
def graph_editor(obj: Any) -> Iterator[None]:
    """A graph editor for a while: its operators run without a window that anybody sees."""
    window: Any = bpy.context.window_manager.windows[0]
    area = window.screen.areas[0]
    before, area.type = area.type, "GRAPH_EDITOR"
    area.spaces[0].dopesheet.show_only_selected = False
    region = next(region for region in area.regions if region.type == "WINDOW")
    try:
        with bpy.context.temp_override(window=window, area=area, region=region, object=obj, active_object=obj):
            yield
    finally:
        area.type = before
