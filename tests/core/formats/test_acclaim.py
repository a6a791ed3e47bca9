"""ASF/AMC: axes, orders and units of a small pair worked out by hand, and the database's own pairs where they are."""

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from addon.core import rotation
from addon.core.errors import MotionFileError
from addon.core.formats import acclaim, bvh
from addon.core.kinematics import clip_positions
from addon.core.rigs import cmu

ASF = """# a little figure
:version 1.10
:name small
:units
  mass 1.0
  length 0.45
  angle deg
:documentation
   two bones
:root
   order TX TY TZ RX RY RZ
   axis XYZ
   position 0 0 0
   orientation 0 0 0
:bonedata
  begin
     id 1
     name thigh
     direction 0 -1 0
     length 7
     axis 0 0 20 XYZ
     dof rx ry rz
     limits (-160.0 20.0)
            (-70.0 70.0)
            (-60.0 70.0)
  end
  begin
     id 2
     name shin
     direction 0 -1 0
     length 6
     axis 90 0 20 XYZ
     dof rx
     limits (-10.0 170.0)
  end
:hierarchy
  begin
    root thigh
    thigh shin
  end
"""
AMC = """#!OML:ASF
:FULLY-SPECIFIED
:DEGREES
1
root 1 2 3 10 20 30
thigh 40 50 60
shin 70
2
root 4 5 6 0 0 0
thigh 0 0 0
shin 0
"""


def turn(axis, degrees):
    vector = np.zeros(3)
    vector["xyz".index(axis)] = np.radians(degrees)
    return rotation.to_matrix(rotation.exp(vector))


@pytest.fixture
def read(tmp_path):
    def read_texts(asf=ASF, amc=AMC, **arguments):
        (tmp_path / "take.asf").write_text(asf)
        (tmp_path / "take.amc").write_text(amc)
        return acclaim.read(tmp_path / "take.amc", **arguments)

    return read_texts


def test_every_bone_turns_in_its_own_axes(read):
    clip = read()
    matrices = rotation.to_matrix(clip.rotations[0].astype(np.float64))
    assert matrices[0] == pytest.approx(turn("z", 30) @ turn("y", 20) @ turn("x", 10), abs=1e-6)
    axes = turn("z", 20)
    motion = turn("z", 60) @ turn("y", 50) @ turn("x", 40)
    assert matrices[1] == pytest.approx(axes @ motion @ axes.T, abs=1e-6)
    axes = turn("z", 20) @ turn("x", 90)
    assert matrices[2] == pytest.approx(axes @ turn("x", 70) @ axes.T, abs=1e-6)
    assert clip.rotations[1] == pytest.approx(np.tile(rotation.IDENTITY, (3, 1)))


def test_joints_sit_at_the_start_of_their_bones(read):
    clip = read()
    metre = 0.0254 / 0.45
    assert clip.unit == pytest.approx(metre)
    assert clip.skeleton.names == ("root", "thigh", "shin")
    assert clip.skeleton.parents == (-1, 0, 1)
    assert clip.skeleton.offsets == pytest.approx(np.array([[0, 0, 0], [0, 0, 0], [0, -7, 0]]) * metre)
    assert clip.skeleton.end_sites[0].parent == 2
    assert clip.skeleton.end_sites[0].offset == pytest.approx((0, -6 * metre, 0))
    assert clip.root_position == pytest.approx(np.array([[1, 2, 3], [4, 5, 6]]) * metre)


def test_the_rate_is_the_databases_unless_it_is_given(read):
    assert read().fps == 120
    assert "120" in " ".join(read().notes)
    assert read(fps=60).fps == 60
    assert not read(fps=60).notes
    assert read(unit=0.01).root_position[0] == pytest.approx([0.01, 0.02, 0.03])


def test_radians(read):
    in_radians = AMC.replace(":DEGREES", ":RADIANS").replace(
        "root 1 2 3 10 20 30", "root 1 2 3 0.174533 0.349066 0.523599"
    )
    in_radians = in_radians.replace("40 50 60", "0.698132 0.872665 1.047198").replace("shin 70", "shin 1.221730")
    assert read(amc=in_radians).rotations == pytest.approx(read().rotations, abs=1e-6)
    asf = ASF.replace("angle deg", "angle rad").replace("0 0 20", "0 0 0.349066").replace("90 0 0.3", "1.570796 0 0.3")
    asf = asf.replace("axis 90 0 20", "axis 1.570796 0 0.349066")
    assert read(asf, in_radians).rotations == pytest.approx(read().rotations, abs=1e-6)
    without_word = in_radians.replace(":RADIANS\n", "")
    assert read(asf, without_word).rotations == pytest.approx(read().rotations, abs=1e-6)


