"""Registering and unregistering: what is there in between, and that nothing is left behind."""

from __future__ import annotations

from collections.abc import Iterator

import bpy
import pytest

import addon
from addon import preferences, properties, registration

IN_APPLICATION = bool(bpy.app.binary_path)
KINDS = (
    *(bpy.types.Operator, bpy.types.Panel, bpy.types.Menu, bpy.types.UIList),
    *(bpy.types.PropertyGroup, bpy.types.AddonPreferences),
)


@pytest.fixture
def unregistered() -> Iterator[None]:
    addon.unregister()
    yield
    addon.register()


def ours() -> set[str]:
    """Names of the registered classes that come from this package."""
    return {cls.__name__ for kind in KINDS for cls in kind.__subclasses__() if cls.is_registered and is_ours(cls)}


def is_ours(cls: type) -> bool:
    return cls.__module__.startswith(addon.__name__ + ".")


def menu_entries() -> list[str]:
    menus = (bpy.types.TOPBAR_MT_file_import, bpy.types.TOPBAR_MT_file_export)
    return [
        draw.__name__
        for menu in menus
        for draw in menu._dyn_ui_initialize()
        if draw.__module__.startswith(addon.__name__ + ".")
    ]


def handlers() -> list[str]:
    lists = (
        held for held in (getattr(bpy.app.handlers, name) for name in dir(bpy.app.handlers)) if isinstance(held, list)
    )
    return [handler.__name__ for held in lists for handler in held if is_ours(handler)]


def test_handlers_are_there_once_and_stay_with_another_file():
    before = handlers()
    assert before
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    assert handlers() == before
    addon.unregister()
    addon.register()
    assert handlers() == before


def shown_properties(cls: type) -> Iterator[bpy.types.Property]:
    """What a person can see of a class: all properties but those that are hidden."""
    own = {name for base in cls.__mro__ for name in getattr(base, "__annotations__", {})}
    rna = cls.bl_rna
    if issubclass(cls, bpy.types.Operator):
        rna = getattr(bpy.ops.mocap_mender, cls.__name__.partition("_OT_")[2]).get_rna_type()
    plain = (known for known in rna.properties if known.type not in ("COLLECTION", "POINTER"))
    return (known for known in plain if known.identifier in own and not known.is_hidden)


@pytest.mark.parametrize("cls", registration.CLASSES, ids=lambda cls: cls.__name__)
def test_everything_has_a_name_and_a_tooltip(cls):
    assert cls.bl_rna.description or cls.__doc__
    for known in shown_properties(cls):
        assert known.name, known.identifier
        assert known.description, known.identifier
        assert not known.description.endswith("."), "Blender ends every tooltip with one"
        for item in getattr(known, "enum_items", ()):
            assert item.description, f"{known.identifier}: {item.identifier}"


def test_what_is_registered_is_what_the_tuple_names():
    assert ours() == {cls.__name__ for cls in registration.CLASSES}


def test_scripts_find_the_operators_by_their_names():
    for name in ("import_motion", "export_motion", "denoise_action"):
        assert getattr(bpy.ops.mocap_mender, name).get_rna_type().identifier == f"MOCAP_MENDER_OT_{name}"


def test_file_menus_have_one_entry_each():
    assert menu_entries() == ["_import_entry", "_export_entry"]


def test_nothing_is_left_behind(unregistered):
    assert ours() == set()
    assert menu_entries() == []
    for holder in (bpy.types.Scene, bpy.types.Object):
        assert not [name for name in dir(holder) if "mocap_mender" in name]
    assert not any("MOCAP_MENDER" in name for name in dir(bpy.types))
    assert handlers() == []


def test_again_and_again(unregistered):
    for _ in range(2):
        addon.register()
        assert hasattr(bpy.context.scene, "mocap_mender")
        addon.unregister()
    assert ours() == set()


def test_settings_begin_with_what_is_safe():
    settings = properties.settings_of(bpy.context.scene)
    assert (settings.model, settings.frame_range, settings.bones) == ("", "ALL", "ALL")
    assert (settings.strength, settings.result) == (1.0, "COPY")
    assert settings.done_line == ""


def test_settings_fit_the_operator():
    operator = bpy.ops.mocap_mender.denoise_action.get_rna_type().properties
    settings = properties.MenderSettings.bl_rna.properties
    for name in ("model", "frame_range", "bones", "strength", "result"):
        assert operator[name].default == settings[name].default
    for name in ("frame_range", "bones", "result"):
        assert operator[name].enum_items.keys() == settings[name].enum_items.keys()


def test_preferences_belong_to_the_extension_not_to_a_package_inside_it():
    installed = addon.__name__.rpartition(".")[0]
    assert preferences.MenderPreferences.bl_idname == (installed or "mocap_mender")
    assert (installed in bpy.context.preferences.addons) == IN_APPLICATION


def test_models_are_looked_for_beside_the_code_and_in_a_folder_of_the_user():
    shipped, own = preferences.model_folders()
    assert shipped.name == "models"
    assert own.name == "models"
    assert not own.is_relative_to(shipped.parent)
    assert own.is_dir() or not IN_APPLICATION
    assert preferences.threads() == 0
