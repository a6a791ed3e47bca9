"""A take on the stage of a real window: imported, looked at from somewhere, with one panel of the sidebar open."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import bpy
from mathutils import Vector

from tests.gui import window as gui
from tests.gui.extension import open_only


def window_context():
    return bpy.context.temp_override(window=gui.window(), area=gui.area(), region=gui.region("WINDOW"))


def rig():
    return bpy.context.view_layer.objects.active


def root_place() -> Vector:
    """Where the rig's first bone is in the scene."""
    return rig().matrix_world @ rig().pose.bones[0].head


def look_from(direction: tuple[float, float, float], distance: float, at: tuple[float, float, float]) -> None:
    """Turn the 3D view."""
    view = gui.area().spaces.active.region_3d
    view.view_perspective = "PERSP"
    view.view_rotation = Vector(direction).to_track_quat("Z", "Y")
    view.view_distance, view.view_location = distance, at


def looked_at(picture: Path) -> Iterator[float]:
    """A screenshot with the mouse away, once the panels have slid to their places."""
    view = gui.region("WINDOW")
    yield from gui.point_and_wait(view.x + 60, view.y + 60)
    yield gui.PAUSE * 6
    yield from gui.screenshot(picture)


def set_up(take: Path, panel: str) -> Iterator[float]:
    """The take alone in the scene, the panel alone open in a sidebar that is wide enough for it."""
    for obj in list(bpy.data.objects):
        bpy.data.objects.remove(obj)
    gui.area().spaces.active.show_region_ui = True
    yield gui.PAUSE * 3
    gui.region().active_panel_category = "Mender"
    open_only(panel)
    yield gui.PAUSE * 3
    yield from gui.widen(90)
    with window_context():
        bpy.ops.mocap_mender.import_motion(filepath=str(take), set_scene_fps=True)
        bpy.ops.ed.undo_push(message="Import Motion")
    bpy.context.scene.frame_set(150)
