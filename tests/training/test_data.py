"""Poses as training data: what is read, mirrored, sampled and blended."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from addon.core import rotation
from addon.core.kinematics import joint_positions
from addon.core.rigs.cmu import POSE_JOINTS
from training.data import cmu, limbs, poses, synthetic
from training.models import kinematics, rotations


def test_made_up_motion_has_the_tutorials_shape():
    made = synthetic.load(takes=2, frames=30)
    assert made.joints == POSE_JOINTS
    assert made.stacked().shape == (60, 30, 4)
    np.testing.assert_allclose(np.linalg.norm(made.stacked(), axis=-1), 1, atol=1e-6)


def test_a_subject_is_left_out_whole():
    made = synthetic.load(takes=3, frames=10)
    assert [take.subject for take in made.without_subject("02").takes] == ["01", "03"]
    assert [take.subject for take in made.of_subject("02").takes] == ["02"]


def test_a_sample_of_motion_is_the_first_frames_of_the_takes():
    made = synthetic.load(takes=3, frames=10)
    assert [len(take.rotations) for take in made.first(13).takes] == [10, 3]
    assert [len(take.rotations) for take in made.first(500).takes] == [10, 10, 10]
    np.testing.assert_array_equal(made.first(13).stacked(), made.stacked()[:13])


def test_every_fourth_frame_is_counted_within_takes():
    made = synthetic.load(takes=2, frames=10).every(4)
    assert made.fps == 30
    assert [len(take.rotations) for take in made.takes] == [3, 3]


def test_the_mirror_moves_each_joint_to_the_other_side():
    made = synthetic.load(takes=1, frames=20).stacked().astype(np.float64)
    frame = poses.pose_frame(POSE_JOINTS, made)
    flip = np.array([-1, 1, 1])
    # A body whose two sides have the same lengths, so that the mirror image is a body too.
    offsets = frame.offsets.astype(np.float64)
    twins = poses.mirror_joints(POSE_JOINTS)
    offsets = (offsets + offsets[twins] * flip) / 2
    there = joint_positions(poses.mirrored(made, POSE_JOINTS), frame.parents, offsets)
    here = joint_positions(made, frame.parents, offsets)
    np.testing.assert_allclose(there, here[:, twins] * flip, atol=1e-9)


def test_the_mirror_is_its_own_inverse():
    made = synthetic.load(takes=1, frames=5).stacked()
    np.testing.assert_array_equal(poses.mirrored(poses.mirrored(made, POSE_JOINTS), POSE_JOINTS), made)


def test_a_joint_without_a_twin_is_named():
    with pytest.raises(ValueError, match="LeftArm"):
        poses.mirror_joints(("LeftArm", "Spine"))


def test_still_joints_are_found():
    made = synthetic.load(takes=2, frames=100)
    frame = poses.pose_frame(made.joints, made.stacked())
    still = {name for j, name in enumerate(made.joints) if j not in frame.moving}
    assert still == set(synthetic._CONSTANT)


def test_damaged_data_is_an_error_that_says_so(tmp_path):
    folder = tmp_path / "cmu"
    folder.mkdir()
    (folder / "train.npz").write_bytes(b"PK not an archive")
    with pytest.raises(cmu.DataMissingError, match=r"train\.npz"):
        cmu.load("train", tmp_path)


def test_blending_keeps_the_share_and_moves_whole_limbs():
    generator = torch.Generator().manual_seed(0)
    vectors, others = torch.zeros(400, 30, 3), torch.ones(400, 30, 3)
    limb = torch.from_numpy(limbs.limb_of(POSE_JOINTS))
    mixed = limbs.blended(vectors, others, limb, 0.5, 0.5, generator)[..., 0]
    touched = (mixed != 0).any(dim=1).float().mean()
    assert 0.4 < touched < 0.6
    for one in range(int(limb.max()) + 1):
        part = mixed[:, limb == one]
        torch.testing.assert_close(part, part[:, :1].expand_as(part))


def test_torch_and_numpy_agree_on_rotations_and_positions():
    generator = np.random.default_rng(0)
    a = rotation.normalize(generator.normal(size=(50, 30, 4)))
    b = rotation.normalize(generator.normal(size=(50, 30, 4)))
    vectors = generator.normal(size=(50, 30, 3))
    ta, tb = torch.from_numpy(a), torch.from_numpy(b)
    np.testing.assert_allclose(rotations.multiply(ta, tb), rotation.multiply(a, b), atol=1e-12)
    np.testing.assert_allclose(rotations.rotate(ta, torch.from_numpy(vectors)), rotation.rotate(a, vectors), atol=1e-12)
    np.testing.assert_allclose(rotations.exp(torch.from_numpy(vectors)), rotation.exp(vectors), atol=1e-6)
    facing = np.where(a[..., :1] < 0, -a, a)
    np.testing.assert_allclose(rotations.log(torch.from_numpy(facing)), rotation.log(a), atol=1e-5)
    frame = poses.pose_frame(POSE_JOINTS, synthetic.load(1, 20).stacked())
    np.testing.assert_allclose(
        kinematics.joint_positions(ta, frame.parents, torch.from_numpy(frame.offsets.astype(np.float64))),
        joint_positions(a, frame.parents, frame.offsets.astype(np.float64)),
        atol=1e-9,
    )
