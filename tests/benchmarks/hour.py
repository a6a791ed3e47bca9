"""An hour of motion denoised: how much memory that takes beside the motion itself, and how long."""

from __future__ import annotations

import subprocess
import sys
import time

import numpy as np

from addon.core.noise import component_noise
from addon.core.rotation import continuous
from addon.inference.denoiser import denoise
from addon.inference.session import load_model
from addon.operators.choice import DEFAULT_MODEL, denoising_models
from tests.demo.takes import ROOT

from .motion import SIGMA, long_clip

FPS, SECONDS = 60.0, 3600
LARGEST = 1e9
"""Bytes beside the motion."""


def run() -> list[str]:
    """The lines of the report, measured in a process of its own, whose memory nothing else has used."""
    if sys.platform == "win32":
        return ["an hour of motion: not measured, Windows does not tell a process what memory it had at most"]
    command = [sys.executable, "-m", "tests.benchmarks.hour"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return found.stdout.splitlines()[-1:]


def main() -> None:
    """Measure and print one line."""
    poses = continuous(long_clip().rotations[::2, 1:])
    frames = np.resize(np.arange(len(poses)), int(FPS * SECONDS))
    motion = np.empty((len(frames), *poses.shape[1:]), dtype=np.float32)
    for first in range(0, len(frames), 4096):
        motion[first : first + 4096] = component_noise(poses[frames[first : first + 4096]], SIGMA, first)
    path = next(entry.path for entry in denoising_models() if entry.name == DEFAULT_MODEL)
    model = load_model(path, threads=1)
    before, start = _peak(), time.process_time()
    result = denoise(model, motion, FPS)
    beside, seconds = _peak() - before, time.process_time() - start
    assert result.shape == motion.shape
    print(
        f"an hour at {FPS:g} fps, {len(motion):,} frames × {motion.shape[1]} joints, {motion.nbytes / 1e6:.0f} MB: "
        f"{beside / 1e6:.0f} MB beside it ({'at most' if beside <= LARGEST else 'OVER'} {LARGEST / 1e6:.0f} MB), the "
        f"result among them; {len(motion) / seconds:,.0f} frames a second of the processor"
    )


def _peak() -> int:
    """Bytes that the process has held at most."""
    import resource  # which Windows has not

    kibibytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kibibytes if sys.platform == "darwin" else kibibytes * 1024


if __name__ == "__main__":
    main()
