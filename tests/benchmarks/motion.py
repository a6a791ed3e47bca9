"""The motion that the benchmarks run on: a real take, repeated to 10,000 frames, as a clip and as a BVH file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from addon.core import formats
from addon.core.clip import Clip
from addon.core.noise import component_noise
from addon.core.rigs.cmu import SKELETON
from addon.core.rigs.matching import match_by_name
from tests.demo.takes import ROOT, demo_take

FRAMES = 10_000
SIGMA = 0.02


def long_clip() -> Clip:
    """(10,000 frames, 31 joints) the demo's take over and over, under the names of CMU's BVH files."""
    clip = formats.read(demo_take(ROOT / "build" / "cache").path)
    bone_of = match_by_name(clip.skeleton.names, SKELETON.names).bone_of
    order = [clip.skeleton.index(bone_of[name]) for name in SKELETON.names]
    frames = np.resize(np.arange(len(clip)), FRAMES)
    return replace(
        clip,
        skeleton=SKELETON,
        root_position=clip.root_position[frames],
        rotations=clip.rotations[frames][:, order],
        translations={},
    )


def long_file(folder: Path, sigma: float = 0.0) -> Path:
    """The long clip as a BVH file in `folder`, with the tutorial's noise of that strength."""
    clip = long_clip()
    path = folder / "long.bvh"
    formats.write(clip.with_rotations(component_noise(clip.rotations, sigma)) if sigma else clip, path)
    return path
