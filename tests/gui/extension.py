"""The extension's modules inside the application: as it is installed, or else the checkout's, registered here."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType


def module(name: str = "") -> ModuleType:
    """The module of that name below `addon`, as in "blender.job"; without a name `addon` itself."""
    package = next((found for found in sys.modules if found.endswith("mocap_mender.addon")), "addon")
    loaded = package in sys.modules
    addon = importlib.import_module(package)
    if not loaded:
        addon.register()
    return importlib.import_module(f"{package}.{name}") if name else addon
