"""A button that cannot work is grey and says why: each operator with nothing, the wrong thing or too little active."""

from __future__ import annotations

import bpy
import pytest

from addon import registration
from addon.blender import action, job
from addon.operators import needs
from addon.operators.preview_settings import preview_of
from tests.blender.figure import make_armature

EVERY = [cls for cls in registration.CLASSES if issubclass(cls, needs.Needing)]
OPERATORS = [cls for cls in EVERY if {needs.armature, needs.own_armature} & set(cls.needed)]


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
        "choose_model",
        "compare_choose",
        "compare_jump",
        "save_error_curves",
        "remove_comparison",
    }
    assert all(needs.no_job in cls.needed for cls in EVERY if issubclass(cls, job.ModalJob))


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


@pytest.mark.parametrize("cls", [cls for cls in EVERY if needs.no_job in cls.needed], ids=lambda cls: cls.__name__)
def test_another_job_is_running(cls, monkeypatch):
    obj = make_armature()
    action.new_action(obj, "Walk")
    preview_of(obj).enabled = True
    monkeypatch.setattr(job, "progress", lambda: job.Progress("Compare", 0.5))
    assert "Compare is still running: wait until it is done, or press Esc" in refusal(cls)


def test_nla_strips_are_no_action():
    obj = make_armature()
    action.new_action(obj, "Walk")
    obj.animation_data.nla_tracks.new().strips.new("Walk", 1, obj.animation_data.action)
    obj.animation_data.action = None
    with pytest.raises(RuntimeError, match="has NLA strips and no action: bake them into one"):
        bpy.ops.mocap_mender.denoise_action()


def test_a_folder_is_no_motion_file(tmp_path):
    for path in ("", str(tmp_path)):
        with pytest.raises(RuntimeError, match="No motion file is chosen"):
            bpy.ops.mocap_mender.import_motion(filepath=path)
