"""Spines and necks of fewer bones: shared out over the joints that they span, and put together again."""

from __future__ import annotations

import numpy as np
import pytest

from addon.core.rigs.chains import on_fewer_bones, on_whole_chains
from addon.core.rigs.cmu import POSE_JOINTS
from addon.core.rotation import angle_between, exp, multiply, normalize

FRAMES = 40
PLACE = {joint: i for i, joint in enumerate(POSE_JOINTS)}
REFERENCE = exp(np.random.default_rng(1).normal(0, 0.2, (len(POSE_JOINTS), 3))).astype(np.float32)
LACKING = (
    ("Spine",),
    ("Neck1",),
    ("Spine", "Neck1"),
    ("Spine", "Spine1", "Neck1"),
    ("LowerBack", "Spine"),
    ("Neck", "Neck1"),
)


def motion(size=0.5):
    rng = np.random.default_rng(2)
    steps = rng.normal(0, size, (len(POSE_JOINTS), 3)) * np.sin(np.arange(FRAMES) / 9)[:, None, None]
    return exp(steps + rng.normal(0, 0.2, (len(POSE_JOINTS), 3))).astype(np.float32)


def without(joints):
    return np.array([joint in joints for joint in POSE_JOINTS])


def shown(rotations, absent, missing=None, clean=lambda whole: whole):
    """What the denoiser is shown (rotations, missing, absent), and what comes back of what it makes of that."""
    seen = []

    def denoise(whole, unknown, lacking, sharing):
        seen.append((whole, unknown, lacking))
        return clean(whole)

    result = on_whole_chains(denoise, rotations, missing, absent, POSE_JOINTS, REFERENCE)
    (told,) = seen
    return *told, result


def apart(a, b):
    return np.degrees(angle_between(a, b)).max()


def chain(rotations, *joints):
    whole = rotations[:, PLACE[joints[0]]]
    for joint in joints[1:]:
        whole = multiply(whole, rotations[:, PLACE[joint]])
    return whole


@pytest.mark.parametrize("lacking", LACKING, ids=" ".join)
def test_what_does_not_change_comes_back(lacking):
    rotations, absent = motion(), without(lacking)
    whole, _, still_lacking, result = shown(rotations, absent)
    assert apart(result, rotations) < 1e-3
    assert not still_lacking.any()
    assert apart(whole[:, ~absent], rotations[:, ~absent]) > 5
    np.testing.assert_array_equal(result[:, absent], rotations[:, absent])


def test_a_bone_that_turns_for_two_joints_is_shared_by_them():
    rotations = motion()
    rotations[:, PLACE["Spine"]] = REFERENCE[PLACE["Spine"]]
    whole, _, _, _ = shown(rotations, without(["Spine"]))
    assert apart(chain(whole, "Spine", "Spine1"), chain(rotations, "Spine", "Spine1")) < 1e-3
    assert apart(whole[:, PLACE["Spine"]], whole[:, PLACE["Spine1"]]) < 1e-3  # half each
    others = [i for i, joint in enumerate(POSE_JOINTS) if joint not in ("Spine", "Spine1")]
    np.testing.assert_array_equal(whole[:, others], rotations[:, others])


def test_the_only_bone_of_a_spine_turns_for_all_of_it():
    rotations = motion()
    for joint in ("Spine", "Spine1"):
        rotations[:, PLACE[joint]] = REFERENCE[PLACE[joint]]
    whole, _, _, _ = shown(rotations, without(["Spine", "Spine1"]))
    spine = ("LowerBack", "Spine", "Spine1")
    assert apart(chain(whole, *spine), chain(rotations, *spine)) < 1e-3


@pytest.mark.parametrize("lacking", LACKING, ids=" ".join)
def test_motion_on_fewer_bones_turns_what_hangs_on_them_as_before(lacking):
    rotations, absent = motion(), without(lacking)
    fewer = on_fewer_bones(rotations, absent, POSE_JOINTS, REFERENCE)
    for whole in (("LowerBack", "Spine", "Spine1"), ("Neck", "Neck1", "Head")):
        assert apart(chain(fewer, *whole), chain(rotations, *whole)) < 1e-3
    np.testing.assert_array_equal(fewer[:, absent], np.broadcast_to(REFERENCE[absent], fewer[:, absent].shape))


def test_a_neck_without_a_head_and_limbs_stay_as_they_are():
    absent = without(["Neck1", "Head", "LeftArm", "RightToeBase"])
    rotations = motion()
    whole, _, lacking, _ = shown(rotations, absent)
    assert whole is rotations
    np.testing.assert_array_equal(lacking, absent)


def test_what_is_changed_of_the_joints_is_changed_of_the_bone():
    rotations = motion()
    turn = exp(np.array([0.1, -0.2, 0.05]))

    def clean(whole):
        changed = whole.copy()
        changed[:, PLACE["Spine1"]] = multiply(changed[:, PLACE["Spine1"]], turn)
        return changed

    *_, result = shown(rotations, without(["Spine"]), clean=clean)
    expected = rotations.copy()
    expected[:, PLACE["Spine1"]] = multiply(rotations[:, PLACE["Spine1"]], turn)
    assert apart(result, expected) < 1e-3


def test_what_is_missing_of_the_bone_is_missing_of_all_its_joints():
    rotations = motion()
    rotations[3, PLACE["Head"]] = np.nan
    rotations[5, PLACE["Head"]] = 0
    missing = np.zeros((FRAMES, len(POSE_JOINTS)), dtype=bool)
    missing[10:20, PLACE["Head"]] = True
    whole, unknown, _, _ = shown(rotations, without(["Neck1"]), missing)
    pair = [PLACE["Neck1"], PLACE["Head"]]
    np.testing.assert_array_equal(unknown[:, pair].all(axis=1), missing[:, PLACE["Head"]])
    assert unknown.sum() == 20
    assert not whole[[3, 5]][:, pair].any(), "no rotation"
    assert np.isfinite(whole).all()


def test_a_bone_that_turns_beyond_half_a_turn_does_not_jump():
    rotations = motion(size=0.0)
    angle = np.linspace(0, np.radians(230), FRAMES)
    rotations[:, PLACE["Head"]] = exp(angle[:, None] * np.array([0.0, 1.0, 0.0]))
    whole, _, _, result = shown(rotations, without(["Neck1"]))
    assert np.degrees(angle_between(whole[1:], whole[:-1])).max() < 10
    assert apart(result, normalize(rotations)) < 1e-3


def test_names_that_are_not_canonical_have_no_chains():
    names = [f"bone {i}" for i in range(len(POSE_JOINTS))]
    rotations, absent = motion(), without(["Spine"])
    seen = []

    def denoise(whole, missing, lacking, sharing):
        seen.append(lacking)
        return whole

    assert on_whole_chains(denoise, rotations, None, absent, names, REFERENCE) is rotations
    assert on_whole_chains(denoise, rotations, None, None, POSE_JOINTS, REFERENCE) is rotations
    assert seen[0] is absent
    assert seen[1] is None


def test_which_joints_share_a_bone_is_told():
    told = []

    def denoise(whole, missing, lacking, sharing):
        told.append(sharing)
        return whole

    on_whole_chains(denoise, motion(), None, without(["Spine"]), POSE_JOINTS, REFERENCE)
    np.testing.assert_array_equal(told[0], without(["Spine", "Spine1"]))
