"""Files of compressed actions: the bound holds, keys are where they were, and damage costs only what it hits."""

import contextlib
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addon.core.compression import archive, plan, turns
from addon.core.compression.archive import ArchiveError
from addon.core.compression.recording import Group, RotationTrack, Run
from addon.core.rotation import IDENTITY, angle_between, exp
from addon.core.rotation_mode import from_quaternions, to_quaternion

from .motion import STYLE, action, bone_keys, header, linear_code, path_of, walk, written

MODES = ("QUATERNION", "XYZ", "ZYX", "AXIS_ANGLE", "YXZ")


def error_degrees(keys, runs):
    """The largest angle between what was written and what came back, over runs of one group."""
    worst = 0.0
    turned = [one for one in keys if one.mode]
    for run in runs:
        part = slice(run.first, run.first + len(run.frames))
        for one, values in zip(turned, run.rotations, strict=True):
            before, after = one.values(part).astype(float), values.astype(float)
            apart = angle_between(to_quaternion(before, one.mode), to_quaternion(after, one.mode))
            worst = max(worst, float(np.degrees(apart).max()))
    return worst


@pytest.mark.parametrize("degrees", [0.05, 1.0, 10.0])
def test_rotations_and_locations_come_back_within_their_tolerances(degrees, tmp_path):
    keys = action(walk(700), modes=MODES)
    found = written(tmp_path / "a.mmz", keys, header(degrees, length=0.004))
    runs = list(archive.parts(found))
    assert found.whole
    assert [len(run.frames) for run in runs] == [512, 188]
    assert 0.3 * degrees < error_degrees(keys, runs) <= degrees
    places = np.concatenate([run.locations[:, 0] for run in runs])
    assert np.linalg.norm(places - path_of(700), axis=-1).max() <= 0.004
    np.testing.assert_array_equal(np.concatenate([run.frames for run in runs]), np.arange(700) + 1)


