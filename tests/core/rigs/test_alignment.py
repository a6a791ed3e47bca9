"""One motion on two skeletons: whatever way the rig rests, the model's joints point where the rig's do."""

import numpy as np
import pytest

from addon.core.kinematics import global_rotations
from addon.core.rigs.alignment import UP_Z_TO_Y, align
from addon.core.rotation import angle_between, conjugate, exp, multiply, normalize, rotate
from addon.core.skeleton import EndSite, Skeleton

MODEL = Skeleton(
    names=("Hip", "Thigh", "Shin", "Foot", "Back", "Neck", "Head", "Shoulder", "Arm", "Hand"),
    parents=(-1, 0, 1, 2, -1, 4, 5, 4, 7, 8),
    offsets=np.array(
        [
            *([0, 0, 0], [1, -0.5, 0.2], [0.3, -4, 0], [0, -4, 0.1]),
            *([0, 1, 0], [0, 3, 0], [0, 1, 0.2], [0.5, 2.5, 0], [1.5, 0.2, 0], [2, 0, 0.1]),
        ]
    ),
)
REFERENCE = normalize(np.random.default_rng(0).normal(size=(10, 4)) * 0.1 + [1, 0, 0, 0])
ALL = np.ones(10, dtype=bool)
CHAIN = np.array([name not in ("Foot", "Head", "Hand") for name in MODEL.names])


def motion(frames=20):
    return exp(np.random.default_rng(3).normal(scale=0.7, size=(frames, 10, 3)))


def angles(a, b):
    return np.degrees(angle_between(a, b).max())


def through(alignment, q):
    return multiply(multiply(alignment.left, q), alignment.right)


@pytest.mark.parametrize("scale", [0.01, 1, 100])
def test_the_same_rest_pose_in_blenders_axes_is_a_quarter_turn(scale):
    heads = rotate(conjugate(UP_Z_TO_Y), MODEL.rest_positions()) * scale + 3 * scale
    alignment = align(MODEL, REFERENCE, ALL, heads)
    ours = motion()
    theirs = multiply(multiply(conjugate(UP_Z_TO_Y), ours), UP_Z_TO_Y)
    assert angles(through(alignment, theirs), ours) < 1e-3


def test_other_proportions_are_not_taken_for_another_rest_pose():
    offsets = MODEL.offsets * np.random.default_rng(1).uniform(0.8, 1.2, (10, 1))
    offsets[[1, 7]] += [[0.1, -0.3, 0.2], [0.2, 0, 0.3]]
    other = Skeleton(MODEL.names, MODEL.parents, offsets)
    heads = rotate(conjugate(UP_Z_TO_Y), other.rest_positions())
    alignment = align(MODEL, REFERENCE, ALL, heads)
    assert angles(multiply(alignment.left, alignment.right), np.array([1.0, 0, 0, 0])) < 1e-3


def test_a_rig_that_rests_in_another_pose_points_where_the_model_does():
    # The rig is the model frozen in a pose: its rest position is that pose, its rotations are relative to it.
    pose = np.tile([1.0, 0, 0, 0], (10, 1))
    pose[1], pose[7], pose[2] = exp(np.array([[0, 0, -0.35], [0, 0, -0.7], [0.3, 0, 0]]))
    frozen = global_rotations(pose, MODEL.parents)
    rest = np.zeros((10, 3))
    for joint, parent in enumerate(MODEL.parents):
        offset = MODEL.offsets[joint].astype(float)
        rest[joint] = offset if parent < 0 else rest[parent] + rotate(frozen[parent], offset)
    alignment = align(MODEL, REFERENCE, ALL, rotate(conjugate(UP_Z_TO_Y), rest))
    ours = motion()
    theirs = multiply(global_rotations(ours, MODEL.parents), conjugate(frozen))
    local = theirs.copy()
    for joint, parent in enumerate(MODEL.parents):
        if parent >= 0:
            local[:, joint] = multiply(conjugate(theirs[:, parent]), theirs[:, joint])
    local = multiply(multiply(conjugate(UP_Z_TO_Y), local), UP_Z_TO_Y)
    # Joints with a bone below them come out exactly; of a tip the direction is not known.
    assert angles(through(alignment, local)[:, CHAIN], ours[:, CHAIN]) < 0.1


