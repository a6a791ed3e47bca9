"""The extension's modules inside the application: as it is installed, or else the checkout's, registered here."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

import bpy


def module(name: str = "") -> ModuleType:
    """The module of that name below `addon`, as in "blender.job"; without a name `addon` itself."""
    package = next((found for found in sys.modules if found.endswith("mocap_mender.addon")), "addon")
    loaded = package in sys.modules
    addon = importlib.import_module(package)
    if not loaded:
        addon.register()
    return importlib.import_module(f"{package}.{name}") if name else addon


def open_only(panel: str) -> None:
    """Let one panel of the sidebar's tab be open and the others closed, as at the start of a file."""
    prefix = "MOCAP_MENDER_PT_"
    for cls in module("registration").CLASSES:
        if cls.__name__.startswith(prefix) and not hasattr(cls, "bl_parent_id"):
            bpy.utils.unregister_class(cls)
            cls.bl_options = getattr(cls, "bl_options", set()) - {"DEFAULT_CLOSED"}
            if cls.__name__ != prefix + panel:
                cls.bl_options |= {"DEFAULT_CLOSED"}
            bpy.utils.register_class(cls)
