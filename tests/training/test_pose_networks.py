"""Our two networks of single poses, and what they are measured against."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from addon.core import rotation
from addon.core.metrics import geodesic_degrees
from addon.core.noise import component_noise
from training import evaluation, runs, tables
from training.data import limbs, poses, synthetic
from training.evaluation import Figure
from training.models.pose_compress import loosely_coupled_basis
from training.networks import network, rotation_vectors, tell_about
from training.recipes import recipe_named
from training.tasks import baselines, evaluate_compress, evaluate_denoise_pose, task_for


@pytest.fixture(scope="module")
def motion():
    return synthetic.load(takes=4, frames=200)


def untrained(name, motion):
    """A run of no steps: what a network is before it learns, knowing only the data's statistics."""
    recipe = recipe_named(name)
    frame = poses.pose_frame(motion.joints, motion.stacked())
    model = network(recipe, frame)
    tell_about(model, recipe, frame, rotation.aligned(motion.stacked(), frame.reference))
    return runs.Run(name, recipe, frame, model.eval())


def error(function, given, wanted):
    return geodesic_degrees(function(given), wanted).mean()


def test_the_denoiser_passes_clean_poses_and_cleans_noisy_ones_before_it_learns(motion):
    function, clean = runs.as_function(untrained("pose-denoise", motion)), motion.stacked()
    assert error(function, clean, clean) < 0.01
    for sigma in (0.005, 0.02, 0.1):
        noisy = component_noise(clean, sigma)
        assert error(function, noisy, clean) < 0.6 * geodesic_degrees(noisy, clean).mean()


@pytest.mark.parametrize("sigma", [0.005, 0.02, 0.05])
def test_the_gauge_reads_the_noise_from_the_pose(sigma, motion):
    run = untrained("pose-denoise", motion)
    noisy = rotation.aligned(component_noise(motion.stacked(), sigma), run.frame.reference)
    vectors = torch.from_numpy(rotation_vectors(run.frame, noisy)).flatten(1)
    level, _ = run.model.noise_level(vectors - run.model.mean)
    # A component's deviation is half of a rotation vector's.
    assert level.mean().item() / 2 == pytest.approx(sigma, rel=0.15)


def test_signs_do_not_matter(motion):
    function, clean = runs.as_function(untrained("pose-denoise", motion)), motion.stacked()[:50]
    signs = np.where(np.random.default_rng(0).random((50, 30, 1)) < 0.5, -1, 1).astype(np.float32)
    noisy = component_noise(clean, 0.02)
    np.testing.assert_allclose(function(noisy * signs), function(noisy), atol=1e-6)


def test_the_compressor_starts_as_principal_components_of_its_own(motion):
    run = untrained("pose-compress", motion)
    clean = motion.stacked()
    with torch.no_grad():
        pose, code = run.model(torch.from_numpy(rotation.aligned(clean, run.frame.reference).reshape(len(clean), -1)))
    assert code.shape == (len(clean), 30)
    assert pose.shape == (len(clean), 120)
    assert error(runs.as_function(run), clean, clean) < 1.0


def test_still_joints_come_back_as_training_had_them(motion):
    run = untrained("pose-compress", motion)
    still = np.setdiff1d(np.arange(30), run.frame.moving)
    noisy = component_noise(motion.stacked(), 0.1)
    restored = runs.as_function(run)(noisy)[:, still]
    expected = np.broadcast_to(run.frame.reference[still], restored.shape)
    assert geodesic_degrees(restored, expected).max() < 0.01


def test_loosely_coupled_limbs_share_less():
    generator = np.random.default_rng(0)
    one = generator.normal(size=(500, 1, 3))
    vectors = np.concatenate([one, one + 0.01 * generator.normal(size=one.shape)], axis=1)
    for limb, together in (([0, 0], True), ([0, 1], False)):
        _, directions = loosely_coupled_basis(vectors, np.array(limb), 4)
        # The fourth direction: noise where the two are one limb; a real difference where they are two.
        spread = (vectors.reshape(500, 6) @ directions[3]).std()
        assert (spread < 0.05) == together or not together


@pytest.mark.parametrize("name", ["pose-compress", "pose-denoise"])
def test_batches_follow_from_their_generator_and_are_unit(name, motion):
    recipe = recipe_named(name)
    frame = poses.pose_frame(motion.joints, motion.stacked())
    task = task_for(recipe, frame, rotation.aligned(motion.stacked(), frame.reference))
    one, again = (task.batch(torch.arange(64), torch.Generator().manual_seed(4)) for _ in range(2))
    for a, b in zip(one, again, strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=0)
    lengths = one[0].unflatten(1, (30, 4)).norm(dim=-1)
    torch.testing.assert_close(lengths, torch.ones_like(lengths), atol=1e-5, rtol=0)


def test_components_keep_what_they_span_and_no_more(motion):
    clean = motion.stacked().astype(np.float64)
    for fit in (baselines.quaternion_components, baselines.vector_components):
        kept = [geodesic_degrees(fit(clean, count)(clean), clean).mean() for count in (1, 3, 90)]
        assert kept[0] > kept[1] > kept[2]
        assert kept[2] < 1e-3


def test_figures_are_met_by_value_alone():
    assert Figure("a", 0.6, 0.6).met
    assert not Figure("a", 0.61, 0.6).met
    assert not Figure("a", float("nan"), 0.6).met
    assert str(Figure("share", 0.61, 0.6)).startswith("MISSED share: 0.610")


def test_evaluations_judge_what_they_measure(motion):
    frame = poses.pose_frame(motion.joints, motion.stacked())

    def nothing(clip):
        return clip

    def turned(clip):
        return rotation.multiply(np.float32([np.cos(0.1), np.sin(0.1), 0, 0]), clip)

    perfect = dict.fromkeys(evaluate_compress.NETWORKS, turned) | {"pose-compress": nothing}
    shaken = replace(
        motion, takes=tuple(replace(t, rotations=component_noise(t.rotations, 0.05)) for t in motion.takes)
    )
    content, figures = evaluate_compress.evaluate(perfect, frame, motion, shaken)
    assert all(figure.met for figure in figures)
    assert content["rows"]["tutorial-compress"]["degrees"]["all"][0] == pytest.approx(np.degrees(0.2), rel=1e-3)
    lazy = dict.fromkeys(evaluate_denoise_pose.NETWORKS, nothing)
    content, figures = evaluate_denoise_pose.evaluate(lazy, frame, motion, motion)
    assert [figure.met for figure in figures] == [True, False, False, False, False, False]
    assert content["rows"]["pose-denoise"] == content["rows"]["noisy input"]
    quiet = content[evaluate_denoise_pose.QUIET]["noisy input"]
    assert quiet["0.01"]["all"][0] < content["rows"]["noisy input"]["0.01"]["all"][0]
    table = tables.denoise_pose(content)
    assert table.count("\n") == 2 + len(content["rows"])
    assert "| σ = 0.05 |" in table


def test_kept_results_say_which_figures_they_meet():
    for task in ("compress", "denoise-pose"):
        result = evaluation.published(task)
        assert result["figures"]
        for figure in result["figures"]:
            assert figure["met"] == (figure["value"] <= figure["limit"])
        assert getattr(tables, task.replace("-", "_"))(result).startswith("| method |")


def test_limbs_and_parts_hold_every_joint_once(motion):
    for grouping in (limbs.LIMBS, limbs.PARTS):
        names = [name for group in grouping for name in group]
        assert sorted(names) == sorted(motion.joints)