@given(
    seed=st.integers(0, 10_000),
    frames=st.integers(2, 90),
    degrees=st.floats(0.02, 40),
    noise=st.floats(0, 3),
    mode=st.sampled_from(MODES),
)
@settings(max_examples=60)
def test_the_bound_holds_for_any_motion(seed, frames, degrees, noise, mode, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "any.mmz"
    keys = action(walk(frames, 3, seed, noise), modes=(mode,))
    assert error_degrees(keys, archive.parts(written(path, keys, header(degrees)))) <= degrees


def test_a_root_that_spins_many_times_keeps_the_bound_and_its_turns(tmp_path):
    angle = np.arange(300) * 0.3
    vectors = np.stack([0.2 * np.sin(angle / 3), 0 * angle, angle], axis=-1)  # Y would be gimbal lock in XYZ
    q = exp(vectors)[:, None].astype(np.float32)
    for mode in ("QUATERNION", "XYZ", "AXIS_ANGLE"):
        keys = action(q, modes=(mode,))
        (run,) = archive.parts(written(tmp_path / "spin.mmz", keys))
        assert error_degrees(keys, [run]) <= 1.0
        steps = np.abs(np.diff(run.rotations[0], axis=0) - np.diff(keys[0].values(slice(None)), axis=0))
        assert steps[:, 0].max() < 0.2  # the numbers go on as they did, without a jump of a turn or a sign


def test_curves_keep_their_signs_and_turns(tmp_path):
    q = walk(60, 1)
    flipped = q[:, 0] * np.where(np.arange(60) % 7 == 3, -1, 1)[:, None].astype(np.float32)
    angles = from_quaternions(q[:, 0], "XYZ") + 2 * np.pi * np.array([0, 3, -2], dtype=np.float32)
    frames = np.arange(60, dtype=np.float32)
    keys = [bone_keys("A", "QUATERNION", frames, flipped), bone_keys("B", "XYZ", frames, angles)]
    (run,) = archive.parts(written(tmp_path / "a.mmz", keys))
    assert np.abs(run.rotations[0] - flipped).max() < 0.05
    assert np.abs(run.rotations[1] - angles).max() < 0.3


def test_choices_lead_back_to_the_numbers_they_were_made_of():
    q = walk(80, 1)[:, 0]
    for mode in MODES:
        values = from_quaternions(q, mode)
        np.testing.assert_allclose(turns.numbers(q, mode, turns.of(values, q, mode)), values, atol=2e-6)


@pytest.mark.parametrize("step", [1.0, 0.25, 1 / 3, 0.8])
def test_key_times_come_back_bit_for_bit(step, tmp_path):
    frames = (7.5 + step * np.arange(100)).astype(np.float32)
    keys = action(walk(100), frames=frames)
    (run,) = archive.parts(written(tmp_path / "a.mmz", keys))
    assert run.frames.tobytes() == frames.tobytes()


def test_uneven_key_times_come_back_bit_for_bit(tmp_path):
    frames = np.sort(np.random.default_rng(0).uniform(0, 40, 160)).astype(np.float32)
    keys = action(walk(160, noise=0), frames=frames)
    runs = list(archive.parts(written(tmp_path / "a.mmz", keys)))
    assert runs[0].frames.tobytes() == frames.tobytes()


def test_styles_that_differ_between_keys_come_back(tmp_path):
    keys = action(walk(50, 2))
    keys[1].curves[2].styles[7] = [0, 1, 2, 1, 5]
    (run,) = archive.parts(written(tmp_path / "a.mmz", keys))
    want = np.tile(STYLE, (50, 11, 1))
    want[7, 6] = [0, 1, 2, 1, 5]
    np.testing.assert_array_equal(run.styles, want)


def test_a_pose_code_is_used_where_bones_are_its_joints(tmp_path):
    rotations = walk(150, 4, noise=0)
    keys = action(rotations)
    places = {f"B{bone}": plan.Place(bone, IDENTITY, IDENTITY) for bone in range(4)}
    told = header(model="tiny", model_hash="00", code_step=0.03)
    code = linear_code(4)
    found = written(tmp_path / "a.mmz", keys, told, places, 4, code)
    assert (found.header.model, found.rotations) == ("tiny", 600)
    assert 0 < found.mended < 600
    assert error_degrees(keys, archive.parts(found, code)) <= 1.0
    with pytest.raises(ArchiveError, match="model"):
        list(archive.parts(found))


def test_turns_between_bones_and_joints_are_taken_into_account(tmp_path):
    rotations = walk(150, 4, noise=0)
    left, right = exp(np.array([0.3, 1.0, -0.4])), exp(np.array([-1.0, 0.1, 0.7]))
    straight = {f"B{bone}": plan.Place(bone, IDENTITY, IDENTITY) for bone in range(4)}
    turned = {f"B{bone}": plan.Place(bone, left, right) for bone in range(4)}
    told = header(model="tiny", model_hash="00", code_step=0.03)
    for places in (straight, turned):
        found = written(tmp_path / "a.mmz", action(rotations), told, places, 4, linear_code(4))
        assert error_degrees(action(rotations), archive.parts(found, linear_code(4))) <= 1.0


def test_a_rig_with_few_of_the_joints_does_without_the_code(tmp_path):
    told = header(model="tiny", model_hash="00", code_step=0.03)
    found = written(tmp_path / "a.mmz", action(walk(50, 4)), told, {"B0": plan.Place(0, IDENTITY, IDENTITY)}, 4)
    assert found.header.model == ""


def peak_memory(path, runs_to_write):
    """Bytes held at most while so many runs are written and read, one made after the other."""
    group = Group((RotationTrack("B0", "QUATERNION"), RotationTrack("B1", "QUATERNION")), ("B0",))
    told = replace(header(), groups=(group,))
    count = 64

    def runs():
        for number in range(runs_to_write):
            q = walk(count, 2, first=number * count)
            frames = (number * count + np.arange(count)).astype(np.float32)
            styles = np.broadcast_to(STYLE, (count, group.curves, 5))
            yield Run(0, number * count, frames, styles, tuple(q.swapaxes(0, 1)), path_of(count)[:, None])

    tracemalloc.start()
    found = archive.write(path, told, runs())
    assert sum(len(run.frames) for run in archive.parts(found)) == runs_to_write * count
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_memory_does_not_grow_with_the_length_of_the_motion(tmp_path):
    peak_memory(tmp_path / "warm.mmz", 1)
    short, long = (peak_memory(tmp_path / f"{runs}.mmz", runs) for runs in (2, 16))
    assert long < 1.1 * short


@pytest.fixture
def long_file(tmp_path):
    keys = action(walk(2000, 3))
    return keys, written(tmp_path / "long.mmz", keys)


def test_a_damaged_part_costs_only_itself(long_file):
    keys, found = long_file
    content = bytearray(found.path.read_bytes())
    content[found.chunks[1].start + 50] ^= 1
    found.path.write_bytes(content)
    damaged = archive.scan(found.path)
    assert not damaged.whole
    runs = list(archive.parts(damaged))
    assert [run.first for run in runs] == [0, 1024, 1536]
    assert error_degrees(keys, runs) <= 1.0


def test_a_file_that_was_cut_off_gives_what_is_there(long_file):
    _, found = long_file
    content = found.path.read_bytes()
    found.path.write_bytes(content[: found.chunks[2].start + 5])
    cut = archive.scan(found.path)
    assert not cut.whole
    assert cut.rotations is None
    assert [run.first for run in archive.parts(cut)] == [0, 512]


def test_a_lost_header_is_read_from_its_second_place(long_file):
    keys, found = long_file
    content = bytearray(found.path.read_bytes())
    content[25] ^= 0xFF
    found.path.write_bytes(content)
    damaged = archive.scan(found.path)
    assert not damaged.whole
    assert error_degrees(keys, archive.parts(damaged)) <= 1.0
    assert sum(len(run.frames) for run in archive.parts(damaged)) == 2000


def test_inserted_and_removed_bytes_are_passed_over(long_file):
    _, found = long_file
    content = found.path.read_bytes()
    at = found.chunks[1].start + 100
    found.path.write_bytes(content[:at] + b"KEYS and other words" + content[at + 3 :])
    assert [run.first for run in archive.parts(archive.scan(found.path))] == [0, 1024, 1536]


@given(data=st.data())
@settings(max_examples=60)
def test_damage_anywhere_never_ends_in_anything_but_a_sentence(data, tmp_path_factory):
    sound = tmp_path_factory.getbasetemp() / "whole.mmz"
    if not sound.exists():
        written(sound, action(walk(600, 2)))
    content = bytearray(sound.read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    del content[data.draw(st.integers(0, len(content))) :]
    path = sound.with_name("damaged.mmz")
    path.write_bytes(content)
    with contextlib.suppress(ArchiveError):
        for part in archive.parts(archive.scan(path)):
            assert len(part.frames) <= archive.LONGEST_RUN


@pytest.mark.parametrize("content", [b"", b"HIERARCHY\nROOT Hips", b"\x89PNG\r\n\x1a\n" + bytes(40)])
def test_foreign_files_are_refused_with_a_sentence(content, tmp_path):
    path = tmp_path / "foreign.mmz"
    path.write_bytes(content)
    with pytest.raises(ArchiveError, match="is no compressed action"):
        archive.scan(path)


def test_a_newer_version_is_refused_with_a_sentence(long_file):
    _, found = long_file
    content = bytearray(found.path.read_bytes())
    content[8] = archive.VERSION + 1
    found.path.write_bytes(content)
    with pytest.raises(ArchiveError, match="update the extension"):
        archive.scan(found.path)


def test_a_failed_write_leaves_the_former_file(tmp_path):
    path = tmp_path / "a.mmz"
    written(path, action(walk(50, 2)))
    before = path.read_bytes()

    def broken():
        yield from ()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        archive.write(path, header(), broken())
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.mmz"]


def test_a_tolerance_finer_than_the_numbers_is_refused(tmp_path):
    with pytest.raises(ArchiveError, match="finer"):
        written(tmp_path / "a.mmz", action(walk(20, 2)), header(degrees=1e-9))
