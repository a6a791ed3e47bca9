"""Every test starts and leaves with an empty Blender file, the add-on registered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

bpy = pytest.importorskip("bpy")


@pytest.fixture(scope="session", autouse=True)
def registered() -> Iterator[None]:
    if bpy.app.version < (4, 5, 0):
        _mend_context()
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


@pytest.fixture
def model_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder without models, the only one in which operators look for them."""
    folder = tmp_path_factory.mktemp("models")
    for module in ("choice", "previewing"):
        monkeypatch.setattr(f"addon.operators.{module}.model_folders", lambda: [folder])
    return folder


def leave_file() -> None:
    # Factory settings for the file alone: those for the preferences would turn an installed extension off.
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)


def _mend_context() -> None:
    """Keep a scene that is gone from being written to, which in Blender 4.2 ends in segmentation faults much later.

    There, who reads `bpy.context.layer_collection`, as Rigify does, makes the scene of that time the owner of all that
    is reached through `bpy.context`, and setting `bpy.context.window.scene` marks the owner as changed, in whatever
    memory has become of it. Reading once more makes the scene of now the owner.
    """

    @bpy.app.handlers.persistent
    def own_by_this_scene(*_: Any) -> None:
        _ = bpy.context.layer_collection

    handlers = bpy.app.handlers
    for other_data in (handlers.load_post, handlers.undo_post, handlers.redo_post):
        other_data.append(own_by_this_scene)
