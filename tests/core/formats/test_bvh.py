"""BVH: what is read from every way of writing it, what comes back after writing, and which line is wrong."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from addon.core import rotation
from addon.core.clip import Clip
from addon.core.errors import MotionFileError
from addon.core.formats import bvh
from addon.core.kinematics import clip_positions
from addon.core.skeleton import Skeleton

SMALL = """HIERARCHY
ROOT Hips
{
  OFFSET 1 2 3
  CHANNELS 6 Xposition Yposition Zposition Zrotation Yrotation Xrotation
  JOINT Leg
  {
    OFFSET 0 -4 0
    CHANNELS 3 Zrotation Xrotation Yrotation
    End Site
    {
      OFFSET 0 -1 0.5
    }
  }
}
MOTION
Frames: 2
Frame Time: 0.0333333
10 20 30 90 0 0 0 0 0
11 21 31 0 0 90 0 90 0
"""


@pytest.fixture
def read(tmp_path):
    def read_text(text, **arguments):
        path = tmp_path / "take.bvh"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return bvh.read(path, **{"unit": 1.0} | arguments)

    return read_text


@pytest.fixture
def error_of(read):
    def error(text, **arguments):
        with pytest.raises(MotionFileError) as caught:
            read(text, **arguments)
        assert str(caught.value).startswith("take.bvh")
        return caught.value

    return error


def test_a_small_file(read):
    clip = read(SMALL)
    assert clip.skeleton.names == ("Hips", "Leg")
    assert clip.skeleton.parents == (-1, 0)
    assert clip.skeleton.offsets.tolist() == [[1, 2, 3], [0, -4, 0]]
    assert clip.skeleton.rotation_orders == ("ZYX", "ZXY")
    assert [(site.parent, site.offset) for site in clip.skeleton.end_sites] == [(1, (0.0, -1.0, 0.5))]
    assert clip.fps == 30
    assert clip.root_position.tolist() == [[10, 20, 30], [11, 21, 31]]
    half = np.sqrt(0.5)
    assert clip.rotations[0, 0] == pytest.approx([half, 0, 0, half])
    assert clip.rotations[1, 0] == pytest.approx([half, half, 0, 0])


def test_the_position_replaces_the_offset_and_bones_turn_with_their_parent(read):
    positions = clip_positions(read(SMALL))
    assert positions[0] == pytest.approx(np.array([[10, 20, 30], [14, 20, 30]]), abs=1e-5)


def test_lengths_are_metres_inside(read):
    clip = read(SMALL, unit=0.01)
    assert clip.unit == 0.01
    assert clip.root_position[0] == pytest.approx([0.1, 0.2, 0.3])
    assert clip.skeleton.offsets[1] == pytest.approx([0, -0.04, 0])
    assert clip.skeleton.end_sites[0].offset == pytest.approx((0, -0.01, 0.005))


def test_a_guessed_unit_is_said(read):
    notes = read(SMALL.replace("0 -4 0", "0 -170 0"), unit=None).notes
    assert len(notes) == 1
    assert "centimetres" in notes[0]


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\r"),
        lambda text: text.replace(" ", " \t  "),
        lambda text: "\ufeff" + text + "\n\n  \n",
        lambda text: text.replace("HIERARCHY", "hierarchy").replace("JOINT", "Joint").replace("End Site", "END SITE"),
        lambda text: text.replace("\n{", " {").replace("\n  {", "{"),
        lambda text: text.replace("Frames: 2", "FRAMES:2").replace("Frame Time: ", "frame time:\t"),
        lambda text: text.replace("MOTION\n", "\nMOTION\n\n"),
        lambda text: text.replace("10 20 30 90", "1e1 +20.0 3.0E+1 90."),
        lambda text: text.rstrip("\n"),
    ],
)
def test_other_ways_of_writing_the_same(read, same_motion, change):
    clip = read(SMALL)
    same = read(change(SMALL))
    same_motion(clip, same)
    assert same.skeleton.offsets.tolist() == clip.skeleton.offsets.tolist()


def test_names_with_spaces_and_colons_stay(read):
    text = SMALL.replace("ROOT Hips", "ROOT Bip01  L Thigh").replace("JOINT Leg", "JOINT ns:Leg|x")
    assert read(text).skeleton.names == ("Bip01 L Thigh", "ns:Leg|x")


def test_names_used_twice_are_told_apart_as_blender_does(read):
    assert read(SMALL.replace("JOINT Leg", "JOINT Hips")).skeleton.names == ("Hips", "Hips.001")


@pytest.mark.parametrize("order", ["XYZ", "XZY", "YXZ", "YZX", "ZXY", "ZYX"])
def test_every_channel_order_is_the_product_in_that_order(read, order):
    channels = " ".join(f"{axis}rotation" for axis in order)
    text = SMALL.replace("CHANNELS 3 Zrotation Xrotation Yrotation", f"CHANNELS 3 {channels}")
    clip = read(text.replace("31 0 0 90 0 90 0", "31 0 0 0 10 20 30"))
    expected = rotation.from_euler(np.radians([10.0, 20.0, 30.0]), order)
    assert rotation.angle_between(clip.rotations[1, 1].astype(np.float64), expected) < 1e-6
    assert clip.skeleton.rotation_orders[1] == order


def test_positions_on_any_joint_in_any_order_between_rotations(read):
    channels = "CHANNELS 6 Zrotation Zposition Xrotation Xposition Yrotation Yposition"
    text = SMALL.replace("CHANNELS 3 Zrotation Xrotation Yrotation", channels)
    text = text.replace("90 0 0 0 0 0", "90 0 0 0 7 0 5 0 6").replace("0 0 90 0 90 0", "0 0 90 0 7 90 5 0 6")
    clip = read(text)
    assert clip.translations[1].tolist() == [[5, 6, 7], [5, 6, 7]]
    assert rotation.angle_between(clip.rotations[1, 1], read(SMALL).rotations[1, 1]) < 1e-6
    assert clip_positions(clip)[0, 1] == pytest.approx([10 - 6, 20 + 5, 30 + 7])


def test_joints_with_fewer_channels(read):
    text = SMALL.replace("CHANNELS 3 Zrotation Xrotation Yrotation", "CHANNELS 1 Yrotation")
    clip = read(text.replace("90 0 0 0 0 0", "90 0 0 45").replace("0 0 90 0 90 0", "0 0 90 45"))
    assert clip.rotations[0, 1] == pytest.approx([np.cos(np.pi / 8), 0, np.sin(np.pi / 8), 0])
    assert sorted(clip.skeleton.rotation_orders[1]) == ["X", "Y", "Z"]


def test_a_root_without_positions_stays_at_its_offset(read):
    text = SMALL.replace("CHANNELS 6 Xposition Yposition Zposition ", "CHANNELS 3 ")
    clip = read(text.replace("10 20 30 ", "").replace("11 21 31 ", ""))
    assert clip.root_position.tolist() == [[1, 2, 3], [1, 2, 3]]


def test_several_roots(read):
    hierarchy, motion = SMALL.split("MOTION")
    second = hierarchy.replace("HIERARCHY\n", "").replace("Hips", "Prop").replace("Leg", "Handle")
    motion = motion.replace("0 0 0\n", "0 0 0 1 2 3 90 0 0 0 0 0\n", 1).replace("90 0\n", "90 0 4 5 6 0 0 0 0 0 0\n")
    clip = read(f"{hierarchy}{second}MOTION{motion}")
    assert clip.skeleton.parents == (-1, 0, -1, 2)
    assert clip_positions(clip)[:, 2] == pytest.approx(np.array([[1, 2, 3], [4, 5, 6]]))
    assert clip_positions(clip)[0, 3] == pytest.approx([5, 2, 3], abs=1e-6)


@pytest.mark.parametrize(
    ("written", "fps"),
    [
        (".0083333", 120), ("0.008333334", 120), ("0.0333333", 30), ("0.033333", 30), ("0.0333", 30), ("0.04", 25),
        ("0.041666666", 24), ("0.0166667", 60), ("0.03336667", 30000 / 1001), ("0.016683", 60000 / 1001), ("0.01", 100),
        ("0.0269374", pytest.approx(1 / 0.0269374)), ("2", 0.5),
    ],
)  # fmt: skip
def test_frame_times_mean_the_rate_that_their_digits_round(written, fps):
    assert bvh.frame_rate(written) == fps


def test_a_given_rate_serves_where_the_file_has_no_sensible_one(read):
    for time in ("0", "-1", "nan", "soon", "1e-320"):
        assert read(SMALL.replace("0.0333333", time), fps=50.0).fps == 50
    assert read(SMALL, fps=50.0).fps == 30


def test_rotations_are_continuous(read):
    rows = "".join(f"0 0 0 {angle} 0 0 0 0 0\n" for angle in range(0, 1080, 10))
    text = SMALL[: SMALL.index("10 20 30")].replace("Frames: 2", "Frames: 108") + rows
    rotations = read(text).rotations
    assert np.all(np.sum(rotations[1:] * rotations[:-1], axis=-1) > 0)


@given(data=st.data())
def test_written_and_read_again(any_clip, same_motion, tmp_path_factory, data):
    clip = data.draw(any_clip)
    path = tmp_path_factory.mktemp("bvh") / "take.bvh"
    bvh.write(clip, path)
    again = bvh.read(path, unit=clip.unit)
    same_motion(clip, again)
    skeleton, other = clip.skeleton, again.skeleton
    for joint, name in enumerate(skeleton.names):
        place = other.index(name)
        parent = skeleton.parents[joint]
        assert other.parents[place] == (-1 if parent < 0 else other.index(skeleton.names[parent]))
        assert other.rotation_orders[place] == skeleton.rotation_orders[joint]
        assert np.allclose(other.offsets[place], skeleton.offsets[joint], rtol=1e-6, atol=1e-6 * clip.unit)
        if joint in clip.translations:
            assert np.allclose(again.translations[place], clip.translations[joint], atol=2e-6 * clip.unit)
    assert len(again.translations) == len(clip.translations)
    sites = {(other.names[site.parent], site.offset) for site in other.end_sites if any(site.offset)}
    assert len(sites) == len(skeleton.end_sites)


def test_reading_and_writing_change_neither_order_nor_offsets(read, tmp_path):
    clip = read(SMALL)
    bvh.write(clip, tmp_path / "first.bvh")
    bvh.write(bvh.read(tmp_path / "first.bvh", unit=1.0), tmp_path / "second.bvh")
    assert (tmp_path / "first.bvh").read_bytes() == (tmp_path / "second.bvh").read_bytes()
    assert "OFFSET 0.0 -4.0 0.0" in (tmp_path / "first.bvh").read_text()


def test_written_angles_do_not_jump(tmp_path):
    turns = np.radians(np.arange(0, 1080, 9.0))
    angles = np.stack([turns, np.zeros_like(turns), np.zeros_like(turns)], axis=-1)
    clip = Clip(
        Skeleton(("Hips",), (-1,), np.zeros((1, 3))),
        30.0,
        np.zeros((120, 3)),
        rotation.from_euler(angles, "ZYX")[:, None],
    )
    bvh.write(clip, tmp_path / "turns.bvh")
    rows = np.loadtxt((tmp_path / "turns.bvh").read_text().splitlines()[-120:])
    assert np.diff(rows[:, 3]) == pytest.approx(9, abs=1e-4)


def test_a_deep_hierarchy_is_written_and_read(tmp_path):
    joints = 2000
    names = tuple(f"link{joint}" for joint in range(joints))
    skeleton = Skeleton(names, tuple(range(-1, joints - 1)), np.ones((joints, 3)))
    rotations = np.tile(rotation.IDENTITY, (1, joints, 1))
    bvh.write(Clip(skeleton, 30.0, np.zeros((1, 3)), rotations), tmp_path / "rope.bvh")
    assert bvh.read(tmp_path / "rope.bvh", unit=1.0).skeleton.names == names


def test_a_clip_without_frames_is_not_written(walk, tmp_path):
    with pytest.raises(MotionFileError, match="no frames"):
        bvh.write(walk.section(0, 0), tmp_path / "none.bvh")
    assert not list(tmp_path.iterdir())


def test_frames_that_disagree_with_the_data_are_both_named(error_of):
    assert "7 frames" in str(error_of(SMALL.replace("Frames: 2", "Frames: 7")))
    assert "2 lines" in str(error_of(SMALL.replace("Frames: 2", "Frames: 7")))
    assert "999999999999999 frames" in str(error_of(SMALL.replace("Frames: 2", "Frames: 999999999999999")))
    assert "0 frames" in str(error_of(SMALL.replace("Frames: 2", "Frames: 0")))


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("HIERARCHY", "HIERACHY", 1, "HIERARCHY"),
        ("ROOT Hips", "ROOT", 2, "a name"),
        ("ROOT Hips", "JOINT Hips", 2, "expected ROOT"),
        ("ROOT Hips\n{", "ROOT Hips\n", 4, "expected {"),
        ("OFFSET 1 2 3", "OFFSET 1 2", 4, "3 numbers, found 2"),
        ("OFFSET 1 2 3", "OFFSET 1 2 x", 4, "a number"),
        ("OFFSET 1 2 3", "OFFSET 1 2 nan", 4, "a number"),
        ("OFFSET 1 2 3", "OFFSET 1 2 1e300", 4, "a number"),
        ("CHANNELS 6", "CHANNELS 5", 5, "'5', names: 6"),
        ("Zposition", "Wposition", 5, "'Wposition'"),
        ("Zposition", "Xposition", 5, "twice"),
        ("      OFFSET 0 -1 0.5\n", "", 12, "OFFSET of End Site"),
        ("MOTION", "MOTHS", 16, "ROOT or MOTION"),
        ("Frames: 2", "Frames: many", 17, "'Frames: many'"),
        ("Frames: 2\n", "", 17, "'Frames:'"),
        ("Frame Time: 0.0333333", "Frame Time: 0", 18, "frame time"),
        ("Frame Time: 0.0333333", "Frame Time: inf", 18, "frame time"),
        ("Frame Time: 0.0333333\n", "", 18, "'Frame Time:'"),
        ("10 20 30 90 0 0 0 0 0", "10 20 30 90 0 0 0 0", 19, "expected 9 numbers, found 8"),
        ("11 21 31", "11 21 31 41", 20, "expected 9 numbers, found 10"),
        ("11 21 31", "11 nan 31", 20, "column 2, found 'nan'"),
        ("11 21 31", "11 21 -inf", 20, "column 3, found '-inf'"),
        ("11 21 31", "11 21 1e999", 20, "column 3, found '1e999'"),
        ("11 21 31", "11 21 0x10", 20, "column 3, found '0x10'"),
        ("11 21 31", "11 21 3_1", 20, "column 3, found '3_1'"),
        ("11 21 31", "11,0 21 31", 20, "column 1, found '11,0'"),
    ],
)
def test_errors_name_the_line_and_what_was_expected(error_of, old, new, line, message):
    assert old in SMALL
    error = error_of(SMALL.replace(old, new, 1))
    assert error.line == line
    assert message in str(error)


def test_lines_are_counted_over_blank_lines_and_crlf(error_of):
    text = SMALL.replace("MOTION\n", "\n\nMOTION\n").replace("11 21 31", "\n11 21 x").replace("\n", "\r\n")
    assert error_of(text).line == 23


def test_a_file_cut_anywhere_before_its_last_number(error_of):
    for length in range(1, len(SMALL) - 2):
        assert error_of(SMALL[:length]).line is not None


def test_a_hierarchy_without_channels(error_of):
    text = SMALL.replace("CHANNELS 6 Xposition Yposition Zposition Zrotation Yrotation Xrotation", "CHANNELS 0")
    assert "CHANNELS" in str(error_of(text.replace("CHANNELS 3 Zrotation Xrotation Yrotation", "CHANNELS 0")))


def test_more_joints_than_any_figure_has(error_of):
    joints = "".join(f"JOINT j{i}\n{{\nOFFSET 0 0 0\n" for i in range(5000))
    assert "at most" in str(error_of("HIERARCHY\nROOT r\n{\nOFFSET 0 0 0\n" + joints))
