"""The batch on the command line: import, denoise and export of one file and of a folder, exit codes and messages."""

from __future__ import annotations

import os
import sys

import bpy
import numpy as np
import pytest

from addon.core import formats
from addon.core.clip import Clip
from addon.core.rotation import angle_between
from addon.core.skeleton import Skeleton
from addon.operators.command_line import DONE, NOT_STARTED, SOME_FAILED, run
from addon.preferences import DEFAULT_MODEL
from tests.blender.figure import JOINTS, PARENTS, make_model, model_offsets, wobble

FRAMES = np.arange(24)


@pytest.fixture(autouse=True)
def model(model_folder):
    return make_model(model_folder)


@pytest.fixture
def takes(tmp_path):
    folder = tmp_path / "takes"
    folder.mkdir()
    for seed, name in enumerate(("run", "walk")):
        formats.write(figure_clip(seed), folder / f"{name}.bvh")
    return folder


def figure_clip(seed=0):
    skeleton = Skeleton(
        ("Hips", *JOINTS),
        (-1, *(parent + 1 for parent in PARENTS)),
        np.concatenate([np.zeros((1, 3)), model_offsets()]),
    )
    rotations = np.stack([wobble(FRAMES, seed * 100 + joint) for joint in range(len(skeleton))], axis=1)
    return Clip(skeleton, 30.0, np.zeros((len(FRAMES), 3)), rotations)


def call(*words):
    return run([str(word) for word in words])


def degrees_apart(a, b):
    """The largest angle between two motion files' rotations."""
    return float(np.degrees(angle_between(formats.read(a).rotations, formats.read(b).rotations)).max())


def test_import_and_export_of_a_folder_give_the_motion_back(takes, tmp_path, capfd):
    assert call("import", takes, "--output", tmp_path / "scenes") == DONE
    assert call("export", tmp_path / "scenes", "--output", tmp_path / "back", "--format", "bvh") == DONE
    assert sorted(path.name for path in (tmp_path / "back").iterdir()) == ["run.bvh", "walk.bvh"]
    for name in ("run.bvh", "walk.bvh"):
        assert degrees_apart(takes / name, tmp_path / "back" / name) < 0.01
    told = capfd.readouterr().out
    assert f"run.bvh -> {tmp_path / 'scenes' / 'run.blend'}: frames 1 to 24" in told
    assert "2 of 2 files done" in told


def test_denoise_of_a_motion_file(takes, tmp_path, capfd):
    before = (takes / "walk.bvh").read_bytes()
    assert call("denoise", takes / "walk.bvh", "--output", tmp_path / "clean.bvh") == DONE
    assert degrees_apart(takes / "walk.bvh", tmp_path / "clean.bvh") > 1
    assert (takes / "walk.bvh").read_bytes() == before
    assert "° mean" in capfd.readouterr().out


def test_strength_zero_leaves_the_motion_as_it_is(takes, tmp_path):
    assert call("denoise", takes / "walk.bvh", "-o", tmp_path / "same.bvh", "--strength", "0") == DONE
    assert degrees_apart(takes / "walk.bvh", tmp_path / "same.bvh") < 0.01


def test_parts_of_the_body_and_fewer_keys(takes, tmp_path, capfd):
    words = ("--legs", "0", "--spine", "0", "--no-feet", "--reduce", "0.5", "--root", "0.5")
    assert call("denoise", takes / "walk.bvh", "-o", tmp_path / "part.blend", *words) == DONE
    assert " gone · " in capfd.readouterr().out
    assert call("denoise", takes / "walk.bvh", "-o", tmp_path / "part.bvh", *words[:5]) == DONE
    before, after = (formats.read(path) for path in (takes / "walk.bvh", tmp_path / "part.bvh"))
    apart = np.degrees(angle_between(before.rotations, after.rotations)).max(axis=0)
    changed = {name for name, angle in zip(before.skeleton.names, apart, strict=True) if angle > 0.01}
    assert changed == {"LeftArm", "LeftForeArm"}


@pytest.mark.parametrize(
    "words", [("--hands", "2"), ("--reduce", "0"), ("--fill", "0"), ("--fill", "--missing", "1", "2"), ("--root", "x")]
)
def test_options_that_cannot_be_are_refused(takes, tmp_path, words):
    assert call("denoise", takes, "-o", tmp_path / "clean", *words) == NOT_STARTED


def test_gaps_are_refused_by_a_model_of_single_poses(takes, tmp_path, capfd):
    words = ("--missing", "3", "9")
    assert call("denoise", takes / "walk.bvh", "-o", tmp_path / "filled.bvh", *words) == SOME_FAILED
    assert "cannot fill gaps" in capfd.readouterr().err


def test_denoise_of_a_scene_keeps_the_original_beside_the_copy(takes, tmp_path):
    assert call("import", takes / "walk.bvh", "-o", tmp_path / "walk.blend") == DONE
    before = (tmp_path / "walk.blend").read_bytes()
    assert call("denoise", tmp_path / "walk.blend", "-o", tmp_path / "clean.blend") == DONE
    assert (tmp_path / "walk.blend").read_bytes() == before
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "clean.blend"))
    (rig,) = (obj for obj in bpy.data.objects if obj.type == "ARMATURE")
    assert {action.name for action in bpy.data.actions} > {rig.animation_data.action.name}


