"""Tables in the tutorial's layout: every way of writing them, and what stands beside the numbers."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from addon.core import rotation
from addon.core.clip import Clip
from addon.core.errors import MotionFileError
from addon.core.formats import csv
from addon.core.rigs import cmu


def poses_of(clip):
    quaternions = clip.rotations[..., [1, 2, 3, 0]].reshape(len(clip), -1)
    return np.concatenate([clip.root_position / clip.unit, quaternions], axis=1)


def text_of(poses, delimiter=","):
    return "".join(delimiter.join(f"{value:.8f}" for value in row) + "\n" for row in poses)


@pytest.fixture
def read(tmp_path):
    def read_text(text, **arguments):
        path = tmp_path / "take.csv"
        path.write_text(text, encoding="utf-8")
        return csv.read(path, **arguments)

    return read_text


@pytest.fixture(scope="module")
def cmu_clip():
    random = np.random.default_rng(3)
    rotations = rotation.continuous(rotation.normalize(random.normal(size=(9, 31, 4))))
    positions = np.array([0, 17.0, 0]) * cmu.UNIT + random.normal(size=(9, 3)) * 0.1
    return Clip(cmu.SKELETON, 120.0, positions, rotations, unit=cmu.UNIT)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", " ", ", "])
@pytest.mark.parametrize(
    "header", ["", "# a comment\n", "tx{0}ty{0}tz\n", "# numpy\n\nRoot position x{0}Root position y\n"]
)
@pytest.mark.parametrize("across", [False, True])
def test_the_tutorials_layout(read, cmu_clip, same_motion, delimiter, header, across):
    poses = poses_of(cmu_clip)
    clip = read(header.format(delimiter) + text_of(poses.T if across else poses, delimiter))
    same_motion(cmu_clip, clip)
    assert clip.skeleton.names == cmu.SKELETON.names
    assert clip.fps == 120
    assert clip.unit == cmu.UNIT
    said = " ".join(clip.notes)
    assert ("across the columns" if across else "down the rows") in said
    assert "120" in said
    assert "5.644" in said


def test_labels_before_each_row(read, cmu_clip, same_motion):
    rows = text_of(poses_of(cmu_clip).T).splitlines()
    text = "".join(f"channel {number},{row}\n" for number, row in enumerate(rows))
    same_motion(cmu_clip, read(text))


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_decimal_commas(read, cmu_clip, same_motion, delimiter):
    same_motion(cmu_clip, read(text_of(poses_of(cmu_clip), delimiter).replace(".", ",")))


@pytest.mark.parametrize("across", [False, True])
def test_as_many_frames_as_numbers_a_frame(read, walk, across):
    """A square table fits both ways: the way in which the quaternions have unit length is taken."""
    frames = 3 + 4 * len(walk.skeleton)
    random = np.random.default_rng(5)
    rotations = rotation.normalize(random.normal(size=(frames, 4, 4)))
    square = Clip(walk.skeleton, 30.0, random.normal(size=(frames, 3)), rotations, unit=0.01)
    poses = poses_of(square)
    clip = read(text_of(poses.T if across else poses), skeleton=walk.skeleton, fps=30, unit=0.01)
    assert rotation.angle_between(clip.rotations, rotations.astype(np.float32)).max() < 1e-5


def test_a_skeleton_by_name_and_a_rate(read, walk, same_motion):
    clip = read(text_of(poses_of(walk)), skeleton=walk.skeleton, fps=30.0)
    same_motion(walk, clip)
    assert clip.unit == 0.01
    assert "centimetres" in " ".join(clip.notes)


@given(data=st.data(), suffix=st.sampled_from([".csv", ".npy"]))
def test_written_and_read_again(table_clip, same_motion, tmp_path_factory, data, suffix):
    clip = data.draw(table_clip)
    path = tmp_path_factory.mktemp("table") / f"take{suffix}"
    csv.write(clip, path)
    again = csv.read(path)
    same_motion(clip, again)
    assert again.unit == clip.unit
    assert again.skeleton.names == clip.skeleton.names
    assert again.skeleton.parents == clip.skeleton.parents
    assert again.skeleton.rotation_orders == clip.skeleton.rotation_orders
    assert np.allclose(again.skeleton.offsets, clip.skeleton.offsets, rtol=1e-6)
    assert [site.parent for site in again.skeleton.end_sites] == [site.parent for site in clip.skeleton.end_sites]


def test_numpy_reads_what_is_written(walk, tmp_path):
    csv.write(walk, tmp_path / "take.csv")
    csv.write(walk, tmp_path / "take.npy")
    table = np.loadtxt(tmp_path / "take.csv", delimiter=",")
    assert np.allclose(table, poses_of(walk), atol=1e-6)
    assert np.allclose(np.load(tmp_path / "take.npy"), table, atol=1e-5)


@pytest.mark.parametrize("data_type", ["<f8", ">f4", "<f2"])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("across", [False, True])
def test_a_matrix_saved_by_numpy(cmu_clip, same_motion, tmp_path, data_type, order, across):
    poses = poses_of(cmu_clip)
    matrix = (poses.T if across else poses).astype(data_type, order=order)
    np.save(tmp_path / "take.npy", matrix)
    clip = csv.read(tmp_path / "take.npy")
    assert np.degrees(rotation.angle_between(clip.rotations, cmu_clip.rotations)).max() < (
        0.2 if "2" in data_type else 1e-3
    )


def test_rotations_are_continuous(read, walk):
    poses = poses_of(walk)
    poses[::2, 3:] *= -1
    rotations = read(text_of(poses), skeleton=walk.skeleton).rotations
    assert np.all(np.sum(rotations[1:] * rotations[:-1], axis=-1) >= 0)


def test_a_clip_in_which_other_joints_move_is_refused(walk, tmp_path):
    moving = Clip(walk.skeleton, 30.0, walk.root_position, walk.rotations, {3: walk.root_position})
    with pytest.raises(MotionFileError, match="Leg"):
        csv.write(moving, tmp_path / "take.csv")
    with pytest.raises(MotionFileError, match="no frames"):
        csv.write(walk.section(0, 0), tmp_path / "take.csv")
    assert not list(tmp_path.iterdir())


ROW = "1,2,3,0,0,0,1,0,0,0,1,0,0,0,1,0,0,0,1\n"


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (ROW + "1,2,3\n", 2, "expected 19 numbers, found 3"),
        (ROW + ROW.replace("1,2", "1,,2", 1), 2, "expected 19 numbers, found 20"),
        (ROW + ROW.replace("1,2", "1,", 1), 2, "column 2, found ''"),
        (ROW + ROW.replace("2", "two"), 2, "column 2, found 'two'"),
        (ROW + ROW.replace("2", "nan"), 2, "column 2, found 'nan'"),
        (ROW.replace("2", "NaN"), 1, "column 2, found 'NaN'"),
        (ROW.replace("2", "-inf"), 1, "column 2, found '-inf'"),
        ("# x\n\n" + ROW + "\n" + ROW.replace("0,0,0,1,0", "0,0,0,0,0", 1), 5, "quaternion xyzw for Hips in frame 2"),
        (ROW.replace(",0,0,0,1", ",45,90,45,1", 1), 1, "quaternion"),
        ("1,2,3\n4,5,6\n", 1, "expected 19 numbers a frame"),
        ("tx,ty,tz\n", 1, "rows of numbers"),
        ('# {"joints": ["a"], "fps": 30}\n' + ROW, 1, "header"),
        ('# {"joints": \n' + ROW, 1, "header"),
    ],
)
def test_errors_name_the_line_and_what_was_expected(read, walk, text, line, message):
    with pytest.raises(MotionFileError) as caught:
        read(text, skeleton=walk.skeleton)
    assert str(caught.value).startswith("take.csv")
    assert caught.value.line == line
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("fps", 0), ("fps", "fast"), ("fps", None), ("unit", -1), ("unit", float("nan")), ("joints", 3),
        ("joints", ["a"]),
        ("joints", ["a", "a", "b", "c"]), ("joints", [1, 2, 3, 4]), ("parents", [0, 0, 0, 0]),
        ("parents", [-1, 0.5, 0, 0]),
        ("parents", None), ("offsets", [[1, 2, 3]]), ("offsets", [[float("inf"), 0, 0]] * 4), ("offsets", "far"),
        ("end_sites", [[9, 0, 0, 0]]), ("end_sites", [[0.5, 0, 0, 0]]), ("end_sites", [[1]]),
        ("rotation_orders", ["XXX"] * 4),
        ("rotation_orders", [["X", "Y", "Z"]] * 4), ("end_sites", [[-1, 0, 0, 0]]),
        ("rotation_orders", [1, 2, 3, 4]), ("rotation_orders", ["XYZ"]),
    ],
)  # fmt: skip
def test_a_damaged_header_is_an_error(walk, read, tmp_path, key, value):
    csv.write(walk, tmp_path / "good.csv")
    header, rows = (tmp_path / "good.csv").read_text().split("\n", 1)
    content = json.loads(header[1:]) | {key: value}
    with pytest.raises(MotionFileError, match="header"):
        read(f"# {json.dumps(content)}\n{rows}")


def test_npy_that_is_no_matrix_of_numbers(tmp_path, walk):
    path = tmp_path / "take.npy"
    good = np.zeros((5, 19), dtype=np.float32)
    good[:, 6::4] = 1
    np.save(path, good)
    whole = path.read_bytes()
    assert len(csv.read(path, skeleton=walk.skeleton)) == 5
    absurd = whole.replace(b"(5, 19)", b"(9999999999, 19)").replace(b"          \n", b" \n")
    negative = whole.replace(b"(5, 19)", b"(-5, 19)")
    for content in (b"", b"\x93NUMPY", whole[:40], whole[:-1], absurd, negative, b"PK\x03\x04" + bytes(50)):
        path.write_bytes(content)
        with pytest.raises(MotionFileError):
            csv.read(path, skeleton=walk.skeleton)
    not_a_number = good.copy()
    not_a_number[3, 2] = np.nan
    for matrix in (
        good[0],
        good.astype(complex),
        np.array([{}]),
        good[:0],
        good[:, :7],
        not_a_number,
        np.zeros((2, 2), "U3"),
    ):
        np.save(path, matrix)
        with pytest.raises(MotionFileError):
            csv.read(path, skeleton=walk.skeleton)
