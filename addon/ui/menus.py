"""Entries in Blender's own menus: File > Import and File > Export."""

# The stubs know menus only by the context that a draw function gets.
# mypy: disable-error-code="union-attr, arg-type"

from __future__ import annotations

import bpy

from ..core import formats


def _title(suffixes: tuple[str, ...]) -> str:
    return f"Mocap Mender Motion ({'/'.join(suffixes)})"


def _import_entry(menu: bpy.types.Menu, context: bpy.types.Context) -> None:
    menu.layout.operator("mocap_mender.import_motion", text=_title(formats.READABLE))


def _export_entry(menu: bpy.types.Menu, context: bpy.types.Context) -> None:
    menu.layout.operator("mocap_mender.export_motion", text=_title(formats.WRITABLE))


def register() -> None:
    """Add the entries at the end of both menus."""
    bpy.types.TOPBAR_MT_file_import.append(_import_entry)
    bpy.types.TOPBAR_MT_file_export.append(_export_entry)


def unregister() -> None:
    """Take both away."""
    bpy.types.TOPBAR_MT_file_export.remove(_export_entry)
    bpy.types.TOPBAR_MT_file_import.remove(_import_entry)
