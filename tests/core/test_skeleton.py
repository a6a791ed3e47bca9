"""The skeleton: what it accepts, where its joints are, and what is left of it when joints are taken out."""

import numpy as np
import pytest

from addon.core.skeleton import EndSite, Skeleton, end_sites_of

OFFSETS = np.array([[1.0, 2, 3], [0, 1, 0], [0, 2, 0], [5, 0, 0]])


@pytest.fixture
def skeleton():
    return Skeleton(
        names=("Hips", "Spine", "Head", "Leg"),
        parents=(-1, 0, 1, 0),
        offsets=OFFSETS,
        end_sites=(EndSite(2, (0.0, 0.5, 0.0)), EndSite(3, (0.0, -1.0, 0.0))),
        rotation_orders=("ZXY", "XYZ", "YXZ", "ZYX"),
    )


def test_joints_by_name_and_by_place(skeleton):
    assert len(skeleton) == 4
    assert skeleton.index("Head") == 2
    assert skeleton.children(0) == [1, 3]
    assert skeleton.children(2) == []
    with pytest.raises(KeyError, match="Tail"):
        skeleton.index("Tail")


def test_offsets_add_up_along_the_chain(skeleton):
    expected = np.array([[1, 2, 3], [1, 3, 3], [1, 5, 3], [6, 2, 3]])
    assert skeleton.rest_positions() == pytest.approx(expected)


def test_every_root_stands_at_its_own_offset():
    two = Skeleton(("a", "b"), (-1, -1), np.array([[1, 0, 0], [0, 7, 0]]))
    assert two.rest_positions().tolist() == [[1, 0, 0], [0, 7, 0]]


def test_rotation_orders_have_a_default():
    assert Skeleton(("a", "b"), (-1, 0), np.zeros((2, 3))).rotation_orders == ("ZYX", "ZYX")


def test_offsets_are_kept_in_single_precision(skeleton):
    assert skeleton.offsets.dtype == np.float32


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"names": (), "parents": (), "offsets": np.zeros((0, 3))}, "at least one"),
        ({"names": ("a", "b", "a", "c")}, "named twice: a"),
        ({"parents": (-1, 0, 1)}, "4 parents"),
        ({"offsets": np.zeros((4, 2))}, "offsets"),
        ({"parents": (-1, 2, 1, 0)}, "after its parent"),
        ({"parents": (-1, 1, 1, 0)}, "after its parent"),
        ({"parents": (-2, 0, 1, 0)}, "after its parent"),
        ({"rotation_orders": ("XYZ",)}, "rotation orders"),
        ({"end_sites": (EndSite(4, (0.0, 0.0, 0.0)),)}, "end site"),
        ({"end_sites": (EndSite(-1, (0.0, 0.0, 0.0)),)}, "end site"),
    ],
)
def test_what_does_not_fit_together_is_refused(changes, message):
    sound = {"names": ("a", "b", "c", "d"), "parents": (-1, 0, 1, 0), "offsets": OFFSETS}
    with pytest.raises(ValueError, match=message):
        Skeleton(**sound | changes)


def test_a_subset_bridges_the_gaps(skeleton):
    part = skeleton.subset(["Head", "Hips"])
    assert part.names == ("Hips", "Head")
    assert part.parents == (-1, 0)
    assert part.offsets == pytest.approx(np.array([[1, 2, 3], [0, 3, 0]]))
    assert part.rotation_orders == ("ZXY", "YXZ")
    assert [(site.parent, site.offset) for site in part.end_sites] == [(1, (0.0, 0.5, 0.0))]


def test_a_subset_keeps_joints_where_they_rest(skeleton):
    for names in (["Hips", "Leg"], ["Spine", "Head"], ["Head"], list(skeleton.names)):
        part = skeleton.subset(names)
        places = [skeleton.index(name) for name in part.names]
        assert part.rest_positions() == pytest.approx(skeleton.rest_positions()[places])


def test_a_subset_of_strangers(skeleton):
    with pytest.raises(KeyError, match="Tail"):
        skeleton.subset(["Hips", "Tail"])
    with pytest.raises(ValueError, match="at least one"):
        skeleton.subset([])


def test_tips_are_the_end_sites_by_joint(skeleton):
    assert skeleton.tips().tolist() == [[0, 0, 0], [0, 0, 0], [0, 0.5, 0], [0, -1, 0]]


def test_end_sites_are_read_back_from_tips(skeleton):
    assert end_sites_of(skeleton.tips()) == skeleton.end_sites
    assert end_sites_of(np.zeros((4, 3))) == ()
    for wrong in (np.zeros(3), np.zeros((4, 2)), np.zeros(0)):
        with pytest.raises(ValueError, match=r"\(J, 3\)"):
            end_sites_of(wrong)


def test_another_size_and_other_axes_leave_everything_else(skeleton):
    twice = skeleton.scaled(2.0)
    swapped = skeleton.mapped(np.array([[0.0, 1, 0], [1, 0, 0], [0, 0, 1]]))
    assert twice.offsets == pytest.approx(OFFSETS * 2)
    assert [site.offset for site in twice.end_sites] == [(0.0, 1.0, 0.0), (0.0, -2.0, 0.0)]
    assert swapped.offsets == pytest.approx(OFFSETS[:, [1, 0, 2]])
    assert [site.offset for site in swapped.end_sites] == [(0.5, 0.0, 0.0), (-1.0, 0.0, 0.0)]
    for other in (twice, swapped):
        assert (other.names, other.parents) == (skeleton.names, skeleton.parents)
        assert [site.parent for site in other.end_sites] == [2, 3]
        assert other.rotation_orders == skeleton.rotation_orders
