"""Every test starts and leaves with an empty Blender file, the add-on registered."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

bpy = pytest.importorskip("bpy")


@pytest.fixture(scope="session", autouse=True)
def registered() -> Iterator[None]:
    if bpy.app.binary_path:  # in the application the extension is installed and enabled, and stays so
        yield
        return
    import addon

    addon.register()
    yield
    addon.unregister()


@pytest.fixture(autouse=True)
def empty_file(registered: None) -> Iterator[None]:
    leave_file()
    yield
    leave_file()


def leave_file() -> None:
    if bpy.app.version < (4, 5, 0):
        # What a failed call still holds of the file is let go of while the file is there: in Blender 4.2 long runs end
        # in a segmentation fault while Python collects garbage after it.
        gc.collect()
    # Factory settings for the file alone: those for the preferences would turn an installed extension off.
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
