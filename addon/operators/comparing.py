"""One motion through several models: what each makes of it, and how far that is from the original. Arrays alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..core import comparison
from ..core.noise import component_noise
from ..core.progress import Progress
from ..core.rigs.fit import Fit, joint_rotations, turned_bones
from ..core.rotation import Array, conjugate, multiply
from ..inference import denoiser
from ..inference.autoencoder import autoencode
from ..inference.session import Model


@dataclass(frozen=True, eq=False)
class Contestant:
    """A model, what it is called, and how a rig's bones are its joints."""

    label: str
    model: Model
    fit: Fit


@dataclass(frozen=True, eq=False)
class Result:
    """What became of the motion. rotations: bone -> (T, 4), its own. degrees: (T, B) from the original, for the bones
    that the contestants move."""

    label: str
    rotations: Mapping[str, Array]
    degrees: comparison.Floats


def moved_bones(contestants: Sequence[Contestant]) -> tuple[str, ...]:
    """The bones that at least one of the contestants moves."""
    return tuple(dict.fromkeys(bone for contestant in contestants for bone in contestant.fit.moving))


def compare(
    original: Mapping[str, Array],
    contestants: Sequence[Contestant],
    sigma: float,
    first_frame: int,
    fps: float,
    progress: Progress,
) -> list[Result]:
    """The original, the noisy motion where there is noise, and what each contestant makes of that.

    original: bone -> (T, 4) its own rotations at evenly spaced frames, the first of which is `first_frame`, `fps` a
    second. All contestants see the same noise, on the joints of the first. progress: is told the share done.
    """
    bones = moved_bones(contestants)
    results = [_result("original", original, original, bones)]
    seen = dict(original)
    if sigma > 0:
        fit = contestants[0].fit
        joints = joint_rotations(fit, _stacked(original, fit.bones))
        seen |= _with_joints(fit, original, joints, component_noise(joints, sigma, first_frame))
        results.append(_result(f"noisy, σ = {sigma:g}", seen, original, bones))
    for number, contestant in enumerate(contestants):
        progress(number / len(contestants))
        fit, model = contestant.fit, contestant.model
        joints = joint_rotations(fit, _stacked(seen, fit.bones))
        if model.card.kind == denoiser.KIND:

            def told(share: float, before: int = number) -> None:
                progress((before + share) / len(contestants))

            clean = denoiser.denoise(model, joints, fps, absent=fit.absent, progress=told)
        else:
            clean = autoencode(model, joints)
        mended = seen | _with_joints(fit, seen, joints, clean)
        results.append(_result(contestant.label, mended, original, bones))
    return results


def _with_joints(fit: Fit, rotations: Mapping[str, Array], joints: Array, wanted: Array) -> dict[str, Array]:
    """The rotations of the joints' bones where the joints (T, J, 4) are as `wanted` (T, J, 4)."""
    q = turned_bones(fit, _stacked(rotations, fit.moving), multiply(conjugate(joints), wanted))
    return {bone: q[:, place] for place, bone in enumerate(fit.moving)}


def _result(label: str, rotations: Mapping[str, Array], original: Mapping[str, Array], bones: Sequence[str]) -> Result:
    degrees = comparison.errors(_stacked(rotations, bones), _stacked(original, bones))
    return Result(label, rotations, degrees)


def _stacked(rotations: Mapping[str, Array], bones: Sequence[str]) -> Array:
    return np.stack([rotations[bone] for bone in bones], axis=1)
