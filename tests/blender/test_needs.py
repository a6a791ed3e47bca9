"""A button that cannot work is grey and says why: each operator with nothing, the wrong thing or too little active."""

from __future__ import annotations

import bpy
import pytest

from addon import registration
from addon.operators import needs
from tests.blender.figure import make_armature

OPERATORS = [cls for cls in registration.CLASSES if issubclass(cls, needs.Needing)]


def refusal(cls):
    """What Blender tells a script that calls the operator where its button is grey."""
    assert not cls.poll(bpy.context)
    name = cls.__name__.partition("_OT_")[2]
    with pytest.raises(RuntimeError) as refused:
        getattr(bpy.ops.mocap_mender, name)()
    return str(refused.value)


def test_every_operator_on_an_armature_says_what_it_needs():
    own = {cls for cls in registration.CLASSES if issubclass(cls, bpy.types.Operator)} - set(OPERATORS)
    assert {cls.__name__.partition("_OT_")[2] for cls in own} == {
        "import_motion",
        "export_data_set",
        "stop_job",
        "compare_choose",
        "compare_jump",
        "save_error_curves",
        "remove_comparison",
    }
    assert all(cls.needed for cls in OPERATORS)


@pytest.mark.parametrize("cls", OPERATORS, ids=lambda cls: cls.__name__)
def test_nothing_or_a_mesh_is_active(cls):
    assert "Select an armature first" in refusal(cls)
    mesh = bpy.data.objects.new("Cube", bpy.data.meshes.new("Cube"))
    bpy.context.scene.collection.objects.link(mesh)
    bpy.context.view_layer.objects.active = mesh
    assert "Select an armature first" in refusal(cls)


@pytest.mark.parametrize("cls", OPERATORS, ids=lambda cls: cls.__name__)
def test_the_armature_is_being_edited(cls):
    obj = make_armature()
    bpy.ops.object.mode_set(mode="EDIT")
    try:
        assert f"{obj.name} is being edited" in refusal(cls)
    finally:
        bpy.ops.object.mode_set(mode="OBJECT")


@pytest.mark.parametrize("cls", [cls for cls in OPERATORS if needs.action in cls.needed], ids=lambda cls: cls.__name__)
def test_the_armature_has_no_action(cls):
    make_armature()
    assert "has no action" in refusal(cls)


@pytest.mark.parametrize(
    "cls", [cls for cls in OPERATORS if needs.own_armature in cls.needed], ids=lambda cls: cls.__name__
)
def test_the_armature_is_linked(cls, tmp_path):
    obj = make_armature()
    bpy.data.libraries.write(str(tmp_path / "rig.blend"), {obj})
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    with bpy.data.libraries.load(str(tmp_path / "rig.blend"), link=True) as (there, here):
        here.objects = there.objects
    linked = here.objects[0]
    bpy.context.scene.collection.objects.link(linked)
    bpy.context.view_layer.objects.active = linked
    assert "is linked from another file" in refusal(cls)
