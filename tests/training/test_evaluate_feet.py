"""Foot slide of a clip of which it is known, and the figures made of it."""

from __future__ import annotations

import numpy as np

from addon.core.clip import Clip
from addon.core.rigs.cmu import SKELETON
from training.tasks import evaluate_feet


def walker(frames=60, fps=30):
    """Somebody who stands still, then glides away at 3 m/s."""
    root = np.tile([0.0, 1.0, 0.0], (frames, 1))
    root[frames // 2 :, 2] = 3 * np.arange(frames - frames // 2) / fps
    return Clip(SKELETON, float(fps), root, np.tile([1.0, 0, 0, 0], (frames, len(SKELETON), 1)))


def test_feet_stand_until_the_body_moves():
    stands = evaluate_feet.standing(walker())
    assert stands[:28].all()
    assert not stands[31:].any()


def test_a_network_that_does_nothing_slides_as_its_input_and_planting_makes_it_less():
    content, figures = evaluate_feet.measured(lambda rotations, fps: rotations, {30: [walker(), walker(80)]})
    for sigma in ("0.005", "0.01", "0.02"):
        slide = {name: by_rate["30 fps"][sigma]["slide"][0] for name, by_rate in content["rows"].items()}
        assert slide[evaluate_feet.CLEAN] < 0.1
        assert slide[evaluate_feet.DENOISED] == slide[evaluate_feet.NOISY]
        # Denoising moved nothing, so nothing is known to be mended.
        assert slide[evaluate_feet.PLANTED] == slide[evaluate_feet.DENOISED]
    assert not any(figure.met for figure in figures if "slide" in figure.name)


def test_planting_takes_the_slide_out_of_what_was_denoised():
    clip = walker()
    rng = np.random.default_rng(3)
    shaken = [clip.rotations + size * rng.normal(size=clip.rotations.shape) for size in (0.02, 0.005)]
    noisy, denoised = (clip.with_rotations(rotations) for rotations in shaken)
    before, after = denoised, evaluate_feet.planted(denoised, noisy)
    moved = [
        np.linalg.norm(np.diff(evaluate_feet.foot_points(c)[:28], axis=0)[..., [0, 2]], axis=-1).mean()
        for c in (before, after)
    ]
    assert moved[1] < 0.3 * moved[0]
