"""Data sets from Blender: a folder of files or the armature's actions, as tables, arrays and a manifest."""

from __future__ import annotations

import json

import bpy
import numpy as np
import pytest

from addon.core import data_set, formats
from addon.core.metrics import geodesic_degrees

from .takes import FIGURE, take


@pytest.fixture
def folder(tmp_path):
    """Three takes of one figure, one of them at another rate, and a file that is no motion."""
    source = tmp_path / "takes"
    source.mkdir()
    for seed, (name, fps) in enumerate({"run": 120.0, "walk": 120.0, "jump": 60.0}.items()):
        formats.write(take(FIGURE, 40, fps, seed), source / f"{name}.bvh")
    (source / "broken.bvh").write_text("HIERARCHY\nROOT\n")
    return source


def export(**settings):
    return bpy.ops.mocap_mender.export_data_set(**settings)


def test_a_folder_of_files_becomes_tables_arrays_and_a_manifest(folder, tmp_path):
    target = tmp_path / "set"
    assert export(source="FOLDER", folder=str(folder), directory=str(target)) == {"FINISHED"}
    manifest = json.loads((target / "manifest.json").read_text())
    assert (manifest["fps"], manifest["joints"]) == (120, list(FIGURE.names))
    assert [(one["name"], one["source"], one["frames"]) for one in manifest["takes"]] == [
        ("jump", "jump.bvh", 79),
        ("run", "run.bvh", 40),
        ("walk", "walk.bvh", 40),
    ]
    assert list(manifest["left_out"]) == ["broken.bvh"]
    assert all(len(one["sha256"]) == 64 for one in manifest["takes"])
    want = formats.read(folder / "walk.bvh")
    table = formats.read(target / "csv" / "walk.csv")
    packed = next(one.clip for one in data_set.read_packed(target).takes if one.name == "walk")
    for got in (table, packed):
        assert got.fps == 120
        assert geodesic_degrees(got.rotations, want.rotations).max() < 1e-3
        np.testing.assert_allclose(got.root_position, want.root_position, atol=1e-5)
    assert bpy.context.scene.mocap_mender.data_set_line == "3 takes, 159 frames at 120 fps, in set"


def test_every_action_of_the_armature_is_a_take(folder, tmp_path):
    bpy.ops.mocap_mender.import_motion(filepath=str(folder / "walk.bvh"), set_scene_fps=True)
    rig = bpy.context.object
    bpy.ops.mocap_mender.import_motion(filepath=str(folder / "run.bvh"), target="ACTIVE")
    bpy.data.actions.new("empty")
    before = rig.animation_data.action
    export(source="ACTIONS", directory=str(tmp_path / "set"))
    takes = {one.name: one.clip for one in data_set.read_packed(tmp_path / "set").takes}
    assert sorted(takes) == ["run", "walk"]
    for name, clip in takes.items():
        want = formats.read(folder / f"{name}.bvh")
        assert geodesic_degrees(clip.rotations, want.rotations).max() < 0.01
        np.testing.assert_allclose(clip.root_position, want.root_position, atol=1e-4)
    assert rig.animation_data.action == before


def test_what_is_missing_is_a_sentence_and_nothing_is_written(folder, tmp_path):
    target = tmp_path / "set"
    for settings, sentence in (
        ({"folder": str(folder)}, "no folder to go to"),
        ({"directory": str(target)}, "No folder is told"),
        ({"folder": str(tmp_path / "none"), "directory": str(target)}, "There is no folder"),
        ({"folder": str(tmp_path), "directory": str(target)}, "no motion"),
        ({"source": "ACTIONS", "directory": str(target)}, "armature"),
        ({"folder": str(folder), "directory": str(folder)}, "holds other files"),
    ):
        with pytest.raises(RuntimeError, match=sentence):
            export(**settings)
    assert not target.exists()
    assert len(list(folder.iterdir())) == 4
