"""The extension's preferences: where the user's own models lie, and how many threads a model may use."""

# Blender reads properties from annotations, which mypy takes for types.
# mypy: disable-error-code="valid-type"

from __future__ import annotations

import contextlib
from pathlib import Path

import bpy
from bpy.props import IntProperty, StringProperty

# "bl_ext.<repository>.mocap_mender" when installed as an extension, "mocap_mender" as a legacy add-on. Run from the
# checkout this package is the top one itself and has no preferences: the defaults below hold.
ROOT_PACKAGE = (__package__ or "").rpartition(".")[0] or "mocap_mender"

DEFAULT_MODEL = "denoise"
DEFAULT_FINGER_MODEL = "hands-open"
SHIPPED_MODELS = Path(__file__).parent / "models"


class MenderPreferences(bpy.types.AddonPreferences):
    """Edit > Preferences > Add-ons > Mocap Mender."""

    bl_idname = ROOT_PACKAGE

    model_folder: StringProperty(
        name="Model Folder",
        description="Folder with your own models (.onnx); empty: the extension's own folder",
        subtype="DIR_PATH",
    )
    threads: IntProperty(
        name="Threads",
        description="Processor cores that a model may use; 0: as many as there are",
        min=0,
        soft_max=64,
    )

    def draw(self, context: bpy.types.Context) -> None:
        """Show both settings; the default folder stands in the empty field."""
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.prop(self, "model_folder", placeholder=str(default_model_folder()))
        layout.prop(self, "threads", text="Threads" if self.threads else "Threads (automatic)")


def default_model_folder() -> Path:
    """Where the user's models lie unless the preferences say otherwise: a folder that an upgrade leaves alone."""
    try:
        return Path(bpy.utils.extension_path_user(ROOT_PACKAGE, path="models"))
    except ValueError:  # not installed as an extension
        return Path(bpy.utils.user_resource("DATAFILES", path="mocap_mender")) / "models"


def make_model_folder() -> None:
    """Create the folder for the user's models where this runs as an extension, so that it can be found and filled."""
    if ROOT_PACKAGE.startswith("bl_ext."):
        with contextlib.suppress(OSError):  # a home that cannot be written to: the shipped models are enough
            default_model_folder().mkdir(parents=True, exist_ok=True)


def model_folders() -> list[Path]:
    """The folders to look for models in: those that ship first, then the user's."""
    preferences = _installed()
    own = preferences.model_folder if preferences else ""
    return [SHIPPED_MODELS, Path(bpy.path.abspath(own)) if own else default_model_folder()]


def threads() -> int:
    """How many threads a model may use; 0: as many as there are cores."""
    preferences = _installed()
    return preferences.threads if preferences else 0


def _installed() -> MenderPreferences | None:
    preferences = bpy.context.preferences
    addon = preferences.addons.get(ROOT_PACKAGE) if preferences else None
    return addon.preferences if addon else None  # type: ignore[return-value]
