"""Every test starts and leaves with an empty Blender file, the add-on registered."""

from __future__ import annotations

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
    # Factory settings for the file alone: those for the preferences would turn an installed extension off.
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    yield
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