def test_absent_joints_stand_at_the_reference():
    present = ALL.copy()
    present[[1, 7]] = False
    heads = rotate(conjugate(UP_Z_TO_Y), MODEL.rest_positions())
    alignment = align(MODEL, REFERENCE, present, heads)
    ours = motion()
    ours[:, [1, 7]] = REFERENCE[[1, 7]]
    rig = {2: multiply(ours[:, 1], ours[:, 2]), 8: multiply(ours[:, 7], ours[:, 8])}
    for joint, q in rig.items():
        theirs = multiply(multiply(conjugate(UP_Z_TO_Y), q), UP_Z_TO_Y)
        found = multiply(multiply(alignment.left[joint], theirs), alignment.right[joint])
        assert angles(found, ours[:, joint]) < 1e-3


def test_a_rig_that_looks_another_way_is_turned():
    for turn in (exp(np.array([0, np.pi / 2, 0])), exp(np.array([0.4, 1.1, -0.8]))):
        alignment = align(MODEL, REFERENCE, ALL, rotate(turn, MODEL.rest_positions().astype(float)))
        ours = motion()
        theirs = multiply(multiply(turn, ours), conjugate(turn))
        assert angles(through(alignment, theirs), ours) < 1e-2


def test_a_single_joint_takes_blenders_axes():
    present = np.arange(10) == 3
    alignment = align(MODEL, REFERENCE, present, np.full((10, 3), np.nan))
    assert np.all(np.isfinite(alignment.right[3]))
    assert angles(alignment.right[3], conjugate(UP_Z_TO_Y)) < 1e-3


def test_where_hips_and_shoulders_sit_is_not_taken_for_a_pose():
    """Hip and shoulder joints elsewhere, and limbs that rest turned: only the limbs count."""
    sides = [(name + side, sign) for side, sign in (("L", 1), ("R", -1)) for name in ("Hip", "Thigh", "Shin")]
    offsets = {"Hip": [0, 0, 0], "Thigh": [1.0, -1, 0.5], "Shin": [0.3, -4, 0]}
    model = Skeleton(
        tuple(name for name, _ in sides),
        (-1, 0, 1, -1, 3, 4),
        np.array([np.multiply(offsets[name[:-1]], [sign, 1, 1]) for name, sign in sides]),
    )
    rest = model.rest_positions().astype(float)
    for hip, sign in ((0, 1), (3, -1)):
        shin = exp(np.array([0, 0, -0.5 * sign]))
        rest[hip + 2] = rest[hip + 1] + rotate(shin, rest[hip + 2] - rest[hip + 1])
        rest[hip + 1 :][:2] += [sign * 0.5, 0.8, 0.4]
    alignment = align(model, np.tile([1.0, 0, 0, 0], (6, 1)), np.ones(6, bool), rotate(conjugate(UP_Z_TO_Y), rest))
    still = through(alignment, np.array([1.0, 0, 0, 0]))
    for hip in (0, 3):
        assert angles(still[hip], np.array([1.0, 0, 0, 0])) < 1e-3
        assert abs(angles(still[hip + 1], np.array([1.0, 0, 0, 0])) - np.degrees(0.5)) < 0.1


def test_a_tip_tells_how_the_last_joint_rests():
    """The rig rests with its foot raised: without the tip nothing says so."""
    model = Skeleton(MODEL.names, MODEL.parents, MODEL.offsets, (EndSite(3, (0.0, 0.0, 1.5)),))
    raised = exp(np.array([-0.6, 0, 0]))
    rest = model.rest_positions().astype(float)
    shin = rotate(exp(np.array([0, 0, 0.4])), rest[2:4] - rest[1])
    rest[2:4] = rest[1] + shin  # the whole leg turned, so that the rest poses differ
    tips = np.full((10, 3), np.nan)
    tips[3] = rest[3] + rotate(raised, np.array([0, 0, 1.5]))
    present = np.arange(10) < 4
    for known, wanted in ((tips, raised), (np.full((10, 3), np.nan), exp(np.array([0, 0, 0.4])))):
        back = rotate(conjugate(UP_Z_TO_Y), np.nan_to_num(known))
        back[np.isnan(known)] = np.nan
        found = align(model, REFERENCE, present, rotate(conjugate(UP_Z_TO_Y), rest), back)
        # Multiplied up, the model's global rest rotation of the foot: where its tip points.
        still = np.array([1.0, 0, 0, 0])
        for joint in range(4):
            still = multiply(still, multiply(found.left[joint], found.right[joint]).astype(float))
        toe = np.array([0, 0, 1.0])
        assert np.allclose(rotate(still, toe), rotate(wanted, toe), atol=1e-3)