def test_in_place_keeps_one_action(takes, tmp_path):
    assert call("denoise", takes / "walk.bvh", "-o", tmp_path / "clean.blend", "--in-place") == DONE
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "clean.blend"))
    assert len(bpy.data.actions) == 1


def test_a_folder_of_motion_files_keeps_its_format(takes, tmp_path):
    assert call("denoise", takes, "-o", tmp_path / "clean") == DONE
    assert sorted(path.name for path in (tmp_path / "clean").iterdir()) == ["run.bvh", "walk.bvh"]


def test_frames_outside_the_range_stay(takes, tmp_path):
    assert call("denoise", takes / "walk.bvh", "-o", tmp_path / "part.bvh", "--frames", 5, 10) == DONE
    before, after = (formats.read(path).rotations for path in (takes / "walk.bvh", tmp_path / "part.bvh"))
    changed = np.degrees(angle_between(before, after)).max(axis=1) > 0.1
    assert np.flatnonzero(changed).tolist() == [4, 5, 6, 7, 8, 9]


def test_export_of_a_range(takes, tmp_path):
    assert call("import", takes / "walk.bvh", "-o", tmp_path / "walk.blend") == DONE
    assert call("export", tmp_path / "walk.blend", "-o", tmp_path / "part.npy", "--frames", 3, 7) == DONE
    assert len(np.load(tmp_path / "part.npy")) == 5


def test_one_bad_file_does_not_stop_the_others(takes, tmp_path, capfd):
    (takes / "bad.bvh").write_text("this is no motion\n")
    assert call("import", takes, "-o", tmp_path / "scenes") == SOME_FAILED
    assert sorted(path.name for path in (tmp_path / "scenes").iterdir()) == ["run.blend", "walk.blend"]
    told = capfd.readouterr()
    assert "FAILED bad.bvh: line 1: " in told.err
    assert "2 of 3 files done, 1 failed" in told.out


def test_a_scene_without_motion_is_named(tmp_path, capfd):
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "empty.blend"))
    assert call("export", tmp_path / "empty.blend", "-o", tmp_path / "out.bvh") == SOME_FAILED
    assert "FAILED empty.blend: The scene has no armature with an action" in capfd.readouterr().err
    assert not (tmp_path / "out.bvh").exists()


def test_of_several_armatures_one_must_be_named(takes, tmp_path, capfd):
    for name in ("run", "walk"):
        bpy.ops.mocap_mender.import_motion(filepath=str(takes / f"{name}.bvh"))
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "two.blend"))
    assert call("export", tmp_path / "two.blend", "-o", tmp_path / "out.bvh") == SOME_FAILED
    assert "say which one with --armature" in capfd.readouterr().err
    assert call("export", tmp_path / "two.blend", "-o", tmp_path / "out.bvh", "--armature", "walk") == DONE
    assert degrees_apart(takes / "walk.bvh", tmp_path / "out.bvh") < 0.01
    assert call("denoise", tmp_path / "two.blend", "-o", tmp_path / "clean.blend") == DONE


def test_an_unknown_model_fails_with_the_names_of_the_known_ones(takes, tmp_path, capfd):
    assert call("denoise", takes / "walk.bvh", "-o", tmp_path / "a.bvh", "--model", "nothing") == SOME_FAILED
    told = capfd.readouterr().err
    assert "There is no model called nothing" in told
    assert DEFAULT_MODEL in told


@pytest.mark.parametrize("words", [["--help"], ["import", "--help"], ["denoise", "--help"], ["export", "--help"]])
def test_help(words, capsys):
    assert run(words) == DONE
    assert "usage: blender --command mocap_mender" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["dance"],
        ["import", "takes"],
        ["denoise", "a.bvh", "-o", "b.bvh", "--strength", "2"],
        ["denoise", "a.bvh", "-o", "b.bvh", "--fps", "0"],
        ["import", "nowhere.bvh", "-o", "b.blend"],
    ],
)
def test_what_cannot_be_understood_begins_nothing(words, capsys):
    assert run(words) == NOT_STARTED
    assert capsys.readouterr().err


def test_the_input_is_never_the_output(takes):
    before = (takes / "walk.bvh").read_bytes()
    assert call("denoise", takes, "-o", takes) == NOT_STARTED
    assert (takes / "walk.bvh").read_bytes() == before


def test_each_file_is_counted_and_the_failed_ones_are_named_at_the_end(takes, tmp_path, capfd):
    (takes / "bad.bvh").write_text("this is no motion\n")
    assert call("denoise", takes, "-o", tmp_path / "clean") == SOME_FAILED
    told = capfd.readouterr()
    assert "[1/3] FAILED bad.bvh: " in told.err
    assert "[3/3] walk.bvh -> " in told.out
    assert told.err.splitlines()[-1] == "failed: bad.bvh"


