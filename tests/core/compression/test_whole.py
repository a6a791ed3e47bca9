"""Whole actions: the smallest of several files is kept and nothing else, and curves come back where they belong."""

import numpy as np
import pytest

from addon.core.compression import archive
from addon.core.compression.archive import ArchiveError
from addon.core.compression.plan import Place, plan, runs
from addon.core.compression.whole import read_curves, write_smallest
from addon.core.rotation import IDENTITY, angle_between
from addon.core.rotation_mode import from_quaternions, to_quaternion

from .motion import action, curve, header, linear_code, walk


def bone_path(bone, name):
    return f'pose.bones["{bone}"].{name}'


def ignored(done):
    """Progress that nobody asks for."""


@pytest.fixture
def ways():
    """The same action with a pose code and without."""
    keys = action(walk(150, 4, noise=0))
    places = {f"B{bone}": Place(bone, IDENTITY, IDENTITY) for bone in range(4)}
    told = header(model="tiny", model_hash="00", code_step=0.03)
    return [(plan(keys, (), told, places, 4), linear_code(4)), (plan(keys, (), header(), {}), None)]


@pytest.mark.parametrize("turned", [False, True])
def test_the_smallest_file_is_kept_and_nothing_else(ways, turned, tmp_path):
    sizes = {}
    for plan_of_way, code in ways:
        found = archive.write(tmp_path / "one.mmz", plan_of_way.header, runs(plan_of_way), code)
        sizes[found.header.model] = found.path.stat().st_size
    (tmp_path / "one.mmz").unlink()
    path = tmp_path / "a.mmz"
    path.write_bytes(b"older")
    found = write_smallest(path, ways[::-1] if turned else ways, ignored)
    assert found.whole
    assert found.header.model == min(sizes, key=sizes.__getitem__)
    assert path.stat().st_size == min(sizes.values())
    assert list(tmp_path.iterdir()) == [path]


def test_a_stopped_write_leaves_the_older_file(ways, tmp_path):
    path = tmp_path / "a.mmz"
    path.write_bytes(b"older")

    def stop(done):
        if done >= 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_smallest(path, ways, stop)
    assert path.read_bytes() == b"older"
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_cannot_be_written_is_named_as_it_was_asked_for(ways, tmp_path):
    with pytest.raises(ArchiveError, match=r"^a\.mmz cannot be written"):
        write_smallest(tmp_path / "missing" / "a.mmz", ways, ignored)


def read(keys, modes, tmp_path, others=()):
    planned = plan(keys, others, header(), {})
    found = archive.write(tmp_path / "a.mmz", planned.header, runs(planned))
    return {(one.data_path, one.index): one for one in read_curves(found, None, modes, bone_path, ignored)}


@pytest.mark.parametrize("mode", ["QUATERNION", "XYZ", "AXIS_ANGLE"])
def test_a_bone_whose_mode_has_changed_gets_the_numbers_of_the_new_one(mode, tmp_path):
    q = walk(60, 1)
    curves = read(action(q, root=False), {"B0": mode}, tmp_path)
    name = {"QUATERNION": "rotation_quaternion", "AXIS_ANGLE": "rotation_axis_angle"}.get(mode, "rotation_euler")
    count = 3 if mode == "XYZ" else 4
    assert sorted(curves) == [(bone_path("B0", name), index) for index in range(count)]
    values = np.stack([curves[bone_path("B0", name), index].points[:, 1] for index in range(count)], axis=-1)
    apart = angle_between(to_quaternion(values.astype(float), mode), q[:, 0].astype(float))
    assert np.degrees(apart).max() <= 1.001


def test_idle_curves_of_the_new_mode_give_way(tmp_path):
    """A bone that turns by quaternions may have old Euler curves: they would stand twice once its mode is Euler."""
    q = walk(60, 1)
    frames = np.arange(60) + 1
    idle = [curve(bone_path("B0", "rotation_euler"), index, frames, frames * 0) for index in range(3)]
    curves = read(action(q, root=False), {"B0": "XYZ"}, tmp_path, idle)
    assert len(curves) == 3
    for index, column in enumerate(from_quaternions(q, "XYZ")[:, 0].T):
        assert np.abs(curves[bone_path("B0", "rotation_euler"), index].points[:, 1] - column).max() < 0.1
    assert len(read(action(q, root=False), {}, tmp_path, idle)) == 7