def test_orders_of_axes_and_of_degrees_of_freedom(read):
    asf = ASF.replace("axis 90 0 20 XYZ", "axis 20 0 90 ZYX").replace("dof rx ry rz", "dof rz rx ry")
    clip = read(asf, AMC.replace("thigh 40 50 60", "thigh 60 40 50"))
    axes = turn("z", 20)
    motion = turn("y", 50) @ turn("x", 40) @ turn("z", 60)
    matrices = rotation.to_matrix(clip.rotations[0].astype(np.float64))
    assert matrices[1] == pytest.approx(axes @ motion @ axes.T, abs=1e-6)
    axes = turn("x", 90) @ turn("z", 20)
    assert matrices[2] == pytest.approx(axes @ turn("x", 70) @ axes.T, abs=1e-6)
    assert clip.skeleton.rotation_orders[1] == "YXZ"


def test_the_order_of_the_roots_values(read):
    asf = ASF.replace("order TX TY TZ RX RY RZ", "order RZ RX RY TZ TY TX").replace("position 0 0 0", "position 0 1 0")
    clip = read(asf, AMC.replace("root 1 2 3 10 20 30", "root 30 10 20 3 2 1"), unit=1.0)
    assert clip.root_position[0] == pytest.approx([1, 3, 3])
    expected = turn("y", 20) @ turn("x", 10) @ turn("z", 30)
    assert rotation.to_matrix(clip.rotations[0, 0].astype(np.float64)) == pytest.approx(expected, abs=1e-6)


def test_the_orientation_of_the_root(read):
    clip = read(ASF.replace("orientation 0 0 0", "orientation 90 0 0"))
    axes = turn("x", 90)
    motion = turn("z", 30) @ turn("y", 20) @ turn("x", 10)
    assert rotation.to_matrix(clip.rotations[0, 0].astype(np.float64)) == pytest.approx(
        axes @ motion @ axes.T, abs=1e-6
    )


def test_bones_that_move(read):
    asf = ASF.replace("dof rx\n", "dof tx ty tz rx l\n")
    clip = read(asf, AMC.replace("shin 70", "shin 1 0 0 70 2").replace("shin 0", "shin 0 0 0 0 0"), unit=1.0)
    moved = (turn("z", 20) @ turn("x", 90)) @ np.array([1, 0, 0])
    assert clip.translations[2] == pytest.approx(np.array([np.array([0, -7, 0]) + moved, [0, -7, 0]]), abs=1e-6)


def test_bones_without_motion_rest(read):
    clip = read(amc=AMC.replace("shin 70\n", "").replace("shin 0\n", ""))
    assert clip.rotations[:, 2] == pytest.approx(np.tile(rotation.IDENTITY, (2, 1)))


def test_bones_without_degrees_of_freedom_may_be_named(read):
    clip = read(ASF.replace("     dof rx\n", ""), AMC.replace("shin 70", "shin").replace("shin 0", "shin"))
    assert clip.rotations[:, 2] == pytest.approx(np.tile(rotation.IDENTITY, (2, 1)))
    with pytest.raises(MotionFileError, match="lacks its bones"):
        read(ASF.replace("     dof rx\n", ""), "1\nshin\n2\nshin\n")


def test_bones_in_any_order_and_hierarchies_in_any_order(read):
    start, thigh, shin = ASF.index("  begin"), ASF.index("     id 1") - 8, ASF.index("     id 2") - 8
    end = ASF.index(":hierarchy")
    swapped = ASF[:start] + ASF[shin:end] + ASF[thigh:shin] + ASF[end:]
    swapped = swapped.replace("    root thigh\n    thigh shin", "    thigh shin\n    root thigh")
    assert read(swapped).skeleton.names == ("root", "thigh", "shin")


def test_without_a_length_unit_it_is_guessed(read):
    notes = read(
        ASF.replace("  length 0.45\n", "").replace("length 7", "length 70").replace("length 6", "length 60")
    ).notes
    assert "centimetres" in " ".join(notes)


@pytest.mark.parametrize("name", ["07_01.asf", "07.ASF", "somebody.asf"])
def test_the_skeleton_that_belongs_to_a_motion(tmp_path, name):
    (tmp_path / "07_01.amc").write_text(AMC)
    (tmp_path / name).write_text(ASF)
    assert acclaim.skeleton_file(tmp_path / "07_01.amc").name == name


def test_the_nearest_name_wins(tmp_path):
    for name in ("07_01.asf", "07.asf", "08.asf"):
        (tmp_path / name).write_text(ASF)
    assert acclaim.skeleton_file(tmp_path / "07_01.amc").name == "07_01.asf"
    assert acclaim.skeleton_file(tmp_path / "07_02.amc").name == "07.asf"
    with pytest.raises(MotionFileError, match=r"09_01\.asf or 09\.asf"):
        acclaim.skeleton_file(tmp_path / "09_01.amc")