def test_a_bug_met_in_one_file_does_not_stop_the_others(takes, tmp_path, capfd, monkeypatch):
    read = formats.read

    def broken(path, **options):
        if path.name == "run.bvh":
            raise ZeroDivisionError("division by zero")
        return read(path, **options)

    monkeypatch.setattr(formats, "read", broken)
    assert call("import", takes, "-o", tmp_path / "scenes") == SOME_FAILED
    assert [path.name for path in (tmp_path / "scenes").iterdir()] == ["walk.blend"]
    assert "FAILED run.bvh: ZeroDivisionError: division by zero" in capfd.readouterr().err


def test_a_batch_goes_on_where_it_was_stopped(takes, tmp_path, capfd):
    clean = tmp_path / "clean"
    assert call("denoise", takes / "run.bvh", "-o", clean) == DONE
    before = (clean / "run.bvh").read_bytes()
    assert call("denoise", takes, "-o", clean) == NOT_STARTED
    assert "1 of 2 outputs exist already: add --skip-existing" in capfd.readouterr().err
    assert not (clean / "walk.bvh").exists()
    assert call("denoise", takes, "-o", clean, "--skip-existing", "--strength", "0") == DONE
    assert "1 of 2 files done, 1 were there already" in capfd.readouterr().out
    assert (clean / "run.bvh").read_bytes() == before
    assert (clean / "walk.bvh").exists()
    assert call("denoise", takes, "-o", clean, "--overwrite", "--strength", "0") == DONE
    assert (clean / "run.bvh").read_bytes() != before


def test_names_with_spaces_and_in_other_scripts(takes, tmp_path):
    folder = tmp_path / "Тейки дня 1"
    folder.mkdir()
    (takes / "walk.bvh").rename(folder / "歩く ø (v2).bvh")
    (folder / "._walk.bvh").write_bytes(b"what macOS leaves beside a file")
    assert call("import", folder, "-o", tmp_path / "scènes") == DONE
    assert [path.name for path in (tmp_path / "scènes").iterdir()] == ["歩く ø (v2).blend"]


@pytest.mark.skipif(sys.platform != "linux", reason="file names are text on this system")
def test_a_name_that_is_no_text_does_not_stop_the_others(takes, tmp_path, capfd):
    odd = takes / os.fsdecode(b"na\xefve.bvh")
    odd.write_bytes((takes / "walk.bvh").read_bytes())
    assert call("import", takes, "-o", tmp_path / "scenes") == SOME_FAILED
    assert sorted(path.name for path in (tmp_path / "scenes").iterdir()) == ["run.blend", "walk.blend"]
    assert r"failed: na\udcefve.bvh" in capfd.readouterr().err


def test_compress_and_restore_give_the_motion_back(takes, tmp_path, capfd):
    assert call("compress", takes, "-o", tmp_path / "small", "--degrees", "0.2", "--method", "curves") == DONE
    assert "of its keys, by curves alone" in capfd.readouterr().out
    assert (tmp_path / "small" / "walk.mmz").stat().st_size < (takes / "walk.bvh").stat().st_size / 2
    words = ("--onto", takes / "run.bvh", "--format", "bvh")
    assert call("restore", tmp_path / "small", "-o", tmp_path / "back", *words) == DONE
    for name in ("run.bvh", "walk.bvh"):
        assert degrees_apart(takes / name, tmp_path / "back" / name) < 0.21


def test_restore_onto_a_scene_s_armature(takes, tmp_path, capfd):
    assert call("compress", takes / "walk.bvh", "-o", tmp_path / "walk.mmz", "--method", "curves") == DONE
    assert call("import", takes / "run.bvh", "-o", tmp_path / "character.blend") == DONE
    words = ("--onto", tmp_path / "character.blend")
    assert call("restore", tmp_path / "walk.mmz", "-o", tmp_path / "scenes", *words) == DONE
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scenes" / "walk.blend"))
    (rig,) = (obj for obj in bpy.data.objects if obj.type == "ARMATURE")
    assert rig.animation_data.action.name.startswith("walk")
    (tmp_path / "walk.mmz").write_bytes(b"no such file")
    assert call("restore", tmp_path / "walk.mmz", "-o", tmp_path / "again.blend", *words) == SOME_FAILED
    assert "FAILED walk.mmz: " in capfd.readouterr().err


def test_onto_is_never_written_over(takes, tmp_path):
    assert call("compress", takes / "walk.bvh", "-o", tmp_path / "walk.mmz", "--method", "curves") == DONE
    assert call("import", takes / "run.bvh", "-o", tmp_path / "character.blend") == DONE
    before = (tmp_path / "character.blend").read_bytes()
    words = ("-o", tmp_path / "character.blend", "--onto", tmp_path / "character.blend", "--overwrite")
    assert call("restore", tmp_path / "walk.mmz", *words) == NOT_STARTED
    assert (tmp_path / "character.blend").read_bytes() == before