def test_a_skeleton_alone_is_no_motion(tmp_path):
    (tmp_path / "07.asf").write_text(ASF)
    with pytest.raises(MotionFileError, match=r"\.amc"):
        acclaim.read(tmp_path / "07.asf")


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("# a little figure\n", "a little figure\n", 1, "ASF file"),
        (":root\n", ":roots\n", 40, ":root"),
        ("length 0.45", "length 0", 6, "length unit"),
        ("angle deg", "angle grad", 7, "'grad'"),
        ("order TX TY TZ RX", "order TX TY TZ RW", 11, "RW"),
        ("axis XYZ", "axis XYX", 12, "order of axes"),
        ("direction 0 -1 0", "direction 0 -1", 19, "3 numbers after direction"),
        ("direction 0 -1 0", "direction 0 nan 0", 19, "a number after direction"),
        ("length 7", "length long", 20, "a number after length"),
        ("axis 0 0 20 XYZ", "axis 0 0", 21, "3 numbers after axis"),
        ("dof rx ry rz", "dof rx rx rz", 22, "at most once"),
        ("     name thigh\n", "", 25, "the name"),
        ("     name shin", "     name thigh", 27, "each bone once"),
        ("    thigh shin", "    thigh foot", 39, "'foot'"),
        ("    thigh shin\n", "", 27, "'shin' to hang on the root"),
        ("    root thigh", "    shin thigh", 16, "'thigh' to hang on the root"),
        ("    thigh shin", "    thigh shin\n    root shin", 40, "one parent for shin"),
    ],
)
def test_errors_in_the_skeleton(read, old, new, line, message):
    assert old in ASF
    with pytest.raises(MotionFileError) as caught:
        read(ASF.replace(old, new, 1))
    assert caught.value.path.name == "take.asf"
    assert caught.value.line == line
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("1\nroot", "root", 4, "number of the first frame"),
        ("thigh 40 50 60", "thigh 40 50", 6, "expected 3 numbers for thigh, found 2"),
        ("thigh 40 50 60", "thigh 40 50 x", 6, "'x'"),
        ("thigh 40 50 60", "thigh 40 50 nan", 6, "'nan'"),
        ("thigh 40 50 60", "knee 40 50 60", 6, "'knee'"),
        ("shin 70", "shin 70\nshin 70", 8, "each bone once"),
        ("shin 0\n", "", 10, "frame 2 lacks shin"),
        ("shin 70\n", "", 10, "frame 2 has shin"),
        (AMC[AMC.index("1\nroot") :], "", 3, "frames"),
        ("1\nroot", "1\n1\nroot", 5, "lacks its bones"),
    ],
)
def test_errors_in_the_motion(read, old, new, line, message):
    assert old in AMC
    with pytest.raises(MotionFileError) as caught:
        read(amc=AMC.replace(old, new, 1))
    assert caught.value.path.name == "take.amc"
    assert caught.value.line == line
    assert message in str(caught.value)


@given(data=st.data())
def test_written_and_read_again(one_root_clip, same_motion, tmp_path_factory, data):
    clip = data.draw(one_root_clip)
    path = tmp_path_factory.mktemp("acclaim") / "take.amc"
    acclaim.write(clip, path)
    again = acclaim.read(path, fps=clip.fps)
    moving = [index for index, name in enumerate(again.skeleton.names) if not _is_helper(name, again)]
    assert len(moving) == len(clip.skeleton)
    turned = rotation.angle_between(again.rotations[:, moving].astype(np.float64), clip.rotations.astype(np.float64))
    assert np.degrees(turned).max() < 1e-4
    assert clip_positions(again)[:, moving] == pytest.approx(clip_positions(clip), rel=1e-5, abs=2e-5 * clip.unit * 100)
    assert again.unit == pytest.approx(clip.unit)


def _is_helper(name, clip):
    return name.rstrip("_").endswith("_start") and bool(clip.skeleton.children(clip.skeleton.index(name)))


def test_several_roots_are_refused(any_clip, walk, tmp_path):
    skeleton = type(walk.skeleton)(walk.skeleton.names, (-1, 0, 1, -1), walk.skeleton.offsets)
    with pytest.raises(MotionFileError, match="one root"):
        acclaim.write(type(walk)(skeleton, 30.0, walk.root_position, walk.rotations), tmp_path / "take.amc")
    with pytest.raises(MotionFileError, match="no frames"):
        acclaim.write(walk.section(0, 0), tmp_path / "take.amc")
    assert not list(tmp_path.iterdir())


def test_the_database_against_the_bvh_of_the_same_take():
    """Where the data is; what it shows is worked out by hand above."""
    folder = Path(os.environ.get("MOCAP_DATA", Path(__file__).parents[3].parent / "shared" / "data")) / "cmu"
    if not (folder / "asfamc").is_dir():
        pytest.skip("the CMU takes are not on this machine")
    for take, lead in (("07_01", 1), ("07_02", 1), ("07_03", 10)):
        ours = acclaim.read(folder / "asfamc" / "07" / f"{take}.amc")
        theirs = bvh.read(folder / "bvh" / f"{take}.bvh").section(lead, lead + len(ours))
        assert tuple(cmu.JOINT_OF_BONE[name] for name in ours.skeleton.names) == theirs.skeleton.names
        assert np.degrees(rotation.angle_between(ours.rotations, theirs.rotations)).max() < 1e-3
        assert ours.root_position == pytest.approx(theirs.root_position, abs=1e-3)
